// Split matrices with AVX-512 and VNNI: sixteen rows to a register, up to eight rows of x at a time.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "../split.h"

TERSE_AVX512_BEGIN

enum {
    COLUMNS = 8,   // rows of x at a time
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

// The bits that a half has of field f of a line, from bit `to` on; others are for the caller to mask.
TERSE_INLINE __m512i field_of(const __m512i triple[3], int f, int to) {
    if (f < 6) return moved(triple[f / 2], 3 * (f % 2), to);
    return chosen(3 << to, moved(triple[f - 6], 6, to), moved(triple[2], f, to + 2));
}

// Four columns of sixteen rows: the sum of what the halves have of q, or what the upper one has as a number of three
// bits.
TERSE_INLINE __m512i four_columns(const __m512i upper[3], const __m512i lower[3], const int halves, int f) {
    if (halves == 1) return _mm512_and_si512(field_of(upper, f, 0), _mm512_set1_epi8(7));
    const __m512i both = chosen(7 << 3, field_of(upper, f, 3), field_of(lower, f, 0));
    return _mm512_and_si512(both, _mm512_set1_epi8(63));
}

// Sums of one unit for each row of x.
typedef struct {
    const terse_activation_block *blocks[COLUMNS];
    __m512i totals[COLUMNS];   // of products
    __m512i offsets[COLUMNS];  // of activations alone
} unit_state;

TERSE_INLINE void fetch_lines(const void *lines, int count) {
    TERSE_EACH(i, count) _mm_prefetch((const char *)lines + AHEAD + LINE * i, _MM_HINT_T0);
}

// Adds a line, which has two groups of sixteen columns.
TERSE_INLINE void add_line(const terse_split_upper *upper, const terse_split_lower *lower, const int halves, int line,
                           const int columns, unit_state *state) {
    __m512i triples[2][3];
    // A few lines at a time: more than the processor can wait for would hold it up.
    fetch_lines(upper->triples[line], 3);
    if (halves == 2) fetch_lines(lower->triples[line], 3);
    TERSE_EACH(i, 3) {
        triples[0][i] = _mm512_load_si512((const void *)upper->triples[line][i]);
        if (halves == 2) triples[1][i] = _mm512_load_si512((const void *)lower->triples[line][i]);
    }
    const __m512i scales = _mm512_cvtepi8_epi16(_mm256_load_si256((const __m256i *)upper->scales[line]));
    const __m512i of_group[2] = {_mm512_srai_epi32(_mm512_slli_epi32(scales, 16), 16), _mm512_srai_epi32(scales, 16)};
    TERSE_EACH(group, 2) {
        __m512i sums[COLUMNS];
        TERSE_EACH(c, columns) sums[c] = _mm512_setzero_si512();
        TERSE_EACH(k, 4) {
            const int f = 4 * group + k;
            const __m512i q = four_columns(triples[0], triples[1], halves, f);
            TERSE_EACH(c, columns) {
                const uint32_t four = terse_load_u32((const uint8_t *)state->blocks[c]->quants + 32 * line + 4 * f);
                sums[c] = _mm512_dpbusd_epi32(sums[c], q, _mm512_set1_epi32((int)four));
            }
        }
        TERSE_EACH(c, columns) {
            const __m512i product = _mm512_mullo_epi32(sums[c], of_group[group]);
            state->totals[c] = _mm512_add_epi32(state->totals[c], product);
        }
    }
    TERSE_EACH(c, columns) {
        int32_t pair;
        memcpy(&pair, state->blocks[c]->sums16 + 2 * line, sizeof pair);
        state->offsets[c] = _mm512_dpwssd_epi32(state->offsets[c], scales, _mm512_set1_epi32(pair));
    }
}

TERSE_INLINE void multiply_tile(const terse_split_matrix *w, const terse_activations *x, int64_t m, int64_t count,
                                int64_t t, const int columns, const int halves, float *y, int64_t y_stride) {
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS, first = m / TERSE_SPLIT_ROWS * units;
    const terse_split_upper *upper = w->upper + first;
    const terse_split_lower *lower = w->lower + first;
    __m512 acc[COLUMNS];
    TERSE_EACH(c, columns) acc[c] = _mm512_setzero_ps();
    for (int64_t u = 0; u < units; u++, upper++, lower++) {
        unit_state state;
        TERSE_EACH(c, columns) {
            state.blocks[c] = x->blocks + (t + c) * x->block_stride + u;
            state.totals[c] = state.offsets[c] = _mm512_setzero_si512();
        }
        fetch_lines(upper->scales, (sizeof upper->scales + sizeof upper->d) / LINE);
#pragma clang loop unroll(disable)
        for (int line = 0; line < 8; line++) add_line(upper, lower, halves, line, columns, &state);
        TERSE_EACH(c, columns) {
            const __m512i zero = _mm512_mullo_epi32(state.offsets[c], _mm512_set1_epi32(halves == 2 ? 32 : 57));
            const __m512i total = halves == 2 ? state.totals[c] : _mm512_slli_epi32(state.totals[c], 4);
            const __m512 value = _mm512_cvtepi32_ps(_mm512_sub_epi32(total, zero));
            const __m512 once = halves == 2 ? value : _mm512_mul_ps(value, _mm512_set1_ps(0.5f));
            const __m512 factor = _mm512_mul_ps(_mm512_load_ps(upper->d), _mm512_set1_ps(state.blocks[c]->scales[0]));
            acc[c] = _mm512_fmadd_ps(once, factor, acc[c]);
        }
    }
    TERSE_EACH(c, columns) {
        float out[TERSE_SPLIT_ROWS];
        _mm512_storeu_ps(out, _mm512_mul_ps(acc[c], _mm512_set1_ps(x->row_scales[t + c] * w->scale)));
        memcpy(y + (t + c) * y_stride + m, out, (size_t)count * sizeof *out);
    }
}

TERSE_INLINE void multiply_rows(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin,
                                int64_t row_end, const int halves, float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += TERSE_SPLIT_ROWS) {
        const int64_t count = row_end - m < TERSE_SPLIT_ROWS ? row_end - m : TERSE_SPLIT_ROWS;
        int64_t t = 0;
        for (; t + COLUMNS <= x->rows; t += COLUMNS) multiply_tile(w, x, m, count, t, COLUMNS, halves, y, y_stride);
        for (; t + 4 <= x->rows; t += 4) multiply_tile(w, x, m, count, t, 4, halves, y, y_stride);
        for (; t + 2 <= x->rows; t += 2) multiply_tile(w, x, m, count, t, 2, halves, y, y_stride);
        for (; t < x->rows; t++) multiply_tile(w, x, m, count, t, 1, halves, y, y_stride);
    }
}

static void multiply(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                     float *y, int64_t y_stride) {
    multiply_rows(w, x, row_begin, row_end, 2, y, y_stride);
}

static void screen(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                   float *y, int64_t y_stride) {
    multiply_rows(w, x, row_begin, row_end, 1, y, y_stride);
}

const terse_split_kernels terse_split_avx512 = {
    .multiply = multiply, .screen = screen, .screen_rows_max = INT64_MAX,
};

TERSE_AVX512_END

#endif
