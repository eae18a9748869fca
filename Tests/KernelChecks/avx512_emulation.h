// AVX-512 intrinsics computed with AVX2 by SIMDe (Debian: libsimde-dev), so that the kernels are checked where no
// processor has them. Included by Sources/CTerseKernels/avx512/intrinsics.h with TERSE_EMULATE_AVX512 defined.
#ifndef AVX512_EMULATION_H
#define AVX512_EMULATION_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx2.h>
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>

// What SIMDe 0.7 lacks, made of halves.
#define LOW_HALF(v) _mm512_extracti64x4_epi64(v, 0)
#define HIGH_HALF(v) _mm512_extracti64x4_epi64(v, 1)
#define HALVES(low, high) _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1)
#define FLOAT_HALVES(low, high) _mm512_castsi512_ps(HALVES(_mm256_castps_si256(low), _mm256_castps_si256(high)))

#undef _mm512_cvtepu16_epi32
#define _mm512_cvtepu16_epi32(v) \
    HALVES(_mm256_cvtepu16_epi32(_mm256_castsi256_si128(v)), _mm256_cvtepu16_epi32(_mm256_extracti128_si256(v, 1)))
#undef _mm512_cvtph_ps
#define _mm512_cvtph_ps(v) \
    FLOAT_HALVES(_mm256_cvtph_ps(_mm256_castsi256_si128(v)), _mm256_cvtph_ps(_mm256_extracti128_si256(v, 1)))
#undef _mm512_cvtepi32_ps
#define _mm512_cvtepi32_ps(v) FLOAT_HALVES(_mm256_cvtepi32_ps(LOW_HALF(v)), _mm256_cvtepi32_ps(HIGH_HALF(v)))
#undef _mm512_srai_epi32
#define _mm512_srai_epi32(v, n) HALVES(_mm256_srai_epi32(LOW_HALF(v), n), _mm256_srai_epi32(HIGH_HALF(v), n))
#undef _mm512_sra_epi32
#define _mm512_sra_epi32(v, n) HALVES(_mm256_sra_epi32(LOW_HALF(v), n), _mm256_sra_epi32(HIGH_HALF(v), n))
#undef _mm512_cvtepi8_epi32
#define _mm512_cvtepi8_epi32(v) HALVES(_mm256_cvtepi8_epi32(v), _mm256_cvtepi8_epi32(_mm_srli_si128(v, 8)))
#undef _mm512_cvtepu8_epi32
#define _mm512_cvtepu8_epi32(v) HALVES(_mm256_cvtepu8_epi32(v), _mm256_cvtepu8_epi32(_mm_srli_si128(v, 8)))
#undef _mm512_mask_storeu_ps
#define _mm512_mask_storeu_ps(address, mask, v) store_some_lanes(address, mask, v)

static inline void store_some_lanes(float *address, unsigned mask, __m512 v) {
    float lanes[16];
    _mm512_storeu_ps(lanes, v);
    for (int l = 0; l < 16; l++) {
        if (mask >> l & 1) address[l] = lanes[l];
    }
}

#endif
