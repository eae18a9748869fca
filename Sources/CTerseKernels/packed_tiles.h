// The walk over tiles and groups of a packed product, shared by the instruction sets.
//
// The file that includes this, in a region that targets its instruction set, has defined
//     multiply_tile(tile, vectors, quants, width, sums)
//         sums[c][r] = Σ (weight + 1) · quant over a tile and row c of a group of `width` rows, a constant
// and gets `multiply_directly`.
#ifndef TERSE_PACKED_TILES_H
#define TERSE_PACKED_TILES_H

#include "packed.h"

enum {
    PANEL_TILES = 4,  // tiles that a group meets while it is near
};

// A tile with a group of rows of x from row t on; `count` rows of the tile are there.
TERSE_INLINE void multiply_group(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t m,
                                 int64_t count, int64_t t, const int width, float *y, int64_t y_stride) {
    const int64_t vectors = x->quads / w->fields;
    const uint8_t *tile = w->data + m * (vectors * (TERSE_PACKED_VECTOR / TERSE_PACKED_ROWS));
    _Alignas(64) int32_t sums[TERSE_PACKED_GROUP][TERSE_PACKED_ROWS];
    multiply_tile(tile, vectors, x->quants + 4 * t * x->quads, width, sums);
    for (int c = 0; c < width; c++) terse_packed_outputs(w, x, sums[c], m, count, t + c, y, y_stride);
}

TERSE_INLINE void multiply_rows(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t m,
                                int64_t count, int64_t t, float *y, int64_t y_stride) {
#define CASE(WIDTH) \
    case WIDTH: multiply_group(w, x, m, count, t, WIDTH, y, y_stride); break;
    switch (x->rows - t) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7)
    default: multiply_group(w, x, m, count, t, TERSE_PACKED_GROUP, y, y_stride); break;
    }
#undef CASE
}

static void multiply_directly(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t row_begin,
                              int64_t row_end, float *y, int64_t y_stride) {
    const int64_t panel = PANEL_TILES * TERSE_PACKED_ROWS;
    for (int64_t begin = row_begin; begin < row_end; begin += panel) {
        const int64_t end = row_end - begin < panel ? row_end : begin + panel;
        for (int64_t t = 0; t < x->rows; t += TERSE_PACKED_GROUP) {
            for (int64_t m = begin; m < end; m += TERSE_PACKED_ROWS) {
                const int64_t count = end - m < TERSE_PACKED_ROWS ? end - m : TERSE_PACKED_ROWS;
                multiply_rows(w, x, m, count, t, y, y_stride);
            }
        }
    }
}

#endif
