#include "training_lanes.h"

const terse_training_kernels *terse_training_kernels_for(terse_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case TERSE_ISA_AVX2: return &terse_training_avx2;
    case TERSE_ISA_AVX512: return &terse_training_avx512;
#elif defined(__aarch64__)
    case TERSE_ISA_NEON: return &terse_training_neon;
#endif
    default: return &terse_training_scalar;
    }
}

const terse_training_kernels *terse_training_kernels_double(void) { return &terse_training_double; }

size_t terse_training_attention_scratch(size_t dimension) {
    // Eleven tiles of rows, two square ones and four vectors, as training_attention_body.h lays them out.
    const size_t padded = (dimension + 15) / 16 * 16, tile = TERSE_TRAINING_TILE;
    return 11 * tile * padded + 2 * tile * tile + 4 * tile;
}
