// What the vector kernels of every instruction set share: the constants of exp and the tables.
#ifndef TERSE_VECTOR_LANES_H
#define TERSE_VECTOR_LANES_H

#include <math.h>

#include "halves.h"
#include "include/terse_vector.h"

extern const terse_vector_kernels terse_vector_scalar;
extern const terse_vector_kernels terse_vector_avx2;
extern const terse_vector_kernels terse_vector_avx512;
extern const terse_vector_kernels terse_vector_neon;

// exp: n = x · log2 e rounded by adding 1.5 · 2^23; ln 2 in two parts; p(r) = 1 + r + c2·r² + … + c6·r⁶ minimises the
// relative error on ±ln 2 / 2 (3.2e-9).
#define TERSE_ROUND_MAGIC 0x1.8p23f  // added and taken away again, rounds |x| < 2^22, ties to even
#define TERSE_LOG2E 0x1.715476p+0f
#define TERSE_LN2_HIGH 0x1.62e430p-1f
#define TERSE_LN2_LOW -0x1.05c610p-29f
#define TERSE_EXP_C2 0x1.fffffcp-2f
#define TERSE_EXP_C3 0x1.555492p-3f
#define TERSE_EXP_C4 0x1.5558b0p-5f
#define TERSE_EXP_C5 0x1.12398cp-7f
#define TERSE_EXP_C6 0x1.6a4d46p-10f
#define TERSE_EXP_LOWEST -0x1.5d4p+6f     // −87.3125: below, 0
#define TERSE_EXP_HIGHEST 0x1.62e42ep+6f  // 88.7228: above, infinity

#define TERSE_F16_LARGEST 65504.0f

// int8 rows of smaller magnitude are stored as zeros: 127 / absmax would overflow.
#define TERSE_KV_TINY 1e-30f

// The greatest whole number of 16 bits that stands for a float.
#define TERSE_INT16_LIMIT 32767.0f

// That of queries: with `dimension` products of a byte each, sums stay within 32 bits.
TERSE_INLINE float terse_query_limit(uint32_t dimension) {
    return dimension <= 512 ? TERSE_INT16_LIMIT : (float)((1u << 24) / dimension);
}

// From floats of magnitudes up to `most` to whole numbers; 0 where the quotient would be infinite.
TERSE_INLINE float terse_int16_inverse(float most, float limit) {
    const float inverse = most > 0.0f ? limit / most : 0.0f;
    return inverse < INFINITY ? inverse : 0.0f;
}

// A token's values of int8 in [token / 2][dimension padded][token % 2].
TERSE_INLINE size_t terse_kv_value_offset(uint32_t dimension, uint32_t token) {
    return (size_t)(token / 2) * 2 * terse_kv_padded(dimension) + token % 2;
}

TERSE_INLINE float terse_exponential(float x) {
    const float shifted = __builtin_fmaf(x, TERSE_LOG2E, TERSE_ROUND_MAGIC), n = shifted - TERSE_ROUND_MAGIC;
    const float r = __builtin_fmaf(n, -TERSE_LN2_LOW, __builtin_fmaf(n, -TERSE_LN2_HIGH, x));
    float p = __builtin_fmaf(TERSE_EXP_C6, r, TERSE_EXP_C5);
    p = __builtin_fmaf(p, r, TERSE_EXP_C4);
    p = __builtin_fmaf(p, r, TERSE_EXP_C3);
    p = __builtin_fmaf(p, r, TERSE_EXP_C2);
    p = __builtin_fmaf(p, r, 1.0f);
    p = __builtin_fmaf(p, r, 1.0f);
    // The low bits of `shifted` are n; added to the exponent they multiply by 2^n.
    const float result = terse_bits_float(terse_float_bits(p) + (terse_float_bits(shifted) << 23));
    if (x < TERSE_EXP_LOWEST) return 0.0f;
    if (x > TERSE_EXP_HIGHEST) return INFINITY;
    return x == x ? result : x;
}

#endif
