// Matrices in block types with sixteen rows side by side: the bytes that files have, in the order in which a product
// takes them.
//
// Sixteen rows make a tile, a tile has 256 columns after another, the last of them perhaps fewer. Of these a tile has
//     Q8_0   d of 8 blocks, [block][row] in float16; then [block][8][row][4] weights + 128
//     Q4_0   d likewise; then [block][4][row][4] bytes, byte j of line l having columns 4 · l + j and 16 further, the
//            latter in the upper half, weights + 8
//     Q4_K   d, then dmin, [row] in float16; [8][row] lower halves of the scale and the minimum of each group; [4][row]
//            the other bits, of groups g and g + 4: two of scale g, minimum g, scale g + 4, minimum g + 4 from the
//            lowest on; then [4][8][row][4] bytes, byte j of line l of pair p having columns 64 · p + 4 · l + j and 32
//            further
//     Q5_K   the same, but before the bytes of lower halves [8][row][4] with the fifth bits: byte j of line l has that
//            of column 32 · g + 4 · l + j in bit g
//     Q6_K   d, [row] in float32; [8][row][2] scales; [8][6][row][4] bytes: byte j of line l < 4 of pair p has the
//            lower four bits of columns 32 · p + 4 · l + j and 16 further, byte j of line 4 + l the upper two bits of
//            columns 32 · p + 8 · f + 4 · l + j in bits 2 · f and 2 · f + 1
// so a tile takes what its rows take in a file, of Q6_K two bytes a block more. Rows past the end are zeros.
//
// A matrix is a terse_matrix whose data are tiles, aligned to 64 bytes, one after the other. Products are those that
// terse_matmul.h prescribes for the type, bit for bit.
#ifndef TERSE_TILED_H
#define TERSE_TILED_H

#include "terse_isa.h"
#include "terse_matmul.h"

enum {
    TERSE_TILED_ROWS = 16,  // in a tile
};

// The product with tiles of `type`, where row_begin is a tile's first; NULL where the instruction set, which the
// processor must support, has none.
terse_multiply_function terse_tiled_kernel(terse_isa isa, uint32_t type);

// Bytes that a tile takes for each of its rows.
size_t terse_tiled_row_bytes(terse_type type, int64_t columns);

// Lays out the rows row_begin ..< row_end of a matrix in a type that has tiles, row_begin being a tile's first and
// row_end a tile's end or the last row's, as whole tiles.
void terse_tiled_pack(const terse_matrix *w, int64_t row_begin, int64_t row_end, uint8_t *tiles);

// Row m of a matrix in tiles, [columns], without the factor `scale`: what terse_dequantize makes of the row that was
// laid out.
void terse_tiled_dequantize(const terse_matrix *w, int64_t m, float *x);

#endif
