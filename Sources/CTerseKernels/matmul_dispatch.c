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
