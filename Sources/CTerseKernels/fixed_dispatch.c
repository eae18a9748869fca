#include "include/terse_fixed.h"

extern const terse_fixed_kernels terse_fixed_words_scalar, terse_fixed_bytes_scalar;
extern const terse_fixed_kernels terse_fixed_words_avx2, terse_fixed_bytes_avx2;
extern const terse_fixed_kernels terse_fixed_words_avx512, terse_fixed_bytes_avx512;
extern const terse_fixed_kernels terse_fixed_words_neon, terse_fixed_bytes_neon;

const terse_fixed_kernels *terse_fixed_kernels_for(terse_isa isa, int bits) {
    switch (isa) {
#if defined(__x86_64__)
    case TERSE_ISA_AVX2: return bits == 8 ? &terse_fixed_bytes_avx2 : &terse_fixed_words_avx2;
    case TERSE_ISA_AVX512: return bits == 8 ? &terse_fixed_bytes_avx512 : &terse_fixed_words_avx512;
#elif defined(__aarch64__)
    case TERSE_ISA_NEON: return bits == 8 ? &terse_fixed_bytes_neon : &terse_fixed_words_neon;
#endif
    default: return bits == 8 ? &terse_fixed_bytes_scalar : &terse_fixed_words_scalar;
    }
}
