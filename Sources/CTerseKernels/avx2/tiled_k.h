// Units of the K types in tiles; included by tiled.c.

// Σ over groups of minimum · Σ of its activations, for each row of x.
TERSE_INLINE void sum_minimums(const uint8_t *minimums, int half, const group_state *state, const int width,
                               __m256i out[GROUP]) {
    clear(out, width);
    TERSE_EACH(pair, 4) {
        const __m256i both = two_of_rows(minimums + 2 * pair * ROWS, half);
        TERSE_EACH(c, width) {
            const __m256i sums = pair_at(state->blocks[c]->sums32 + 2 * pair);
            out[c] = _mm256_add_epi32(out[c], _mm256_madd_epi16(both, sums));
        }
    }
}

// Adds half a unit of Q4_K or Q5_K. With one row of x, which is sooner multiplied than memory is read, lines are
// fetched between products; with more that would cost registers.
TERSE_INLINE void add_half_with_minimums(terse_type type, const uint8_t *unit, const sub_scales *scales, int half,
                                         const int width, group_state *state) {
    const uint8_t *fifths = unit + 4 * LINE, *quants = type == TERSE_Q5_K ? fifths + 8 * LINE : fifths;
    __m256i total[GROUP], even[GROUP], odd[GROUP], least[GROUP];
    clear(total, width), clear(even, width), clear(odd, width);
    const int fetches = half == 0 && width == 1;
    if (fetches) fetch_lines(unit, quants - unit);
    TERSE_EACH(pair, 4) {
        if (fetches) fetch_lines(quants + 8 * pair * LINE, 8 * LINE);
        const __m256i scale = in_both(scales->scales + 2 * pair * ROWS, half);
        const __m256i next_scale = in_both(scales->scales + (2 * pair + 1) * ROWS, half);
        TERSE_EACH(k, 8) {
            __m256i lower, upper;
            load_two_groups(type, quants, fifths, pair, k, half, &lower, &upper);
            add_pairs(lower, state, width, 16 * pair + k, even);
            add_pairs(upper, state, width, 16 * pair + 8 + k, odd);
            // 16 bits hold 8 · 2 · 15 · 127, but only 4 · 2 · 31 · 127.
            if (k == 7 || (k == 3 && type == TERSE_Q5_K)) {
                add_scaled(even, scale, width, total);
                add_scaled(odd, next_scale, width, total);
            }
        }
    }
    sum_minimums(scales->minimums, half, state, width, least);
    const __m256 d = load_scales(unit, half), d_minimum = load_scales(unit + 2 * ROWS, half);
    TERSE_EACH(c, width) {
        const __m256 scale = _mm256_set1_ps(state->blocks[c]->scales[0]);
        __m256 acc = state->acc[half][c];
        acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(total[c]), _mm256_mul_ps(d, scale), acc);
        state->acc[half][c] =
            _mm256_fnmadd_ps(_mm256_cvtepi32_ps(least[c]), _mm256_mul_ps(d_minimum, scale), acc);
    }
}

// Adds a unit of Q4_K or Q5_K.
TERSE_INLINE void add_unit_with_minimums(terse_type type, const uint8_t *unit, const int width, group_state *state) {
    sub_scales scales;
    load_sub_scales(unit + LINE, &scales);
    if (width > 1) fetch_lines(unit, ROWS * terse_tiled_unit_bytes(type));
    TERSE_EACH(half, HALVES) {
        begin_half(state, width);
        add_half_with_minimums(type, unit, &scales, half, width, state);
    }
}

// 16 columns of a pair of groups of Q6_K; 16 bits hold 2 · 2 · 63 · 127.
TERSE_INLINE void add_sixes(const uint8_t *lines, int part, int half, const group_state *state, const int width,
                            int step, __m256i scale, __m256i total[GROUP]) {
    __m256i pairs[GROUP];
    clear(pairs, width);
    TERSE_EACH(k, 4) {
        add_pairs(sixes_of(lines, part, k, half), state, width, step + k, pairs);
        if (k % 2 == 1) add_scaled(pairs, scale, width, total);
    }
}

// Adds half a unit of Q6_K.
TERSE_INLINE void add_half_q6_k(const uint8_t *unit, int half, const int width, group_state *state) {
    __m256i total[GROUP], offsets[GROUP];
    clear(total, width), clear(offsets, width);
    if (half == 0) fetch_lines(unit, 5 * LINE);
#pragma clang loop unroll(disable)
    for (int pair = 0; pair < 8; pair++) {
        const uint8_t *lines = unit + (5 + 6 * pair) * LINE;
        if (half == 0) fetch_lines(lines, 6 * LINE);
        const __m256i scales = load_pair_scales(unit + LINE + pair * 2 * ROWS, half);
        add_sixes(lines, 0, half, state, width, 8 * pair, first_in_both(scales), total);
        add_sixes(lines, 1, half, state, width, 8 * pair + 4, second_in_both(scales), total);
        add_offsets(scales, pair, state, width, offsets);
    }
    const __m256 d = _mm256_loadu_ps((const float *)(const void *)unit + 8 * half);
    const __m256i zero_point = _mm256_set1_epi32(terse_zero_point(TERSE_Q6_K));
    TERSE_EACH(c, width) {
        const __m256i sum = _mm256_sub_epi32(total[c], _mm256_mullo_epi32(offsets[c], zero_point));
        add_unit_sum(_mm256_cvtepi32_ps(sum), d, half, c, state);
    }
}

// Adds a unit of Q6_K.
TERSE_INLINE void add_unit_q6_k(const uint8_t *unit, const int width, group_state *state) {
    TERSE_EACH(half, HALVES) {
        begin_half(state, width);
        add_half_q6_k(unit, half, width, state);
    }
}
