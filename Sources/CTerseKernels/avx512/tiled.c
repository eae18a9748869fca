// Matrices in tiles of sixteen rows with AVX-512 and VNNI: lanes are rows, so sums need no adding across.
//
// VNNI adds products of unsigned weights and signed activations in 32 bits; the zero point times the activations' own
// sums is taken off before. Upper halves of bytes are multiplied where they stand, 16 times too large.

#if defined(__x86_64__)

#include "../include/terse_tiled.h"
#include "../matmul_blocks.h"
#include "intrinsics.h"

TERSE_AVX512_BEGIN

enum {
    ROWS = TERSE_TILED_ROWS,
    GROUP = 8,        // rows of x that are multiplied together
    BASES = 3,        // pointers to every third of them
    PANEL_TILES = 4,  // tiles that a group meets while it is near
    FETCH = 2048,     // bytes ahead, into the second cache; measured
    LINE = 64,
};

_Static_assert(3 * BASES >= GROUP, "every row is a base or one of two behind it");

TERSE_INLINE __m512i load_line(const uint8_t *line) { return _mm512_loadu_si512((const void *)line); }

TERSE_INLINE void fetch(const uint8_t *line) { _mm_prefetch((const char *)line + FETCH, _MM_HINT_T1); }

TERSE_INLINE __m512 load_scales(const uint8_t *halves) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)halves));
}

// The blocks of a group of rows of x for one unit. Three pointers and the distance between rows stay in registers; eight
// pointers would not.
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
    const int zero_point = type == TERSE_Q8_0 ? 128 : terse_zero_point(type);
    __m512i sums[GROUP], upper[GROUP];
    TERSE_EACH(c, width) {
        sums[c] = _mm512_set1_epi32(-zero_point * block_of(x, c)->sums32[g]);
        upper[c] = _mm512_setzero_si512();
    }
    TERSE_EACH(k, (type == TERSE_Q8_0 ? 8 : 4)) {
        const __m512i bytes = load_line(quants + k * LINE);
        fetch(quants + k * LINE);
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

// Scales or minimums of a unit of Q4_K, [group][row], four groups to a register.
typedef struct {
    __m512i groups[2];
} sub_scales;

TERSE_INLINE __m512i masked(__m512i bytes, int mask) { return _mm512_and_si512(bytes, _mm512_set1_epi8((char)mask)); }

TERSE_INLINE void load_sub_scales(const uint8_t *halves, sub_scales *scales, sub_scales *minimums) {
    const __m512i first = load_line(halves), second = load_line(halves + LINE), others = load_line(halves + 2 * LINE);
    scales->groups[0] = _mm512_or_si512(masked(first, 15), _mm512_slli_epi16(masked(others, 3), 4));
    scales->groups[1] = _mm512_or_si512(masked(second, 15), masked(others, 48));
    minimums->groups[0] =
        _mm512_or_si512(masked(_mm512_srli_epi16(first, 4), 15), _mm512_slli_epi16(masked(others, 12), 2));
    minimums->groups[1] =
        _mm512_or_si512(masked(_mm512_srli_epi16(second, 4), 15), masked(_mm512_srli_epi16(others, 2), 48));
}

// Those of group g, a constant, as 32-bit numbers.
TERSE_INLINE __m512i of_group(const sub_scales *scales, int g) {
    const __m512i four = scales->groups[g / 4];
    switch (g % 4) {
    case 0: return _mm512_cvtepu8_epi32(_mm512_castsi512_si128(four));
    case 1: return _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(four, 1));
    case 2: return _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(four, 2));
    default: return _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(four, 3));
    }
}

// Adds a unit of Q4_K.
TERSE_INLINE void add_unit_k(const uint8_t *unit, const activation_rows *x, const int width,
                             __m512 acc[GROUP]) {
    sub_scales scales, minimums;
    load_sub_scales(unit + LINE, &scales, &minimums);
    TERSE_EACH(line, 4) fetch(unit + line * LINE);
    __m512i even[GROUP], odd[GROUP], least[GROUP];
    TERSE_EACH(c, width) even[c] = odd[c] = least[c] = _mm512_setzero_si512();
    TERSE_EACH(pair, 4) {
        __m512i lower[GROUP], upper[GROUP];
        TERSE_EACH(c, width) lower[c] = upper[c] = _mm512_setzero_si512();
        TERSE_EACH(k, 8) {
            const uint8_t *line = unit + (4 + 8 * pair + k) * LINE;
            add_halves(load_line(line), x, width, 16 * pair + k, 16 * pair + 8 + k, lower, upper);
            fetch(line);
        }
        const int g = 2 * pair;
        const __m512i scale = of_group(&scales, g), next_scale = of_group(&scales, g + 1);
        const __m512i minimum = of_group(&minimums, g), next_minimum = of_group(&minimums, g + 1);
        TERSE_EACH(c, width) {
            even[c] = _mm512_add_epi32(even[c], _mm512_mullo_epi32(lower[c], scale));
            odd[c] = _mm512_add_epi32(odd[c], _mm512_mullo_epi32(upper[c], next_scale));
            // The upper 16 bits of a minimum are 0, whatever those of the sum are.
            least[c] = _mm512_dpwssd_epi32(least[c], minimum, _mm512_set1_epi32(block_of(x, c)->sums32[g]));
            least[c] = _mm512_dpwssd_epi32(least[c], next_minimum, _mm512_set1_epi32(block_of(x, c)->sums32[g + 1]));
        }
    }
    const __m512 d = load_scales(unit), d_minimum = load_scales(unit + 2 * ROWS);
    TERSE_EACH(c, width) {
        const __m512 scale = _mm512_set1_ps(block_of(x, c)->scales[0]);
        const __m512i sum = _mm512_add_epi32(even[c], _mm512_srai_epi32(odd[c], 4));
        acc[c] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(d, scale), acc[c]);
        acc[c] = _mm512_fnmadd_ps(_mm512_cvtepi32_ps(least[c]), _mm512_mul_ps(d_minimum, scale), acc[c]);
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
    for (int64_t u = 0; u < terse_units(w->columns); u++, unit += ROWS * terse_unit_bytes(type)) {
        // Without this the compiler makes eight pointers of them before the loop.
        __asm__("" : "+r"(blocks.apart), "+r"(blocks.bases[0]), "+r"(blocks.bases[1]), "+r"(blocks.bases[2]));
        if (type == TERSE_Q4_K) {
            add_unit_k(unit, &blocks, width, acc);
        } else {
            add_unit_32(type, unit, terse_unit_groups(w->columns, u), &blocks, width, acc);
        }
        TERSE_EACH(p, BASES) blocks.bases[p] += sizeof *x->blocks;
    }
    const __mmask16 mask = (__mmask16)((1u << count) - 1);
    TERSE_EACH(c, width) {
        const __m512 scale = _mm512_set1_ps(x->row_scales[t + c] * w->scale);
        _mm512_mask_storeu_ps(y + (t + c) * y_stride + m, mask, _mm512_mul_ps(acc[c], scale));
    }
}

TERSE_INLINE void multiply_group(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t m,
                                 int count, int64_t t, float *y, int64_t y_stride) {
#define CASE(WIDTH) \
    case WIDTH: multiply_tile(type, w, x, m, count, t, WIDTH, y, y_stride); break;
    switch (x->rows - t) {
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7)
    default: multiply_tile(type, w, x, m, count, t, GROUP, y, y_stride); break;
    }
#undef CASE
}

TERSE_INLINE void multiply_type(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                int64_t row_end, float *y, int64_t y_stride) {
    const int64_t panel = PANEL_TILES * ROWS;
    for (int64_t begin = row_begin; begin < row_end; begin += panel) {
        const int64_t end = row_end - begin < panel ? row_end : begin + panel;
        for (int64_t t = 0; t < x->rows; t += GROUP) {
            for (int64_t m = begin; m < end; m += ROWS) {
                multiply_group(type, w, x, m, end - m < ROWS ? (int)(end - m) : ROWS, t, y, y_stride);
            }
        }
    }
}

void terse_avx512_tiled(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                        int64_t y_stride) {
    switch (w->type) {
    case TERSE_Q8_0: multiply_type(TERSE_Q8_0, w, x, row_begin, row_end, y, y_stride); break;
    case TERSE_Q4_0: multiply_type(TERSE_Q4_0, w, x, row_begin, row_end, y, y_stride); break;
    case TERSE_Q4_K: multiply_type(TERSE_Q4_K, w, x, row_begin, row_end, y, y_stride); break;
    default: break;
    }
}

TERSE_AVX512_END

#endif
