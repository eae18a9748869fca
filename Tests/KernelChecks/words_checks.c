// The products in fixed point. Those of an instruction set are compared with the scalar ones, bit for bit; the scalar
// ones with sums in float64.

#include "checks.h"

enum { STRIDE = 53, PANEL = TERSE_WORD_ROWS * TERSE_WORD_DEPTH, PANELS = TERSE_WORD_STRIP / TERSE_WORD_ROWS };

static const size_t depths[] = {1, 2, 15, 16, 33, TERSE_WORD_DEPTH};

// A matrix, what its rows or columns are multiplied by, and what a kernel makes of them.
typedef struct {
    float *x, *factors, *scales;
    int16_t *panels;
    size_t x_bytes, factor_bytes, panel_bytes;
} packing;

static packing new_packing(random_stream *random, size_t rows, size_t depth, size_t panels) {
    packing p = {.x_bytes = rows * STRIDE * sizeof(float), .factor_bytes = depth * sizeof(float),
        .panel_bytes = panels * sizeof(int16_t)};
    p.x = guarded_allocate(p.x_bytes), p.factors = guarded_allocate(p.factor_bytes);
    p.scales = guarded_allocate(TERSE_WORD_STRIP * sizeof(float));
    p.panels = aligned_alloc(64, (p.panel_bytes + 63) / 64 * 64);
    memset(p.panels, 0x55, p.panel_bytes);
    for (size_t i = 0; i < rows * STRIDE; i++) p.x[i] = random_float(random) * (random_below(random, 9) == 0 ? 30 : 1);
    for (size_t i = 0; i < depth; i++) p.factors[i] = 0.5f + random_float(random) / 4;
    return p;
}

static void release(packing p) {
    guarded_free(p.x, p.x_bytes), guarded_free(p.factors, p.factor_bytes);
    guarded_free(p.scales, TERSE_WORD_STRIP * sizeof(float));
    free(p.panels);
}

static void compare_floats(int *failures, const char *name, const float *found, const float *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (same_float(found[i], expected[i])) continue;
        fail(failures, "words %s: [%zu] is %a, expected %a", name, i, (double)found[i], (double)expected[i]);
        return;
    }
}

// Against `factors` · x in float64, to half a step of the scale.
static void check_value(int *failures, const char *name, const int16_t *panel, size_t term, size_t row, float scale,
    double expected) {
    const double value = (double)scale * panel[term / 2 * 2 * TERSE_WORD_ROWS + 2 * row + term % 2];
    if (fabs(value - expected) <= 0.51 * (double)scale) return;
    fail(failures, "words %s: term %zu of row %zu is %a, expected %a", name, term, row, value, expected);
}

static void check_rows(int *failures, const terse_word_kernels *k, random_stream *random, size_t rows, size_t depth) {
    const terse_word_kernels *scalar = terse_word_kernels_for(TERSE_ISA_SCALAR);
    const size_t stride = depth, elements = (depth + 1) / 2 * 2 * TERSE_WORD_ROWS;
    packing p = new_packing(random, rows * depth / STRIDE + 1, depth, elements);
    int16_t *expected = malloc(elements * sizeof *expected);
    float scales[TERSE_WORD_ROWS];
    const float *x = p.x + (p.x_bytes / sizeof(float) - rows * depth);  // up to the guard
    k->pack_rows(x, stride, rows, depth, p.factors, p.panels, p.scales);
    scalar->pack_rows(x, stride, rows, depth, p.factors, expected, scales);
    compare_floats(failures, "pack_rows' scales", p.scales, scales, TERSE_WORD_ROWS);
    if (memcmp(p.panels, expected, elements * sizeof *expected) != 0) fail(failures, "words pack_rows, %zu", depth);
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < depth; i++) {
            check_value(failures, "pack_rows", expected, i, r, scales[r], (double)(x[r * stride + i] * p.factors[i]));
        }
    }
    free(expected), release(p);
}

static void check_columns(
    int *failures, const terse_word_kernels *k, random_stream *random, size_t columns, size_t depth) {
    const terse_word_kernels *scalar = terse_word_kernels_for(TERSE_ISA_SCALAR);
    packing p = new_packing(random, depth, depth, PANELS * PANEL);
    int16_t *expected = malloc(p.panel_bytes);
    memset(expected, 0x55, p.panel_bytes);
    float scales[TERSE_WORD_STRIP];
    const float *x = p.x + STRIDE - columns;  // the last row ends at the guard
    k->pack_columns(x, STRIDE, columns, depth, p.factors, p.panels, PANEL, p.scales);
    scalar->pack_columns(x, STRIDE, columns, depth, p.factors, expected, PANEL, scales);
    compare_floats(failures, "pack_columns' scales", p.scales, scales, TERSE_WORD_STRIP);
    if (memcmp(p.panels, expected, p.panel_bytes) != 0) fail(failures, "words pack_columns, %zu", depth);
    for (size_t c = 0; c < columns; c++) {
        for (size_t i = 0; i < depth; i++) {
            check_value(failures, "pack_columns", expected + c / TERSE_WORD_ROWS * PANEL, i, c % TERSE_WORD_ROWS,
                scales[c], (double)(x[i * STRIDE + c] * p.factors[i]));
        }
    }
    free(expected), release(p);
}

// Levels up to 127 in the right panels, the largest words in the left ones: sums that just fit 32 bits.
static void check_product(int *failures, const terse_word_kernels *k, random_stream *random, size_t rows,
    size_t columns, size_t depth, bool adding) {
    enum { STRIP = TERSE_WORD_STRIP, RIGHT = TERSE_WORD_COLUMNS * TERSE_WORD_DEPTH };
    const terse_word_kernels *scalar = terse_word_kernels_for(TERSE_ISA_SCALAR);
    packing p = new_packing(random, depth, depth, PANELS * PANEL);
    const size_t right_bytes = STRIP / TERSE_WORD_COLUMNS * RIGHT * sizeof(int16_t);
    int16_t *right = aligned_alloc(64, right_bytes), *expected_right = aligned_alloc(64, right_bytes);
    memset(right, 0x55, right_bytes), memset(expected_right, 0x55, right_bytes);
    for (size_t i = 0; i < depth; i++) p.factors[i] = 1;
    for (size_t i = 0; i < depth * STRIDE; i++) p.x[i] = i % 5 == 0 ? 127 : (float)random_below(random, 255) - 127;
    const float *levels = p.x + STRIDE - columns;
    for (size_t c = 0; c < columns; c += TERSE_WORD_COLUMNS) {
        const size_t count = columns - c < TERSE_WORD_COLUMNS ? columns - c : TERSE_WORD_COLUMNS;
        int16_t *panel = right + c / TERSE_WORD_COLUMNS * RIGHT;
        k->pack_levels(levels + c, STRIDE, count, depth, p.factors, panel);
        scalar->pack_levels(levels + c, STRIDE, count, depth, p.factors, expected_right + (panel - right));
    }
    if (memcmp(right, expected_right, right_bytes) != 0) fail(failures, "words pack_levels, %zu", depth);
    k->pack_columns(p.x, STRIDE, rows, depth, p.factors, p.panels, PANEL, p.scales);

    float found[STRIP * STRIP], expected[STRIP * STRIP], before[STRIP * STRIP];
    for (size_t i = 0; i < STRIP * STRIP; i++) found[i] = expected[i] = before[i] = random_float(random);
    terse_word_product product = {.left = p.panels, .right = right, .left_stride = PANEL, .right_stride = RIGHT,
        .rows = rows, .columns = columns, .depth = depth, .scales = p.scales, .adding = adding, .c = found,
        .c_stride = STRIP};
    k->multiply(&product);
    product.c = expected;
    scalar->multiply(&product);
    compare_floats(failures, "multiply", found, expected, STRIP * STRIP);
    for (size_t r = 0; r < STRIP; r++) {
        for (size_t c = 0; c < STRIP; c++) {
            double sum = adding || r >= rows || c >= columns ? (double)before[r * STRIP + c] : 0;
            for (size_t i = 0; i < depth && r < rows && c < columns; i++) {
                sum += (double)p.x[i * STRIDE + r] * (double)levels[i * STRIDE + c];
            }
            // Half a step of 127 / 32767 in each of `depth` terms of up to 127.
            const double bound = 127.0 / 32767 * 127 * (double)depth * 0.51 + 1e-6 * fabs(sum);
            if (fabs((double)expected[r * STRIP + c] - sum) <= bound) continue;
            fail(failures, "words multiply, %zu terms: [%zu][%zu] is %g, expected %g", depth, r, c,
                (double)expected[r * STRIP + c], sum);
        }
    }
    free(right), free(expected_right), release(p);
}

// What is not finite must not be hidden.
static void check_not_finite(int *failures, const terse_word_kernels *k) {
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        float x[16] = {1, bad[i]}, factors[16], scales[TERSE_WORD_STRIP];
        static int16_t panels[PANELS * PANEL];
        for (size_t f = 0; f < 16; f++) factors[f] = 1;
        k->pack_rows(x, 16, 1, 16, factors, panels, scales);
        if (isfinite(scales[0])) fail(failures, "words pack_rows: %g has a scale", (double)bad[i]);
        k->pack_columns(x, 16, 16, 1, factors, panels, PANEL, scales);
        if (isfinite(scales[1]) || !isfinite(scales[0])) {
            fail(failures, "words pack_columns: %g, scales %g and %g", (double)bad[i], (double)scales[1],
                (double)scales[0]);
        }
    }
}

int check_words(terse_isa isa) {
    int failures = 0;
    random_stream random = {33};
    const terse_word_kernels *k = terse_word_kernels_for(isa);
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        const size_t depth = depths[i];
        check_rows(&failures, k, &random, 1, depth), check_rows(&failures, k, &random, TERSE_WORD_ROWS, depth);
        check_columns(&failures, k, &random, 5, depth);
        check_columns(&failures, k, &random, TERSE_WORD_STRIP, depth);
        // One panel and several of either side, whole and ragged.
        check_product(&failures, k, &random, TERSE_WORD_STRIP, TERSE_WORD_STRIP, depth, true);
        check_product(&failures, k, &random, 4, 7, depth, false);
        check_product(&failures, k, &random, 20, 13, depth, true);
        check_product(&failures, k, &random, 5, 40, depth, false);
        check_product(&failures, k, &random, 15, 31, depth, false);
        float x[16] = {0.5f, -3, 2, NAN};
        const float found = k->greatest(x, depth < 16 ? depth : 16);
        if (found != (depth == 1 ? 0.5f : 3)) fail(&failures, "words greatest: %g", (double)found);
    }
    check_not_finite(&failures, k);
    return failures;
}
