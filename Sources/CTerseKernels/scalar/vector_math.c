// The reference for norms, activation functions, softmax, rotary embedding and the KV cache: one lane at a time.
#include "vector_scalar.h"

static void rms_norm(const float *x, size_t count, const float *weight, float epsilon, float *y) {
    double lanes[TERSE_VECTOR_LANES] = {0};
    for (size_t i = 0; i < count; i++) lanes[i % TERSE_VECTOR_LANES] = fma(x[i], x[i], lanes[i % TERSE_VECTOR_LANES]);
    const float s = (float)(1.0 / sqrt(terse_fold_doubles(lanes) / (double)count + (double)epsilon));
    for (size_t i = 0; i < count; i++) y[i] = weight ? (x[i] * s) * weight[i] : x[i] * s;
}

static void add(float *x, const float *y, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] += y[i];
}

static void scale(float *x, float factor, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] *= factor;
}

static void silu_multiply(float *gate, const float *up, size_t count) {
    for (size_t i = 0; i < count; i++) gate[i] = gate[i] / (1.0f + terse_exponential(-gate[i])) * up[i];
}

static void squared_relu_multiply(float *gate, const float *up, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const float positive = gate[i] < 0.0f ? 0.0f : gate[i];
        gate[i] = positive * positive * up[i];
    }
}

static float maximum(const float *x, size_t count) {
    float lanes[TERSE_VECTOR_LANES];
    for (int l = 0; l < TERSE_VECTOR_LANES; l++) lanes[l] = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        float *lane = &lanes[i % TERSE_VECTOR_LANES];
        *lane = x[i] > *lane ? x[i] : *lane;
    }
    for (int width = TERSE_VECTOR_LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) lanes[l] = lanes[l + width] > lanes[l] ? lanes[l + width] : lanes[l];
    }
    return lanes[0];
}

static double exponentials(float *x, float shift, size_t count) {
    double lanes[TERSE_VECTOR_LANES] = {0};
    for (size_t i = 0; i < count; i++) {
        x[i] = terse_exponential(x[i] - shift);
        lanes[i % TERSE_VECTOR_LANES] += (double)x[i];
    }
    return terse_fold_doubles(lanes);
}

static double exponential_sum(const float *x, float shift, size_t count) {
    double lanes[TERSE_VECTOR_LANES] = {0};
    for (size_t i = 0; i < count; i++) lanes[i % TERSE_VECTOR_LANES] += (double)terse_exponential(x[i] - shift);
    return terse_fold_doubles(lanes);
}

static void rotate(float *a, float *b, float cosine, float sine) {
    const float x = *a, y = *b;
    *a = fmaf(x, cosine, -(y * sine));
    *b = fmaf(x, sine, y * cosine);
}

static void rotate_adjacent(float *x, const float *cosines, const float *sines, size_t pairs) {
    for (size_t i = 0; i < pairs; i++) rotate(x + 2 * i, x + 2 * i + 1, cosines[i], sines[i]);
}

static void rotate_halves(float *x, const float *cosines, const float *sines, size_t pairs) {
    for (size_t i = 0; i < pairs; i++) rotate(x + i, x + i + pairs, cosines[i], sines[i]);
}

const terse_vector_kernels terse_vector_scalar = {
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
    .kv_store = terse_kv_store_scalar,
    .attend = terse_attend_scalar,
    .merge_spans = terse_merge_spans_scalar,
};
