// Split matrices: products equal those of Q6_K's own kernels bit for bit, screening stays within its bound, and rows
// come out as they went in.

#include "checks.h"

typedef struct {
    int rows, columns, batch;
    terse_matrix w;
    terse_split_matrix split;
    terse_activations activations;
    terse_activation_block *blocks;
    float *row_scales;
} product;

static size_t tiles_of(const product *p) { return (size_t)(p->rows + TERSE_SPLIT_ROWS - 1) / TERSE_SPLIT_ROWS; }

static void make_product(product *p, bool is_extreme, random_stream *random) {
    const size_t units = (size_t)p->columns / 256, file_bytes = (size_t)p->rows * units * sizeof(terse_block_q6_k);
    uint8_t *data = guarded_allocate(file_bytes);
    for (size_t i = 0; i < file_bytes; i++) data[i] = (uint8_t)random_bits(random);
    for (size_t b = 0; b < (size_t)p->rows * units; b++) {
        terse_block_q6_k *block = (terse_block_q6_k *)(data + b * sizeof *block);
        if (is_extreme) memset(block, b / 2 % 2 == 0 ? 0xff : 0, sizeof *block);
        block->d_f16 = (uint16_t)(0x1400 + random_below(random, 0x800));
        if (is_extreme) memset(block->scales, b % 2 == 0 ? 0x80 : 0x7f, sizeof block->scales);
    }
    p->w = (terse_matrix){TERSE_Q6_K, p->rows, p->columns, data, units * sizeof(terse_block_q6_k), 0.75f};
    terse_split_upper *upper = guarded_allocate(tiles_of(p) * units * sizeof *upper);
    terse_split_lower *lower = guarded_allocate(tiles_of(p) * units * sizeof *lower);
    float *errors = guarded_allocate(tiles_of(p) * TERSE_SPLIT_ROWS * sizeof *errors);
    terse_split_pack(&p->w, 0, p->rows, upper, lower, errors);
    p->split = (terse_split_matrix){p->rows, p->columns, upper, lower, errors, 0.75f};
    p->blocks = guarded_allocate((size_t)p->batch * units * sizeof *p->blocks);
    p->row_scales = guarded_allocate((size_t)p->batch * sizeof *p->row_scales);
    float *x = guarded_allocate((size_t)p->columns * sizeof *x);
    for (int t = 0; t < p->batch; t++) {
        for (int k = 0; k < p->columns; k++) x[k] = is_extreme ? (k % 512 < 256 ? 1 : -1) : random_float(random);
        const terse_matmul_kernels *scalar = terse_matmul_kernels_for(TERSE_ISA_SCALAR);
        scalar->quantize_groups(x, p->columns, 256, p->blocks + (size_t)t * units);
        p->row_scales[t] = 1;
    }
    guarded_free(x, (size_t)p->columns * sizeof *x);
    p->activations = (terse_activations){.rows = p->batch, .columns = p->columns, .blocks = p->blocks,
                                         .block_stride = (int64_t)units, .row_scales = p->row_scales};
}

static void free_product(product *p) {
    const size_t units = (size_t)p->columns / 256;
    guarded_free((void *)p->w.data, (size_t)p->rows * units * sizeof(terse_block_q6_k));
    guarded_free((void *)p->split.upper, tiles_of(p) * units * sizeof *p->split.upper);
    guarded_free((void *)p->split.lower, tiles_of(p) * units * sizeof *p->split.lower);
    guarded_free((void *)p->split.errors, tiles_of(p) * TERSE_SPLIT_ROWS * sizeof *p->split.errors);
    guarded_free(p->blocks, (size_t)p->batch * units * sizeof *p->blocks);
    guarded_free(p->row_scales, (size_t)p->batch * sizeof *p->row_scales);
}

static double norm(const product *p, int t) {
    double sum = 0;
    for (int k = 0; k < p->columns; k++) {
        const terse_activation_block *block = p->blocks + t * (p->columns / 256) + k / 256;
        const double value = (double)block->scales[0] * block->quants[k % 256];
        sum += value * value;
    }
    return sqrt(sum);
}

static void check_product(const product *p, const terse_split_kernels *kernels, int *failures) {
    const size_t count = (size_t)p->batch * (size_t)p->rows;
    const terse_matmul_kernels *scalar = terse_matmul_kernels_for(TERSE_ISA_SCALAR);
    const terse_split_kernels *reference = terse_split_kernels_for(TERSE_ISA_SCALAR);
    float *y[4];
    for (int i = 0; i < 4; i++) y[i] = guarded_allocate(count * sizeof **y);
    const int begin = p->rows > 40 ? 16 : 0;
    terse_matmul_kernel(scalar, TERSE_Q6_K)(&p->w, &p->activations, begin, p->rows, y[0], p->rows);
    kernels->multiply(&p->split, &p->activations, begin, p->rows, y[1], p->rows);
    reference->screen(&p->split, &p->activations, begin, p->rows, y[2], p->rows);
    kernels->screen(&p->split, &p->activations, begin, p->rows, y[3], p->rows);
    for (size_t i = 0; i < count; i++) {
        const int t = (int)(i / (size_t)p->rows), m = (int)(i % (size_t)p->rows);
        if (!same_float(y[0][i], y[1][i])) {
            fail(failures, "%d×%d: output %d of row %d is %.9g, not %.9g", p->rows, p->columns, m, t, y[1][i], y[0][i]);
        }
        if (!same_float(y[2][i], y[3][i])) fail(failures, "screening: %.9g, not %.9g", y[3][i], y[2][i]);
        if (fabs((double)y[0][i] - y[2][i]) > p->split.errors[m] * norm(p, t)) {
            fail(failures, "screening: %.9g is too far from %.9g", y[2][i], y[0][i]);
        }
    }
    for (int i = 0; i < 4; i++) guarded_free(y[i], count * sizeof **y);
}

static void check_rows(const product *p, int *failures) {
    const size_t row_bytes = (size_t)p->columns / 256 * sizeof(terse_block_q6_k);
    const size_t bytes = (size_t)p->columns * sizeof(float);
    float *expected = guarded_allocate(bytes), *found = guarded_allocate(bytes);
    for (int m = 0; m < p->rows; m++) {
        terse_dequantize(TERSE_Q6_K, (const uint8_t *)p->w.data + (size_t)m * row_bytes, expected, (size_t)p->columns);
        terse_split_dequantize(&p->split, m, found);
        if (memcmp(expected, found, bytes) != 0) fail(failures, "%d×%d: row %d is another", p->rows, p->columns, m);
    }
    guarded_free(expected, bytes);
    guarded_free(found, bytes);
}

int check_split(terse_isa isa) {
    static const int shapes[][3] = {  // rows, columns, batch
        {1, 256, 1}, {16, 512, 1}, {17, 256, 2}, {48, 768, 3}, {70, 512, 4}, {33, 1280, 7}, {130, 256, 9},
        {18, 16384, 1}, {130, 256, 17}, {40, 512, 131}, {16, 512, 13},
    };
    const terse_split_kernels *kernels = terse_split_kernels_for(isa);
    int failures = 0;
    random_stream random = {20261};
    for (size_t s = 0; kernels != NULL && s < 2 * sizeof shapes / sizeof *shapes; s++) {
        const int *shape = shapes[s / 2];
        product p = {.rows = shape[0], .columns = shape[1], .batch = shape[2]};
        make_product(&p, s % 2 == 1, &random);
        check_rows(&p, &failures);
        check_product(&p, kernels, &failures);
        free_product(&p);
    }
    return failures;
}
