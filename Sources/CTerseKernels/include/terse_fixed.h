// Products of matrices in fixed point, for the backward pass of ternary models: one factor is small whole numbers
// (trits, or inputs of 8 bits), the other whole numbers of 16 or 8 bits times a scale, and their products are added up
// exactly in 32 bits. With 16 bits they take half the time of float32's on processors without fast bfloat16 products,
// and lose less than those; with 8 bits half of that again where bytes are multiplied four at a time.
//
// C = A · B in blocks of at most TERSE_FIXED_DEPTH terms, whose results are added in float32 in order of the blocks. A
// block of TERSE_FIXED_ROWS rows of A is a left panel, of TERSE_FIXED_COLUMNS columns of B a right panel. Both are made
// of slots of 32 bits that hold neighbouring terms, two or four: [slots of terms][rows or columns]. Terms past the last
// are 0.
//
// Every instruction set computes the same bits. Panels are aligned to 64 bytes; no buffers overlap.
#ifndef TERSE_FIXED_H
#define TERSE_FIXED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terse_isa.h"

enum {
    TERSE_FIXED_ROWS = 6,
    TERSE_FIXED_COLUMNS = 16,
    TERSE_FIXED_STRIP = 48,   // columns that become left panels together: whole panels and whole vectors
    TERSE_FIXED_DEPTH = 512,  // 512 · 127 · 32767 < 2^31
};

// c[r][j] (+)= scales[r] · Σ left[r][i] · right[i][j]
typedef struct terse_fixed_product {
    const int32_t *left, *right;       // panels
    size_t left_stride, right_stride;  // slots from panel to panel
    size_t rows, columns, depth;       // of c, any number; terms, at most TERSE_FIXED_DEPTH
    const float *scales;               // of each row
    const int32_t *starts;             // what the sums of each row start from, of whole panels
    bool adding;
    float *c;
    size_t c_stride;
} terse_fixed_product;

// Left panels and what belongs to their rows: `scales` and `starts` have an element for each, unused ones among them.
typedef struct terse_fixed_left {
    int32_t *panels;
    size_t stride;  // slots from panel to panel
    float *scales;
    int32_t *starts;
} terse_fixed_left;

typedef struct terse_fixed_kernels {
    int terms;  // in a slot
    // The greatest magnitude, not-a-numbers passed over; 0 when there is none.
    float (*greatest)(const float *x, size_t count);
    // A left panel from `rows` ≤ TERSE_FIXED_ROWS rows of x, the others zero: row r becomes round(x[r][i] · factors[i]
    // / scales[r]), scales[r] = max |x[r][i] · factors[i]| / 32767, or / 127. A row that holds a value that is not
    // finite gets a scale that is none.
    void (*pack_rows)(const float *x, size_t stride, size_t rows, size_t depth, const float *factors,
        const terse_fixed_left *left);
    // Left panels from `columns` ≤ TERSE_FIXED_STRIP columns of x: those of the transpose of x, whose rows are scaled
    // as above.
    void (*pack_columns)(const float *x, size_t stride, size_t columns, size_t depth, const float *factors,
        const terse_fixed_left *left);
    // A right panel from `columns` ≤ TERSE_FIXED_COLUMNS columns of x, the others zero: round(x[i][c] · inverses[i]),
    // of magnitudes up to 127.
    void (*pack_levels)(
        const float *x, size_t stride, size_t columns, size_t depth, const float *inverses, int32_t *panel);
    void (*multiply)(const terse_fixed_product *product);
} terse_fixed_kernels;

// The kernels of `isa`, which the processor must support, for left factors of 16 or 8 `bits`.
const terse_fixed_kernels *terse_fixed_kernels_for(terse_isa isa, int bits);

#endif
