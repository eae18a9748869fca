// Units of the K types in tiles; included by tiled.c.

// Scales or minimums of a unit of Q4_K or Q5_K, [group][row], four groups to a register.
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

// Σ over groups of minimum · Σ of its activations, for each row of x.
TERSE_INLINE void sum_minimums(const sub_scales *minimums, const activation_rows *x, const int width,
                               __m512i out[GROUP]) {
    TERSE_EACH(c, width) out[c] = _mm512_setzero_si512();
    TERSE_EACH(pair, 4) {
        const __m512i odd = _mm512_slli_epi32(of_group(minimums, 2 * pair + 1), 16);
        const __m512i both = _mm512_or_si512(of_group(minimums, 2 * pair), odd);
        TERSE_EACH(c, width) out[c] = _mm512_dpwssd_epi32(out[c], both, two_sums(block_of(x, c)->sums32 + 2 * pair));
    }
}

// Two groups of a line of Q5_K: lower halves of bytes, and the line that has their fifth bits.
TERSE_INLINE void add_fives(__m512i bytes, __m512i bits, int pair, const activation_rows *x, const int width, int step,
                            __m512i even[GROUP], __m512i odd[GROUP]) {
    const __m128i left = _mm_cvtsi32_si128(pair < 2 ? 4 - 2 * pair : 0), right = _mm_cvtsi32_si128(2 * pair - 4);
    const __m512i placed = pair < 2 ? _mm512_sll_epi16(bits, left) : _mm512_srl_epi16(bits, right);
    const __m512i lower = _mm512_or_si512(masked(bytes, 15), masked(placed, 16));
    const __m512i upper =
        _mm512_or_si512(masked(_mm512_srli_epi16(bytes, 4), 15), masked(_mm512_srli_epi16(placed, 1), 16));
    TERSE_EACH(c, width) {
        even[c] = _mm512_dpbusd_epi32(even[c], lower, four_of(x, c, step));
        odd[c] = _mm512_dpbusd_epi32(odd[c], upper, four_of(x, c, step + 8));
    }
}

// Adds a unit of Q4_K or Q5_K.
TERSE_INLINE void add_unit_with_minimums(terse_type type, const uint8_t *unit, const activation_rows *x,
                                         const int width, __m512 acc[GROUP]) {
    const uint8_t *fifths = unit + 4 * LINE, *quants = type == TERSE_Q5_K ? fifths + 8 * LINE : fifths;
    sub_scales scales, minimums;
    load_sub_scales(unit + LINE, &scales, &minimums);
    TERSE_EACH(line, 4) fetch(type, unit + line * LINE);
    __m512i least[GROUP], total[GROUP];
    sum_minimums(&minimums, x, width, least);
    TERSE_EACH(c, width) total[c] = _mm512_setzero_si512();
    TERSE_EACH(pair, 4) {
        __m512i even[GROUP], odd[GROUP];
        TERSE_EACH(c, width) even[c] = odd[c] = _mm512_setzero_si512();
        TERSE_EACH(k, 8) {
            const uint8_t *line = quants + (8 * pair + k) * LINE;
            fetch(type, line);
            if (type == TERSE_Q4_K) {
                add_halves(load_line(line), x, width, 16 * pair + k, 16 * pair + 8 + k, even, odd);
            } else {
                if (pair == 0) fetch(type, fifths + k * LINE);
                add_fives(load_line(line), load_line(fifths + k * LINE), pair, x, width, 16 * pair + k, even, odd);
            }
        }
        // Products of upper halves of bytes are 16 times too large already; the others become so.
        const __m512i scale = of_group(&scales, 2 * pair), next_scale = of_group(&scales, 2 * pair + 1);
        const __m512i even_scale = type == TERSE_Q4_K ? _mm512_slli_epi32(scale, 4) : scale;
        TERSE_EACH(c, width) {
            total[c] = _mm512_add_epi32(total[c], _mm512_mullo_epi32(even[c], even_scale));
            total[c] = _mm512_add_epi32(total[c], _mm512_mullo_epi32(odd[c], next_scale));
        }
    }
    const __m512 d = load_scales(unit), d_minimum = load_scales(unit + 2 * ROWS);
    TERSE_EACH(c, width) {
        const __m512 scale = _mm512_set1_ps(block_of(x, c)->scales[0]);
        const __m512i sum = type == TERSE_Q4_K ? _mm512_srai_epi32(total[c], 4) : total[c];
        acc[c] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(d, scale), acc[c]);
        acc[c] = _mm512_fnmadd_ps(_mm512_cvtepi32_ps(least[c]), _mm512_mul_ps(d_minimum, scale), acc[c]);
    }
}

// Both scales of a pair of groups of Q6_K, in 16 bits for each row.
TERSE_INLINE __m512i load_pair_scales(const uint8_t *unit, int pair) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(unit + LINE + pair * 2 * ROWS)));
}

// 16 columns of a pair of groups of Q6_K: four lines of lower halves of bytes, two of upper bits.
TERSE_INLINE void add_sixes(const uint8_t *lines, int half, const activation_rows *x, const int width, int step,
                            __m512i scale, __m512i total[GROUP]) {
    __m512i sums[GROUP];
    TERSE_EACH(c, width) sums[c] = _mm512_setzero_si512();
    TERSE_EACH(k, 4) {
        const int field = 2 * half + k / 2;
        const __m512i nibbles = load_line(lines + k * LINE), bits = load_line(lines + (4 + k % 2) * LINE);
        const __m512i placed = field < 2 ? _mm512_sll_epi16(bits, _mm_cvtsi32_si128(4 - 2 * field))
                                         : _mm512_srl_epi16(bits, _mm_cvtsi32_si128(2 * field - 4));
        const __m512i four = masked(half == 0 ? nibbles : _mm512_srli_epi16(nibbles, 4), 15);
        const __m512i weights = _mm512_or_si512(four, masked(placed, 48));
        TERSE_EACH(c, width) sums[c] = _mm512_dpbusd_epi32(sums[c], weights, four_of(x, c, step + k));
    }
    TERSE_EACH(c, width) total[c] = _mm512_add_epi32(total[c], _mm512_mullo_epi32(sums[c], scale));
}

// Adds a unit of Q6_K.
TERSE_INLINE void add_unit_q6_k(const uint8_t *unit, const activation_rows *x, const int width, __m512 acc[GROUP]) {
    const int zero_point = terse_zero_point(TERSE_Q6_K);
    TERSE_EACH(line, 5) fetch(TERSE_Q6_K, unit + line * LINE);
    __m512i total[GROUP];
    TERSE_EACH(c, width) total[c] = _mm512_setzero_si512();
    TERSE_EACH(pair, 8) {
        const __m512i scales = load_pair_scales(unit, pair);
        TERSE_EACH(c, width) {
            total[c] = _mm512_dpwssd_epi32(total[c], scales, two_sums(block_of(x, c)->sums16 + 2 * pair));
        }
    }
    TERSE_EACH(c, width) total[c] = _mm512_mullo_epi32(total[c], _mm512_set1_epi32(-zero_point));
#pragma clang loop unroll(disable)
    for (int pair = 0; pair < 8; pair++) {
        const uint8_t *lines = unit + (5 + 6 * pair) * LINE;
        const __m512i scales = load_pair_scales(unit, pair);
        TERSE_EACH(line, 6) fetch(TERSE_Q6_K, lines + line * LINE);
        add_sixes(lines, 0, x, width, 8 * pair, _mm512_srai_epi32(_mm512_slli_epi32(scales, 16), 16), total);
        add_sixes(lines, 1, x, width, 8 * pair + 4, _mm512_srai_epi32(scales, 16), total);
    }
    const __m512 d = _mm512_loadu_ps((const float *)unit);
    TERSE_EACH(c, width) {
        const __m512 factor = _mm512_mul_ps(d, _mm512_set1_ps(block_of(x, c)->scales[0]));
        acc[c] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(total[c]), factor, acc[c]);
    }
}
