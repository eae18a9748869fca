// What lines of tiles hold, of half a tile's rows at a time. Included inside a region that targets AVX2.
#ifndef TERSE_AVX2_TILED_LINES_H
#define TERSE_AVX2_TILED_LINES_H

enum { ROWS = TERSE_TILED_ROWS, HALVES = 2, LINE = 64 };

// Half a line: four bytes of each of eight rows.
TERSE_INLINE __m256i load_half(const uint8_t *line, int half) {
    return _mm256_loadu_si256((const __m256i *)(line + 32 * half));
}

TERSE_INLINE __m256 load_scales(const uint8_t *halves, int half) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(halves + 16 * half)));
}

TERSE_INLINE __m256i masked(__m256i bytes, int mask) { return _mm256_and_si256(bytes, _mm256_set1_epi8((char)mask)); }

TERSE_INLINE __m256i upper_halves(__m256i bytes) { return masked(_mm256_srli_epi16(bytes, 4), 15); }

// Scales and minimums of a unit of Q4_K or Q5_K, [group][row].
typedef struct {
    uint8_t scales[8 * ROWS], minimums[8 * ROWS];
} sub_scales;

TERSE_INLINE void load_sub_scales(const uint8_t *halves, sub_scales *out) {
    TERSE_EACH(part, 4) {
        // Two groups of sixteen rows, of the first four groups or of the others.
        const __m256i four = _mm256_loadu_si256((const __m256i *)(halves + 32 * part));
        const __m256i others = _mm256_loadu_si256((const __m256i *)(halves + 2 * LINE + part % 2 * 32));
        const __m256i bits = part < 2 ? others : _mm256_srli_epi16(others, 4);
        const __m256i scales = _mm256_or_si256(masked(four, 15), _mm256_slli_epi16(masked(bits, 3), 4));
        const __m256i minimums = _mm256_or_si256(upper_halves(four), _mm256_slli_epi16(masked(bits, 12), 2));
        _mm256_storeu_si256((__m256i *)(out->scales + 32 * part), scales);
        _mm256_storeu_si256((__m256i *)(out->minimums + 32 * part), minimums);
    }
}

// Sixteen bytes in both halves of a register.
TERSE_INLINE __m256i twice(const uint8_t *bytes) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes));
}

// For each of eight rows four bytes of its own, of the sixteen bytes of all rows: byte r where the pattern, the lowest
// byte first, has 0, and 0 where it has 0x80.
TERSE_INLINE __m256i of_rows(const uint8_t *bytes, int half, uint32_t pattern) {
    const __m256i rows = _mm256_setr_epi32(0, 0x01010101, 0x02020202, 0x03030303, 0x04040404, 0x05050505, 0x06060606,
                                           0x07070707);
    const __m256i first = _mm256_set1_epi8((char)(8 * half));
    const __m256i index = _mm256_or_si256(_mm256_add_epi8(rows, first), _mm256_set1_epi32((int)pattern));
    return _mm256_shuffle_epi8(twice(bytes), index);
}

// Both 16-bit halves of each row's 32 bits.
TERSE_INLINE __m256i in_both(const uint8_t *bytes, int half) { return of_rows(bytes, half, 0x80008000u); }

// For each of eight rows its byte and that of the group behind it, in 16 bits each.
TERSE_INLINE __m256i two_of_rows(const uint8_t *bytes, int half) {
    return _mm256_or_si256(of_rows(bytes, half, 0x80808000u), of_rows(bytes + ROWS, half, 0x80008080u));
}

// The fifth bits of a line's weights, those of `group`, where 16 stands.
TERSE_INLINE __m256i fifths_of(__m256i bits, int group) {
    const __m256i placed = group < 4 ? _mm256_sll_epi16(bits, _mm_cvtsi32_si128(4 - group))
                                     : _mm256_srl_epi16(bits, _mm_cvtsi32_si128(group - 4));
    return masked(placed, 16);
}

// Four columns, the k-th of eight, of both groups of a pair of Q4_K or Q5_K.
TERSE_INLINE void load_two_groups(terse_type type, const uint8_t *quants, const uint8_t *fifths, int pair, int k,
                                  int half, __m256i *lower, __m256i *upper) {
    const __m256i bytes = load_half(quants + (8 * pair + k) * LINE, half);
    *lower = masked(bytes, 15), *upper = upper_halves(bytes);
    if (type != TERSE_Q5_K) return;
    const __m256i bits = load_half(fifths + k * LINE, half);
    *lower = _mm256_or_si256(*lower, fifths_of(bits, 2 * pair));
    *upper = _mm256_or_si256(*upper, fifths_of(bits, 2 * pair + 1));
}

// Both scales of a pair of groups of Q6_K, in 16 bits for each of eight rows.
TERSE_INLINE __m256i load_pair_scales(const void *scales, int half) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)scales + half));
}

// The first and the second of two 16-bit numbers of each row, in both places.
TERSE_INLINE __m256i first_in_both(__m256i pairs) {
    return _mm256_blend_epi16(pairs, _mm256_slli_epi32(pairs, 16), 0xaa);
}
TERSE_INLINE __m256i second_in_both(__m256i pairs) {
    return _mm256_blend_epi16(pairs, _mm256_srli_epi32(pairs, 16), 0x55);
}

// Four columns, the k-th of four, of a part of a pair of groups of Q6_K: four lines of lower halves of bytes, two of
// upper bits.
TERSE_INLINE __m256i sixes_of(const uint8_t *lines, int part, int k, int half) {
    const int field = 2 * part + k / 2;
    const __m256i nibbles = load_half(lines + k * LINE, half), bits = load_half(lines + (4 + k % 2) * LINE, half);
    const __m256i placed = field < 2 ? _mm256_sll_epi16(bits, _mm_cvtsi32_si128(4 - 2 * field))
                                     : _mm256_srl_epi16(bits, _mm_cvtsi32_si128(2 * field - 4));
    return _mm256_or_si256(part == 0 ? masked(nibbles, 15) : upper_halves(nibbles), masked(placed, 48));
}

#endif
