// The training kernels. Those of an instruction set are compared with the scalar ones, bit for bit; the scalar ones with
// those in float64, to within what float32 can hold.

#include "checks.h"

enum { LENGTH_MAX = 131, ROWS = 3 };

static const size_t lengths[] = {1, 5, 15, 16, 17, 48, 100, LENGTH_MAX};

typedef struct {
    const terse_training_kernels *found, *expected;
    bool is_double;  // `expected` computes in float64, so bits differ
    size_t count;
    int *failures;
} comparison;

// A buffer for both kernels of a comparison: the same numbers in float32, and in the expected kernel's type.
typedef struct {
    float *found;
    void *expected;
    size_t count;
} twin;

static twin numbers(random_stream *random, const comparison *c, size_t count, float size) {
    twin t = {guarded_allocate(count * sizeof(float)), NULL, count};
    t.expected = guarded_allocate(count * (c->is_double ? sizeof(double) : sizeof(float)));
    for (size_t i = 0; i < count; i++) {
        t.found[i] = random_float(random) * size;
        if (c->is_double) ((double *)t.expected)[i] = (double)t.found[i];
        else ((float *)t.expected)[i] = t.found[i];
    }
    return t;
}

static void release(const comparison *c, twin t) {
    guarded_free(t.found, t.count * sizeof(float));
    guarded_free(t.expected, t.count * (c->is_double ? sizeof(double) : sizeof(float)));
}

static bool is_close(double a, double b, double size) { return fabs(a - b) <= 2e-5 * (size + fabs(b)); }

static void compare(const comparison *c, const char *name, twin t, double size) {
    for (size_t i = 0; i < t.count; i++) {
        const double expected = c->is_double ? ((double *)t.expected)[i] : (double)((float *)t.expected)[i];
        const bool same = same_float(t.found[i], (float)expected);
        if (c->is_double ? is_close((double)t.found[i], expected, size) : same) continue;
        fail(c->failures, "training %s, %zu elements: [%zu] is %a, expected %a", name, c->count, i, (double)t.found[i],
            expected);
        return;
    }
}

static void compare_numbers(const comparison *c, const char *name, double found, double expected, double size) {
    const bool same = memcmp(&found, &expected, sizeof found) == 0;
    if (c->is_double ? is_close(found, expected, size) : same) return;
    fail(c->failures, "training %s, %zu elements: %a, expected %a", name, c->count, found, expected);
}

static void check_norm(const comparison *c, random_stream *random) {
    const size_t n = c->count;
    const terse_training_kernels *k = c->found, *r = c->expected;
    twin x = numbers(random, c, ROWS * n, 3), w = numbers(random, c, n, 1), dy = numbers(random, c, ROWS * n, 1);
    twin y = numbers(random, c, n, 1), s = numbers(random, c, ROWS, 1), dw = numbers(random, c, n, 1);
    const double found = k->rms_norm(x.found, w.found, n, 1e-5, y.found);
    compare_numbers(c, "rms_norm", found, r->rms_norm(x.expected, w.expected, n, 1e-5, y.expected), 1);
    compare(c, "rms_norm", y, 1);
    for (int adds = 0; adds < 2; adds++) {
        k->rms_norm_gradient(x.found, w.found, dy.found, 0.75, n, adds, y.found);
        r->rms_norm_gradient(x.expected, w.expected, dy.expected, 0.75, n, adds, y.expected);
        compare(c, adds ? "rms_norm_gradient, adding" : "rms_norm_gradient", y, 10);
    }
    k->rms_norm_weight_gradient(x.found, dy.found, s.found, ROWS, n, n, dw.found);
    r->rms_norm_weight_gradient(x.expected, dy.expected, s.expected, ROWS, n, n, dw.expected);
    compare(c, "rms_norm_weight_gradient", dw, 10);
    const twin all[] = {x, w, dy, y, s, dw};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) release(c, all[i]);
}

static void check_elements(const comparison *c, random_stream *random) {
    const size_t n = c->count;
    const terse_training_kernels *k = c->found, *r = c->expected;
    twin x = numbers(random, c, n, 5), y = numbers(random, c, n, 5), z = numbers(random, c, n, 1);
    twin a = numbers(random, c, n, 1), b = numbers(random, c, n, 1);
    compare_numbers(c, "absolute_sum", k->absolute_sum(x.found, n), r->absolute_sum(x.expected, n), (double)n);
    compare_numbers(c, "square_sum", k->square_sum(x.found, n), r->square_sum(x.expected, n), (double)n);
    k->silu_gate(x.found, y.found, n, z.found), r->silu_gate(x.expected, y.expected, n, z.expected);
    compare(c, "silu_gate", z, 25);
    k->silu_gate_gradient(x.found, y.found, z.found, n, a.found, b.found);
    r->silu_gate_gradient(x.expected, y.expected, z.expected, n, a.expected, b.expected);
    compare(c, "silu_gate_gradient", a, 125), compare(c, "silu_gate_gradient", b, 125);
    k->squared_relu_gate(x.found, y.found, n, z.found), r->squared_relu_gate(x.expected, y.expected, n, z.expected);
    compare(c, "squared_relu_gate", z, 125);
    k->squared_relu_gate_gradient(x.found, y.found, z.found, n, a.found, b.found);
    r->squared_relu_gate_gradient(x.expected, y.expected, z.expected, n, a.expected, b.expected);
    compare(c, "squared_relu_gate_gradient", a, 6000), compare(c, "squared_relu_gate_gradient", b, 6000);
    k->combine(x.found, 0.9, y.found, -0.3, n), r->combine(x.expected, 0.9, y.expected, -0.3, n);
    compare(c, "combine", x, 5);
    k->sum(x.found, y.found, n, z.found), r->sum(x.expected, y.expected, n, z.expected);
    compare(c, "sum", z, 5);
    for (int halves = 0; halves < 2; halves++) {
        const size_t pairs = n / 2, step = halves ? 1 : 2, offset = halves ? pairs : 1;
        k->rotate(x.found, y.found, a.found, pairs, step, offset, halves ? -1 : 1);
        r->rotate(x.expected, y.expected, a.expected, pairs, step, offset, halves ? -1 : 1);
        compare(c, "rotate", x, 1e5);
    }
    const twin all[] = {x, y, z, a, b};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) release(c, all[i]);
}

// Rounding may fall to either side in float64, so only float32 kernels are compared.
static void check_rounding(const comparison *c, random_stream *random) {
    if (c->is_double) return;
    const size_t n = c->count;
    twin x = numbers(random, c, n, 5), y = numbers(random, c, n, 1);
    c->found->quantize_row(x.found, n, y.found), c->expected->quantize_row(x.expected, n, y.expected);
    compare(c, "quantize_row", y, 0);
    c->found->ternarize(x.found, 1.7, n, y.found), c->expected->ternarize(x.expected, 1.7, n, y.expected);
    compare(c, "ternarize", y, 0);
    release(c, x), release(c, y);
}

static void check_loss(const comparison *c, random_stream *random) {
    const size_t n = c->count, target = n / 3;
    twin x = numbers(random, c, n, 8);
    double found_sum = 0, expected_sum = 0;
    const double found = c->found->cross_entropy(x.found, n, target, &found_sum);
    compare_numbers(c, "cross_entropy", found, c->expected->cross_entropy(x.expected, n, target, &expected_sum), 1);
    compare_numbers(c, "cross_entropy's sum", found_sum, expected_sum, 1);
    c->found->cross_entropy_gradient(x.found, n, target, found_sum, 0.5, 0.01);
    c->expected->cross_entropy_gradient(x.expected, n, target, expected_sum, 0.5, 0.01);
    compare(c, "cross_entropy_gradient", x, 1);
    release(c, x);
}

static void check_divergence(const comparison *c, random_stream *random) {
    const size_t n = c->count;
    twin x = numbers(random, c, n, 6), t = numbers(random, c, n, 6), y = numbers(random, c, n, 1);
    terse_divergence scale = {0.5, 0, 0.25, 0};
    compare_numbers(
        c, "log_sum", c->found->log_sum(x.found, n, 0.5), c->expected->log_sum(x.expected, n, 0.5), 1);
    scale.student_log_sum = c->expected->log_sum(x.expected, n, 0.5);
    scale.teacher_log_sum = c->expected->log_sum(t.expected, n, 0.25);
    double forward[2], reverse[2];
    c->found->divergence(x.found, t.found, n, &scale, &forward[0], &reverse[0]);
    c->expected->divergence(x.expected, t.expected, n, &scale, &forward[1], &reverse[1]);
    compare_numbers(c, "divergence", forward[0], forward[1], 1);
    compare_numbers(c, "divergence, reverse", reverse[0], reverse[1], 1);
    c->found->divergence_gradient(x.found, t.found, n, &scale, 0.7, 0.3, reverse[1]);
    c->expected->divergence_gradient(x.expected, t.expected, n, &scale, 0.7, 0.3, reverse[1]);
    compare(c, "divergence_gradient", t, 1);
    c->found->affine(x.found, n, 0.3, -2, y.found), c->expected->affine(x.expected, n, 0.3, -2, y.expected);
    compare(c, "affine", y, 5);
    const twin all[] = {x, t, y};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) release(c, all[i]);
}

static void check_adamw(const comparison *c, random_stream *random) {
    const terse_adamw step = {0.01, 0.9, 0.95, 1e-8, 0.999, 0.1, 0.05, 0.7};
    twin w = numbers(random, c, c->count, 1), g = numbers(random, c, c->count, 1);
    twin m = numbers(random, c, c->count, 0.1f), v = numbers(random, c, c->count, 0);
    c->found->adamw(w.found, g.found, m.found, v.found, c->count, &step);
    c->expected->adamw(w.expected, g.expected, m.expected, v.expected, c->count, &step);
    compare(c, "adamw's weights", w, 1), compare(c, "adamw's means", m, 1), compare(c, "adamw's squares", v, 1);
    const twin all[] = {w, g, m, v};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) release(c, all[i]);
}

typedef struct {
    twin q, k, v, o, l, dout, dq, dk, dv;
} attention_buffers;

static terse_training_attention attention_task(
    const attention_buffers *b, bool expected, size_t tokens, size_t dimension) {
#define SIDE(t) (expected ? (b->t).expected : (void *)(b->t).found)
    return (terse_training_attention){.tokens = tokens, .heads = 2, .dimension = dimension, .scale = 0.3,
        .queries = SIDE(q), .query_stride = 2 * dimension, .keys = SIDE(k), .values = SIDE(v), .kv_stride = dimension,
        .outputs = SIDE(o), .output_stride = 2 * dimension, .log_sums = SIDE(l), .log_sum_stride = 2,
        .output_gradients = SIDE(dout), .query_gradients = SIDE(dq), .key_gradients = SIDE(dk),
        .value_gradients = SIDE(dv)};
#undef SIDE
}

static void check_attention(const comparison *c, random_stream *random, size_t dimension) {
    const size_t tokens = c->count, wide = 2 * tokens * dimension, narrow = tokens * dimension;
    attention_buffers b = {.q = numbers(random, c, wide, 2), .k = numbers(random, c, narrow, 2),
        .v = numbers(random, c, narrow, 1), .o = numbers(random, c, wide, 1), .l = numbers(random, c, 2 * tokens, 1),
        .dout = numbers(random, c, wide, 1), .dq = numbers(random, c, wide, 1), .dk = numbers(random, c, narrow, 1),
        .dv = numbers(random, c, narrow, 1)};
    const size_t scratch_bytes = terse_training_attention_scratch(dimension) * sizeof(double);
    void *scratch = aligned_alloc(64, (scratch_bytes + 63) / 64 * 64);
    const terse_training_attention found = attention_task(&b, false, tokens, dimension);
    const terse_training_attention expected = attention_task(&b, true, tokens, dimension);
    c->found->attend(&found, scratch), c->expected->attend(&expected, scratch);
    compare(c, "attend", b.o, 1), compare(c, "attend's sums", b.l, 10);
    c->found->attend_gradient(&found, scratch), c->expected->attend_gradient(&expected, scratch);
    compare(c, "attend_gradient of queries", b.dq, 10), compare(c, "attend_gradient of keys", b.dk, 10);
    compare(c, "attend_gradient of values", b.dv, 10);
    free(scratch);
    const twin all[] = {b.q, b.k, b.v, b.o, b.l, b.dout, b.dq, b.dk, b.dv};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) release(c, all[i]);
}

int check_training(terse_isa isa) {
    int failures = 0;
    random_stream random = {20};
    const bool is_double = isa == TERSE_ISA_SCALAR;
    comparison c = {.found = terse_training_kernels_for(isa), .is_double = is_double, .failures = &failures};
    c.expected = is_double ? terse_training_kernels_double() : terse_training_kernels_for(TERSE_ISA_SCALAR);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        c.count = lengths[i];
        check_norm(&c, &random);
        check_elements(&c, &random);
        check_rounding(&c, &random);
        check_loss(&c, &random);
        check_divergence(&c, &random);
        check_adamw(&c, &random);
        check_attention(&c, &random, 16);
        check_attention(&c, &random, 40);
    }
    return failures;
}
