// Split matrices with many rows of x, for AVX2 and NEON: halves are put together once for all of them. A file per
// instruction set includes this after what matmul_panel.h asks for but unpack_tile, and
//     unpack_tile(upper, lower, tile *)    one unit of 16 rows

#include "matmul_panel_unit.h"
#include "split.h"

// Up to PANEL rows from row m on, with up to BATCH rows of x from row t on.
static void multiply_panel(const terse_split_matrix *w, const terse_activations *x, int64_t m, int rows, int64_t t,
                           int batch, float *y, int64_t y_stride) {
    _Alignas(64) tile tiles[TILES];
    _Alignas(64) float acc[BATCH * PANEL];
    const int tile_count = (rows + TILE_ROWS - 1) / TILE_ROWS;
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS;
    // Units follow one another in memory, which processors see for themselves.
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

TERSE_INLINE void multiply_panels(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin,
                                  int64_t row_end, float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += PANEL) {
        const int rows = row_end - m < PANEL ? (int)(row_end - m) : PANEL;
        for (int64_t t = 0; t < x->rows; t += BATCH) {
            const int batch = x->rows - t < BATCH ? (int)(x->rows - t) : BATCH;
            multiply_panel(w, x, m, rows, t, batch, y, y_stride);
        }
    }
}
