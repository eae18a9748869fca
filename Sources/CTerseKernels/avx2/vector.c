#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "../halves.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

typedef int32_t i16 __attribute__((vector_size(64)));

TERSE_INLINE i16 add_pairs(i16 sums, i16 right, int32_t pair) {
    __m256i halves[2], pairs[2];
    memcpy(halves, &sums, sizeof sums);
    memcpy(pairs, &right, sizeof right);
    const __m256i factors = _mm256_set1_epi32(pair);
    for (int h = 0; h < 2; h++) halves[h] = _mm256_add_epi32(halves[h], _mm256_madd_epi16(pairs[h], factors));
    memcpy(&sums, halves, sizeof sums);
    return sums;
}

#define TERSE_VECTOR_TABLE terse_vector_avx2
#define TERSE_PANEL_VECTORS 1
#define TERSE_PANEL_ROWS 6
#include "../vector_body.h"

#pragma clang attribute pop
#endif
