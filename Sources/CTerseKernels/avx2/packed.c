// Packed ternary matrices with AVX2, four trits to a byte.
//
// Products of bytes are added up in 16 bits, eight rows of a tile at a time or all sixteen, and taken over into 32 bits
// before they could overflow. For few rows of x the time goes into taking fields apart: then fields 1 and 3 stay where
// they are, two bits up, and have sums of their own, four times too large.

#if defined(__x86_64__)

#include <immintrin.h>

#include "../packed.h"
#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

enum {
    FIELDS = 4,
    HALVES = 2,    // of eight rows of a tile
    AHEAD = 2048,  // bytes that are fetched ahead
    // Up to so many rows of x the registers hold the sums of both halves and of fields in place.
    IN_PLACE_MAX = 2,
    // Vectors until sums are taken over: 8 · 2 fields · 2 · 4 · 2 · 127 < 2^15, or 16 · 4 fields · 2 · 2 · 127.
    STEP_IN_PLACE = 8,
    STEP = 16,
};

// Sums of both halves of a tile for each row of x in a group.
typedef __m256i tile_sums[HALVES][TERSE_PACKED_GROUP];

TERSE_INLINE __m256i quad(const int8_t *quants) {
    return _mm256_set1_epi32((int)terse_load_u32((const uint8_t *)quants));
}

TERSE_INLINE __m256i field_of(__m256i bits, int f, const int in_place) {
    const int shift = in_place ? f / 2 * 4 : 2 * f;
    const __m256i mask = _mm256_set1_epi8(in_place && f % 2 == 1 ? 12 : 3);
    return _mm256_and_si256(_mm256_srl_epi16(bits, _mm_cvtsi32_si128(shift)), mask);
}

// Adds the products of a few vectors from `tile` on, few enough for 16 bits.
TERSE_INLINE void add_step(const uint8_t *tile, int64_t vectors, const int8_t *quants, const int width,
                           const int in_place, __m256i sums[][TERSE_PACKED_GROUP]) {
    const int halves = in_place ? HALVES : 1;
    const __m256i ones = _mm256_set1_epi16(1);
    tile_sums words[2];
    TERSE_EACH(h, halves) TERSE_EACH(c, width) words[0][h][c] = words[1][h][c] = _mm256_setzero_si256();
    for (int64_t v = 0; v < vectors; v++, tile += TERSE_PACKED_VECTOR, quants += 4 * FIELDS * width) {
        _mm_prefetch((const char *)tile + AHEAD, _MM_HINT_T0);
        __m256i bits[HALVES];
        TERSE_EACH(h, halves) bits[h] = _mm256_loadu_si256((const __m256i *)tile + h);
        TERSE_EACH(f, FIELDS) {
            __m256i field[HALVES];
            TERSE_EACH(h, halves) field[h] = field_of(bits[h], f, in_place);
            TERSE_EACH(c, width) {
                const __m256i x = quad(quants + 4 * (f * width + c));
                TERSE_EACH(h, halves) {
                    __m256i *sum = &words[in_place && f % 2 == 1][h][c];
                    *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(field[h], x));
                }
            }
        }
    }
    TERSE_EACH(h, halves) TERSE_EACH(c, width) {
        __m256i sum = _mm256_madd_epi16(words[0][h][c], ones);
        if (in_place) {
            const __m256i fours = _mm256_madd_epi16(words[1][h][c], ones);
            sum = _mm256_add_epi32(sum, _mm256_srai_epi32(fours, 2));
        }
        sums[h][c] = _mm256_add_epi32(sums[h][c], sum);
    }
}

TERSE_INLINE void multiply_tile(const uint8_t *tile, int64_t vectors, const int8_t *quants, const int width,
                                int32_t (*out)[TERSE_PACKED_ROWS]) {
    const int in_place = width <= IN_PLACE_MAX, step = in_place ? STEP_IN_PLACE : STEP;
    tile_sums sums;
    TERSE_EACH(half, HALVES) TERSE_EACH(c, width) sums[half][c] = _mm256_setzero_si256();
    for (int64_t v = 0; v < vectors; v += step) {
        const int64_t count = vectors - v < step ? vectors - v : step;
        for (int half = 0; half < HALVES; half += in_place ? HALVES : 1) {
            const uint8_t *bytes = tile + v * TERSE_PACKED_VECTOR + 32 * half;
            add_step(bytes, count, quants + v * 4 * FIELDS * width, width, in_place, sums + half);
        }
    }
    TERSE_EACH(half, HALVES) TERSE_EACH(c, width) {
        _mm256_storeu_si256((__m256i *)(out[c] + 8 * half), sums[half][c]);
    }
}

#include "../packed_tiles.h"

const terse_packed_kernels terse_packed_avx2 = {
    .fields = FIELDS, .multiply = multiply_directly, .quantize = terse_avx2_quantize_packed};

TERSE_AVX2_END

#endif
