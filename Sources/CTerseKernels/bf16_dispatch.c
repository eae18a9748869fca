#include "include/terse_bf16.h"

extern const terse_bf16_kernels terse_bf16_scalar;
extern const terse_bf16_kernels terse_bf16_avx2;
extern const terse_bf16_kernels terse_bf16_avx512;
extern const terse_bf16_kernels terse_bf16_avx512_native;
extern const terse_bf16_kernels terse_bf16_neon;

const terse_bf16_kernels *terse_bf16_kernels_for(terse_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case TERSE_ISA_AVX2: return &terse_bf16_avx2;
    case TERSE_ISA_AVX512: return terse_isa_has_fast_bf16() ? &terse_bf16_avx512_native : &terse_bf16_avx512;
#elif defined(__aarch64__)
    case TERSE_ISA_NEON: return &terse_bf16_neon;
#endif
    default: return &terse_bf16_scalar;
    }
}
