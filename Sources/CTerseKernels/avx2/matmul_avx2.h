// The pieces of the AVX2 matrix kernels.
#ifndef TERSE_MATMUL_AVX2_H
#define TERSE_MATMUL_AVX2_H

#include <immintrin.h>

#include "../matmul_blocks.h"

#define TERSE_AVX2_BEGIN \
    _Pragma("clang attribute push(__attribute__((target(\"avx2,fma,f16c\"))), apply_to = function)")
#define TERSE_AVX2_END _Pragma("clang attribute pop")

TERSE_AVX2_BEGIN

// Two numbers of 16 bits, side by side, in all lanes of 32.
TERSE_INLINE __m256i pair_at(const int16_t pair[2]) {
    int32_t bits;
    memcpy(&bits, pair, 4);
    return _mm256_set1_epi32(bits);
}

TERSE_AVX2_END

// Matrix × vector, column by column of x, straight from the mapped rows.
void terse_avx2_vector(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                       int64_t y_stride);
// Matrix × matrix by tiles.
void terse_avx2_tiles(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride);
enum { TERSE_AVX2_FLOAT_GROUP = 6 };  // rows of float values that lie together by lane
void terse_avx2_float(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride);
void terse_avx2_quantize_groups(const float *x, int64_t columns, int64_t group, terse_activation_block *out);
float terse_avx2_quantize_row(const float *x, int64_t columns, terse_activation_block *out);

#endif
