// Packed ternary matrices: packing keeps every weight, and the kernels of an instruction set equal the scalar ones bit
// for bit, which equal products computed here from the weights themselves.

#include "checks.h"

// What weights and activations are: as large as they can be, of one sign in each row, for sums that could overflow.
typedef enum { USUAL, NOT_FINITE, EXTREME } values;

typedef struct {
    int rows, columns, batch;
    terse_type type;
    values values;
    int8_t *weights;  // [rows][columns]
    float *row_scales;
    terse_matrix w;
    size_t file_bytes;
    terse_packed_matrix packed;
    size_t packed_bytes, scale_bytes;
    float *x;
    int8_t *quants;
    size_t quant_bytes;
    int32_t *sums;
    float *scales;
    terse_packed_activations activations;
} product;

static int block_columns(terse_type type) { return type == TERSE_I2_S ? 128 : 256; }

static int block_bytes(terse_type type) {
    return type == TERSE_TQ1_0 ? 54 : type == TERSE_TQ2_0 ? 66 : 32;
}

// Puts a weight where the type has it.
static void put(const product *p, uint8_t *data, int row, int column, int weight) {
    const int block = column / block_columns(p->type), k = column % block_columns(p->type);
    uint8_t *bytes = data + (size_t)row * p->w.row_bytes + (size_t)(block * block_bytes(p->type));
    const int shift = p->type == TERSE_TQ2_0 ? k % 128 / 32 * 2 : 6 - k % 128 / 32 * 2;
    bytes[k / 128 * 32 + k % 32] |= (uint8_t)((weight + 1) << shift);
}

// TQ1_0 is written byte by byte: ⌈value · 256 / 243⌉, whose leading digits in base 3 are the trits.
static void put_tq1_0(const int8_t *w, uint8_t *bytes) {
    static const int starts[3] = {0, 160, 240}, counts[3] = {32, 16, 4}, trits[3] = {5, 5, 4};
    for (int part = 0; part < 3; part++) {
        for (int b = 0; b < counts[part]; b++) {
            int value = 0;
            for (int n = 0; n < 5; n++) {
                const int trit = n < trits[part] ? w[starts[part] + n * counts[part] + b] + 1 : 0;
                value = 3 * value + trit;
            }
            *bytes++ = (uint8_t)((value * 256 + 242) / 243);
        }
    }
}

static void fill_weights(product *p, random_stream *random) {
    const float magnitudes[] = {0.5f, -1.25f, 0.0078125f, 3};
    uint8_t *data = guarded_allocate(p->file_bytes);
    for (int r = 0; r < p->rows; r++) {
        p->row_scales[r] = p->type == TERSE_I2_S ? 1 : magnitudes[random_below(random, 4)];
        for (int k = 0; k < p->columns; k++) {
            // Some blocks of nothing but zeros, whose scale may be any.
            const bool is_empty = (r + k / 256) % 5 == 0;
            const int any = (int)random_below(random, 3) - 1, extreme = r % 2 == 0 ? 1 : -1;
            p->weights[r * p->columns + k] = is_empty ? 0 : (int8_t)(p->values == EXTREME ? extreme : any);
        }
    }
    p->w = (terse_matrix){p->type, p->rows, p->columns, data, p->file_bytes / (size_t)p->rows, 0.75f};
    for (int r = 0; r < p->rows; r++) {
        for (int b = 0; b < p->columns / block_columns(p->type) && p->type != TERSE_I2_S; b++) {
            uint8_t *block = data + (size_t)r * p->w.row_bytes + (size_t)(b * block_bytes(p->type));
            const int8_t *w = p->weights + r * p->columns + 256 * b;
            if (p->type == TERSE_TQ1_0) put_tq1_0(w, block);
            const _Float16 half = (_Float16)((r + b) % 5 == 0 ? (r % 2 == 0 ? 0 : 7) : p->row_scales[r]);
            memcpy(block + block_bytes(p->type) - 2, &half, 2);
        }
        for (int k = 0; k < p->columns && p->type != TERSE_TQ1_0; k++) {
            put(p, data, r, k, p->weights[r * p->columns + k]);
        }
    }
}

static void quantize(const product *p, const terse_packed_kernels *kernels, int8_t *quants, int32_t *sums,
                     float *scales) {
    const int64_t quads = p->activations.quads;
    for (int t = 0; t < p->batch; t++) {
        const int group = t / TERSE_PACKED_GROUP * TERSE_PACKED_GROUP;
        const int width = p->batch - group < TERSE_PACKED_GROUP ? p->batch - group : TERSE_PACKED_GROUP;
        scales[t] = kernels->quantize(p->x + (size_t)t * (size_t)p->columns, p->columns, quads, width,
                                      quants + 4 * (group * quads + t - group), sums + t);
    }
}

static void make_product(product *p, const terse_packed_kernels *kernels, random_stream *random) {
    const size_t tiles = (size_t)(p->rows + TERSE_PACKED_ROWS - 1) / TERSE_PACKED_ROWS;
    const int64_t vectors = terse_packed_vectors(p->columns, kernels->fields);
    p->file_bytes = (size_t)(p->rows * (p->columns / block_columns(p->type)) * block_bytes(p->type));
    p->weights = calloc((size_t)(p->rows * p->columns), 1);
    p->row_scales = calloc((size_t)p->rows, sizeof *p->row_scales);
    fill_weights(p, random);
    p->packed_bytes = tiles * (size_t)vectors * TERSE_PACKED_VECTOR;
    p->scale_bytes = tiles * TERSE_PACKED_ROWS * sizeof(float);
    p->packed = (terse_packed_matrix){p->rows, p->columns, kernels->fields, guarded_allocate(p->packed_bytes),
                                      guarded_allocate(p->scale_bytes)};
    p->x = guarded_allocate((size_t)(p->batch * p->columns) * sizeof(float));
    for (int i = 0; i < p->batch * p->columns; i++) {
        const float size = p->values == EXTREME ? 1 : random_float(random);
        p->x[i] = i / p->columns % 2 == 0 ? size : -90 * size;
    }
    if (p->values == NOT_FINITE) p->x[random_below(random, (uint32_t)(p->batch * p->columns))] = NAN;
    const int64_t quads = vectors * kernels->fields;
    p->quant_bytes = (size_t)(4 * quads * p->batch + TERSE_PACKED_VECTOR - 1) / TERSE_PACKED_VECTOR
        * TERSE_PACKED_VECTOR;
    p->quants = guarded_allocate(p->quant_bytes);
    p->sums = calloc((size_t)p->batch, sizeof *p->sums);
    p->scales = calloc((size_t)p->batch, sizeof *p->scales);
    p->activations = (terse_packed_activations){p->batch, quads, p->quants, p->sums, p->scales};
    quantize(p, terse_packed_kernels_for(TERSE_ISA_SCALAR), p->quants, p->sums, p->scales);
}

static void free_product(product *p) {
    guarded_free((void *)p->w.data, p->file_bytes);
    guarded_free((void *)p->packed.data, p->packed_bytes);
    guarded_free((void *)p->packed.scales, p->scale_bytes);
    guarded_free(p->x, (size_t)(p->batch * p->columns) * sizeof(float));
    guarded_free(p->quants, p->quant_bytes);
    free(p->weights);
    free(p->row_scales);
    free(p->sums);
    free(p->scales);
}

static void check_quantization(const product *p, const terse_packed_kernels *kernels, int *failures) {
    int8_t *quants = guarded_allocate(p->quant_bytes);
    int32_t *sums = calloc((size_t)p->batch, sizeof *sums);
    float *scales = calloc((size_t)p->batch, sizeof *scales);
    quantize(p, kernels, quants, sums, scales);
    bool is_same = memcmp(quants, p->quants, p->quant_bytes) == 0;
    for (int t = 0; t < p->batch; t++) {
        is_same = is_same && sums[t] == p->sums[t] && same_float(scales[t], p->scales[t]);
    }
    if (!is_same) fail(failures, "quantisation, %d rows of %d columns", p->batch, p->columns);
    guarded_free(quants, p->quant_bytes);
    free(sums);
    free(scales);
}

// The product by its definition, from the weights that were packed.
static float expected(const product *p, int t, int m) {
    const int group = t / TERSE_PACKED_GROUP * TERSE_PACKED_GROUP;
    const int width = p->batch - group < TERSE_PACKED_GROUP ? p->batch - group : TERSE_PACKED_GROUP;
    const int8_t *quants = p->quants + 4 * (group * p->activations.quads + t - group);
    int64_t sum = 0;
    bool is_zero = true;
    for (int k = 0; k < p->columns; k++) {
        sum += p->weights[m * p->columns + k] * quants[4 * width * (k / 4) + k % 4];
        is_zero = is_zero && p->weights[m * p->columns + k] == 0;
    }
    const float row_scale = is_zero && p->type != TERSE_I2_S ? 0 : p->row_scales[m] * 0.75f;
    return (float)sum * (row_scale * p->scales[t]);
}

static void check_rows(const product *p, const terse_packed_kernels *kernels, int begin, int end, int *failures) {
    const size_t count = (size_t)(p->batch * p->rows);
    float *y = guarded_allocate(count * sizeof *y);
    memset(y, 0xff, count * sizeof *y);
    kernels->multiply(&p->packed, &p->activations, begin, end, y, p->rows);
    for (int t = 0; t < p->batch; t++) {
        for (int m = 0; m < p->rows; m++) {
            const float found = y[t * p->rows + m], wanted = begin <= m && m < end ? expected(p, t, m) : NAN;
            if (same_float(found, wanted) || (found == 0 && wanted == 0)) continue;
            fail(failures, "%d×%d, batch %d, type %d, rows %d ..< %d: output %d of row %d is %.9g, expected %.9g",
                 p->rows, p->columns, p->batch, p->type, begin, end, m, t, found, wanted);
            guarded_free(y, count * sizeof *y);
            return;
        }
    }
    guarded_free(y, count * sizeof *y);
}

static bool pack(const product *p) {
    return terse_packed_pack(&p->w, p->packed.fields, 0, p->rows, (uint8_t *)p->packed.data, (float *)p->packed.scales);
}

// What is no matrix of trits with one scale a row is refused: a weight of 2, a scale that differs or is not finite.
static void check_refusals(product *p, int *failures) {
    uint8_t *first = (uint8_t *)p->w.data, *last = first + p->file_bytes - (size_t)block_bytes(p->type);
    uint8_t kept[66];
    memcpy(kept, last, (size_t)block_bytes(p->type));
    if (p->type != TERSE_TQ1_0) {
        last[5] |= 3;
        if (pack(p)) fail(failures, "type %d: a weight of 2 was packed", p->type);
        memcpy(last, kept, (size_t)block_bytes(p->type));
    }
    if (p->type == TERSE_I2_S) return;
    const _Float16 scales[] = {(_Float16)0.3f, (_Float16)INFINITY, (_Float16)NAN};
    for (int i = 0; i < 3; i++) {
        // The last block may be alone in its row, or have nothing to scale.
        if (i == 0 && (p->columns == 256 || (p->rows - 1 + p->columns / 256 - 1) % 5 == 0)) continue;
        memcpy(last + block_bytes(p->type) - 2, scales + i, 2);
        if (pack(p)) fail(failures, "%d×%d of type %d: bad scale %d was packed", p->rows, p->columns, p->type, i);
        memcpy(last, kept, (size_t)block_bytes(p->type));
    }
}

int check_packed(terse_isa isa) {
    static const int shapes[][3] = {  // rows, columns, batch
        {1, 256, 1}, {16, 256, 1}, {17, 512, 2}, {48, 768, 3}, {33, 1280, 4}, {70, 1536, 5}, {21, 2560, 6},
        {16, 256, 7}, {65, 512, 8}, {130, 256, 9}, {40, 1792, 12}, {20, 6912, 15}, {9, 768, 33}, {80, 1280, 131},
        {33, 768, 261}, {48, 1280, 10}, {32, 512, 14},
    };
    static const terse_type types[] = {TERSE_TQ1_0, TERSE_TQ2_0, TERSE_I2_S};
    const terse_packed_kernels *kernels = terse_packed_kernels_for(isa);
    int failures = 0;
    random_stream random = {20260};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes * 9; s++) {
        const int *shape = shapes[s / 9];
        const terse_type type = types[s % 3];
        product p = {.rows = shape[0], .columns = shape[1], .batch = shape[2], .type = type};
        p.values = (values)(s / 3 % 3);
        if (type == TERSE_I2_S) p.columns += 128;
        make_product(&p, kernels, &random);
        check_refusals(&p, &failures);
        if (!pack(&p)) fail(&failures, "%d×%d of type %d was not packed", p.rows, p.columns, type);
        check_quantization(&p, kernels, &failures);
        check_rows(&p, kernels, 0, p.rows, &failures);
        if (p.rows > 32) check_rows(&p, kernels, 16, p.rows - p.rows % 16, &failures);
        free_product(&p);
    }
    return failures;
}
