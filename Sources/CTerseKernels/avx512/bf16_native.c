// With products of pairs (AVX512_BF16). They take numbers below the smallest normal one for zero.
#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16"
_Pragma("clang attribute push(__attribute__((target(TARGET))), apply_to = function)")

#include "../training_lanes.h"

TERSE_INLINE v16 add_bf16_pairs(v16 sums, w16 right, int32_t pair) {
    return (v16)_mm512_dpbf16_ps((__m512)sums, (__m512bh)right, (__m512bh)_mm512_set1_epi32(pair));
}

#define TERSE_BF16_TABLE terse_bf16_avx512_native
#define TERSE_BF16_ROWS 8
#define TERSE_BF16_RIGHTS 3
#include "../bf16_body.h"

_Pragma("clang attribute pop")

#endif
