// Packed ternary matrices with AVX2, four trits to a byte.
//
// Products of bytes are added up in 16 bits, eight rows of a tile at a time, and taken over into 32 bits before they
// could overflow.

#if defined(__x86_64__)

#include <immintrin.h>

#include "../packed.h"
#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

enum {
    FIELDS = 4,
    STEP = 16,     // vectors until sums are taken over: 16 · 4 · 2 · 2 · 127 < 2^15
    AHEAD = 2048,  // bytes that are fetched ahead
};

TERSE_INLINE __m256i quad(const int8_t *quants) {
    return _mm256_set1_epi32((int)terse_load_u32((const uint8_t *)quants));
}

// Adds the products of up to STEP vectors from `tile` on.
TERSE_INLINE void add_step(const uint8_t *tile, int64_t vectors, const int8_t *quants, const int width,
                           __m256i *sums) {
    const __m256i mask = _mm256_set1_epi8(3), ones = _mm256_set1_epi16(1);
    __m256i words[TERSE_PACKED_GROUP];
    TERSE_EACH(c, width) words[c] = _mm256_setzero_si256();
    for (int64_t v = 0; v < vectors; v++, tile += TERSE_PACKED_VECTOR, quants += 4 * FIELDS * width) {
        _mm_prefetch((const char *)tile + AHEAD, _MM_HINT_T0);
        const __m256i bits = _mm256_loadu_si256((const __m256i *)tile);
        TERSE_EACH(f, FIELDS) {
            const __m256i field = _mm256_and_si256(_mm256_srl_epi16(bits, _mm_cvtsi32_si128(2 * f)), mask);
            TERSE_EACH(c, width) {
                const __m256i pairs = _mm256_maddubs_epi16(field, quad(quants + 4 * (f * width + c)));
                words[c] = _mm256_add_epi16(words[c], pairs);
            }
        }
    }
    TERSE_EACH(c, width) sums[c] = _mm256_add_epi32(sums[c], _mm256_madd_epi16(words[c], ones));
}

TERSE_INLINE void multiply_tile(const uint8_t *tile, int64_t vectors, const int8_t *quants, const int width,
                                int32_t (*out)[TERSE_PACKED_ROWS]) {
    __m256i sums[2][TERSE_PACKED_GROUP];
    TERSE_EACH(half, 2) TERSE_EACH(c, width) sums[half][c] = _mm256_setzero_si256();
    for (int64_t v = 0; v < vectors; v += STEP) {
        const int64_t count = vectors - v < STEP ? vectors - v : STEP;
        for (int half = 0; half < 2; half++) {
            const uint8_t *bytes = tile + v * TERSE_PACKED_VECTOR + 32 * half;
            add_step(bytes, count, quants + v * 4 * FIELDS * width, width, sums[half]);
        }
    }
    TERSE_EACH(half, 2) TERSE_EACH(c, width) _mm256_storeu_si256((__m256i *)(out[c] + 8 * half), sums[half][c]);
}

#include "../packed_tiles.h"

const terse_packed_kernels terse_packed_avx2 = {
    .fields = FIELDS, .multiply = multiply, .quantize = terse_avx2_quantize_packed};

TERSE_AVX2_END

#endif
