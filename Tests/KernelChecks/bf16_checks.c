// The products in bfloat16. Panels of an instruction set are compared with the scalar ones, bit for bit; products, whose
// sums processors round as they please, with sums in float64.

#include "checks.h"

enum { SIDE = TERSE_BF16_PANEL, PANEL = TERSE_BF16_PANEL * TERSE_BF16_DEPTH, PANELS = 14, WIDTH = PANELS * SIDE };

static const size_t depths[] = {1, 2, 15, 32, 33, 50, TERSE_BF16_DEPTH};

static float as_float(uint16_t x) {
    const uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// Term i of line l of panels.
static float term(const uint16_t *panels, size_t line, size_t i) {
    return as_float(panels[line / SIDE * PANEL + i / 2 * 2 * SIDE + line % SIDE * 2 + i % 2]);
}

// `lines` lines of x as panels by `k` and by the scalar kernels, compared with each other and with x.
static uint16_t *packed(int *failures, const terse_bf16_kernels *k, const float *x, size_t stride, bool along,
    size_t lines, size_t depth) {
    const terse_bf16_kernels *scalar = terse_bf16_kernels_for(TERSE_ISA_SCALAR);
    uint16_t *panels = aligned_alloc(64, PANELS * PANEL * sizeof *panels), *expected = malloc(PANELS * PANEL * 2);
    memset(panels, 0x55, PANELS * PANEL * 2), memset(expected, 0x55, PANELS * PANEL * 2);
    for (size_t l = 0; l < lines; l += SIDE) {
        const size_t count = lines - l < SIDE ? lines - l : SIDE;
        uint16_t *const targets[] = {panels + l / SIDE * PANEL, expected + l / SIDE * PANEL};
        const terse_bf16_kernels *const kernels[] = {k, scalar};
        for (int t = 0; t < 2; t++) {
            if (along) kernels[t]->pack_rows(x + l * stride, stride, count, depth, targets[t]);
            else kernels[t]->pack_columns(x + l, stride, count, depth, targets[t]);
        }
    }
    if (memcmp(panels, expected, PANELS * PANEL * 2) != 0) {
        fail(failures, "bf16 pack_%s: %zu lines of %zu terms", along ? "rows" : "columns", lines, depth);
    }
    for (size_t l = 0; l < (lines + SIDE - 1) / SIDE * SIDE; l++) {
        for (size_t i = 0; i < (depth + 1) / 2 * 2; i++) {
            const float found = term(panels, l, i);
            const float value = l < lines && i < depth ? x[along ? l * stride + i : i * stride + l] : 0;
            // Half a step of seven further bits.
            if (fabsf(found - value) <= fabsf(value) / 256) continue;
            fail(failures, "bf16 panel: term %zu of line %zu is %a, expected about %a", i, l, (double)found,
                (double)value);
        }
    }
    free(expected);
    return panels;
}

static float *numbers(random_stream *random, size_t count) {
    float *x = guarded_allocate(count * sizeof *x);
    for (size_t i = 0; i < count; i++) x[i] = random_float(random) + (random_below(random, 9) == 0 ? 30 : 0);
    return x;
}

static void check_product(int *failures, const terse_bf16_kernels *k, random_stream *random, size_t rows,
    size_t columns, size_t depth, bool along, bool adding) {
    const size_t left_bytes = rows * depth * sizeof(float), right_bytes = columns * depth * sizeof(float);
    float *a = numbers(random, rows * depth), *b = numbers(random, columns * depth);
    uint16_t *left = packed(failures, k, a, along ? depth : rows, along, rows, depth);
    uint16_t *right = packed(failures, k, b, along ? depth : columns, along, columns, depth);
    static float c[WIDTH * WIDTH], before[WIDTH * WIDTH];
    for (size_t i = 0; i < WIDTH * WIDTH; i++) c[i] = before[i] = random_float(random);
    const terse_bf16_product product = {.left = left, .right = right, .left_stride = PANEL, .right_stride = PANEL,
        .rows = rows, .columns = columns, .depth = depth, .alpha = -1.5f, .adding = adding, .c = c, .c_stride = WIDTH};
    k->multiply(&product);
    for (size_t r = 0; r < WIDTH; r++) {
        for (size_t j = 0; j < WIDTH; j++) {
            const bool inside = r < rows && j < columns;
            double sum = adding || !inside ? (double)before[r * WIDTH + j] : 0, size = fabs(sum);
            for (size_t i = 0; i < depth && inside; i++) {
                const double part = -1.5 * (double)term(left, r, i) * (double)term(right, j, i);
                sum += part, size += fabs(part);
            }
            const double found = (double)c[r * WIDTH + j];
            if (inside ? fabs(found - sum) <= 1e-5 * size : found == sum) continue;
            fail(failures, "bf16 multiply, %zu terms: [%zu][%zu] is %g, expected %g", depth, r, j, found, sum);
        }
    }
    free(left), free(right), guarded_free(a, left_bytes), guarded_free(b, right_bytes);
}

// What is not finite must not be hidden, and ties go to even.
static void check_rounding(int *failures, const terse_bf16_kernels *k) {
    const struct {
        float x, rounded;
    } cases[] = {{NAN, NAN}, {INFINITY, INFINITY}, {-INFINITY, -INFINITY}, {0x1.fffffep127f, INFINITY},
        {0x1.01p0f, 0x1.00p0f}, {0x1.03p0f, 0x1.04p0f}, {-0x1.010002p0f, -0x1.02p0f}, {-0.0f, -0.0f}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        _Alignas(64) uint16_t panel[SIDE * 2];
        k->pack_columns(&cases[i].x, 1, 1, 1, panel);
        if (!same_float(as_float(panel[0]), cases[i].rounded)) {
            fail(failures, "bf16: %a is rounded to %a", (double)cases[i].x, (double)as_float(panel[0]));
        }
    }
}

static void check_kernels(int *failures, const terse_bf16_kernels *k) {
    random_stream random = {44};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        for (int along = 0; along < 2; along++) {
            // One panel and several of either side, whole and ragged.
            check_product(failures, k, &random, 4 * SIDE, 4 * SIDE, depths[i], along, true);
            check_product(failures, k, &random, 9, WIDTH - 5, depths[i], along, true);
            check_product(failures, k, &random, 5, 7, depths[i], along, false);
            check_product(failures, k, &random, 20, 33, depths[i], along, false);
            check_product(failures, k, &random, 33, 18, depths[i], along, true);
        }
    }
    check_rounding(failures, k);
}

#if defined(__x86_64__)
// Of AVX-512 without products of pairs and with them; a processor chooses one.
extern const terse_bf16_kernels terse_bf16_avx512, terse_bf16_avx512_native;

static bool has_products_of_pairs(void) { return __builtin_cpu_supports("avx512bf16"); }
#endif

int check_bf16(terse_isa isa) {
    int failures = 0;
#if defined(__x86_64__)
    if (isa == TERSE_ISA_AVX512) check_kernels(&failures, &terse_bf16_avx512);
    if (isa == TERSE_ISA_AVX512 && has_products_of_pairs()) check_kernels(&failures, &terse_bf16_avx512_native);
    if (isa == TERSE_ISA_AVX512) return failures;
#endif
    check_kernels(&failures, terse_bf16_kernels_for(isa));
    return failures;
}
