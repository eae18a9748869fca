// Cache blocking of matrix × matrix products, written once for all SIMD instruction sets.
//
// For each panel of rows and each 256 columns of it, the weights are unpacked once to tiles, then multiplied with up to
// BATCH rows of x, COLUMNS at a time in registers ("columns" of the product being rows of x). Tiles and sums live on
// the stack, about 75 KiB.
//
// The file that includes this, in a region that targets its instruction set, has defined PANEL, TILE_ROWS, COLUMNS (at
// least 4, with TERSE_COLUMNS_ABOVE_4 if more), the type tile and
//     unpack_tile(type, rows, offset, groups, tile *)
//         the first `groups` groups of 32 columns of the unit at `offset` of 16 rows
//     multiply_tile(type, tile *, groups, x, columns, acc)
//         adds the unit's products with `columns` rows of x to the 16 sums at acc, acc + PANEL, …
#ifndef TERSE_MATMUL_PANEL_H
#define TERSE_MATMUL_PANEL_H

#include "matmul_blocks.h"

enum {
    TILES = PANEL / TILE_ROWS,
    BATCH = 128,  // rows of x for which a tile is unpacked once
    AHEAD = 4,    // units of each row that are fetched ahead: of so many rows processors lose track; measured
};

// One unit of a tile with `columns` rows of x, a number from 1 to 4 or COLUMNS.
TERSE_INLINE void multiply_columns(terse_type type, tile *w, int groups, const terse_activation_block *const x[COLUMNS],
                                   int columns, float *acc) {
    switch (columns) {
    case 1: multiply_tile(type, w, groups, x, 1, acc); break;
    case 2: multiply_tile(type, w, groups, x, 2, acc); break;
    case 3: multiply_tile(type, w, groups, x, 3, acc); break;
#if TERSE_COLUMNS_ABOVE_4
    case 4: multiply_tile(type, w, groups, x, 4, acc); break;
#endif
    default: multiply_tile(type, w, groups, x, COLUMNS, acc); break;
    }
}

// One unit of a panel with `batch` rows of x, whose blocks for the unit start at x, block_stride apart.
TERSE_INLINE void multiply_unit(terse_type type, tile *tiles, int tile_count, int groups,
                                const terse_activation_block *x, int64_t block_stride, int batch, float *acc) {
    int columns;
    for (int t = 0; t < batch; t += columns) {
        const int left = batch - t;
        columns = left >= COLUMNS ? COLUMNS : left >= 4 ? 4 : left;
        const terse_activation_block *blocks[COLUMNS];
        for (int c = 0; c < COLUMNS; c++) blocks[c] = x + (t + (c < columns ? c : 0)) * block_stride;
        for (int i = 0; i < tile_count; i++) {
            multiply_columns(type, tiles + i, groups, blocks, columns, acc + t * PANEL + i * TILE_ROWS);
        }
    }
}

// Up to PANEL rows from row m on, with up to BATCH rows of x from row t on.
TERSE_INLINE void multiply_panel(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t m,
                                 int rows, int64_t t, int batch, float *y, int64_t y_stride) {
    _Alignas(64) tile tiles[TILES];
    _Alignas(64) float acc[BATCH * PANEL];
    const uint8_t *pointers[PANEL];
    const int tile_count = (rows + TILE_ROWS - 1) / TILE_ROWS;
    for (int r = 0; r < tile_count * TILE_ROWS; r++) {  // Rows past the end are the last one again.
        pointers[r] = (const uint8_t *)w->data + (size_t)(m + (r < rows ? r : rows - 1)) * w->row_bytes;
    }
    memset(acc, 0, (size_t)batch * PANEL * sizeof *acc);
    for (int64_t u = 0; u < terse_units(w->columns); u++) {
        const int groups = terse_unit_groups(w->columns, u);
        for (int r = 0; r < tile_count * TILE_ROWS; r++) {
            const uint8_t *next = pointers[r] + (u + AHEAD) * terse_unit_bytes(type);
            for (int line = 0; line < terse_unit_bytes(type); line += 64) __builtin_prefetch(next + line);
        }
        for (int i = 0; i < tile_count; i++) {
            unpack_tile(type, pointers + i * TILE_ROWS, u * terse_unit_bytes(type), groups, tiles + i);
        }
        const terse_activation_block *blocks = x->blocks + t * x->block_stride + u;
        multiply_unit(type, tiles, tile_count, groups, blocks, x->block_stride, batch, acc);
    }
    for (int c = 0; c < batch; c++) {
        const float scale = x->row_scales[t + c] * w->scale;
        for (int r = 0; r < rows; r++) y[(t + c) * y_stride + m + r] = acc[c * PANEL + r] * scale;
    }
}

TERSE_INLINE void multiply_type(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                int64_t row_end, float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += PANEL) {
        const int rows = row_end - m < PANEL ? (int)(row_end - m) : PANEL;
        for (int64_t t = 0; t < x->rows; t += BATCH) {
            const int batch = x->rows - t < BATCH ? (int)(x->rows - t) : BATCH;
            multiply_panel(type, w, x, m, rows, t, batch, y, y_stride);
        }
    }
}

TERSE_INLINE void multiply_tiles(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                                 float *y, int64_t y_stride) {
#define CASE(TYPE) \
    case TYPE: multiply_type(TYPE, w, x, row_begin, row_end, y, y_stride); break;
    switch (w->type) {
        TERSE_EACH_QUANTIZED_TYPE(CASE)
    default: break;
    }
#undef CASE
}

#endif
