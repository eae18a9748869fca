// Split matrices with AVX2: sixteen rows in two registers, up to four rows of x at a time.

#if defined(__x86_64__)

#include <immintrin.h>

#include "../split.h"
#include "../tiled.h"
#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "split_lines.h"
#include "tiled_groups.h"

// Adds half the rows of a unit. One row of x is sooner multiplied than memory is read, so lines are fetched between
// products.
TERSE_INLINE void add_half(const terse_split_upper *upper, const terse_split_lower *lower, const int halves, int half,
                           const int width, group_state *state) {
    __m256i totals[GROUP], offsets[GROUP];
    clear(totals, width), clear(offsets, width);
    if (half == 0) fetch_lines((const uint8_t *)upper->scales, sizeof upper->scales + sizeof upper->d);
#pragma clang loop unroll(disable)
    for (int line = 0; line < 8; line++) {
        __m256i triples[2][3], pairs[GROUP];
        if (half == 0) fetch_lines(upper->triples[line][0][0], 3 * LINE);
        if (half == 0 && halves == 2) fetch_lines(lower->triples[line][0][0], 3 * LINE);
        load_triple(upper->triples[line], half, triples[0]);
        if (halves == 2) load_triple(lower->triples[line], half, triples[1]);
        const __m256i scales = load_line_scales(upper, line, half);
        clear(pairs, width);
        TERSE_EACH(f, 8) {
            add_pairs(four_columns(triples[0], triples[1], halves, f), state, width, 8 * line + f, pairs);
            // 16 bits hold 4 · 2 · 7 · 127, but only 2 · 2 · 63 · 127.
            if (f % 4 == 3 || (f % 2 == 1 && halves == 2)) {
                add_scaled(pairs, f < 4 ? first_in_both(scales) : second_in_both(scales), width, totals);
            }
        }
        TERSE_EACH(c, width) {
            const __m256i sums = pair_at(state->blocks[c]->sums16 + 2 * line);
            offsets[c] = _mm256_add_epi32(offsets[c], _mm256_madd_epi16(scales, sums));
        }
    }
    const __m256 d = _mm256_load_ps(upper->d + 8 * half);
    TERSE_EACH(c, width) {
        const __m256i zero = _mm256_mullo_epi32(offsets[c], _mm256_set1_epi32(halves == 2 ? 32 : 57));
        const __m256i total = halves == 2 ? totals[c] : _mm256_slli_epi32(totals[c], 4);
        const __m256 value = _mm256_cvtepi32_ps(_mm256_sub_epi32(total, zero));
        const __m256 once = halves == 2 ? value : _mm256_mul_ps(value, _mm256_set1_ps(0.5f));
        const __m256 factor = _mm256_mul_ps(d, _mm256_set1_ps(state->blocks[c]->scales[0]));
        state->acc[half][c] = _mm256_fmadd_ps(once, factor, state->acc[half][c]);
    }
}

TERSE_INLINE void multiply_tile(const terse_split_matrix *w, const terse_activations *x, int64_t m, int64_t count,
                                int64_t t, const int width, const int halves, float *y, int64_t y_stride) {
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS, first = m / TERSE_SPLIT_ROWS * units;
    group_state state;
    begin_group(x, t, width, &state);
    for (int64_t u = first; u < first + units; u++) {
        TERSE_EACH(half, HALVES) {
            begin_half(&state, width);
            add_half(w->upper + u, w->lower + u, halves, half, width, &state);
        }
        TERSE_EACH(c, width) state.blocks[c]++;
    }
    end_group(&state, x, t, width, w->scale, count, y + m, y_stride);
}

TERSE_INLINE void multiply_rows(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin,
                                int64_t row_end, const int halves, float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += TERSE_SPLIT_ROWS) {
        const int64_t count = row_end - m < TERSE_SPLIT_ROWS ? row_end - m : TERSE_SPLIT_ROWS;
        int64_t t = 0;
        for (; t + 4 <= x->rows; t += 4) multiply_tile(w, x, m, count, t, 4, halves, y, y_stride);
        for (; t + 2 <= x->rows; t += 2) multiply_tile(w, x, m, count, t, 2, halves, y, y_stride);
        for (; t < x->rows; t++) multiply_tile(w, x, m, count, t, 1, halves, y, y_stride);
    }
}

// From so many rows of x on halves are put together before; as tiled.c has it.
enum { PANEL_MIN = 16 };

static void multiply(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                     float *y, int64_t y_stride) {
    if (x->rows < PANEL_MIN) {
        multiply_rows(w, x, row_begin, row_end, 2, y, y_stride);
    } else {
        terse_avx2_split_panel(w, x, row_begin, row_end, y, y_stride);
    }
}

static void screen(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                   float *y, int64_t y_stride) {
    multiply_rows(w, x, row_begin, row_end, 1, y, y_stride);
}

const terse_split_kernels terse_split_avx2 = {
    .multiply = multiply, .screen = screen, .screen_rows_max = 16,
};

TERSE_AVX2_END

#endif
