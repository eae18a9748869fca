// What the kernels of split matrices share.
#ifndef TERSE_SPLIT_SHARED_H
#define TERSE_SPLIT_SHARED_H

#include "include/terse_split.h"
#include "matmul_blocks.h"

extern const terse_split_kernels terse_split_scalar;
extern const terse_split_kernels terse_split_avx2;
extern const terse_split_kernels terse_split_avx512;
extern const terse_split_kernels terse_split_neon;

enum {
    TERSE_SPLIT_PAIRS = TERSE_ACTIVATION_COLUMNS / 32,  // of groups of sixteen columns, in a unit
    // Screening takes 8 · u + 3.5 − 32 for a weight, u being its upper half. Twice that is whole: 16 · u less this.
    TERSE_SCREENING_ZERO_POINT = 2 * 32 - 7,
};

// Products with many rows of x.
void terse_avx512_split_panel(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin,
                              int64_t row_end, float *y, int64_t y_stride);
void terse_avx2_split_panel(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                            float *y, int64_t y_stride);
void terse_neon_split_panel(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                            float *y, int64_t y_stride);

#endif
