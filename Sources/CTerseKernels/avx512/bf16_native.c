// With products of pairs (AVX512_BF16). They take numbers below the smallest normal one for zero.
#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16"
_Pragma("clang attribute push(__attribute__((target(TARGET))), apply_to = function)")

#include "../training_lanes.h"

enum { STEPS = 1 };

typedef int32_t left_term;

TERSE_INLINE left_term left_of(int32_t pair, int step) {
    (void)step;
    return pair;
}

TERSE_INLINE v16 right_of(w16 pairs, int step) {
    (void)step;
    return (v16)pairs;
}

TERSE_INLINE v16 add_product(v16 sums, v16 right, left_term left) {
    return (v16)_mm512_dpbf16_ps((__m512)sums, (__m512bh)right, (__m512bh)_mm512_set1_epi32(left));
}

#define TERSE_BF16_TABLE terse_bf16_avx512_native
#define TERSE_BF16_ROWS 8
#define TERSE_BF16_RIGHTS 3
#include "../bf16_body.h"

_Pragma("clang attribute pop")

#endif
