// Float weights with AVX2.

#if defined(__x86_64__)

#include <immintrin.h>

#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

enum { VECTORS = 2, FEW_ROWS = 3, FEW_BATCH = 2, PANEL_VECTORS = 2, TILE_BATCH = TERSE_AVX2_FLOAT_GROUP };

typedef __m256 float_vector;

TERSE_INLINE float_vector zero_vector(void) { return _mm256_setzero_ps(); }
TERSE_INLINE float_vector load_vector(const float *p) { return _mm256_loadu_ps(p); }
TERSE_INLINE void store_vector(float *p, float_vector v) { _mm256_storeu_ps(p, v); }
TERSE_INLINE float_vector broadcast(float x) { return _mm256_set1_ps(x); }
TERSE_INLINE float_vector add(float_vector a, float_vector b) { return _mm256_add_ps(a, b); }
TERSE_INLINE float_vector fused(float_vector w, float_vector x, float_vector acc) { return _mm256_fmadd_ps(w, x, acc); }

TERSE_INLINE float_vector load_weights(terse_type type, const uint8_t *row, int64_t k) {
    if (type == TERSE_F32) return _mm256_loadu_ps((const float *)(const void *)(row + 4 * k));
    const __m128i halves = _mm_loadu_si128((const __m128i *)(row + 2 * k));
    if (type == TERSE_F16) return _mm256_cvtph_ps(halves);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}

TERSE_INLINE float reduce(const float_vector v[VECTORS]) {
    const __m256 eight = _mm256_add_ps(v[0], v[1]);
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

#include "../matmul_float.h"

void terse_avx2_float(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride) {
    multiply_floats(w, x, row_begin, row_end, y, y_stride);
}

TERSE_AVX2_END

#endif
