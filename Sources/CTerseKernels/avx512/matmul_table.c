// The table of the AVX-512 matrix kernels, and which of them serves which batch.

#if defined(__x86_64__)

#include "../avx2/matmul_avx2.h"
#include "matmul_avx512.h"

static void multiply(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                     int64_t y_stride) {
    if (x->rows > 1) {
        terse_avx512_tiles(w, x, row_begin, row_end, y, y_stride);
    } else if (terse_is_two_bit(w->type)) {
        terse_avx512_ternary(w, x, row_begin, row_end, y, y_stride);
    } else {
        terse_avx2_vector(w, x, row_begin, row_end, y, y_stride);
    }
}

const terse_matmul_kernels terse_matmul_avx512 = {
    .multiply = {
        [TERSE_F32] = terse_avx512_float, [TERSE_F16] = terse_avx512_float, [TERSE_BF16] = terse_avx512_float,
        [TERSE_Q8_0] = multiply, [TERSE_Q4_0] = multiply, [TERSE_Q4_1] = multiply, [TERSE_Q5_0] = multiply,
        [TERSE_Q5_1] = multiply, [TERSE_Q4_K] = multiply, [TERSE_Q5_K] = multiply, [TERSE_Q6_K] = multiply,
        [TERSE_TQ1_0] = multiply, [TERSE_TQ2_0] = multiply, [TERSE_I2_S] = multiply,
    },
    .quantize_groups = terse_avx2_quantize_groups,
    .quantize_row = terse_avx2_quantize_row,
    .float_group = TERSE_AVX512_FLOAT_GROUP,
};

#endif
