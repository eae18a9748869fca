// Packed ternary matrices with AVX-512, VNNI and VBMI, five trits to a byte.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "../packed.h"

TERSE_AVX512_BEGIN

#include "tiles.h"
#include "packed_trits.h"

enum {
    AHEAD = 8192,      // bytes that are fetched ahead
    IN_PLACE_MAX = 4,  // rows of x for which every field has sums of its own
};

// A multiple of 81 is divided by multiplying with the inverse of 81 modulo 2^32.
TERSE_INLINE __m512i divided_by_81(__m512i sum) { return _mm512_mullo_epi32(sum, _mm512_set1_epi32((int)0x781948b1u)); }

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
            sums[c][f] = _mm512_dpbusd_epi32(sums[c][f], fields[f], broadcast(quants + 4 * (f * width + c)));
        }
    }
    TERSE_EACH(c, width) {
        __m512i sum = _mm512_add_epi32(sums[c][0], divided_by_81(sums[c][4]));
        TERSE_EACH(f, 3) {
            const __m128i shift = _mm_cvtsi32_si128(2 * f + 2);
            sum = _mm512_add_epi32(sum, _mm512_sra_epi32(sums[c][f + 1], shift));
        }
        _mm512_store_si512((void *)out[c], sum);
    }
}

// More: two fields of four are moved to where the other two stand, so that three sums of each row do.
TERSE_INLINE void multiply_shifted(const uint8_t *tile, int64_t vectors, const int8_t *quants, const int width,
                                   int32_t (*out)[TERSE_PACKED_ROWS]) {
    const trit_table table = load_table();
    const __m512i low = _mm512_set1_epi8(3), high = _mm512_set1_epi8(12);
    __m512i sums[3][TERSE_PACKED_GROUP];  // 1, 4 and 81 times too large
    TERSE_EACH(c, width) TERSE_EACH(i, 3) sums[i][c] = _mm512_setzero_si512();
    for (int64_t v = 0; v < vectors; v++, tile += TERSE_PACKED_VECTOR, quants += 4 * FIELDS * width) {
        __m512i four, last;
        _mm_prefetch((const char *)tile + AHEAD, _MM_HINT_T0);
        split(tile, table, &four, &last);
        const __m512i moved = _mm512_srli_epi16(four, 4);
        const __m512i fields[FIELDS] = {_mm512_and_si512(four, low), _mm512_and_si512(four, high),
                                        _mm512_and_si512(moved, low), _mm512_and_si512(moved, high), last};
        TERSE_EACH(f, FIELDS) TERSE_EACH(c, width) {
            __m512i *sum = &sums[f < 4 ? f % 2 : 2][c];
            *sum = _mm512_dpbusd_epi32(*sum, fields[f], broadcast(quants + 4 * (f * width + c)));
        }
    }
    TERSE_EACH(c, width) {
        const __m512i sum = _mm512_add_epi32(sums[0][c], _mm512_srai_epi32(sums[1][c], 2));
        _mm512_store_si512((void *)out[c], _mm512_add_epi32(sum, divided_by_81(sums[2][c])));
    }
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

static void multiply(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t row_begin,
                     int64_t row_end, float *y, int64_t y_stride) {
    if (x->rows > TERSE_PACKED_GROUP) {
        terse_avx512_packed_panel(w, x, row_begin, row_end, y, y_stride);
    } else {
        multiply_directly(w, x, row_begin, row_end, y, y_stride);
    }
}

const terse_packed_kernels terse_packed_avx512 = {
    .fields = FIELDS, .multiply = multiply, .quantize = terse_avx2_quantize_packed};

TERSE_AVX512_END

#endif
