// Split matrices with AVX-512 and VNNI: sixteen rows to a register, up to eight rows of x at a time.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "../split.h"

TERSE_AVX512_BEGIN

enum {
    GROUP = 8,     // rows of x at a time
    AHEAD = 1024,  // bytes that are fetched ahead
    LINE = 64,
};

// Bits moved from `from` to `to`, both constants; bits that leave their byte are for the caller to mask.
TERSE_INLINE __m512i moved(__m512i bytes, int from, int to) {
    if (from == to) return bytes;
    return from > to ? _mm512_srl_epi16(bytes, _mm_cvtsi32_si128(from - to))
                     : _mm512_sll_epi16(bytes, _mm_cvtsi32_si128(to - from));
}

// Bits of `a` where `mask` has ones, of `b` elsewhere.
TERSE_INLINE __m512i chosen(int mask, __m512i a, __m512i b) {
    return _mm512_ternarylogic_epi32(_mm512_set1_epi8((char)mask), a, b, 0xca);
}

// The three bits that a triple has of each weight of a field, from bit `to` on; others are for the caller to mask.
TERSE_INLINE __m512i field_of(const __m512i triple[3], int f, int to) {
    if (f < 6) return moved(triple[f / 2], 3 * (f % 2), to);
    return chosen(3 << to, moved(triple[f - 6], 6, to), moved(triple[2], f, to + 2));
}

// Four columns of sixteen rows of q, or of its upper half alone.
TERSE_INLINE __m512i four_columns(const __m512i upper[3], const __m512i lower[3], const int is_whole, int f) {
    if (!is_whole) return _mm512_and_si512(field_of(upper, f, 0), _mm512_set1_epi8(7));
    const __m512i both = chosen(7 << 3, field_of(upper, f, 3), field_of(lower, f, 0));
    return _mm512_and_si512(both, _mm512_set1_epi8(63));
}

// Two sums of activations, side by side in 16 bits, the same for all rows of the tile.
TERSE_INLINE __m512i two_sums(const int16_t *sums) {
    return _mm512_set1_epi32((int)terse_load_u32((const uint8_t *)sums));
}

// Sums of one unit for each row of x.
typedef struct {
    const terse_activation_block *blocks[GROUP];
    __m512i totals[GROUP];   // of products
    __m512i offsets[GROUP];  // what a zero point of 1 makes
} unit_state;

// A few lines at a time: more than the processor can wait for would hold it up.
TERSE_INLINE void fetch_lines(const void *lines, int bytes) {
    TERSE_EACH(i, bytes / LINE) _mm_prefetch((const char *)lines + AHEAD + LINE * i, _MM_HINT_T0);
}

TERSE_INLINE void load_triple(const uint8_t (*pair)[TERSE_SPLIT_ROWS][4], __m512i triple[3]) {
    TERSE_EACH(i, 3) triple[i] = _mm512_load_si512((const void *)pair[i]);
}

// Adds a pair of groups.
TERSE_INLINE void add_pair(const terse_split_upper *upper, const terse_split_lower *lower, const int is_whole, int pair,
                           const int width, unit_state *state) {
    __m512i upper_triple[3], lower_triple[3];
    load_triple(upper->triples[pair], upper_triple);
    if (is_whole) load_triple(lower->triples[pair], lower_triple);
    const __m512i scales = _mm512_cvtepi8_epi16(_mm256_load_si256((const __m256i *)upper->scales[pair]));
    const __m512i of_group[2] = {_mm512_srai_epi32(_mm512_slli_epi32(scales, 16), 16), _mm512_srai_epi32(scales, 16)};
    TERSE_EACH(group, 2) {
        __m512i sums[GROUP];
        TERSE_EACH(c, width) sums[c] = _mm512_setzero_si512();
        TERSE_EACH(k, 4) {
            const int f = 4 * group + k;
            const __m512i q = four_columns(upper_triple, lower_triple, is_whole, f);
            TERSE_EACH(c, width) {
                const uint32_t four = terse_load_u32((const uint8_t *)state->blocks[c]->quants + 32 * pair + 4 * f);
                sums[c] = _mm512_dpbusd_epi32(sums[c], q, _mm512_set1_epi32((int)four));
            }
        }
        TERSE_EACH(c, width) {
            const __m512i product = _mm512_mullo_epi32(sums[c], of_group[group]);
            state->totals[c] = _mm512_add_epi32(state->totals[c], product);
        }
    }
    TERSE_EACH(c, width) {
        const __m512i both = two_sums(state->blocks[c]->sums16 + 2 * pair);
        state->offsets[c] = _mm512_dpwssd_epi32(state->offsets[c], scales, both);
    }
}

TERSE_INLINE void add_unit(const terse_split_upper *upper, const terse_split_lower *lower, const int is_whole,
                           const int width, unit_state *state, __m512 acc[GROUP]) {
    TERSE_EACH(c, width) state->totals[c] = state->offsets[c] = _mm512_setzero_si512();
    fetch_lines(upper->scales, sizeof upper->scales + sizeof upper->d);
#pragma clang loop unroll(disable)
    for (int pair = 0; pair < TERSE_SPLIT_PAIRS; pair++) {
        fetch_lines(upper->triples[pair], sizeof upper->triples[pair]);
        if (is_whole) fetch_lines(lower->triples[pair], sizeof lower->triples[pair]);
        add_pair(upper, lower, is_whole, pair, width, state);
    }
    const __m512 d = _mm512_load_ps(upper->d);
    const int zero_point = is_whole ? terse_zero_point(TERSE_Q6_K) : TERSE_SCREENING_ZERO_POINT;
    TERSE_EACH(c, width) {
        const __m512i zero = _mm512_mullo_epi32(state->offsets[c], _mm512_set1_epi32(zero_point));
        const __m512i total = is_whole ? state->totals[c] : _mm512_slli_epi32(state->totals[c], 4);
        const __m512 twice = _mm512_cvtepi32_ps(_mm512_sub_epi32(total, zero));
        const __m512 sum = is_whole ? twice : _mm512_mul_ps(twice, _mm512_set1_ps(0.5f));
        acc[c] = _mm512_fmadd_ps(sum, _mm512_mul_ps(d, _mm512_set1_ps(state->blocks[c]->scales[0])), acc[c]);
    }
}

TERSE_INLINE void multiply_tile(const terse_split_matrix *w, const terse_activations *x, int64_t m, int64_t count,
                                int64_t t, const int width, const int is_whole, float *y, int64_t y_stride) {
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS, first = m / TERSE_SPLIT_ROWS * units;
    __m512 acc[GROUP];
    TERSE_EACH(c, width) acc[c] = _mm512_setzero_ps();
    for (int64_t u = 0; u < units; u++) {
        unit_state state;
        TERSE_EACH(c, width) state.blocks[c] = x->blocks + (t + c) * x->block_stride + u;
        add_unit(w->upper + first + u, w->lower + first + u, is_whole, width, &state, acc);
    }
    TERSE_EACH(c, width) {
        float out[TERSE_SPLIT_ROWS];
        _mm512_storeu_ps(out, _mm512_mul_ps(acc[c], _mm512_set1_ps(x->row_scales[t + c] * w->scale)));
        memcpy(y + (t + c) * y_stride + m, out, (size_t)count * sizeof *out);
    }
}

#define TERSE_SPLIT_GROUP 8
#include "../split_body.h"

const terse_split_kernels terse_split_avx512 = {.multiply = multiply, .screen = screen, .screen_rows_max = INT64_MAX};

TERSE_AVX512_END

#endif
