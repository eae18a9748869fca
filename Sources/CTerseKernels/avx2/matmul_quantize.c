// Quantisation of activations with AVX2: the same bits as the scalar code.

#if defined(__x86_64__)

#include <immintrin.h>

#include "../matmul_quantize.h"
#include "matmul_avx2.h"
#include "../packed.h"

TERSE_AVX2_BEGIN

// The largest magnitude as a bit pattern, see terse_absmax_scalar.
TERSE_INLINE __m256i absmax_bits(const float *x, int64_t count) {
    const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
    __m256i largest[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (int64_t k = 0; k < count; k += 16) {
        for (int i = 0; i < 2; i++) {
            const __m256i bits = _mm256_loadu_si256((const __m256i *)(x + k) + i);
            largest[i] = _mm256_max_epi32(largest[i], _mm256_and_si256(bits, magnitude));
        }
    }
    return _mm256_max_epi32(largest[0], largest[1]);
}

TERSE_INLINE float largest_lane(__m256i bits) {
    __m128i largest = _mm_max_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1));
    largest = _mm_max_epi32(largest, _mm_shuffle_epi32(largest, 0x4e));
    largest = _mm_max_epi32(largest, _mm_shuffle_epi32(largest, 0xb1));
    return _mm_cvtss_f32(_mm_castsi128_ps(largest));
}

static float absmax(const float *x, int64_t count) {
    const int64_t whole = count / 16 * 16;
    const float vector = largest_lane(absmax_bits(x, whole));
    if (whole == count) return vector;
    const float rest = terse_absmax_scalar(x + whole, count - whole);
    // Of two bit patterns without sign the larger one, as integers.
    uint32_t a, b;
    memcpy(&a, &vector, 4);
    memcpy(&b, &rest, 4);
    return a > b ? vector : rest;
}

// 32 values to quants. The shift by 1.5 · 2^23 rounds as in terse_round_scalar and leaves the integer in the low bits.
TERSE_INLINE void quantize_step(const float *x, float inverse, int8_t *out) {
    const __m256 factor = _mm256_set1_ps(inverse), shift = _mm256_set1_ps(0x1.8p23f);
    __m256i words[4];
    for (int i = 0; i < 4; i++) {
        const __m256 shifted = _mm256_add_ps(_mm256_mul_ps(_mm256_loadu_ps(x + 8 * i), factor), shift);
        words[i] = _mm256_sub_epi32(_mm256_castps_si256(shifted), _mm256_castps_si256(shift));
    }
    const __m256i bytes =
        _mm256_packs_epi16(_mm256_packs_epi32(words[0], words[1]), _mm256_packs_epi32(words[2], words[3]));
    const __m256i order = _mm256_set_epi32(7, 3, 6, 2, 5, 1, 4, 0);
    _mm256_storeu_si256((__m256i *)out, _mm256_permutevar8x32_epi32(bytes, order));
}

// The sums of a block: pairs within each four columns, then across.
static void finish_block(terse_activation_block *out) {
    const __m256i ones = _mm256_set1_epi8(1);
    __m256i halves = _mm256_setzero_si256(), pairs_256 = _mm256_setzero_si256();
    for (int g = 0; g < 8; g++) {
        const __m256i quants = _mm256_loadu_si256((const __m256i *)(out->quants + 32 * g));
        const __m256i pairs = _mm256_maddubs_epi16(ones, quants);  // 16 columns in each half: (01)(23)(01)(23)…
        __m256i sums = _mm256_add_epi16(pairs, _mm256_shuffle_epi32(pairs, 0x4e));
        sums = _mm256_add_epi16(sums, _mm256_shuffle_epi32(sums, 0xb1));
        const uint32_t low = (uint32_t)_mm256_extract_epi32(sums, 0), high = (uint32_t)_mm256_extract_epi32(sums, 4);
        memcpy(out->pair_sums[2 * g], &low, 4);
        memcpy(out->pair_sums[2 * g + 1], &high, 4);
        pairs_256 = _mm256_add_epi16(pairs_256, sums);
        const __m256i both = _mm256_madd_epi16(sums, _mm256_set1_epi16(1));
        halves = _mm256_add_epi32(halves, both);
        out->sums16[2 * g] = (int16_t)_mm256_extract_epi32(both, 0);
        out->sums16[2 * g + 1] = (int16_t)_mm256_extract_epi32(both, 4);
        out->sums32[g] = (int16_t)(out->sums16[2 * g] + out->sums16[2 * g + 1]);
        out->scaled_sums[g] = out->scales[g] * (float)out->sums32[g];
    }
    const __m128i pairs =
        _mm_add_epi16(_mm256_castsi256_si128(pairs_256), _mm256_extracti128_si256(pairs_256, 1));
    const uint32_t pair_sums = (uint32_t)_mm_cvtsi128_si32(pairs);
    memcpy(out->pair_sums_256, &pair_sums, 4);
    out->half_sums_256[0] = (int16_t)_mm256_extract_epi32(halves, 0);
    out->half_sums_256[1] = (int16_t)_mm256_extract_epi32(halves, 4);
}

#define TERSE_QUANTIZE_STEP 32
#include "../matmul_quantize_body.h"

void terse_avx2_quantize_groups(const float *x, int64_t columns, int64_t group, terse_activation_block *out) {
    quantize_groups(x, columns, group, out);
}

float terse_avx2_quantize_row(const float *x, int64_t columns, terse_activation_block *out) {
    return quantize_row(x, columns, out);
}

float terse_avx2_quantize_packed(const float *x, int64_t columns, int64_t quads, int64_t width, int8_t *out,
                                  int32_t *sum) {
    return quantize_packed(x, columns, quads, width, out, sum);
}

TERSE_AVX2_END

#endif
