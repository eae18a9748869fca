// Split matrices with AVX2, with many rows of x: halves are put together once for all of them.

#if defined(__x86_64__)

#include <immintrin.h>

#include "../split.h"
#include "../tiled.h"
#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "matmul_tile_unpack.h"
#include "matmul_tile_products.h"
#include "split_lines.h"
#include "../matmul_panel_unit.h"

TERSE_INLINE void unpack_tile(const terse_split_upper *upper, const terse_split_lower *lower, tile *out) {
    memcpy(out->d[0], upper->d, sizeof upper->d);
    for (int line = 0; line < 8; line++) {
        TERSE_EACH(half, HALVES) {
            __m256i triples[2][3];
            load_triple(upper->triples[line], half, triples[0]);
            load_triple(lower->triples[line], half, triples[1]);
            TERSE_EACH(f, 8) {
                const __m256i weights = four_columns(triples[0], triples[1], 2, f);
                _mm256_store_si256((__m256i *)out->planes[0][8 * line + f] + half, weights);
            }
            const __m256i scales = load_line_scales(upper, line, half);
            _mm256_store_si256((__m256i *)out->sub_scales[2 * line] + half, first_in_both(scales));
            _mm256_store_si256((__m256i *)out->sub_scales[2 * line + 1] + half, second_in_both(scales));
        }
    }
}

// Up to PANEL rows from row m on, with up to BATCH rows of x from row t on.
static void multiply_panel(const terse_split_matrix *w, const terse_activations *x, int64_t m, int rows, int64_t t,
                           int batch, float *y, int64_t y_stride) {
    _Alignas(64) tile tiles[TILES];
    _Alignas(64) float acc[BATCH * PANEL];
    const int tile_count = (rows + TILE_ROWS - 1) / TILE_ROWS;
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS;
    fetch_cursor nothing = {0};
    memset(acc, 0, (size_t)batch * PANEL * sizeof *acc);
    for (int64_t u = 0; u < units; u++) {
        for (int i = 0; i < tile_count; i++) {
            const int64_t unit = (m / TILE_ROWS + i) * units + u;
            unpack_tile(w->upper + unit, w->lower + unit, tiles + i);
        }
        const terse_activation_block *blocks = x->blocks + t * x->block_stride + u;
        multiply_unit(TERSE_Q6_K, tiles, tile_count, 8, blocks, x->block_stride, batch, acc, &nothing);
    }
    store_outputs(acc, w->scale, x, m, rows, t, batch, y, y_stride);
}

void terse_avx2_split_panel(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                            float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += PANEL) {
        const int rows = row_end - m < PANEL ? (int)(row_end - m) : PANEL;
        for (int64_t t = 0; t < x->rows; t += BATCH) {
            const int batch = x->rows - t < BATCH ? (int)(x->rows - t) : BATCH;
            multiply_panel(w, x, m, rows, t, batch, y, y_stride);
        }
    }
}

TERSE_AVX2_END

#endif
