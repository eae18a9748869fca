// Matrices in tiles of sixteen rows with AVX2, with many rows of x: lines are taken apart once for all of them.

#if defined(__x86_64__)

#include <immintrin.h>

#include "../tiled.h"
#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "matmul_tile_unpack.h"
#include "matmul_tile_products.h"
#include "tiled_lines.h"

TERSE_INLINE void put(uint8_t plane[64][TILE_ROWS][4], int step, int half, __m256i weights) {
    _mm256_store_si256((__m256i *)plane[step] + half, weights);
}

TERSE_INLINE void put_both(int16_t numbers[TILE_ROWS][2], int half, __m256i both) {
    _mm256_store_si256((__m256i *)numbers + half, both);
}

TERSE_INLINE void unpack_blocks(terse_type type, const uint8_t *unit, int groups, int half, tile *out) {
    const int bytes = ROWS * (terse_block_bytes(type) - 2);
    const uint8_t *quants = unit + groups * 2 * ROWS;
    for (int g = 0; g < groups; g++, quants += bytes) {
        _mm256_store_ps(out->d[g] + 8 * half, load_scales(unit + g * 2 * ROWS, half));
        for (int k = 0; k < bytes / LINE; k++) {
            const __m256i line = load_half(quants + k * LINE, half);
            put(out->planes[0], 8 * g + k, half, masked(line, 15));
            if (type == TERSE_Q8_0) {
                put(out->planes[1], 8 * g + k, half, upper_halves(line));
            } else {
                put(out->planes[0], 8 * g + 4 + k, half, upper_halves(line));
            }
        }
    }
}

// Q4_K and Q5_K.
TERSE_INLINE void unpack_with_minimums(terse_type type, const uint8_t *unit, int half, tile *out) {
    const uint8_t *fifths = unit + 4 * LINE, *quants = type == TERSE_Q5_K ? fifths + 8 * LINE : fifths;
    sub_scales scales;
    load_sub_scales(unit + LINE, &scales);
    _mm256_store_ps(out->d[0] + 8 * half, load_scales(unit, half));
    _mm256_store_ps(out->m[0] + 8 * half, load_scales(unit + 2 * ROWS, half));
    TERSE_EACH(g, 8) {
        const __m256i both = in_both(scales.scales + g * ROWS, half);
        put_both(out->sub_scales[2 * g], half, both);
        put_both(out->sub_scales[2 * g + 1], half, both);
    }
    TERSE_EACH(pair, 4) {
        put_both(out->minimums[pair], half, two_of_rows(scales.minimums + 2 * pair * ROWS, half));
        for (int k = 0; k < 8; k++) {
            __m256i lower, upper;
            load_two_groups(type, quants, fifths, pair, k, half, &lower, &upper);
            put(out->planes[0], 16 * pair + k, half, lower);
            put(out->planes[0], 16 * pair + 8 + k, half, upper);
        }
    }
}

TERSE_INLINE void unpack_q6_k(const uint8_t *unit, int half, tile *out) {
    _mm256_store_ps(out->d[0] + 8 * half, _mm256_loadu_ps((const float *)(const void *)unit + 8 * half));
    for (int pair = 0; pair < 8; pair++) {
        const uint8_t *lines = unit + (5 + 6 * pair) * LINE;
        const __m256i scales = load_pair_scales(unit + LINE + pair * 2 * ROWS, half);
        put_both(out->sub_scales[2 * pair], half, first_in_both(scales));
        put_both(out->sub_scales[2 * pair + 1], half, second_in_both(scales));
        TERSE_EACH(k, 8) put(out->planes[0], 8 * pair + k, half, sixes_of(lines, k / 4, k % 4, half));
    }
}

// The first of the rows is where the tile begins.
TERSE_INLINE void unpack_tile(terse_type type, const uint8_t *const rows[TILE_ROWS], int64_t u, int groups,
                              tile *out) {
    const uint8_t *unit = rows[0] + u * ROWS * terse_tiled_unit_bytes(type);
    TERSE_EACH(half, HALVES) {
        switch (type) {
        case TERSE_Q4_K: case TERSE_Q5_K: unpack_with_minimums(type, unit, half, out); break;
        case TERSE_Q6_K: unpack_q6_k(unit, half, out); break;
        default: unpack_blocks(type, unit, groups, half, out);
        }
    }
}

#define TERSE_UNITS_IN_A_ROW 1
#include "../matmul_panel.h"

void terse_avx2_tiled_panel(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                            float *y, int64_t y_stride) {
#define CASE(TYPE) \
    case TYPE: multiply_type(TYPE, w, x, row_begin, row_end, y, y_stride); break;
    switch (w->type) {
        TERSE_EACH_TILED_TYPE(CASE)
    default: break;
    }
#undef CASE
}

TERSE_AVX2_END

#endif
