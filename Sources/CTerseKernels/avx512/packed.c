// Packed ternary matrices with AVX-512, VNNI and VBMI, five trits to a byte.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "../packed.h"

TERSE_AVX512_BEGIN

enum {
    FIELDS = 5,
    AHEAD = 4096,          // bytes that are fetched ahead
    IN_PLACE_MAX = 4,      // rows of x for which every field has sums of its own
};

// The first four trits of a byte, of which they are the value in base 3, as fields of two bits.
#define FOUR(A, B, C, D) (A) | (B) << 2 | (C) << 4 | (D) << 6
#define ROW(B, C, D) FOUR(0, B, C, D), FOUR(1, B, C, D), FOUR(2, B, C, D)
#define ROWS(C, D) ROW(0, C, D), ROW(1, C, D), ROW(2, C, D)
static const uint8_t two_bit_fields[128] = {
    ROWS(0, 0), ROWS(1, 0), ROWS(2, 0), ROWS(0, 1), ROWS(1, 1), ROWS(2, 1), ROWS(0, 2), ROWS(1, 2), ROWS(2, 2),
};

typedef struct {
    __m512i low, high;
} trit_table;

TERSE_INLINE trit_table load_table(void) {
    return (trit_table){_mm512_loadu_si512(two_bit_fields), _mm512_loadu_si512(two_bit_fields + 64)};
}

// Of 64 bytes the first four trits as fields of two bits, and 81 times the last one.
TERSE_INLINE void split(const uint8_t *bytes, trit_table table, __m512i *four, __m512i *last) {
    const __m512i power = _mm512_set1_epi8(81), all = _mm512_load_si512((const void *)bytes);
    // What is below 81 wraps around when 81 is taken off, and is the smaller one.
    __m512i rest = _mm512_min_epu8(all, _mm512_sub_epi8(all, power));
    rest = _mm512_min_epu8(rest, _mm512_sub_epi8(rest, power));
    *four = _mm512_permutex2var_epi8(table.low, rest, table.high);
    *last = _mm512_sub_epi8(all, rest);
}

TERSE_INLINE __m512i quad(const int8_t *quants) {
    return _mm512_set1_epi32((int)terse_load_u32((const uint8_t *)quants));
}

// Few rows of x: fields are multiplied where they stand, 1, 4, 16, 64 and 81 times too large, in sums of their own.
TERSE_INLINE void multiply_in_place(const uint8_t *tile, int64_t vectors, const int8_t *quants, const int width,
                                    int32_t (*out)[TERSE_PACKED_ROWS]) {
    const trit_table table = load_table();
    __m512i sums[IN_PLACE_MAX][FIELDS];
    TERSE_EACH(c, width) TERSE_EACH(f, FIELDS) sums[c][f] = _mm512_setzero_si512();
    for (int64_t v = 0; v < vectors; v++, tile += TERSE_PACKED_VECTOR, quants += 4 * FIELDS * width) {
        __m512i four, fields[FIELDS];
        _mm_prefetch((const char *)tile + AHEAD, _MM_HINT_T0);
        split(tile, table, &four, &fields[4]);
        TERSE_EACH(f, 4) fields[f] = _mm512_and_si512(four, _mm512_set1_epi8((char)(3 << 2 * f)));
        TERSE_EACH(f, FIELDS) TERSE_EACH(c, width) {
            sums[c][f] = _mm512_dpbusd_epi32(sums[c][f], fields[f], quad(quants + 4 * (f * width + c)));
        }
    }
    // A multiple of 81 is divided by multiplying with the inverse of 81 modulo 2^32.
    const __m512i inverse = _mm512_set1_epi32((int)0x781948b1u);
    TERSE_EACH(c, width) {
        __m512i sum = _mm512_add_epi32(sums[c][0], _mm512_mullo_epi32(sums[c][4], inverse));
        TERSE_EACH(f, 3) {
            const __m128i shift = _mm_cvtsi32_si128(2 * f + 2);
            sum = _mm512_add_epi32(sum, _mm512_sra_epi32(sums[c][f + 1], shift));
        }
        _mm512_store_si512((void *)out[c], sum);
    }
}

// Many: fields are brought to the low bits once for all of them.
TERSE_INLINE void multiply_shifted(const uint8_t *tile, int64_t vectors, const int8_t *quants, const int width,
                                   int32_t (*out)[TERSE_PACKED_ROWS]) {
    const trit_table table = load_table();
    const __m512i mask = _mm512_set1_epi8(3);
    __m512i sums[TERSE_PACKED_GROUP];
    TERSE_EACH(c, width) sums[c] = _mm512_setzero_si512();
    for (int64_t v = 0; v < vectors; v++, tile += TERSE_PACKED_VECTOR, quants += 4 * FIELDS * width) {
        __m512i four, last, fields[FIELDS];
        _mm_prefetch((const char *)tile + AHEAD, _MM_HINT_T0);
        split(tile, table, &four, &last);
        TERSE_EACH(f, 4) fields[f] = _mm512_and_si512(_mm512_srl_epi16(four, _mm_cvtsi32_si128(2 * f)), mask);
        fields[4] = _mm512_and_si512(_mm512_srli_epi16(last, 6), mask);  // 81 is 64 and some, 162 is 128 and some
        TERSE_EACH(f, FIELDS) TERSE_EACH(c, width) {
            sums[c] = _mm512_dpbusd_epi32(sums[c], fields[f], quad(quants + 4 * (f * width + c)));
        }
    }
    TERSE_EACH(c, width) _mm512_store_si512((void *)out[c], sums[c]);
}

TERSE_INLINE void multiply_tile(const uint8_t *tile, int64_t vectors, const int8_t *quants, const int width,
                                int32_t (*out)[TERSE_PACKED_ROWS]) {
    if (width <= IN_PLACE_MAX) {
        multiply_in_place(tile, vectors, quants, width, out);
    } else {
        multiply_shifted(tile, vectors, quants, width, out);
    }
}

#include "../packed_tiles.h"

const terse_packed_kernels terse_packed_avx512 = {
    .fields = FIELDS, .multiply = multiply, .quantize = terse_avx2_quantize_packed};

TERSE_AVX512_END

#endif
