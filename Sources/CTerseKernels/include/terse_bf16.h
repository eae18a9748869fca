// Products of matrices whose factors are rounded to bfloat16 and whose sums are float32, for training: half the time of
// float32 products where the processor multiplies pairs of bfloat16 numbers fast, about the same time elsewhere.
//
// A block of TERSE_BF16_PANEL rows of the left factor, or columns of the right one, is a panel of pairs of neighbouring
// terms: [pairs][rows or columns][2]. An odd last term is followed by 0. Panels are aligned to 64 bytes; no buffers
// overlap.
#ifndef TERSE_BF16_H
#define TERSE_BF16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terse_isa.h"

enum {
    TERSE_BF16_PANEL = 16,
    TERSE_BF16_DEPTH = 512,  // terms of a panel at most: those in use stay in the second cache
};

// c[r][j] = alpha · Σ left[r][i] · right[i][j], added to what c holds or in its place
typedef struct terse_bf16_product {
    const uint16_t *left, *right;      // panels
    size_t left_stride, right_stride;  // elements from panel to panel
    size_t rows, columns, depth;       // of c, any number; terms, at most TERSE_BF16_DEPTH
    float alpha;
    bool adding;
    float *c;
    size_t c_stride;
} terse_bf16_product;

typedef struct terse_bf16_kernels {
    // A panel of `count` ≤ TERSE_BF16_PANEL rows of x, whose terms lie side by side; the other rows are zero.
    void (*pack_rows)(const float *x, size_t stride, size_t count, size_t depth, uint16_t *panel);
    // A panel of `count` ≤ TERSE_BF16_PANEL columns of x, whose terms lie `stride` apart; the other columns are zero.
    void (*pack_columns)(const float *x, size_t stride, size_t count, size_t depth, uint16_t *panel);
    void (*multiply)(const terse_bf16_product *product);
} terse_bf16_kernels;

// The kernels of `isa`, which the processor must support: those that multiply pairs where that is faster.
const terse_bf16_kernels *terse_bf16_kernels_for(terse_isa isa);

#endif
