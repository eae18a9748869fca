#include "include/terse_words.h"

extern const terse_word_kernels terse_words_scalar;
extern const terse_word_kernels terse_words_avx2;
extern const terse_word_kernels terse_words_avx512;
extern const terse_word_kernels terse_words_neon;

const terse_word_kernels *terse_word_kernels_for(terse_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case TERSE_ISA_AVX2: return &terse_words_avx2;
    case TERSE_ISA_AVX512: return &terse_words_avx512;
#elif defined(__aarch64__)
    case TERSE_ISA_NEON: return &terse_words_neon;
#endif
    default: return &terse_words_scalar;
    }
}
