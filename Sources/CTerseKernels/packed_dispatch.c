#include "packed.h"

const terse_packed_kernels *terse_packed_kernels_for(terse_isa isa) {
    switch (isa) {
    case TERSE_ISA_SCALAR: return &terse_packed_scalar;
#if defined(__x86_64__)
    case TERSE_ISA_AVX2: return &terse_packed_avx2;
    case TERSE_ISA_AVX512: return &terse_packed_avx512;
#elif defined(__aarch64__)
    case TERSE_ISA_NEON: return &terse_packed_neon;
#endif
    default: return NULL;
    }
}
