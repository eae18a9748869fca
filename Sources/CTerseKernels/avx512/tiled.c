// Matrices in tiles of sixteen rows with AVX-512 and VNNI: lanes are rows, so sums need no adding across.
//
// VNNI adds products of unsigned weights and signed activations in 32 bits; the zero point times the activations' own
// sums is taken off before. Upper halves of bytes are multiplied where they stand, 16 times too large.

#if defined(__x86_64__)

#include "../tiled.h"
#include "intrinsics.h"

TERSE_AVX512_BEGIN

#define TERSE_TILED_GROUP 8

enum {
    ROWS = TERSE_TILED_ROWS,
    GROUP = TERSE_TILED_GROUP,
    BASES = 3,  // pointers to every third row of x
    LINE = 64,
};

_Static_assert(3 * BASES >= GROUP, "every row is a base or one of two behind it");

TERSE_INLINE __m512i load_line(const uint8_t *line) { return _mm512_loadu_si512((const void *)line); }

// So many bytes ahead into the second cache, as measured.
TERSE_INLINE void fetch(terse_type type, const uint8_t *line) {
    const int bytes = type == TERSE_Q8_0 ? 4096 : type == TERSE_Q5_K || type == TERSE_Q6_K ? 5120 : 2048;
    _mm_prefetch((const char *)line + bytes, _MM_HINT_T1);
}

TERSE_INLINE __m512 load_scales(const uint8_t *halves) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)halves));
}

// The blocks of a group of rows of x for one unit. Three pointers and the distance between rows stay in registers;
// eight pointers would not.
typedef struct {
    const uint8_t *bases[BASES];  // of every third row
    intptr_t apart;               // bytes from row to row
} activation_rows;

TERSE_INLINE const terse_activation_block *block_of(const activation_rows *x, int c) {
    return (const terse_activation_block *)(x->bases[c / 3] + c % 3 * x->apart);
}

// The four activations of `step` of a unit, the same for all rows of the tile.
TERSE_INLINE __m512i four_of(const activation_rows *x, int c, int step) {
    return _mm512_set1_epi32((int)terse_load_u32((const uint8_t *)block_of(x, c)->quants + 4 * step));
}

// Two sums of activations, side by side in 16 bits, the same for all rows of the tile.
TERSE_INLINE __m512i two_sums(const int16_t *sums) {
    return _mm512_set1_epi32((int)terse_load_u32((const uint8_t *)sums));
}

// Adds to two sums of each row of x the products of a line of bytes that hold two weights each.
TERSE_INLINE void add_halves(__m512i bytes, const activation_rows *x, const int width, int step,
                             int upper_step, __m512i lower[GROUP], __m512i upper[GROUP]) {
    const __m512i low = _mm512_and_si512(bytes, _mm512_set1_epi8(15));
    const __m512i high = _mm512_and_si512(bytes, _mm512_set1_epi8((char)0xf0));
    TERSE_EACH(c, width) {
        lower[c] = _mm512_dpbusd_epi32(lower[c], low, four_of(x, c, step));
        upper[c] = _mm512_dpbusd_epi32(upper[c], high, four_of(x, c, upper_step));
    }
}

// Adds block g of a unit of Q8_0 or Q4_0.
TERSE_INLINE void add_block(terse_type type, const uint8_t *scales, const uint8_t *quants, int g,
                            const activation_rows *x, const int width, __m512 acc[GROUP]) {
    const __m512i minus_zero_point = _mm512_set1_epi16(type == TERSE_Q8_0 ? -128 : -terse_zero_point(type));
    __m512i sums[GROUP], upper[GROUP];
    TERSE_EACH(c, width) {
        upper[c] = _mm512_setzero_si512();
        sums[c] = _mm512_dpwssd_epi32(upper[c], minus_zero_point, two_sums(block_of(x, c)->sums16 + 2 * g));
    }
    TERSE_EACH(k, (type == TERSE_Q8_0 ? 8 : 4)) {
        const __m512i bytes = load_line(quants + k * LINE);
        fetch(type, quants + k * LINE);
        if (type == TERSE_Q4_0) {
            add_halves(bytes, x, width, 8 * g + k, 8 * g + 4 + k, sums, upper);
        } else {
            TERSE_EACH(c, width) sums[c] = _mm512_dpbusd_epi32(sums[c], bytes, four_of(x, c, 8 * g + k));
        }
    }
    const __m512 d = load_scales(scales);
    TERSE_EACH(c, width) {
        if (type == TERSE_Q4_0) sums[c] = _mm512_add_epi32(sums[c], _mm512_srai_epi32(upper[c], 4));
        const __m512 factor = _mm512_mul_ps(d, _mm512_set1_ps(block_of(x, c)->scales[g]));
        acc[c] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[c]), factor, acc[c]);
    }
}

// Adds a unit of Q8_0 or Q4_0, of which `blocks` blocks are there.
TERSE_INLINE void add_unit_32(terse_type type, const uint8_t *unit, int blocks,
                              const activation_rows *x, const int width, __m512 acc[GROUP]) {
    const uint8_t *quants = unit + blocks * 2 * ROWS;
    const int bytes = ROWS * (terse_block_bytes(type) - 2);
#pragma clang loop unroll(disable)
    for (int g = 0; g < blocks; g++) {
        add_block(type, unit + g * 2 * ROWS, quants + g * bytes, g, x, width, acc);
    }
}

#include "tiled_k.h"

TERSE_INLINE void add_unit(terse_type type, const uint8_t *unit, int blocks, const activation_rows *x, const int width,
                           __m512 acc[GROUP]) {
    switch (type) {
    case TERSE_Q4_K: case TERSE_Q5_K: add_unit_with_minimums(type, unit, x, width, acc); break;
    case TERSE_Q6_K: add_unit_q6_k(unit, x, width, acc); break;
    default: add_unit_32(type, unit, blocks, x, width, acc);
    }
}

// A tile, of which `count` rows are there, with `width` rows of x from row t on.
TERSE_INLINE void multiply_tile(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t m,
                                int count, int64_t t, const int width, float *y, int64_t y_stride) {
    const uint8_t *unit = (const uint8_t *)w->data + (size_t)m * w->row_bytes;
    activation_rows blocks = {.apart = x->block_stride * (intptr_t)sizeof *x->blocks};
    TERSE_EACH(p, BASES) {
        blocks.bases[p] = (const uint8_t *)(x->blocks + (t + (3 * p < width ? 3 * p : 0)) * x->block_stride);
    }
    __m512 acc[GROUP];
    TERSE_EACH(c, width) acc[c] = _mm512_setzero_ps();
    for (int64_t u = 0; u < terse_units(w->columns); u++, unit += ROWS * terse_tiled_unit_bytes(type)) {
        // Without this the compiler makes eight pointers of them before the loop.
        __asm__("" : "+r"(blocks.apart), "+r"(blocks.bases[0]), "+r"(blocks.bases[1]), "+r"(blocks.bases[2]));
        add_unit(type, unit, terse_unit_groups(w->columns, u), &blocks, width, acc);
        TERSE_EACH(p, BASES) blocks.bases[p] += sizeof *x->blocks;
    }
    const __mmask16 mask = (__mmask16)((1u << count) - 1);
    TERSE_EACH(c, width) {
        const __m512 scale = _mm512_set1_ps(x->row_scales[t + c] * w->scale);
        _mm512_mask_storeu_ps(y + (t + c) * y_stride + m, mask, _mm512_mul_ps(acc[c], scale));
    }
}

#include "../tiled_body.h"

void terse_avx512_tiled(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                        int64_t y_stride) {
    multiply_directly(w, x, row_begin, row_end, y, y_stride);
}

TERSE_AVX512_END

#endif
