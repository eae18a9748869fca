// Products of matrices in fixed point, for the backward pass of ternary models: one factor is small whole numbers
// (trits, or inputs of 8 bits), the other 16-bit numbers times a scale, and their products are added up exactly in 32
// bits. On processors without bfloat16 products they take half the time of float32's, and lose less.
//
// C = A · B in blocks of at most TERSE_WORD_DEPTH terms, whose results are added in float32 in order of the blocks. A
// block of TERSE_WORD_ROWS rows of A is a left panel, of TERSE_WORD_COLUMNS columns of B a right panel; both hold pairs
// of neighbouring terms side by side: [pairs][rows or columns][2]. An odd last term is followed by 0.
//
// Every instruction set computes the same bits. Panels are aligned to 64 bytes; no buffers overlap.
#ifndef TERSE_WORDS_H
#define TERSE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terse_isa.h"

enum {
    TERSE_WORD_ROWS = 6,
    TERSE_WORD_COLUMNS = 16,
    TERSE_WORD_STRIP = 48,   // columns that become left panels together: whole panels and whole vectors
    TERSE_WORD_DEPTH = 512,  // 512 · 127 · 32767 < 2^31
};

// c[r][j] (+)= scales[r] · Σ left[r][i] · right[i][j]
typedef struct terse_word_product {
    const int16_t *left, *right;        // panels
    size_t left_stride, right_stride;   // elements from panel to panel
    size_t rows, columns, depth;        // of c, any number; terms, at most TERSE_WORD_DEPTH
    const float *scales;                // of each row
    bool adding;
    float *c;
    size_t c_stride;
} terse_word_product;

typedef struct terse_word_kernels {
    // The greatest magnitude, not-a-numbers passed over; 0 when there is none.
    float (*greatest)(const float *x, size_t count);
    // A left panel from `rows` ≤ TERSE_WORD_ROWS rows of x, the others zero: row r becomes round(x[r][i] · factors[i] /
    // scales[r]), scales[r] = max |x[r][i] · factors[i]| / 32767. A row that holds a value that is not finite gets a
    // scale that is none.
    void (*pack_rows)(const float *x, size_t stride, size_t rows, size_t depth, const float *factors, int16_t *panel,
        float *scales);
    // Left panels, `panel_stride` elements apart, from `columns` ≤ TERSE_WORD_STRIP columns of x: those of the
    // transpose of x, whose rows are scaled as above.
    void (*pack_columns)(const float *x, size_t stride, size_t columns, size_t depth, const float *factors,
        int16_t *panels, size_t panel_stride, float *scales);
    // A right panel from `columns` ≤ TERSE_WORD_COLUMNS columns of x, the others zero: round(x[i][c] · inverses[i]),
    // of magnitudes up to 127.
    void (*pack_levels)(
        const float *x, size_t stride, size_t columns, size_t depth, const float *inverses, int16_t *panel);
    void (*multiply)(const terse_word_product *product);
} terse_word_kernels;

// The kernels of `isa`, which the processor must support.
const terse_word_kernels *terse_word_kernels_for(terse_isa isa);

#endif
