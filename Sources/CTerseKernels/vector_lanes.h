// What the vector kernels of every instruction set share: constants of exp, halves, the tables.
#ifndef TERSE_VECTOR_LANES_H
#define TERSE_VECTOR_LANES_H

#include <math.h>
#include <string.h>

#include "include/terse_vector.h"

#define TERSE_VECTOR_INLINE static inline __attribute__((always_inline, unused))

extern const terse_vector_kernels terse_vector_scalar;
extern const terse_vector_kernels terse_vector_avx2;
extern const terse_vector_kernels terse_vector_avx512;
extern const terse_vector_kernels terse_vector_neon;

// exp: n = x · log2 e rounded by adding 1.5 · 2^23; ln 2 in two parts; p(r) = 1 + r + c2·r² + … + c6·r⁶ minimises the
// relative error on ±ln 2 / 2 (3.2e-9).
#define TERSE_EXP_MAGIC 0x1.8p23f
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

TERSE_VECTOR_INLINE float terse_bits_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

TERSE_VECTOR_INLINE uint32_t terse_float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

// IEEE binary16 to binary32, exact.
TERSE_VECTOR_INLINE float terse_half_to_float(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = half & 0x7fffu;
    if (magnitude >= 0x7c00u) {
        const uint32_t quiet = magnitude > 0x7c00u ? 0x400000u : 0;
        return terse_bits_float(sign | 0x7f800000u | quiet | (magnitude & 0x3ffu) << 13);
    }
    // Shifted into place the exponent is 112 too small; multiplication mends normal and subnormal alike.
    return terse_bits_float(sign | terse_float_bits(terse_bits_float(magnitude << 13) * 0x1p112f));
}

// binary32 to IEEE binary16, to nearest even; too large becomes infinite, not-a-number stays one.
TERSE_VECTOR_INLINE uint16_t terse_float_to_half(float value) {
    const uint32_t bits = terse_float_bits(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
    if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);
    if (magnitude < 0x38800000u) {
        // Subnormal or zero: adding 0.5 leaves the units of 2^-24 in the low bits, rounded to even by the addition.
        return (uint16_t)(sign | (terse_float_bits(terse_bits_float(magnitude) + 0.5f) - 0x3f000000u));
    }
    return (uint16_t)(sign | ((magnitude + 0xfffu + (magnitude >> 13 & 1u) - 0x38000000u) >> 13));
}

TERSE_VECTOR_INLINE float terse_exponential(float x) {
    const float shifted = __builtin_fmaf(x, TERSE_LOG2E, TERSE_EXP_MAGIC), n = shifted - TERSE_EXP_MAGIC;
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
