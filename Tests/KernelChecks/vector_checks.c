// Norms, activation functions, rotary embedding, the KV cache and attention. The scalar kernels are compared with
// double precision; those of an instruction set with the scalar ones, bit for bit.

#include "checks.h"

enum { LENGTH_MAX = 700 };

static const size_t lengths[] = {1, 2, 7, 15, 16, 17, 31, 32, 33, 48, 100, 256, 257, 699};

typedef enum { ORDINARY, SMALL, LARGE, WIDE, NOT_FINITE, PATTERNS } pattern;

static float number(random_stream *random, pattern pattern) {
    static const float strange[] = {INFINITY, -INFINITY, NAN, 0.0f, -0.0f, 1e-42f, 3e38f, -3e38f, 88.7f, -87.4f};
    const float x = random_float(random);
    switch (pattern) {
    case SMALL: return x * 1e-38f;
    case LARGE: return x * 1e18f;
    case WIDE: return x * 100.0f;
    case NOT_FINITE:
        return random_below(random, 8) ? x : strange[random_below(random, sizeof strange / sizeof *strange)];
    default: return x * 4.0f;
    }
}

static float *numbers(random_stream *random, size_t count, pattern pattern) {
    float *x = guarded_allocate(count * sizeof(float));
    for (size_t i = 0; i < count; i++) x[i] = number(random, pattern);
    return x;
}

static float *copy(const float *x, size_t count) {
    float *y = guarded_allocate(count * sizeof(float));
    memcpy(y, x, count * sizeof(float));
    return y;
}

// First difference of two rows, or -1.
static long difference(const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!same_float(a[i], b[i])) return (long)i;
    }
    return -1;
}

static void compare(
    int *failures, const char *name, size_t count, int pattern, const float *found, const float *expected) {
    const long at = difference(found, expected, count);
    if (at < 0) return;
    fail(failures, "%s, %zu elements, pattern %d: [%ld] is %a, expected %a", name, count, pattern, at,
        (double)found[at], (double)expected[at]);
}

static bool same_double(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)); }

static void check_reductions(
    const terse_vector_kernels *k, const terse_vector_kernels *r, const float *x, size_t n, int pattern,
    int *failures) {
    const float greatest = k->maximum(x, n), expected = r->maximum(x, n);
    if (!same_float(greatest, expected)) {
        fail(failures, "maximum, %zu elements, pattern %d: %a, expected %a", n, pattern, (double)greatest,
            (double)expected);
    }
    float *a = copy(x, n), *b = copy(x, n);
    const double sum = k->exponentials(a, expected, n), expected_sum = r->exponentials(b, expected, n);
    compare(failures, "exponentials", n, pattern, a, b);
    if (!same_double(sum, expected_sum) || !same_double(k->exponential_sum(x, expected, n), expected_sum)) {
        fail(failures, "sum of %zu exponentials, pattern %d: %a, expected %a", n, pattern, sum, expected_sum);
    }
    guarded_free(a, n * sizeof(float));
    guarded_free(b, n * sizeof(float));
}

static void check_element_wise(
    const terse_vector_kernels *k, const terse_vector_kernels *r, const float *x, const float *y, size_t n, int pattern,
    int *failures) {
    float *a = guarded_allocate(n * sizeof(float)), *b = guarded_allocate(n * sizeof(float));
    for (int weighted = 0; weighted < 2; weighted++) {
        k->rms_norm(x, n, weighted ? y : NULL, 1e-5f, a);
        r->rms_norm(x, n, weighted ? y : NULL, 1e-5f, b);
        compare(failures, "rms_norm", n, pattern, a, b);
    }
    memcpy(a, x, n * sizeof(float)), memcpy(b, x, n * sizeof(float));
    k->add(a, y, n), r->add(b, y, n);
    compare(failures, "add", n, pattern, a, b);
    k->scale(a, 0.3f, n), r->scale(b, 0.3f, n);
    compare(failures, "scale", n, pattern, a, b);
    memcpy(a, x, n * sizeof(float)), memcpy(b, x, n * sizeof(float));
    k->silu_multiply(a, y, n), r->silu_multiply(b, y, n);
    compare(failures, "silu_multiply", n, pattern, a, b);
    memcpy(a, x, n * sizeof(float)), memcpy(b, x, n * sizeof(float));
    k->squared_relu_multiply(a, y, n), r->squared_relu_multiply(b, y, n);
    compare(failures, "squared_relu_multiply", n, pattern, a, b);
    memcpy(a, x, n * sizeof(float)), memcpy(b, x, n * sizeof(float));
    k->rotate_adjacent(a, y, y + (n - n / 2), n / 2), r->rotate_adjacent(b, y, y + (n - n / 2), n / 2);
    compare(failures, "rotate_adjacent", n, pattern, a, b);
    k->rotate_halves(a, y, y + (n - n / 2), n / 2), r->rotate_halves(b, y, y + (n - n / 2), n / 2);
    compare(failures, "rotate_halves", n, pattern, a, b);
    guarded_free(a, n * sizeof(float));
    guarded_free(b, n * sizeof(float));
}

// One layer of a pool of blocks and attention of a run of rows over it.
typedef struct {
    terse_kv_type type;
    uint32_t dimension, heads, rows, length;  // `length`: positions that the last row sees
} attention_case;

// Bytes of a head's keys in a block, and of its values.
static size_t key_bytes(const attention_case *c) {
    return TERSE_KV_TILE * (size_t)(c->type == TERSE_KV_F16 ? 2 * c->dimension : (c->dimension + 1) / 2 * 2);
}
static size_t value_bytes(const attention_case *c) {
    return TERSE_KV_TILE * (size_t)(c->type == TERSE_KV_F16 ? 2 * c->dimension : (c->dimension + 15) / 16 * 16);
}

static terse_kv_head head_of(const attention_case *c) {
    const size_t values = key_bytes(c), scales = values + value_bytes(c);
    return (terse_kv_head){c->type, c->dimension, 0, values, scales, scales + TERSE_KV_TILE * sizeof(float)};
}

static size_t block_bytes(const attention_case *c) {
    return key_bytes(c) + value_bytes(c) + 2 * TERSE_KV_TILE * sizeof(float);
}

// Fills `pool` by `k` and attends by `k`; results as [row][head][dimension], states when `states` is not null.
static void run_attention(
    const terse_vector_kernels *k, const attention_case *c, uint8_t *pool, const uint32_t *blocks, uint64_t seed,
    pattern pattern, uint32_t first_span, uint32_t last_span, float *outputs, float *states) {
    random_stream random = {seed};
    const terse_kv_head head = head_of(c);
    const size_t width = c->heads * c->dimension;
    for (uint32_t position = 0; position < c->length; position++) {
        float *key = numbers(&random, c->dimension, pattern), *value = numbers(&random, c->dimension, pattern);
        uint8_t *block = pool + blocks[position / TERSE_KV_TILE] * block_bytes(c);
        k->kv_store(block, &head, position % TERSE_KV_TILE, key, value);
        guarded_free(key, c->dimension * sizeof(float));
        guarded_free(value, c->dimension * sizeof(float));
    }
    // Not finite in some cases only, or keys that are not would never be seen.
    const bool is_finite = pattern != NOT_FINITE || c->rows % 2 == 0;
    float *queries = numbers(&random, c->rows * width, is_finite ? ORDINARY : NOT_FINITE);
    uint32_t *limits = guarded_allocate(c->rows * sizeof(uint32_t));
    for (uint32_t row = 0; row < c->rows; row++) limits[row] = c->length - c->rows + row + 1;
    const terse_attention_task task = {
        .queries = queries, .query_row_stride = width, .rows = c->rows, .heads = c->heads, .limits = limits,
        .blocks = blocks, .pool = pool, .block_stride = block_bytes(c), .head = head,
        .scale = 1.0f / sqrtf((float)c->dimension), .first_span = first_span, .last_span = last_span,
        .outputs = outputs, .output_row_stride = width, .states = states,
        .state_row_stride = c->heads * (c->dimension + 2),
    };
    const size_t floats = terse_attention_scratch_floats(c->rows * c->heads, c->dimension);
    float *scratch = guarded_allocate(floats * sizeof(float));
    k->attend(&task, scratch);
    guarded_free(scratch, floats * sizeof(float));
    guarded_free(queries, c->rows * width * sizeof(float));
    guarded_free(limits, c->rows * sizeof(uint32_t));
}

// Spans computed apart have the reference's states, and merged the results `whole` of one task.
static void check_spans(
    const terse_vector_kernels *k, const terse_vector_kernels *r, const attention_case *c, uint8_t *pool,
    const uint32_t *blocks, uint64_t seed, pattern pattern, const float *whole, int *failures) {
    const uint32_t spans = (c->length + TERSE_ATTENTION_SPAN - 1) / TERSE_ATTENTION_SPAN;
    const size_t state = c->dimension + 2, floats = (size_t)c->rows * c->heads * state;
    float *a = guarded_allocate(spans * floats * sizeof(float)), *b = guarded_allocate(floats * sizeof(float));
    for (uint32_t span = 0; span < spans; span++) {
        run_attention(k, c, pool, blocks, seed, pattern, span, span + 1, NULL, a + span * floats);
        run_attention(r, c, pool, blocks, seed, pattern, span, span + 1, NULL, b);
        compare(failures, "states", floats, (int)c->dimension, a + span * floats, b);
    }
    for (size_t i = 0; i < (size_t)c->rows * c->heads; i++) {
        float *merged = guarded_allocate(c->dimension * sizeof(float));
        k->merge_spans(a + i * state, floats, spans, c->dimension, merged);
        compare(failures, "merge_spans", c->dimension, (int)i, merged, whole + i * c->dimension);
        guarded_free(merged, c->dimension * sizeof(float));
    }
    guarded_free(a, spans * floats * sizeof(float));
    guarded_free(b, floats * sizeof(float));
}

static void check_attention(const terse_vector_kernels *k, const terse_vector_kernels *r, int *failures) {
    static const attention_case cases[] = {
        {TERSE_KV_F16, 128, 4, 16, 64}, {TERSE_KV_F16, 128, 4, 1, 700}, {TERSE_KV_F16, 64, 3, 7, 1111},
        {TERSE_KV_F16, 8, 1, 5, 40},    {TERSE_KV_F16, 80, 2, 33, 33},  {TERSE_KV_F16, 20, 71, 2, 35},
        {TERSE_KV_INT8, 128, 4, 16, 64}, {TERSE_KV_INT8, 64, 1, 1, 1}, {TERSE_KV_INT8, 8, 8, 9, 530},
        {TERSE_KV_INT8, 48, 5, 3, 97},   {TERSE_KV_INT8, 7, 3, 2, 40},    {TERSE_KV_INT8, 1000, 2, 1, 70},
        // Few pairs, which multiply the cache as it lies.
        {TERSE_KV_F16, 80, 1, 1, 100},  {TERSE_KV_F16, 64, 7, 1, 65},  {TERSE_KV_F16, 128, 4, 2, 65},
        {TERSE_KV_INT8, 128, 1, 1, 700}, {TERSE_KV_INT8, 80, 2, 3, 97}, {TERSE_KV_INT8, 16, 1, 6, 34},
    };
    static const pattern patterns[] = {ORDINARY, WIDE, SMALL, LARGE, NOT_FINITE};
    uint64_t seed = 7;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
            const attention_case *c = cases + i;
            uint32_t blocks[64];
            const uint32_t count = (c->length + TERSE_KV_TILE - 1) / TERSE_KV_TILE;
            for (uint32_t b = 0; b < count; b++) blocks[b] = (b * 7 + 3) % (count * 7 + 1);
            const size_t bytes = (count * 7 + 1) * block_bytes(c), results = (size_t)c->rows * c->heads;
            uint8_t *pool = guarded_allocate(bytes), *expected_pool = guarded_allocate(bytes);
            float *a = guarded_allocate(results * (c->dimension + 2) * sizeof(float));
            float *b = guarded_allocate(results * (c->dimension + 2) * sizeof(float));
            const uint32_t spans = (c->length + TERSE_ATTENTION_SPAN - 1) / TERSE_ATTENTION_SPAN;
            seed++;
            run_attention(k, c, pool, blocks, seed, patterns[p], 0, spans, a, NULL);
            run_attention(r, c, expected_pool, blocks, seed, patterns[p], 0, spans, b, NULL);
            if (memcmp(pool, expected_pool, bytes) != 0) fail(failures, "kv_store, case %zu, pattern %zu", i, p);
            compare(failures, "attend", results * c->dimension, (int)(10 * i + p), a, b);
            if (patterns[p] != NOT_FINITE) check_spans(k, r, c, pool, blocks, seed, patterns[p], b, failures);
            guarded_free(a, results * (c->dimension + 2) * sizeof(float));
            guarded_free(b, results * (c->dimension + 2) * sizeof(float));
            guarded_free(pool, bytes);
            guarded_free(expected_pool, bytes);
        }
    }
}

// exp against double precision over the range of float32: its error in units of the last place.
static void check_exponential(const terse_vector_kernels *k, int *failures) {
    double worst = 0.0;
    float worst_at = 0.0f;
    enum { STEP = 257, CHUNK = 256 };
    float x[CHUNK], e[CHUNK];
    for (float edge = -87.3125f; edge < 88.7f;) {
        int count = 0;
        for (; count < CHUNK && edge < 88.7f; count++) {
            x[count] = e[count] = edge;
            uint32_t bits;
            memcpy(&bits, &edge, 4);
            if (edge < 0.0f && bits > 0x80800000u + STEP) bits -= STEP;
            else if (edge < 0.0f) bits = 0x00800000u;
            else bits += STEP;
            memcpy(&edge, &bits, 4);
        }
        k->exponentials(e, 0.0f, (size_t)count);
        for (int i = 0; i < count; i++) {
            const double exact = exp((double)x[i]);
            const double unit = ldexp(1.0, ilogb(exact) - 23), error = fabs((double)e[i] - exact) / unit;
            if (error > worst) worst = error, worst_at = x[i];
        }
    }
    if (worst > 1.0) fail(failures, "exp(%a) is %f units of the last place off", (double)worst_at, worst);
    float ends[] = {-87.4f, -1e30f, -INFINITY, 89.0f, INFINITY, 0.0f};
    k->exponentials(ends, 0.0f, 6);
    const float expected[] = {0.0f, 0.0f, 0.0f, INFINITY, INFINITY, 1.0f};
    compare(failures, "ends of exp", 6, 0, ends, expected);
}

// The scalar norms and activations against double precision.
static void check_accuracy(const terse_vector_kernels *k, const float *x, const float *y, size_t n, int *failures) {
    float result[LENGTH_MAX];
    double squares = 0.0;
    for (size_t i = 0; i < n; i++) squares += (double)x[i] * (double)x[i];
    const double s = 1.0 / sqrt(squares / (double)n + 1e-5);
    k->rms_norm(x, n, y, 1e-5f, result);
    for (size_t i = 0; i < n; i++) {
        const double expected = (double)x[i] * s * (double)y[i];
        if (fabs((double)result[i] - expected) > fabs(expected) * 0x1.1p-22) fail(failures, "rms_norm of %zu", n);
    }
    memcpy(result, x, n * sizeof(float));
    k->silu_multiply(result, y, n);
    for (size_t i = 0; i < n; i++) {
        const double expected = (double)x[i] / (1.0 + exp(-(double)x[i])) * (double)y[i];
        if (fabs((double)result[i] - expected) > fabs(expected) * 0x1.8p-22) fail(failures, "silu of %zu", n);
    }
}

int check_vector(terse_isa isa) {
    const terse_vector_kernels *k = terse_vector_kernels_for(isa), *r = terse_vector_kernels_for(TERSE_ISA_SCALAR);
    int failures = 0;
    random_stream random = {1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (int pattern = 0; pattern < PATTERNS; pattern++) {
            const size_t n = lengths[i];
            float *x = numbers(&random, n, pattern), *y = numbers(&random, n, pattern);
            check_reductions(k, r, x, n, pattern, &failures);
            check_element_wise(k, r, x, y, n, pattern, &failures);
            if (isa == TERSE_ISA_SCALAR && pattern == ORDINARY) check_accuracy(k, x, y, n, &failures);
            guarded_free(x, n * sizeof(float));
            guarded_free(y, n * sizeof(float));
        }
    }
    if (isa == TERSE_ISA_SCALAR) check_exponential(k, &failures);
    check_attention(k, r, &failures);
    return failures;
}
