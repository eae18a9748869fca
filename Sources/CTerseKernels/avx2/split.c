// Split matrices with AVX2: sixteen rows in two registers, up to four rows of x at a time.

#if defined(__x86_64__)

#include <immintrin.h>

#include "../split.h"
#include "../tiled.h"
#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "split_lines.h"
#include "tiled_groups.h"

// Adds a pair of groups, of half a tile's rows.
TERSE_INLINE void add_pair(const terse_split_upper *upper, const terse_split_lower *lower, const int is_whole, int pair,
                           int half, const int width, const group_state *state, __m256i totals[GROUP],
                           __m256i offsets[GROUP]) {
    __m256i upper_triple[3], lower_triple[3], pairs[GROUP];
    load_triple(upper->triples[pair], half, upper_triple);
    if (is_whole) load_triple(lower->triples[pair], half, lower_triple);
    const __m256i scales = load_pair_scales(upper->scales[pair], half);
    clear(pairs, width);
    TERSE_EACH(f, 8) {
        add_pairs(four_columns(upper_triple, lower_triple, is_whole, f), state, width, 8 * pair + f, pairs);
        // 16 bits hold 4 · 2 · 7 · 127, but only 2 · 2 · 63 · 127.
        if (f % 4 == 3 || (f % 2 == 1 && is_whole)) {
            add_scaled(pairs, f < 4 ? first_in_both(scales) : second_in_both(scales), width, totals);
        }
    }
    add_offsets(scales, pair, state, width, offsets);
}

// Adds half the rows of a unit.
TERSE_INLINE void add_half(const terse_split_upper *upper, const terse_split_lower *lower, const int is_whole, int half,
                           const int width, group_state *state) {
    __m256i totals[GROUP], offsets[GROUP];
    clear(totals, width), clear(offsets, width);
    if (half == 0) fetch_lines((const uint8_t *)upper->scales, sizeof upper->scales + sizeof upper->d);
#pragma clang loop unroll(disable)
    for (int pair = 0; pair < TERSE_SPLIT_PAIRS; pair++) {
        if (half == 0) fetch_lines(upper->triples[pair][0][0], sizeof upper->triples[pair]);
        if (half == 0 && is_whole) fetch_lines(lower->triples[pair][0][0], sizeof lower->triples[pair]);
        add_pair(upper, lower, is_whole, pair, half, width, state, totals, offsets);
    }
    const __m256 d = _mm256_load_ps(upper->d + 8 * half);
    const int zero_point = is_whole ? terse_zero_point(TERSE_Q6_K) : TERSE_SCREENING_ZERO_POINT;
    TERSE_EACH(c, width) {
        const __m256i zero = _mm256_mullo_epi32(offsets[c], _mm256_set1_epi32(zero_point));
        const __m256i total = is_whole ? totals[c] : _mm256_slli_epi32(totals[c], 4);
        const __m256 sum = _mm256_cvtepi32_ps(_mm256_sub_epi32(total, zero));
        add_unit_sum(is_whole ? sum : _mm256_mul_ps(sum, _mm256_set1_ps(0.5f)), d, half, c, state);
    }
}

TERSE_INLINE void multiply_tile(const terse_split_matrix *w, const terse_activations *x, int64_t m, int64_t count,
                                int64_t t, const int width, const int is_whole, float *y, int64_t y_stride) {
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS, first = m / TERSE_SPLIT_ROWS * units;
    group_state state;
    begin_group(x, t, width, &state);
    for (int64_t u = first; u < first + units; u++) {
        TERSE_EACH(half, HALVES) {
            begin_half(&state, width);
            add_half(w->upper + u, w->lower + u, is_whole, half, width, &state);
        }
        TERSE_EACH(c, width) state.blocks[c]++;
    }
    end_group(&state, x, t, width, w->scale, count, y + m, y_stride);
}

#define TERSE_SPLIT_GROUP TERSE_TILED_GROUP
#define TERSE_SPLIT_PANEL terse_avx2_split_panel
#define TERSE_SPLIT_PANEL_MIN PANEL_MIN
#include "../split_body.h"

// With 32 rows of x `multiply` takes as long on a Zen 3, with 16 a quarter longer.
const terse_split_kernels terse_split_avx2 = {.multiply = multiply, .screen = screen, .screen_rows_max = 16};

TERSE_AVX2_END

#endif
