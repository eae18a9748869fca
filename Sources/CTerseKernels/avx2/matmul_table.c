// The table of the AVX2 matrix kernels, and which of them serves which batch.

#if defined(__x86_64__)

#include "matmul_avx2.h"

// Up to this many rows of x, unpacking the same rows of weights in registers again, from the nearest cache, is faster
// than unpacking them to a tile. Measured on Zen 3.
static int64_t vector_batch_max(terse_type type) {
    switch (type) {
    case TERSE_TQ2_0: case TERSE_I2_S: return 4;
    case TERSE_Q8_0: return 3;
    case TERSE_Q4_K: case TERSE_Q6_K: return 2;
    default: return 1;
    }
}

static void multiply(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                     int64_t y_stride) {
    if (x->rows <= vector_batch_max(w->type)) {
        terse_avx2_vector(w, x, row_begin, row_end, y, y_stride);
    } else {
        terse_avx2_tiles(w, x, row_begin, row_end, y, y_stride);
    }
}

const terse_matmul_kernels terse_matmul_avx2 = {
    .multiply = {
        [TERSE_F32] = terse_avx2_float, [TERSE_F16] = terse_avx2_float, [TERSE_BF16] = terse_avx2_float,
        [TERSE_Q8_0] = multiply, [TERSE_Q4_0] = multiply, [TERSE_Q4_1] = multiply, [TERSE_Q5_0] = multiply,
        [TERSE_Q5_1] = multiply, [TERSE_Q4_K] = multiply, [TERSE_Q5_K] = multiply, [TERSE_Q6_K] = multiply,
        [TERSE_TQ1_0] = multiply, [TERSE_TQ2_0] = multiply, [TERSE_I2_S] = multiply,
    },
    .quantize_groups = terse_avx2_quantize_groups,
    .quantize_row = terse_avx2_quantize_row,
    .float_group = TERSE_AVX2_FLOAT_GROUP,
};

#endif
