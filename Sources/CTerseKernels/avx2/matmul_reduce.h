// Sums across the lanes of eight registers at once; included inside a region that targets AVX2 or more.
#ifndef TERSE_AVX2_MATMUL_REDUCE_H
#define TERSE_AVX2_MATMUL_REDUCE_H

#if !defined(TERSE_EMULATE_AVX512)
#include <immintrin.h>
#endif

#include "../matmul_blocks.h"

// Element r is the sum of the eight 32-bit lanes of rows[r].
TERSE_INLINE __m256i terse_reduce_32(const __m256i rows[8]) {
    __m256i pairs[4], quads[2];
    for (int i = 0; i < 4; i++) {
        pairs[i] = _mm256_add_epi32(_mm256_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]),
                                    _mm256_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]));
    }
    for (int i = 0; i < 2; i++) {
        quads[i] = _mm256_add_epi32(_mm256_unpacklo_epi64(pairs[2 * i], pairs[2 * i + 1]),
                                    _mm256_unpackhi_epi64(pairs[2 * i], pairs[2 * i + 1]));
    }
    return _mm256_add_epi32(_mm256_permute2x128_si256(quads[0], quads[1], 0x20),
                            _mm256_permute2x128_si256(quads[0], quads[1], 0x31));
}

// Element r of each half is the sum, modulo 2^16, of the eight 16-bit lanes of that half of rows[r].
TERSE_INLINE __m256i terse_reduce_16(const __m256i rows[8]) {
    __m256i pairs[4], quads[2];
    for (int i = 0; i < 4; i++) {
        pairs[i] = _mm256_add_epi16(_mm256_unpacklo_epi16(rows[2 * i], rows[2 * i + 1]),
                                    _mm256_unpackhi_epi16(rows[2 * i], rows[2 * i + 1]));
    }
    for (int i = 0; i < 2; i++) {
        quads[i] = _mm256_add_epi16(_mm256_unpacklo_epi32(pairs[2 * i], pairs[2 * i + 1]),
                                    _mm256_unpackhi_epi32(pairs[2 * i], pairs[2 * i + 1]));
    }
    return _mm256_add_epi16(_mm256_unpacklo_epi64(quads[0], quads[1]), _mm256_unpackhi_epi64(quads[0], quads[1]));
}

// The sums of both halves of terse_reduce_16 in 32 bits, each half less its value of `zero`.
TERSE_INLINE __m256i terse_widen_halves(__m256i sums, __m256i zero) {
    sums = _mm256_sub_epi16(sums, zero);
    return _mm256_add_epi32(_mm256_cvtepi16_epi32(_mm256_castsi256_si128(sums)),
                            _mm256_cvtepi16_epi32(_mm256_extracti128_si256(sums, 1)));
}

// zero_point · sums[0] in the low half, zero_point · sums[1] in the high one.
TERSE_INLINE __m256i terse_zero_halves(const int16_t sums[2], int zero_point) {
    const __m128i low = _mm_set1_epi16((short)(sums[0] * zero_point));
    const __m128i high = _mm_set1_epi16((short)(sums[1] * zero_point));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

#endif
