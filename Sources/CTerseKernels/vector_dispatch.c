#include "vector_lanes.h"

const terse_vector_kernels *terse_vector_kernels_for(terse_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case TERSE_ISA_AVX2: return &terse_vector_avx2;
    case TERSE_ISA_AVX512: return &terse_vector_avx512;
#elif defined(__aarch64__)
    case TERSE_ISA_NEON: return &terse_vector_neon;
#endif
    default: return &terse_vector_scalar;
    }
}

size_t terse_attention_scratch_floats(size_t pairs, size_t dimension) {
    const size_t padded = terse_kv_padded((uint32_t)dimension);
    // A tile's keys and values; for each pair scores, the weighted values of a span and of those before, its query,
    // rounded up to 32 numbers, and seven more.
    const size_t query = (dimension + TERSE_KV_TILE - 1) / TERSE_KV_TILE * TERSE_KV_TILE;
    const size_t tile = 2 * TERSE_KV_TILE * padded;
    const size_t states = pairs * (TERSE_KV_TILE + 2 * padded + query) + 7 * (pairs + TERSE_VECTOR_LANES);
    return (tile + states + TERSE_VECTOR_LANES - 1) / TERSE_VECTOR_LANES * TERSE_VECTOR_LANES;
}

size_t terse_find(const float *x, size_t count, float value) {
    for (size_t i = 0; i < count; i++) {
        if (x[i] == value) return i;
    }
    return count;
}
