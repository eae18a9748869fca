// The pieces of the AVX-512 matrix kernels; for one row of x most types use those of AVX2, memory being the limit.
#ifndef TERSE_MATMUL_AVX512_H
#define TERSE_MATMUL_AVX512_H

#include "../matmul_blocks.h"

// Matrix × vector for TQ2_0 and I2_S.
void terse_avx512_ternary(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                          float *y, int64_t y_stride);
void terse_avx512_tiles(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                        int64_t y_stride);
enum { TERSE_AVX512_FLOAT_GROUP = 12 };  // rows of float values that lie together by lane
void terse_avx512_float(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                        int64_t y_stride);

#endif
