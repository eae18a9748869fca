#if defined(__x86_64__)

#include <immintrin.h>

#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "../training_lanes.h"

// Bytes as 16-bit numbers, the even and the odd ones: their products in pairs would not fit 16 bits.
TERSE_INLINE __m256i byte_products(__m256i right, __m256i left) {
    const __m256i evens = _mm256_madd_epi16(
        _mm256_srai_epi16(_mm256_slli_epi16(right, 8), 8), _mm256_srai_epi16(_mm256_slli_epi16(left, 8), 8));
    const __m256i odds = _mm256_madd_epi16(_mm256_srai_epi16(right, 8), _mm256_srai_epi16(left, 8));
    return _mm256_add_epi32(evens, odds);
}

TERSE_INLINE w16 add_slot(w16 sums, w16 right, int32_t left, const int terms) {
    __m256i halves[2], columns[2];
    memcpy(halves, &sums, sizeof sums);
    memcpy(columns, &right, sizeof right);
    const __m256i row = _mm256_set1_epi32(left);
    for (int h = 0; h < 2; h++) {
        const __m256i products =
            terms == 2 ? _mm256_madd_epi16(columns[h], row) : byte_products(columns[h], row);
        halves[h] = _mm256_add_epi32(halves[h], products);
    }
    memcpy(&sums, halves, sizeof sums);
    return sums;
}

#define TERSE_FIXED_WORDS terse_fixed_words_avx2
#define TERSE_FIXED_BYTES terse_fixed_bytes_avx2
#define TERSE_FIXED_LEFTS 1
#define TERSE_FIXED_RIGHTS 1
#define TERSE_FIXED_OFFSET 0
#include "../fixed_body.h"

TERSE_AVX2_END

#endif
