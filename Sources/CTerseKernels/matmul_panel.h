// Cache blocking of matrix × matrix products, written once for all SIMD instruction sets.
//
// For each panel of rows and each 256 columns of it, the weights are read once into tiles, then multiplied with up to
// BATCH rows of x, COLUMNS at a time in registers ("columns" of the product being rows of x). Tiles and sums live on
// the stack, about 75 KiB.
//
// The file that includes this, in a region that targets its instruction set, has defined PANEL, TILE_ROWS, COLUMNS (at
// least 4, with TERSE_COLUMNS_ABOVE_4 if more), TERSE_UNITS_IN_A_ROW where the units of 16 rows follow one another in
// memory, so that nothing need be asked for, the type tile and
//     unpack_tile(type, rows, u, groups, tile *)
//         the first `groups` groups of 32 columns of unit u of 16 rows
//     tiles_at_once(type, columns)
//         how many tiles are multiplied together by so many rows of x, as registers allow
//     multiply_tile(type, tile *, tiles, groups, x, columns, acc)
//         adds the products of `tiles` tiles, as many as that or one, with `columns` rows of x to the 16 sums of each
//         at acc, acc + TILE_ROWS, … and for the next row of x PANEL further; x has COLUMNS pointers, the first
//         `columns` of them equally far apart, the others to the first row again
#ifndef TERSE_MATMUL_PANEL_H
#define TERSE_MATMUL_PANEL_H

#include "matmul_panel_unit.h"

// A unit of each of 16 rows that lie apart, some units ahead: of so many rows processors lose track; measured.
TERSE_INLINE void fetch_ahead(terse_type type, const uint8_t *const rows[TILE_ROWS], int64_t u) {
    enum { AHEAD = 4 };
    for (int r = 0; r < TILE_ROWS; r++) {
        const uint8_t *next = rows[r] + (u + AHEAD) * terse_unit_bytes(type);
        for (int line = 0; line < terse_unit_bytes(type); line += 64) __builtin_prefetch(next + line);
    }
}

// The panel behind the one at row m, in the time of this one's `pieces` pieces: threads take neighbours in order.
TERSE_INLINE fetch_cursor next_panel(const terse_matrix *w, int64_t m, int64_t pieces) {
    const int64_t first = m + PANEL, rows = w->rows - first < PANEL ? w->rows - first : PANEL;
    if (rows <= 0) return (fetch_cursor){0};
    const char *panel = (const char *)w->data + (size_t)first * w->row_bytes;
    const int64_t bytes = rows * (int64_t)w->row_bytes;
    return (fetch_cursor){panel, panel + bytes, (bytes / pieces + 63) / 64 * 64};
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
    // At least so many times a tile is multiplied.
    fetch_cursor cursor = next_panel(w, m, terse_units(w->columns) * 4);
    for (int64_t u = 0; u < terse_units(w->columns); u++) {
        const int groups = terse_unit_groups(w->columns, u);
#if !TERSE_UNITS_IN_A_ROW
        for (int i = 0; i < tile_count; i++) fetch_ahead(type, pointers + i * TILE_ROWS, u);
#endif
        for (int i = 0; i < tile_count; i++) unpack_tile(type, pointers + i * TILE_ROWS, u, groups, tiles + i);
        const terse_activation_block *blocks = x->blocks + t * x->block_stride + u;
        multiply_unit(type, tiles, tile_count, groups, blocks, x->block_stride, batch, acc, &cursor);
    }
    store_outputs(acc, w->scale, x, m, rows, t, batch, y, y_stride);
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
