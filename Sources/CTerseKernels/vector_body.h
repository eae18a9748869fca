// The vector kernels for any instruction set with vectors, written on sixteen lanes: one register of AVX-512, two of
// AVX2, four of NEON. A file per instruction set includes this under its target attributes, after defining
//     TERSE_VECTOR_TABLE    the table to define
//     TERSE_PANEL_VECTORS   registers of sixteen lanes that a block of rows accumulates side by side: 1 or 2
//     TERSE_PANEL_ROWS      rows in a block, where columns are too few for wide ones
// so that rows × vectors accumulators, and what they are made from, fit the registers, and
// `add_pairs(sums, right, pair)`: to each of sixteen 32-bit sums the products of its two 16-bit terms in `right` with
// those of `pair`, which is the same for all.

#include "vector_lanes.h"

// Vectors pass between inlined functions only, so how they would pass in registers does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

enum {
    TERSE_WIDE_VECTORS = 4,  // registers side by side in a wide block, whose rows have as many accumulators
    TERSE_WIDE_ROWS = TERSE_PANEL_ROWS * TERSE_PANEL_VECTORS / TERSE_WIDE_VECTORS,
};

typedef float v16 __attribute__((vector_size(64)));
typedef float v8 __attribute__((vector_size(32)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef int32_t i8 __attribute__((vector_size(32)));
typedef int8_t b32 __attribute__((vector_size(32)));
typedef int16_t s32 __attribute__((vector_size(64)));
typedef int16_t s16 __attribute__((vector_size(32)));
typedef _Float16 h16 __attribute__((vector_size(32)));
typedef double d16 __attribute__((vector_size(128)));
typedef double d8 __attribute__((vector_size(64)));

TERSE_INLINE v16 splat(float x) { return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

TERSE_INLINE v16 load(const float *x) {
    v16 v;
    memcpy(&v, x, sizeof v);
    return v;
}

TERSE_INLINE void store(float *x, v16 v) { memcpy(x, &v, sizeof v); }

// The first `count` ≤ 16 elements, `rest` in the other lanes.
TERSE_INLINE v16 load_part(const float *x, size_t count, float rest) {
    float lanes[16];
    for (size_t l = 0; l < 16; l++) lanes[l] = l < count ? x[l] : rest;
    return load(lanes);
}

TERSE_INLINE void store_part(float *x, size_t count, v16 v) {
    float lanes[16];
    store(lanes, v);
    for (size_t l = 0; l < count; l++) x[l] = lanes[l];
}

TERSE_INLINE v16 magnitude(v16 x) { return (v16)((i16)x & 0x7fffffff); }

TERSE_INLINE v16 choose(i16 mask, v16 yes, v16 no) { return (v16)((mask & (i16)yes) | (~mask & (i16)no)); }

TERSE_INLINE v16 fused(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }

TERSE_INLINE v16 exponential(v16 x) {
    const v16 shifted = fused(x, splat(TERSE_LOG2E), splat(TERSE_ROUND_MAGIC)), n = shifted - splat(TERSE_ROUND_MAGIC);
    const v16 r = fused(n, splat(-TERSE_LN2_LOW), fused(n, splat(-TERSE_LN2_HIGH), x));
    v16 p = fused(splat(TERSE_EXP_C6), r, splat(TERSE_EXP_C5));
    p = fused(p, r, splat(TERSE_EXP_C4));
    p = fused(p, r, splat(TERSE_EXP_C3));
    p = fused(p, r, splat(TERSE_EXP_C2));
    p = fused(p, r, splat(1.0f));
    p = fused(p, r, splat(1.0f));
    v16 result = (v16)((i16)p + ((i16)shifted << 23));
    result = choose(x > splat(TERSE_EXP_HIGHEST), splat(INFINITY), result);
    result = choose(x != x, x, result);
    return (v16)((i16)result & ~(x < splat(TERSE_EXP_LOWEST)));
}

#define TERSE_HALF_LOW(v) __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)
#define TERSE_HALF_HIGH(v) __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15)

TERSE_INLINE double fold_doubles(d16 lanes) {
    const d8 by8 = TERSE_HALF_LOW(lanes) + TERSE_HALF_HIGH(lanes);
    double by4[4];
    for (int l = 0; l < 4; l++) by4[l] = by8[l] + by8[l + 4];
    return (by4[0] + by4[2]) + (by4[1] + by4[3]);
}

TERSE_INLINE float fold(v16 lanes) {
    const v8 by8 = TERSE_HALF_LOW(lanes) + TERSE_HALF_HIGH(lanes);
    const v8 by4 = by8 + __builtin_shufflevector(by8, by8, 4, 5, 6, 7, 4, 5, 6, 7);
    const v8 by2 = by4 + __builtin_shufflevector(by4, by4, 2, 3, 2, 3, 4, 5, 6, 7);
    return by2[0] + by2[1];
}

// b where it is greater, else a: not-a-numbers in b are passed over.
TERSE_INLINE v16 greater(v16 a, v16 b) { return choose(b > a, b, a); }

TERSE_INLINE v8 greater8(v8 a, v8 b) {
    const i8 mask = b > a;
    return (v8)((mask & (i8)b) | (~mask & (i8)a));
}

TERSE_INLINE float fold_greatest(v16 lanes) {
    const v8 by8 = greater8(TERSE_HALF_LOW(lanes), TERSE_HALF_HIGH(lanes));
    const v8 by4 = greater8(by8, __builtin_shufflevector(by8, by8, 4, 5, 6, 7, 4, 5, 6, 7));
    const v8 by2 = greater8(by4, __builtin_shufflevector(by4, by4, 2, 3, 2, 3, 4, 5, 6, 7));
    return by2[1] > by2[0] ? by2[1] : by2[0];
}

static void rms_norm(const float *x, size_t count, const float *weight, float epsilon, float *y) {
    d16 sums = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const d16 wide = __builtin_convertvector(load(x + i), d16);
        sums = __builtin_elementwise_fma(wide, wide, sums);
    }
    if (i < count) {
        const d16 wide = __builtin_convertvector(load_part(x + i, count - i, 0.0f), d16);
        sums = __builtin_elementwise_fma(wide, wide, sums);
    }
    const float s = (float)(1.0 / sqrt(fold_doubles(sums) / (double)count + (double)epsilon));
    if (weight) {
        for (i = 0; i < count; i++) y[i] = (x[i] * s) * weight[i];
    } else {
        for (i = 0; i < count; i++) y[i] = x[i] * s;
    }
}

static void add(float *x, const float *y, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] += y[i];
}

static void scale(float *x, float factor, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] *= factor;
}

TERSE_INLINE v16 silu_product(v16 gate, v16 up) { return gate / (splat(1.0f) + exponential(-gate)) * up; }

static void silu_multiply(float *gate, const float *up, size_t count) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16) store(gate + i, silu_product(load(gate + i), load(up + i)));
    if (i == count) return;
    const v16 rest = silu_product(load_part(gate + i, count - i, 0.0f), load_part(up + i, count - i, 0.0f));
    store_part(gate + i, count - i, rest);
}

static void squared_relu_multiply(float *gate, const float *up, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const float positive = gate[i] < 0.0f ? 0.0f : gate[i];
        gate[i] = positive * positive * up[i];
    }
}

static float maximum(const float *x, size_t count) {
    v16 lanes = splat(-INFINITY);
    size_t i = 0;
    for (; i + 16 <= count; i += 16) lanes = greater(lanes, load(x + i));
    if (i < count) lanes = greater(lanes, load_part(x + i, count - i, -INFINITY));
    return fold_greatest(lanes);
}

// Adds exp(x − shift) up and stores it where `y` is not null.
TERSE_INLINE double sum_exponentials(const float *x, float *y, float shift, size_t count) {
    d16 sums = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const v16 e = exponential(load(x + i) - splat(shift));
        if (y) store(y + i, e);
        sums += __builtin_convertvector(e, d16);
    }
    if (i < count) {
        // Lanes past the end: exp(−infinity) = 0.
        const v16 e = exponential(load_part(x + i, count - i, -INFINITY) - splat(shift));
        if (y) store_part(y + i, count - i, e);
        d16 wide = __builtin_convertvector(e, d16);
        for (size_t l = count - i; l < 16; l++) wide[l] = 0.0;  // Whatever the shift.
        sums += wide;
    }
    return fold_doubles(sums);
}

static double exponentials(float *x, float shift, size_t count) { return sum_exponentials(x, x, shift, count); }

static double exponential_sum(const float *x, float shift, size_t count) {
    return sum_exponentials(x, NULL, shift, count);
}

TERSE_INLINE void rotate(float *a, float *b, float cosine, float sine) {
    const float x = *a, y = *b;
    *a = __builtin_fmaf(x, cosine, -(y * sine));
    *b = __builtin_fmaf(x, sine, y * cosine);
}

static void rotate_adjacent(
    float *restrict x, const float *restrict cosines, const float *restrict sines, size_t pairs) {
    for (size_t i = 0; i < pairs; i++) rotate(x + 2 * i, x + 2 * i + 1, cosines[i], sines[i]);
}

static void rotate_halves(float *x, const float *cosines, const float *sines, size_t pairs) {
    float *restrict low = x, *restrict high = x + pairs;
    for (size_t i = 0; i < pairs; i++) rotate(low + i, high + i, cosines[i], sines[i]);
}

#include "vector_cache_body.h"
#include "vector_product_body.h"
#include "vector_attention_body.h"

const terse_vector_kernels TERSE_VECTOR_TABLE = {
    .rms_norm = rms_norm,
    .add = add,
    .scale = scale,
    .silu_multiply = silu_multiply,
    .squared_relu_multiply = squared_relu_multiply,
    .maximum = maximum,
    .exponentials = exponentials,
    .exponential_sum = exponential_sum,
    .rotate_adjacent = rotate_adjacent,
    .rotate_halves = rotate_halves,
    .kv_store = kv_store,
    .attend = attend,
    .merge_spans = merge_spans,
};
