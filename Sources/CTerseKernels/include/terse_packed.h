// Products of ternary matrices packed for the processor with activations of one scale a row: BitNet's.
//
// Sixteen rows make a tile. Tiles lie one after the other, so that a product reads memory from beginning to end. A
// vector of a tile is 64 bytes: four of each row, row after row. A byte holds as many trits as the layout has fields:
// byte j of row r of vector v has the trits of columns 4 · (fields · v + f) + j, f being the field. So a vector times
// four activations, the same for all rows, adds to the sums of sixteen rows. With t = weight + 1,
//     4 fields: Σ t_f · 4^f
//     5 fields: Σ t_f · 3^f    1.6 bits a weight
// Columns past the end and rows past the end have t = 1, a weight of 0.
//
// Activations are bytes in groups of up to TERSE_PACKED_GROUP rows of x: four columns of each row, row after row, then
// the next four columns, with zeros past the end up to a whole vector. Only the last group has fewer rows.
//
// Every kernel computes y = (float)Σ weight · quant · (w's row scale · x's scale): the sum is exact, the product in
// parentheses is rounded once. So the result depends on nothing but the row of w and the row of x.
#ifndef TERSE_PACKED_H
#define TERSE_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terse_isa.h"
#include "terse_matmul.h"

enum {
    TERSE_PACKED_ROWS = 16,               // in a tile
    TERSE_PACKED_VECTOR = 64,             // bytes
    TERSE_PACKED_GROUP = 8,               // rows of x that are multiplied together
    TERSE_PACKED_COLUMNS_MAX = 1 << 17,   // sums are exact in float32 up to here: 127 · 2^17 < 2^24
};

typedef struct {
    int64_t rows, columns;
    int fields;
    const uint8_t *data;   // tiles, aligned to TERSE_PACKED_VECTOR
    const float *scales;   // of the rows, up to a whole tile
} terse_packed_matrix;

typedef struct {
    int64_t rows;
    int64_t quads;         // four columns each, a multiple of the layout's fields
    const int8_t *quants;  // groups, aligned to TERSE_PACKED_VECTOR
    const int32_t *sums;   // of the quants of a row
    const float *scales;   // of the rows
} terse_packed_activations;

typedef struct {
    int fields;  // of the layout that these kernels read
    // y[t · y_stride + m] for every row t of x and every m in row_begin ..< row_end, row_begin being a tile's first.
    void (*multiply)(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t row_begin,
                     int64_t row_end, float *y, int64_t y_stride);
    // Quantises one row of x, as terse_matmul.h's quantize_row does, into every `width`-th quad from `out` on. Returns
    // the scale.
    float (*quantize)(const float *x, int64_t columns, int64_t quads, int64_t width, int8_t *out, int32_t *sum);
} terse_packed_kernels;

// The kernels of an instruction set, which the processor must support, or NULL where this build has none.
const terse_packed_kernels *terse_packed_kernels_for(terse_isa isa);

// Vectors in a tile of a matrix with so many columns.
static inline int64_t terse_packed_vectors(int64_t columns, int fields) {
    return (columns + 4 * fields - 1) / (4 * fields);
}

// Packs the rows row_begin ..< row_end of a ternary matrix into its tiles from `data` on and its scales from `scales`
// on, row_begin being a tile's first and row_end a tile's end or the last row's. False where a row is not what
// the layout holds: weights of one magnitude, finite, and none. Then what is written means nothing.
bool terse_packed_pack(const terse_matrix *w, int fields, int64_t row_begin, int64_t row_end, uint8_t *data,
                       float *scales);

#endif
