// Q6_K matrices split by bits into an upper half, which tells every output within a bound, and a lower half, which is
// read where that is not enough: for the vocabulary head, of whose outputs few matter.
//
// A weight is d · s · (q − 32), q having six bits. The upper half has bits 3 … 5 of q with all scales, the lower half
// bits 0 … 2: together the bytes of Q6_K, and 32 for each unit to fill up a line. Sixteen rows make a tile, a tile has
// 256 columns after another, and both halves of those are terse_split_upper and terse_split_lower. `triples` has three
// bits of each weight, for each pair of groups of sixteen columns in three bytes of each row, four times: byte j of
// columns 4 · f + j of the pair, f being the field,
//     byte 0   field 0 in bits 0 … 2, field 1 in bits 3 … 5, the lower two bits of field 6 in bits 6 and 7
//     byte 1   field 2 in bits 0 … 2, field 3 in bits 3 … 5, the lower two bits of field 7 in bits 6 and 7
//     byte 2   field 4 in bits 0 … 2, field 5 in bits 3 … 5, the highest bit of field 6 in bit 6, of field 7 in bit 7
// Rows past the end are 0.
//
// `multiply` computes the bits that terse_matmul.h prescribes for Q6_K. `screen` takes 3.5 for the lower half of q:
// what it gives is off by at most errors[m] · ‖x‖, where x is the row as it was quantised.
#ifndef TERSE_SPLIT_H
#define TERSE_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "terse_isa.h"
#include "terse_matmul.h"

enum {
    TERSE_SPLIT_ROWS = 16,  // in a tile
};

typedef struct {
    uint8_t triples[8][3][TERSE_SPLIT_ROWS][4];
    int8_t scales[8][TERSE_SPLIT_ROWS][2];  // of both groups of each pair
    float d[TERSE_SPLIT_ROWS];
} terse_split_upper;

typedef struct {
    uint8_t triples[8][3][TERSE_SPLIT_ROWS][4];
} terse_split_lower;

_Static_assert(sizeof(terse_split_upper) == 1856, "29 lines");
_Static_assert(sizeof(terse_split_lower) == 1536, "24 lines");

typedef struct {
    int64_t rows, columns;           // columns are a multiple of 256
    const terse_split_upper *upper;  // [tiles][columns / 256], aligned to 64 bytes
    const terse_split_lower *lower;
    const float *errors;             // of the rows, up to a whole tile, the factor `scale` in them
    float scale;
} terse_split_matrix;

// y[t · y_stride + m] for every row t of x, in blocks with one scale for each 256 columns, and every m in row_begin ..<
// row_end, row_begin being a tile's first.
typedef void (*terse_split_function)(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin,
                                     int64_t row_end, float *y, int64_t y_stride);

typedef struct {
    terse_split_function multiply, screen;
    int64_t screen_rows_max;  // with more rows of x than these `multiply` is as fast
} terse_split_kernels;

// The kernels of an instruction set, which the processor must support, or NULL where it has none that are worth it.
const terse_split_kernels *terse_split_kernels_for(terse_isa isa);

// Splits the rows row_begin ..< row_end of a Q6_K matrix, row_begin being a tile's first and row_end a tile's end or
// the last row's, into whole halves and errors.
void terse_split_pack(const terse_matrix *w, int64_t row_begin, int64_t row_end, terse_split_upper *upper,
                      terse_split_lower *lower, float *errors);

// Row m, [columns], without the factor `scale`: what terse_dequantize makes of the row that was split.
void terse_split_dequantize(const terse_split_matrix *w, int64_t m, float *x);

#endif
