// The table of the NEON matrix kernels, and which of them serves which batch.

#if defined(__aarch64__)

#include "matmul_neon.h"

static void multiply(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                     int64_t y_stride) {
    if (x->rows == 1) {
        terse_neon_vector(w, x, row_begin, row_end, y, y_stride);
    } else {
        terse_neon_tiles(w, x, row_begin, row_end, y, y_stride);
    }
}

const terse_matmul_kernels terse_matmul_neon = {
    .multiply = {
        [TERSE_F32] = terse_neon_float, [TERSE_F16] = terse_neon_float, [TERSE_BF16] = terse_neon_float,
        [TERSE_Q8_0] = multiply, [TERSE_Q4_0] = multiply, [TERSE_Q4_1] = multiply, [TERSE_Q5_0] = multiply,
        [TERSE_Q5_1] = multiply, [TERSE_Q4_K] = multiply, [TERSE_Q5_K] = multiply, [TERSE_Q6_K] = multiply,
        [TERSE_TQ1_0] = multiply, [TERSE_TQ2_0] = multiply, [TERSE_I2_S] = multiply,
    },
    .quantize_groups = terse_neon_quantize_groups,
    .quantize_row = terse_neon_quantize_row,
    .float_group = TERSE_NEON_FLOAT_GROUP,
};

#endif
