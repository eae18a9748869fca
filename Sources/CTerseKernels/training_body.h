// The training kernels for any instruction set and either element type, on sixteen lanes; training_lanes.h says what
// the including file defines.

#include "training_lanes.h"

static double rms_norm(const void *x_, const void *weight_, size_t count, double epsilon, void *y_) {
    const real *x = x_, *weight = weight_;
    real *y = y_;
    d16 sums = {0};
    for (size_t i = 0; i < count; i += 16) {
        const d16 wide = widened(load_some(x + i, count - i, 0));
        sums = __builtin_elementwise_fma(wide, wide, sums);
    }
    const real s = (real)(1.0 / sqrt(fold_doubles(sums) / (double)count + epsilon));
    for (size_t i = 0; i < count; i++) y[i] = (x[i] * s) * weight[i];
    return (double)s;
}

static void rms_norm_gradient(
    const void *x_, const void *weight_, const void *dy_, double s_, size_t count, bool accumulate, void *dx_) {
    const real *x = x_, *weight = weight_, *dy = dy_, s = (real)s_;
    real *dx = dx_;
    v16 sums = splat(0);
    for (size_t i = 0; i < count; i += 16) {
        const v16 scaled = load_some(dy + i, count - i, 0) * load_some(weight + i, count - i, 0);
        sums = fused(scaled, load_some(x + i, count - i, 0), sums);
    }
    const real mean = fold(sums) * s * s / (real)count;
    if (accumulate) {
        for (size_t i = 0; i < count; i++) dx[i] += s * (dy[i] * weight[i] - x[i] * mean);
    } else {
        for (size_t i = 0; i < count; i++) dx[i] = s * (dy[i] * weight[i] - x[i] * mean);
    }
}

static void rms_norm_weight_gradient(
    const void *x_, const void *dy_, const void *s_, size_t rows, size_t stride, size_t count, void *dweight_) {
    const real *x = x_, *dy = dy_, *s = s_;
    real *dweight = dweight_;
    for (size_t i = 0; i < count; i += 16) {
        v16 sums = load_some(dweight + i, count - i, 0);
        for (size_t r = 0; r < rows; r++) {
            const v16 normed = load_some(x + r * stride + i, count - i, 0) * splat(s[r]);
            sums = fused(load_some(dy + r * stride + i, count - i, 0), normed, sums);
        }
        store_some(dweight + i, count - i, sums);
    }
}

static void quantize_row(const void *x_, size_t count, void *y_) {
    const real *x = x_;
    real *y = y_;
    v16 greatest = splat((real)1e-5);
    for (size_t i = 0; i < count; i += 16) {
        const v16 size = magnitude(load_some(x + i, count - i, 0));
        greatest = choose(size > greatest, size, greatest);
    }
    const real largest = fold_greatest(greatest), scale = (real)127 / largest, inverse = largest / (real)127;
    for (size_t i = 0; i < count; i += 16) {
        const v16 quants = rounded(load_some(x + i, count - i, 0) * splat(scale));
        store_some(y + i, count - i, quants * splat(inverse));
    }
}

static void ternarize(const void *x_, double scale, size_t count, void *y_) {
    const real *x = x_;
    real *y = y_;
    const v16 size = splat((real)scale), inverse = splat((real)1 / (real)scale);
    for (size_t i = 0; i < count; i += 16) {
        // Clamped first: rounding is for small numbers.
        const v16 trits = rounded(clamped(load_some(x + i, count - i, 0) * inverse, 1));
        store_some(y + i, count - i, trits * size);
    }
}

static double absolute_sum(const void *x_, size_t count) {
    const real *x = x_;
    d16 sums = {0};
    for (size_t i = 0; i < count; i += 16) sums += widened(magnitude(load_some(x + i, count - i, 0)));
    return fold_doubles(sums);
}

static double square_sum(const void *x_, size_t count) {
    const real *x = x_;
    d16 sums = {0};
    for (size_t i = 0; i < count; i += 16) {
        const d16 wide = widened(load_some(x + i, count - i, 0));
        sums = __builtin_elementwise_fma(wide, wide, sums);
    }
    return fold_doubles(sums);
}

static void combine(void *x_, double a_, const void *y_, double b_, size_t count) {
    real *x = x_;
    const real *y = y_, a = (real)a_, b = (real)b_;
    for (size_t i = 0; i < count; i++) x[i] = a * x[i] + b * y[i];
}

static void sum(const void *x_, const void *y_, size_t count, void *z_) {
    const real *x = x_, *y = y_;
    real *z = z_;
    for (size_t i = 0; i < count; i++) z[i] = x[i] + y[i];
}

static void silu_gate(const void *gate_, const void *up_, size_t count, void *y_) {
    const real *gate = gate_, *up = up_;
    real *y = y_;
    for (size_t i = 0; i < count; i += 16) {
        const v16 g = load_some(gate + i, count - i, 0), u = load_some(up + i, count - i, 0);
        store_some(y + i, count - i, g / (splat(1) + exponential(-g)) * u);
    }
}

// silu(g) = g · σ(g), silu′(g) = σ(g) · (1 + g · (1 − σ(g)))
static void silu_gate_gradient(
    const void *gate_, const void *up_, const void *dy_, size_t count, void *dgate_, void *dup_) {
    const real *gate = gate_, *up = up_, *dy = dy_;
    real *dgate = dgate_, *dup = dup_;
    for (size_t i = 0; i < count; i += 16) {
        const v16 g = load_some(gate + i, count - i, 0), u = load_some(up + i, count - i, 0);
        const v16 d = load_some(dy + i, count - i, 0), sigmoid = splat(1) / (splat(1) + exponential(-g));
        store_some(dgate + i, count - i, d * u * (sigmoid * fused(g, splat(1) - sigmoid, splat(1))));
        store_some(dup + i, count - i, d * (g * sigmoid));
    }
}

static void squared_relu_gate(const void *gate_, const void *up_, size_t count, void *y_) {
    const real *gate = gate_, *up = up_;
    real *y = y_;
    for (size_t i = 0; i < count; i++) {
        const real positive = gate[i] < 0 ? 0 : gate[i];
        y[i] = positive * positive * up[i];
    }
}

static void squared_relu_gate_gradient(
    const void *gate_, const void *up_, const void *dy_, size_t count, void *dgate_, void *dup_) {
    const real *gate = gate_, *up = up_, *dy = dy_;
    real *dgate = dgate_, *dup = dup_;
    for (size_t i = 0; i < count; i++) {
        const real positive = gate[i] < 0 ? 0 : gate[i], u = up[i], d = dy[i];
        dgate[i] = d * u * (2 * positive);
        dup[i] = d * (positive * positive);
    }
}

static void rotate(
    void *x_, const void *cosines_, const void *sines_, size_t pairs, size_t step, size_t offset, double direction) {
    real *x = x_;
    const real *cosines = cosines_, *sines = sines_, sign = (real)direction;
    for (size_t i = 0; i < pairs; i++) {
        const real a = x[i * step], b = x[i * step + offset], c = cosines[i], s = sign * sines[i];
        x[i * step] = scalar_fused(a, c, -(b * s));
        x[i * step + offset] = scalar_fused(a, s, b * c);
    }
}

// For factor > 0.
static double log_sum(const void *x_, size_t count, double factor_) {
    const real *x = x_, factor = (real)factor_;
    v16 greatest = splat((real)-INFINITY);
    for (size_t i = 0; i < count; i += 16) {
        const v16 v = load_some(x + i, count - i, (real)-INFINITY);
        greatest = choose(v > greatest, v, greatest);
    }
    const real shift = fold_greatest(greatest) * factor;
    d16 sums = {0};
    for (size_t i = 0; i < count; i += 16) {
        sums += widened(exponential(load_some(x + i, count - i, (real)-INFINITY) * factor - splat(shift)));
    }
    return (double)shift + log(fold_doubles(sums));
}

static double cross_entropy(const void *logits_, size_t count, size_t target, double *sum) {
    const real *x = logits_;
    *sum = log_sum(x, count, 1);
    return *sum - (double)x[target];
}

static void cross_entropy_gradient(
    void *logits_, size_t count, size_t target, double log_sum, double factor, double extra) {
    real *x = logits_;
    const v16 shift = splat((real)log_sum), scale = splat((real)(factor * (1 + extra)));
    for (size_t i = 0; i < count; i += 16) {
        store_some(x + i, count - i, exponential(load_some(x + i, count - i, 0) - shift) * scale);
    }
    x[target] -= (real)factor;
}

static void affine(const void *x_, size_t count, double factor_, double offset_, void *y_) {
    const real *x = x_, factor = (real)factor_, offset = (real)offset_;
    real *y = y_;
    for (size_t i = 0; i < count; i++) y[i] = x[i] * factor + offset;
}

// Log-probabilities of sixteen outcomes.
TERSE_INLINE v16 log_probabilities(const real *x, size_t count, double factor, double log_sum) {
    return load_some(x, count, (real)-INFINITY) * splat((real)factor) - splat((real)log_sum);
}

static void divergence(const void *student_, const void *teacher_, size_t count, const terse_divergence *scale,
    double *forward, double *reverse) {
    const real *student = student_, *teacher = teacher_;
    d16 forwards = {0}, reverses = {0};
    for (size_t i = 0; i < count; i += 16) {
        const v16 log_q =
            log_probabilities(student + i, count - i, scale->student_factor, scale->student_log_sum);
        const v16 log_p =
            log_probabilities(teacher + i, count - i, scale->teacher_factor, scale->teacher_log_sum);
        const v16 p = exponential(log_p), q = exponential(log_q);
        // What is impossible adds nothing, the lanes behind the last outcome among it.
        forwards += widened(choose(p > splat(0), p * (log_p - log_q), splat(0)));
        reverses += widened(choose(q > splat(0), q * (log_q - log_p), splat(0)));
    }
    *forward = fold_doubles(forwards);
    *reverse = fold_doubles(reverses);
}

static void divergence_gradient(const void *student_, void *teacher_, size_t count, const terse_divergence *scale,
    double forward_weight, double reverse_weight, double reverse) {
    const real *student = student_;
    real *teacher = teacher_;
    const v16 forwards = splat((real)forward_weight), reverses = splat((real)reverse_weight);
    for (size_t i = 0; i < count; i += 16) {
        const v16 log_q =
            log_probabilities(student + i, count - i, scale->student_factor, scale->student_log_sum);
        const v16 log_p =
            log_probabilities(teacher + i, count - i, scale->teacher_factor, scale->teacher_log_sum);
        const v16 p = exponential(log_p), q = exponential(log_q);
        const v16 pulled = choose(q > splat(0), q * (log_q - log_p - splat((real)reverse)), splat(0));
        store_some(teacher + i, count - i, forwards * (q - p) + reverses * pulled);
    }
}

static void adamw(void *w_, const void *g_, void *m_, void *v_, size_t count, const terse_adamw *step) {
    real *w = w_, *m = m_, *v = v_;
    const real *g = g_, beta1 = (real)step->beta1, beta2 = (real)step->beta2;
    const v16 kept = splat((real)step->kept), factor = splat((real)step->gradient_factor);
    const v16 rate = splat((real)(step->rate / step->correction1)), epsilon = splat((real)step->epsilon);
    const v16 spread = splat((real)(1 / step->correction2));
    for (size_t i = 0; i < count; i += 16) {
        const v16 gradient = load_some(g + i, count - i, 0) * factor;
        const v16 first = fused(splat(beta1), load_some(m + i, count - i, 0), splat(1 - beta1) * gradient);
        const v16 second =
            fused(splat(beta2), load_some(v + i, count - i, 0), splat(1 - beta2) * gradient * gradient);
        const v16 step16 = rate * first / (__builtin_elementwise_sqrt(second * spread) + epsilon);
        store_some(m + i, count - i, first);
        store_some(v + i, count - i, second);
        store_some(w + i, count - i, kept * load_some(w + i, count - i, 0) - step16);
    }
}

#include "training_attention_body.h"

const terse_training_kernels TERSE_TRAINING_TABLE = {
    .rms_norm = rms_norm,
    .rms_norm_gradient = rms_norm_gradient,
    .rms_norm_weight_gradient = rms_norm_weight_gradient,
    .quantize_row = quantize_row,
    .ternarize = ternarize,
    .absolute_sum = absolute_sum,
    .square_sum = square_sum,
    .combine = combine,
    .sum = sum,
    .silu_gate = silu_gate,
    .silu_gate_gradient = silu_gate_gradient,
    .squared_relu_gate = squared_relu_gate,
    .squared_relu_gate_gradient = squared_relu_gate_gradient,
    .rotate = rotate,
    .cross_entropy = cross_entropy,
    .cross_entropy_gradient = cross_entropy_gradient,
    .log_sum = log_sum,
    .affine = affine,
    .divergence = divergence,
    .divergence_gradient = divergence_gradient,
    .adamw = adamw,
    .attend = attend,
    .attend_gradient = attend_gradient,
};
