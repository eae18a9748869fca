#if defined(__x86_64__)

#include <immintrin.h>

#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "../training_lanes.h"

TERSE_INLINE w16 add_pairs(w16 sums, w16 right, int32_t pair) {
    __m256i halves[2], terms[2];
    memcpy(halves, &sums, sizeof sums);
    memcpy(terms, &right, sizeof right);
    for (int h = 0; h < 2; h++) {
        halves[h] = _mm256_add_epi32(halves[h], _mm256_madd_epi16(terms[h], _mm256_set1_epi32(pair)));
    }
    memcpy(&sums, halves, sizeof sums);
    return sums;
}

#define TERSE_WORD_TABLE terse_words_avx2
#define TERSE_WORD_LEFTS 1
#define TERSE_WORD_RIGHTS 1
#include "../words_body.h"

TERSE_AVX2_END

#endif
