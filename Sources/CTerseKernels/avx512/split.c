// Split matrices with AVX-512 and VNNI: sixteen rows to a register, up to eight rows of x at a time.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "../matmul_blocks.h"
#include "../include/terse_split.h"

TERSE_AVX512_BEGIN

enum {
    COLUMNS = 8,   // rows of x at a time
    AHEAD = 1024,  // bytes that are fetched ahead
    GROUP_BITS = 3 << 4,
    UPPER_BITS = 7 << 3,
    PAIR_BITS = 3 << 1,
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

// Four columns of sixteen rows: the sum of what the halves have of q, the lower one if it is there.
TERSE_INLINE __m512i quads(const __m512i pairs[2], const __m512i singles[2], const int halves, int f, int line) {
    const __m512i upper = chosen(GROUP_BITS, moved(pairs[0], 2 * f, 4), moved(singles[0], line + f, 3));
    if (halves == 1) return _mm512_and_si512(upper, _mm512_set1_epi8(UPPER_BITS));
    const __m512i lower = chosen(PAIR_BITS, moved(pairs[1], 2 * f, 1), moved(singles[1], line + f, 0));
    return _mm512_and_si512(chosen(UPPER_BITS, upper, lower), _mm512_set1_epi8(63));
}

// Sums of one unit for each row of x, doubled where there is but the upper half.
TERSE_INLINE void add_group(const terse_split_upper *upper, const terse_split_lower *lower, const int halves, int g,
                            const int line, const terse_activation_block *const x[COLUMNS], const int columns,
                            __m512i totals[COLUMNS]) {
    __m512i pairs[2], singles[2], sums[COLUMNS];
    // A few lines at a time: more than the processor can wait for would hold it up.
    const char *ahead[2] = {(const char *)upper + AHEAD + 128 * g, (const char *)lower + AHEAD + 96 * g};
    TERSE_EACH(i, 2) TERSE_EACH(half, halves) _mm_prefetch(ahead[half] + 64 * i, _MM_HINT_T0);
    pairs[0] = _mm512_load_si512((const void *)upper->pairs[g]);
    singles[0] = _mm512_load_si512((const void *)upper->singles[g / 2]);
    if (halves == 2) {
        pairs[1] = _mm512_load_si512((const void *)lower->pairs[g]);
        singles[1] = _mm512_load_si512((const void *)lower->singles[g / 2]);
    }
    TERSE_EACH(c, columns) sums[c] = _mm512_setzero_si512();
    TERSE_EACH(f, 4) {
        const __m512i q = quads(pairs, singles, halves, f, line);
        TERSE_EACH(c, columns) {
            const uint32_t four = terse_load_u32((const uint8_t *)x[c]->quants + 16 * g + 4 * f);
            sums[c] = _mm512_dpbusd_epi32(sums[c], q, _mm512_set1_epi32((int)four));
        }
    }
    const __m512i scales = _mm512_cvtepi8_epi32(_mm_load_si128((const __m128i *)upper->scales[g]));
    TERSE_EACH(c, columns) {
        const int zero = halves == 2 ? 32 * x[c]->sums16[g] : 57 * x[c]->sums16[g];
        const __m512i sum = halves == 2 ? sums[c] : _mm512_slli_epi32(sums[c], 1);
        const __m512i product = _mm512_mullo_epi32(_mm512_sub_epi32(sum, _mm512_set1_epi32(zero)), scales);
        totals[c] = _mm512_add_epi32(totals[c], product);
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
        const terse_activation_block *blocks[COLUMNS];
        __m512i totals[COLUMNS];
        TERSE_EACH(c, columns) {
            blocks[c] = x->blocks + (t + c) * x->block_stride + u;
            totals[c] = _mm512_setzero_si512();
        }
        for (int g = 0; g < 16; g += 2) {
            add_group(upper, lower, halves, g, 0, blocks, columns, totals);
            add_group(upper, lower, halves, g + 1, 4, blocks, columns, totals);
        }
        TERSE_EACH(c, columns) {
            const __m512 factor = _mm512_mul_ps(_mm512_load_ps(upper->d), _mm512_set1_ps(blocks[c]->scales[0]));
            const __m512 total = _mm512_cvtepi32_ps(totals[c]);
            const __m512 value = halves == 2 ? total : _mm512_mul_ps(total, _mm512_set1_ps(0.5f));
            acc[c] = _mm512_fmadd_ps(value, factor, acc[c]);
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

const terse_split_kernels terse_split_avx512 = {.multiply = multiply, .screen = screen};

TERSE_AVX512_END

#endif
