// Matrix products and activation quantisation: the kernels of an instruction set equal the scalar ones bit for bit,
// float weights included, the order of fused operations being prescribed. TerseTensorTests compare the scalar kernels
// with products in double precision.

#include "checks.h"

typedef struct {
    terse_type type;
    const char *name;
    int block_columns, block_bytes;
    int scale_offsets[2];  // of the float16 scales in a block, −1 for none
    int group;             // columns that share an activation scale; 0 for float activations
} weight_type;

static const weight_type types[] = {
    {TERSE_F32, "f32", 1, 4, {-1, -1}, 0},
    {TERSE_F16, "f16", 1, 2, {-1, -1}, 0},
    {TERSE_BF16, "bf16", 1, 2, {-1, -1}, 0},
    {TERSE_Q8_0, "q8_0", 32, 34, {0, -1}, 32},
    {TERSE_Q4_0, "q4_0", 32, 18, {0, -1}, 32},
    {TERSE_Q4_1, "q4_1", 32, 20, {0, 2}, 32},
    {TERSE_Q5_0, "q5_0", 32, 22, {0, -1}, 32},
    {TERSE_Q5_1, "q5_1", 32, 24, {0, 2}, 32},
    {TERSE_Q4_K, "q4_k", 256, 144, {0, 2}, 256},
    {TERSE_Q5_K, "q5_k", 256, 176, {0, 2}, 256},
    {TERSE_Q6_K, "q6_k", 256, 210, {208, -1}, 256},
    {TERSE_TQ1_0, "tq1_0", 256, 54, {52, -1}, 256},
    {TERSE_TQ2_0, "tq2_0", 256, 66, {64, -1}, 256},
    {TERSE_I2_S, "i2_s", 128, 32, {-1, -1}, 256},
};

// What the weights and activations hold.
typedef enum { ORDINARY, WEIGHTS_HIGH, WEIGHTS_LOW, EXTREME_SCALES, NOT_FINITE, PATTERNS } pattern;
static const char *const pattern_names[] = {"ordinary", "weights high", "weights low", "extreme scales", "not finite"};

typedef struct {
    const weight_type *type;
    int rows, columns, batch;
    pattern pattern;
    bool is_row_scaled;
    terse_matrix w;
    size_t weight_bytes;
    float *x;  // [batch][stride], guarded
    int stride;
    terse_activations activations;
    terse_activation_block *blocks;
    float *row_scales;
} product;

static uint16_t random_f16(random_stream *random, pattern pattern) {
    static const uint16_t extremes[] = {0x7bff, 0xfbff, 0x0001, 0x8001, 0x03ff, 0x0000, 0x8000, 0x0400, 0x3c00};
    if (pattern == EXTREME_SCALES) return extremes[random_below(random, sizeof extremes / sizeof *extremes)];
    return (uint16_t)(0x2000 + random_below(random, 0x1400) + (random_below(random, 2) << 15));  // 2^-7 … 2^-2
}

static void fill_float_weights(const product *p, uint8_t *data, random_stream *random) {
    static const float extremes[] = {65504.0f, -65504.0f, 6e-8f, -1e-5f, 0.0f, -0.0f, 1.0f};
    for (int i = 0; i < p->rows * p->columns; i++) {
        if (p->type->type == TERSE_F16) {
            const uint16_t half = random_f16(random, p->pattern);
            memcpy(data + 2 * i, &half, 2);
            continue;
        }
        float value = random_float(random);
        if (p->pattern == EXTREME_SCALES) value = extremes[random_below(random, sizeof extremes / sizeof *extremes)];
        if (p->type->type == TERSE_F32) {
            memcpy(data + 4 * i, &value, 4);
        } else {
            memcpy(data + 2 * i, (char *)&value + 2, 2);
        }
    }
}

static void fill_weights(const product *p, uint8_t *data, random_stream *random) {
    if (p->type->group == 0) {
        fill_float_weights(p, data, random);
        return;
    }
    for (size_t i = 0; i < p->weight_bytes; i++) {
        data[i] = p->pattern == WEIGHTS_HIGH ? 0xff : p->pattern == WEIGHTS_LOW ? 0 : (uint8_t)random_bits(random);
        if (p->type->type == TERSE_Q8_0 && p->pattern == WEIGHTS_HIGH) data[i] = 127;
        if (p->type->type == TERSE_Q8_0 && p->pattern == WEIGHTS_LOW) data[i] = 0x80;
    }
    for (size_t block = 0; block < p->weight_bytes; block += (size_t)p->type->block_bytes) {
        if (p->type->type == TERSE_Q6_K && p->pattern == WEIGHTS_LOW) memset(data + block + 192, 0x80, 16);
        for (int s = 0; s < 2; s++) {
            if (p->type->scale_offsets[s] < 0) continue;
            const uint16_t scale = random_f16(random, p->pattern);
            memcpy(data + block + p->type->scale_offsets[s], &scale, 2);
        }
    }
}

static void fill_activations(product *p, random_stream *random) {
    static const float special[] = {NAN, INFINITY, -INFINITY};
    for (int t = 0; t < p->batch; t++) {
        float *x = p->x + (size_t)t * p->stride;
        for (int k = 0; k < p->columns; k++) {
            x[k] = random_float(random);
            if (p->pattern == WEIGHTS_HIGH) x[k] = t % 2 == 0 ? 1 : -1;
            if (p->pattern == WEIGHTS_LOW) x[k] = t % 2 == 0 ? -1 : 1;
            if (p->pattern == EXTREME_SCALES) x[k] = ldexpf(x[k], (int)random_below(random, 60) - 120 + t % 2 * 100);
        }
        if (p->pattern == NOT_FINITE && t % 2 == 0) {
            x[random_below(random, (uint32_t)p->columns)] = special[random_below(random, 3)];
        }
    }
}

static void quantize(product *p, const terse_matmul_kernels *kernels, terse_activation_block *blocks, float *scales) {
    const int64_t units = p->activations.block_stride;
    for (int t = 0; t < p->batch; t++) {
        const float *x = p->x + (size_t)t * p->stride;
        scales[t] = 1;
        if (p->type->group == 0) continue;
        if (p->is_row_scaled) {
            scales[t] = kernels->quantize_row(x, p->columns, blocks + t * units);
        } else {
            kernels->quantize_groups(x, p->columns, p->type->group, blocks + t * units);
        }
    }
}

static void make_product(product *p, random_stream *random) {
    const bool is_float = p->type->group == 0;
    const size_t row_bytes = (size_t)(p->columns / p->type->block_columns * p->type->block_bytes);
    p->weight_bytes = row_bytes * (size_t)p->rows;
    uint8_t *data = guarded_allocate(p->weight_bytes);
    fill_weights(p, data, random);
    p->w = (terse_matrix){p->type->type, p->rows, p->columns, data, row_bytes, 0.75f};
    // Quantisation reads exactly the columns; float kernels read whole lanes.
    p->stride = is_float ? (p->columns + TERSE_FLOAT_LANES - 1) / TERSE_FLOAT_LANES * TERSE_FLOAT_LANES : p->columns;
    p->x = guarded_allocate((size_t)p->batch * (size_t)p->stride * sizeof(float));
    fill_activations(p, random);
    const int64_t units = (p->columns + TERSE_ACTIVATION_COLUMNS - 1) / TERSE_ACTIVATION_COLUMNS;
    p->activations = (terse_activations){
        .rows = p->batch, .columns = p->columns, .values = p->x, .value_stride = p->stride, .block_stride = units};
    p->blocks = guarded_allocate((size_t)p->batch * (size_t)units * sizeof *p->blocks);
    p->row_scales = guarded_allocate((size_t)p->batch * sizeof(float));
    p->activations.blocks = p->blocks;
    p->activations.row_scales = p->row_scales;
    quantize(p, terse_matmul_kernels_for(TERSE_ISA_SCALAR), p->blocks, p->row_scales);
}

static void free_product(product *p) {
    guarded_free((void *)p->w.data, p->weight_bytes);
    guarded_free(p->x, (size_t)p->batch * (size_t)p->stride * sizeof(float));
    guarded_free(p->blocks, (size_t)p->batch * (size_t)p->activations.block_stride * sizeof *p->blocks);
    guarded_free(p->row_scales, (size_t)p->batch * sizeof(float));
}

static void describe(const product *p, char *text, size_t size) {
    snprintf(text, size, "%s%s %d×%d, batch %d, %s", p->type->name, p->is_row_scaled ? " (row scale)" : "", p->rows,
             p->columns, p->batch, pattern_names[p->pattern]);
}

static void check_quantization(product *p, const terse_matmul_kernels *kernels, int *failures) {
    const int64_t units = p->activations.block_stride, count = p->batch * units;
    terse_activation_block *blocks = guarded_allocate((size_t)count * sizeof *blocks);
    memset(blocks, 0xaa, (size_t)count * sizeof *blocks);
    float *scales = calloc((size_t)p->batch, sizeof *scales);
    quantize(p, kernels, blocks, scales);
    char text[128];
    describe(p, text, sizeof text);
    for (int64_t b = 0; b < count; b++) {
        const terse_activation_block *found = blocks + b, *expected = p->blocks + b;
        bool same = memcmp(found, expected, offsetof(terse_activation_block, scales)) == 0;
        for (int g = 0; g < 8; g++) {
            same = same && same_float(found->scales[g], expected->scales[g]);
            same = same && same_float(found->scaled_sums[g], expected->scaled_sums[g]);
        }
        if (!same) fail(failures, "quantisation, block %lld of %s", (long long)b, text);
    }
    for (int t = 0; t < p->batch; t++) {
        if (!same_float(scales[t], p->row_scales[t])) fail(failures, "scale of row %d of %s", t, text);
    }
    free(scales);
    guarded_free(blocks, (size_t)count * sizeof *blocks);
}

// Rows begin ..< end of the product, in an array where the rest stays not a number with a certain payload.
static void multiply(const product *p, const terse_matmul_kernels *kernels, int begin, int end, float *y) {
    memset(y, 0xff, (size_t)p->batch * (size_t)p->rows * sizeof *y);
    terse_matmul_kernel(kernels, p->type->type)(&p->w, &p->activations, begin, end, y, p->rows);
}

static void compare(const product *p, const float *found, const float *expected, const char *what, int *failures) {
    for (int t = 0; t < p->batch; t++) {
        for (int m = 0; m < p->rows; m++) {
            const float a = found[(size_t)t * p->rows + m], b = expected[(size_t)t * p->rows + m];
            if (same_float(a, b)) continue;
            char text[128];
            describe(p, text, sizeof text);
            fail(failures, "%s, %s: output %d of row %d is %.9g, reference %.9g", text, what, m, t, a, b);
            return;
        }
    }
}

static void check_product(product *p, const terse_matmul_kernels *kernels, int *failures) {
    const terse_matmul_kernels *scalar = terse_matmul_kernels_for(TERSE_ISA_SCALAR);
    const size_t bytes = (size_t)p->batch * (size_t)p->rows * sizeof(float);
    float *expected = guarded_allocate(bytes), *found = guarded_allocate(bytes);
    multiply(p, scalar, 0, p->rows, expected);
    multiply(p, kernels, 0, p->rows, found);
    compare(p, found, expected, "all rows", failures);
    const int begin = p->rows / 3, end = p->rows - p->rows / 5;
    multiply(p, scalar, begin, end, expected);
    multiply(p, kernels, begin, end, found);
    compare(p, found, expected, "some rows", failures);
    guarded_free(expected, bytes);
    guarded_free(found, bytes);
}

// Float activations by lane give the same bits, in any batch.
static void check_by_lane(product *p, const terse_matmul_kernels *kernels, int *failures) {
    if (p->type->group != 0 || kernels->float_group == 0) return;
    const size_t count = (size_t)p->batch * (size_t)p->stride, bytes = count * sizeof(float);
    float *values = guarded_allocate(bytes);
    terse_lay_out_by_lane(p->x, p->stride, p->batch, p->columns, kernels->float_group, values);
    product by_lane = *p;
    by_lane.activations.values = values;
    by_lane.activations.by_lane = true;
    const size_t output_bytes = (size_t)p->batch * (size_t)p->rows * sizeof(float);
    float *expected = guarded_allocate(output_bytes), *found = guarded_allocate(output_bytes);
    for (int begin = 0; begin < p->rows; begin += 48) {
        multiply(p, terse_matmul_kernels_for(TERSE_ISA_SCALAR), begin, p->rows, expected);
        multiply(&by_lane, kernels, begin, p->rows, found);
        compare(p, found, expected, "by lane", failures);
    }
    guarded_free(expected, output_bytes);
    guarded_free(found, output_bytes);
    guarded_free(values, bytes);
}

static void check_rows(const product *p, const terse_matrix *tiles, int *failures) {
    const size_t bytes = (size_t)p->columns * sizeof(float);
    float *expected = guarded_allocate(bytes), *found = guarded_allocate(bytes);
    for (int m = 0; m < p->rows; m++) {
        const uint8_t *row = (const uint8_t *)p->w.data + (size_t)m * p->w.row_bytes;
        terse_dequantize(p->type->type, row, expected, (size_t)p->columns);
        terse_tiled_dequantize(tiles, m, found);
        if (memcmp(expected, found, bytes) != 0) {
            fail(failures, "%s %d×%d: row %d of tiles is another", p->type->name, p->rows, p->columns, m);
        }
    }
    guarded_free(expected, bytes);
    guarded_free(found, bytes);
}

// Tiles of sixteen rows give the same bits, from any tile on, and the rows they were made of.
static void check_tiled(product *p, terse_isa isa, int *failures) {
    const terse_multiply_function multiply_tiles = terse_tiled_kernel(isa, p->type->type);
    if (multiply_tiles == NULL) return;
    const size_t count = (size_t)p->batch * (size_t)p->rows, bytes = count * sizeof(float);
    const size_t tiles = (size_t)(p->rows + TERSE_TILED_ROWS - 1) / TERSE_TILED_ROWS;
    const size_t row_bytes = terse_tiled_row_bytes(p->type->type, p->columns);
    const size_t tile_bytes = tiles * TERSE_TILED_ROWS * row_bytes;
    uint8_t *data = guarded_allocate(tile_bytes);
    const terse_matrix w = {p->type->type, p->rows, p->columns, data, row_bytes, p->w.scale};
    for (int m = 0; m < p->rows; m += TERSE_TILED_ROWS) {
        const int end = m + TERSE_TILED_ROWS < p->rows ? m + TERSE_TILED_ROWS : p->rows;
        terse_tiled_pack(&p->w, m, end, data + (size_t)m * row_bytes);
    }
    check_rows(p, &w, failures);
    float *expected = guarded_allocate(bytes), *found = guarded_allocate(bytes);
    for (int begin = 0; begin < p->rows; begin += 48) {
        multiply(p, terse_matmul_kernels_for(TERSE_ISA_SCALAR), begin, p->rows, expected);
        memset(found, 0xff, bytes);
        multiply_tiles(&w, &p->activations, begin, p->rows, found, p->rows);
        compare(p, found, expected, "tiles", failures);
    }
    guarded_free(expected, bytes);
    guarded_free(found, bytes);
    guarded_free(data, tile_bytes);
}

static void check_shape(const weight_type *type, int rows, int columns, int batch, terse_isa isa, random_stream *random,
                        int *failures) {
    const terse_matmul_kernels *kernels = terse_matmul_kernels_for(isa);
    if (columns % type->block_columns != 0) return;
    const bool is_ternary = type->type == TERSE_TQ1_0 || type->type == TERSE_TQ2_0 || type->type == TERSE_I2_S;
    for (pattern pattern = ORDINARY; pattern < PATTERNS; pattern++) {
        for (int row_scaled = 0; row_scaled <= is_ternary; row_scaled++) {
            product p = {type, rows, columns, batch, pattern, row_scaled, .w = {0}};
            make_product(&p, random);
            if (type->group != 0) check_quantization(&p, kernels, failures);
            check_product(&p, kernels, failures);
            check_by_lane(&p, kernels, failures);
            check_tiled(&p, isa, failures);
            free_product(&p);
        }
    }
}

int check_matmul(terse_isa isa) {
    static const int shapes[][3] = {  // rows, columns, batch
        {1, 256, 1}, {3, 512, 1}, {8, 768, 1}, {21, 1280, 1}, {40, 256, 1}, {5, 32, 1}, {9, 96, 2}, {17, 288, 1},
        {16, 640, 5}, {33, 160, 4}, {7, 128, 1}, {19, 384, 3}, {12, 640, 1}, {70, 256, 6}, {65, 512, 7}, {2, 256, 2},
        {37, 640, 19}, {131, 256, 9}, {18, 768, 33}, {4, 256, 131}, {13, 1, 1}, {6, 15, 3}, {11, 17, 2}, {5, 100, 1},
        {10, 1040, 5}, {64, 48, 8}, {3, 2600, 4}, {1, 31, 70},
        // More columns and more rows of x than a panel of floats takes together.
        {19, 2100, 7}, {17, 33, 277},
    };
    int failures = 0;
    random_stream random = {20251};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            check_shape(types + t, shapes[s][0], shapes[s][1], shapes[s][2], isa, &random, &failures);
        }
    }
    return failures;
}
