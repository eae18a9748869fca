// The products in fixed point. Those of an instruction set are compared with the scalar ones, bit for bit; the scalar
// ones with sums in float64.

#include "checks.h"

enum {
    STRIDE = 53,
    ROWS = TERSE_FIXED_ROWS,
    STRIP = TERSE_FIXED_STRIP,
    PANEL = ROWS * TERSE_FIXED_DEPTH / 2,  // slots at most
    PANELS = STRIP / ROWS,
    RIGHT = TERSE_FIXED_COLUMNS * TERSE_FIXED_DEPTH / 2,
    RIGHTS = STRIP / TERSE_FIXED_COLUMNS,
};

static const size_t depths[] = {1, 2, 3, 15, 16, 33, TERSE_FIXED_DEPTH};

// What a kernel makes of the left factor.
typedef struct {
    int32_t panels[PANELS * PANEL] __attribute__((aligned(64)));
    float scales[STRIP];
    int32_t starts[STRIP];
} left_factor;

static terse_fixed_left target(left_factor *left) {
    memset(left, 0x55, sizeof *left);
    return (terse_fixed_left){.panels = left->panels, .stride = PANEL, .scales = left->scales, .starts = left->starts};
}

// A matrix, what its rows or columns are multiplied by, and what kernels make of them.
typedef struct {
    float *x, *factors;
    size_t x_bytes, factor_bytes;
    left_factor *found, *expected;
} packing;

static packing new_packing(random_stream *random, size_t rows, size_t depth) {
    packing p = {.x_bytes = rows * STRIDE * sizeof(float), .factor_bytes = depth * sizeof(float)};
    p.x = guarded_allocate(p.x_bytes), p.factors = guarded_allocate(p.factor_bytes);
    p.found = aligned_alloc(64, (sizeof(left_factor) + 63) / 64 * 64);
    p.expected = aligned_alloc(64, (sizeof(left_factor) + 63) / 64 * 64);
    for (size_t i = 0; i < rows * STRIDE; i++) p.x[i] = random_float(random) * (random_below(random, 9) == 0 ? 30 : 1);
    for (size_t i = 0; i < depth; i++) p.factors[i] = 0.5f + random_float(random) / 4;
    return p;
}

static void release(packing p) {
    guarded_free(p.x, p.x_bytes), guarded_free(p.factors, p.factor_bytes);
    free(p.found), free(p.expected);
}

static void compare_floats(int *failures, const char *name, const float *found, const float *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (same_float(found[i], expected[i])) continue;
        fail(failures, "fixed %s: [%zu] is %a, expected %a", name, i, (double)found[i], (double)expected[i]);
        return;
    }
}

// Term i of a row of left panels, whose slots hold `terms`.
static int whole(const int32_t *panels, int terms, size_t row, size_t i) {
    const size_t n = (size_t)terms;
    const int32_t slot = panels[row / ROWS * PANEL + i / n * ROWS + row % ROWS];
    return terms == 2 ? (int16_t)(slot >> 16 * (i % n)) : (int8_t)(slot >> 8 * (i % n));
}

// The panels of `rows` lines are the scalar ones, and to half a step of the scale `value(line, term)`.
static void check_left(int *failures, const char *name, const packing *p, int terms, size_t rows, size_t depth,
    size_t row_step, size_t term_step, const float *x) {
    compare_floats(failures, name, p->found->scales, p->expected->scales, rows);
    if (memcmp(p->found->panels, p->expected->panels, sizeof p->found->panels) != 0) {
        fail(failures, "fixed %s, %d terms in a slot: panels of %zu rows of %zu", name, terms, rows, depth);
    }
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < depth; i++) {
            const double scale = (double)p->expected->scales[r];
            const double expected = (double)(x[r * row_step + i * term_step] * p->factors[i]);
            const double value = scale * whole(p->expected->panels, terms, r, i);
            if (fabs(value - expected) <= 0.51 * scale) continue;
            fail(failures, "fixed %s: term %zu of row %zu is %a, expected %a", name, i, r, value, expected);
        }
    }
}

static void check_rows(int *failures, terse_isa isa, int bits, random_stream *random, size_t rows, size_t depth) {
    const terse_fixed_kernels *k = terse_fixed_kernels_for(isa, bits);
    packing p = new_packing(random, rows * depth / STRIDE + 1, depth);
    const terse_fixed_left found = target(p.found), expected = target(p.expected);
    const float *x = p.x + (p.x_bytes / sizeof(float) - rows * depth);  // up to the guard
    k->pack_rows(x, depth, rows, depth, p.factors, &found);
    terse_fixed_kernels_for(TERSE_ISA_SCALAR, bits)->pack_rows(x, depth, rows, depth, p.factors, &expected);
    check_left(failures, "pack_rows", &p, k->terms, rows, depth, depth, 1, x);
    release(p);
}

static void check_columns(int *failures, terse_isa isa, int bits, random_stream *random, size_t columns, size_t depth) {
    const terse_fixed_kernels *k = terse_fixed_kernels_for(isa, bits);
    packing p = new_packing(random, depth, depth);
    const terse_fixed_left found = target(p.found), expected = target(p.expected);
    const float *x = p.x + STRIDE - columns;  // the last row ends at the guard
    k->pack_columns(x, STRIDE, columns, depth, p.factors, &found);
    terse_fixed_kernels_for(TERSE_ISA_SCALAR, bits)->pack_columns(x, STRIDE, columns, depth, p.factors, &expected);
    check_left(failures, "pack_columns", &p, k->terms, columns, depth, 1, STRIDE, x);
    release(p);
}

// The product of `rows` columns of x by `columns` of its last ones, by one instruction set.
static void multiply(const terse_fixed_kernels *k, const packing *p, left_factor *left, size_t rows, size_t columns,
    size_t depth, bool adding, float *c) {
    int32_t *right = aligned_alloc(64, RIGHTS * RIGHT * sizeof *right);
    const float *levels = p->x + STRIDE - columns;
    for (size_t i = 0; i < columns; i += TERSE_FIXED_COLUMNS) {
        const size_t count = columns - i < TERSE_FIXED_COLUMNS ? columns - i : TERSE_FIXED_COLUMNS;
        k->pack_levels(levels + i, STRIDE, count, depth, p->factors, right + i / TERSE_FIXED_COLUMNS * RIGHT);
    }
    const terse_fixed_left panels = target(left);
    k->pack_columns(p->x, STRIDE, rows, depth, p->factors, &panels);
    const terse_fixed_product product = {.left = panels.panels, .right = right, .left_stride = PANEL,
        .right_stride = RIGHT, .rows = rows, .columns = columns, .depth = depth, .scales = panels.scales,
        .starts = panels.starts, .adding = adding, .c = c, .c_stride = STRIP};
    k->multiply(&product);
    free(right);
}

// Levels up to 127 in the right panels, the largest whole numbers in the left ones: sums that just fit 32 bits.
static void check_product(int *failures, terse_isa isa, int bits, random_stream *random, size_t rows, size_t columns,
    size_t depth, bool adding) {
    packing p = new_packing(random, depth, depth);
    for (size_t i = 0; i < depth; i++) p.factors[i] = 1;
    for (size_t i = 0; i < depth * STRIDE; i++) p.x[i] = i % 5 == 0 ? 127 : (float)random_below(random, 255) - 127;
    float found[STRIP * STRIP], expected[STRIP * STRIP], before[STRIP * STRIP];
    for (size_t i = 0; i < STRIP * STRIP; i++) found[i] = expected[i] = before[i] = random_float(random);
    multiply(terse_fixed_kernels_for(isa, bits), &p, p.found, rows, columns, depth, adding, found);
    multiply(terse_fixed_kernels_for(TERSE_ISA_SCALAR, bits), &p, p.expected, rows, columns, depth, adding, expected);
    compare_floats(failures, "multiply", found, expected, STRIP * STRIP);
    const double limit = bits == 8 ? 127 : 32767;
    for (size_t r = 0; r < STRIP; r++) {
        for (size_t c = 0; c < STRIP; c++) {
            const bool inside = r < rows && c < columns;
            double sum = adding || !inside ? (double)before[r * STRIP + c] : 0;
            for (size_t i = 0; i < depth && inside; i++) {
                sum += (double)p.x[i * STRIDE + r] * (double)p.x[i * STRIDE + STRIDE - columns + c];
            }
            // Half a step of 127 / limit in each of `depth` terms of up to 127.
            const double bound = 127.0 / limit * 127 * (double)depth * 0.51 + 1e-6 * fabs(sum);
            if (fabs((double)expected[r * STRIP + c] - sum) <= bound) continue;
            fail(failures, "fixed multiply, %zu terms: [%zu][%zu] is %g, expected %g", depth, r, c,
                (double)expected[r * STRIP + c], sum);
        }
    }
    release(p);
}

// Numbers too small for a scale of their own are zeros on every instruction set, what their sums start from too.
static void check_tiny(int *failures, const terse_fixed_kernels *k) {
    static left_factor left;
    float x[32], factors[32];
    for (size_t i = 0; i < 32; i++) x[i] = i % 2 == 0 ? 1e-37f : -0.7e-37f, factors[i] = 1;
    for (int columns = 0; columns < 2; columns++) {
        const terse_fixed_left panels = target(&left);
        if (columns) k->pack_columns(x, 1, 1, 32, factors, &panels);
        else k->pack_rows(x, 32, 1, 32, factors, &panels);
        for (size_t i = 0; i < 32; i++) {
            const int value = whole(left.panels, k->terms, 0, i);
            if (value != 0 || left.starts[0] != 0) fail(failures, "fixed tiny: %d", value);
        }
    }
}

// What is not finite must not be hidden.
static void check_not_finite(int *failures, const terse_fixed_kernels *k) {
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    static left_factor left;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        float x[16] = {1, bad[i]}, factors[16];
        for (size_t f = 0; f < 16; f++) factors[f] = 1;
        const terse_fixed_left rows = target(&left);
        k->pack_rows(x, 16, 1, 16, factors, &rows);
        if (isfinite(left.scales[0])) fail(failures, "fixed pack_rows: %g has a scale", (double)bad[i]);
        const terse_fixed_left columns = target(&left);
        k->pack_columns(x, 16, 16, 1, factors, &columns);
        if (isfinite(left.scales[1]) || !isfinite(left.scales[0])) {
            fail(failures, "fixed pack_columns: %g, scales %g and %g", (double)bad[i], (double)left.scales[1],
                (double)left.scales[0]);
        }
    }
}

int check_fixed(terse_isa isa) {
    int failures = 0;
    random_stream random = {33};
    for (int bits = 8; bits <= 16; bits += 8) {
        const terse_fixed_kernels *k = terse_fixed_kernels_for(isa, bits);
        for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
            const size_t depth = depths[i];
            check_rows(&failures, isa, bits, &random, 1, depth);
            check_rows(&failures, isa, bits, &random, ROWS, depth);
            check_columns(&failures, isa, bits, &random, 5, depth);
            check_columns(&failures, isa, bits, &random, STRIP, depth);
            // One panel and several of either side, whole and ragged.
            check_product(&failures, isa, bits, &random, STRIP, STRIP, depth, true);
            check_product(&failures, isa, bits, &random, 4, 7, depth, false);
            check_product(&failures, isa, bits, &random, 20, 13, depth, true);
            check_product(&failures, isa, bits, &random, 5, 40, depth, false);
            check_product(&failures, isa, bits, &random, 15, 31, depth, false);
            float x[16] = {0.5f, -3, 2, NAN};
            const float found = k->greatest(x, depth < 16 ? depth : 16);
            if (found != (depth == 1 ? 0.5f : 3)) fail(&failures, "fixed greatest: %g", (double)found);
        }
        check_tiny(&failures, k), check_not_finite(&failures, k);
    }
    return failures;
}
