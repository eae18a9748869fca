// Float weights with AVX-512.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "matmul_avx512.h"

TERSE_AVX512_BEGIN

enum { VECTORS = 1, FEW_ROWS = 3, FEW_BATCH = 6, PANEL_VECTORS = 2, TILE_BATCH = TERSE_AVX512_FLOAT_GROUP };

typedef __m512 float_vector;

TERSE_INLINE float_vector zero_vector(void) { return _mm512_setzero_ps(); }
TERSE_INLINE float_vector load_vector(const float *p) { return _mm512_loadu_ps(p); }
TERSE_INLINE void store_vector(float *p, float_vector v) { _mm512_storeu_ps(p, v); }
TERSE_INLINE float_vector broadcast(float x) { return _mm512_set1_ps(x); }
TERSE_INLINE float_vector add(float_vector a, float_vector b) { return _mm512_add_ps(a, b); }
TERSE_INLINE float_vector fused(float_vector w, float_vector x, float_vector acc) { return _mm512_fmadd_ps(w, x, acc); }

TERSE_INLINE float_vector load_weights(terse_type type, const uint8_t *row, int64_t k) {
    if (type == TERSE_F32) return _mm512_loadu_ps((const void *)(row + 4 * k));
    const __m256i halves = _mm256_loadu_si256((const __m256i *)(const void *)(row + 2 * k));
    if (type == TERSE_F16) return _mm512_cvtph_ps(halves);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

TERSE_INLINE float reduce(const float_vector v[VECTORS]) {
    const __m512i bits = _mm512_castps_si512(v[0]);
    const __m256 eight = _mm256_add_ps(_mm256_castsi256_ps(_mm512_extracti64x4_epi64(bits, 0)),
                                       _mm256_castsi256_ps(_mm512_extracti64x4_epi64(bits, 1)));
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

#include "../matmul_float.h"

void terse_avx512_float(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                        int64_t y_stride) {
    multiply_floats(w, x, row_begin, row_end, y, y_stride);
}

TERSE_AVX512_END

#endif
