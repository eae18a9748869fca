// What the training kernels are written on: `real`, and sixteen lanes of it. A file per instruction set and element
// type includes training_body.h after defining
//     TERSE_TRAINING_TABLE   the table to define
//     TERSE_TRAINING_DOUBLE  for float64; float32 otherwise
//     TERSE_TILE_VECTORS     vectors of sixteen lanes that a block of rows accumulates side by side: 1 or 2
//     TERSE_TILE_ROWS        rows in a block
// so that rows × vectors accumulators, and what they are made from, fit the registers.

#include "include/terse_training.h"
#include "vector_lanes.h"

extern const terse_training_kernels terse_training_scalar;
extern const terse_training_kernels terse_training_avx2;
extern const terse_training_kernels terse_training_avx512;
extern const terse_training_kernels terse_training_neon;
extern const terse_training_kernels terse_training_double;

// Vectors pass between inlined functions only, so how they would pass in registers does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#if defined(TERSE_TRAINING_DOUBLE)
typedef double real;
typedef int64_t whole;
#define TERSE_REAL_ROUND_MAGIC 0x1.8p52
#else
typedef float real;
typedef int32_t whole;
#define TERSE_REAL_ROUND_MAGIC TERSE_ROUND_MAGIC
#endif

typedef real v16 __attribute__((vector_size(16 * sizeof(real))));
typedef whole w16 __attribute__((vector_size(16 * sizeof(real))));
typedef double d16 __attribute__((vector_size(128)));

TERSE_INLINE v16 splat(real x) { return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

TERSE_INLINE v16 load(const real *x) {
    v16 v;
    memcpy(&v, x, sizeof v);
    return v;
}

TERSE_INLINE void store(real *x, v16 v) { memcpy(x, &v, sizeof v); }

// The first `count` ≤ 16 elements, `rest` in the other lanes.
TERSE_INLINE v16 load_some(const real *x, size_t count, real rest) {
    if (count >= 16) return load(x);
    real lanes[16];
    for (size_t l = 0; l < 16; l++) lanes[l] = l < count ? x[l] : rest;
    return load(lanes);
}

TERSE_INLINE void store_some(real *x, size_t count, v16 v) {
    if (count >= 16) return store(x, v);
    real lanes[16];
    store(lanes, v);
    for (size_t l = 0; l < count; l++) x[l] = lanes[l];
}

TERSE_INLINE v16 choose(w16 mask, v16 yes, v16 no) { return (v16)((mask & (w16)yes) | (~mask & (w16)no)); }

TERSE_INLINE v16 fused(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }

// To the nearest whole number, ties to even; |x| < 2^22.
TERSE_INLINE v16 rounded(v16 x) { return (x + splat(TERSE_REAL_ROUND_MAGIC)) - splat(TERSE_REAL_ROUND_MAGIC); }

TERSE_INLINE v16 clamped(v16 x, real limit) {
    x = choose(x > splat(limit), splat(limit), x);
    return choose(x < splat(-limit), splat(-limit), x);
}

TERSE_INLINE v16 magnitude(v16 x) { return choose(x < splat(0), -x, x); }

TERSE_INLINE d16 widened(v16 x) { return __builtin_convertvector(x, d16); }

// Lane l += lane l + 8, then 4, 2, 1.
TERSE_INLINE double fold_doubles(d16 lanes) {
    double sums[16];
    memcpy(sums, &lanes, sizeof sums);
    for (int width = 8; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) sums[l] += sums[l + width];
    }
    return sums[0];
}

TERSE_INLINE real fold(v16 lanes) {
    real sums[16];
    store(sums, lanes);
    for (int width = 8; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) sums[l] += sums[l + width];
    }
    return sums[0];
}

TERSE_INLINE real fold_greatest(v16 lanes) {
    real values[16];
    store(values, lanes);
    for (int width = 8; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) values[l] = values[l + width] > values[l] ? values[l + width] : values[l];
    }
    return values[0];
}

#if defined(TERSE_TRAINING_DOUBLE)

TERSE_INLINE v16 exponential(v16 x) {
    for (int l = 0; l < 16; l++) x[l] = exp(x[l]);
    return x;
}

TERSE_INLINE real scalar_fused(real a, real b, real c) { return fma(a, b, c); }

#else

TERSE_INLINE v16 exponential(v16 x) {
    const v16 shifted = fused(x, splat(TERSE_LOG2E), splat(TERSE_ROUND_MAGIC)), n = shifted - splat(TERSE_ROUND_MAGIC);
    const v16 r = fused(n, splat(-TERSE_LN2_LOW), fused(n, splat(-TERSE_LN2_HIGH), x));
    v16 p = fused(splat(TERSE_EXP_C6), r, splat(TERSE_EXP_C5));
    p = fused(p, r, splat(TERSE_EXP_C4));
    p = fused(p, r, splat(TERSE_EXP_C3));
    p = fused(p, r, splat(TERSE_EXP_C2));
    p = fused(p, r, splat(1.0f));
    p = fused(p, r, splat(1.0f));
    v16 result = (v16)((w16)p + ((w16)shifted << 23));
    result = choose(x > splat(TERSE_EXP_HIGHEST), splat(INFINITY), result);
    result = choose(x != x, x, result);
    return (v16)((w16)result & ~(x < splat(TERSE_EXP_LOWEST)));
}

TERSE_INLINE real scalar_fused(real a, real b, real c) { return __builtin_fmaf(a, b, c); }

#endif
