#include "matmul_blocks.h"

const terse_matmul_kernels *terse_matmul_kernels_for(terse_isa isa) {
    switch (isa) {
    case TERSE_ISA_SCALAR: return &terse_matmul_scalar;
#if defined(__x86_64__)
    case TERSE_ISA_AVX2: return &terse_matmul_avx2;
    case TERSE_ISA_AVX512: return &terse_matmul_avx512;
#endif
#if defined(__aarch64__)
    case TERSE_ISA_NEON: return &terse_matmul_neon;
#endif
    default: return NULL;
    }
}

void terse_values_by_lane(const float *x, int64_t row_stride, int64_t rows, int64_t columns, float *out) {
    const int64_t steps = (columns + TERSE_FLOAT_LANES - 1) / TERSE_FLOAT_LANES;
    for (int64_t i = 0; i < steps; i++) {
        const int64_t left = columns - i * TERSE_FLOAT_LANES;
        for (int64_t l = 0; l < TERSE_FLOAT_LANES; l++) {
            float *values = out + (l * steps + i) * rows;
            const float *column = x + i * TERSE_FLOAT_LANES + l;
            for (int64_t t = 0; t < rows; t++) values[t] = l < left ? column[t * row_stride] : 0;
        }
    }
}
