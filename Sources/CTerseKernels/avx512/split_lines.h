// What the halves of split matrices hold, sixteen rows to a register. A part of the files split*.c.

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

TERSE_INLINE void load_triple(const uint8_t (*pair)[TERSE_SPLIT_ROWS][4], __m512i triple[3]) {
    TERSE_EACH(i, 3) triple[i] = _mm512_load_si512((const void *)pair[i]);
}

// The scales of both groups of a pair, side by side in 16 bits, and each of them in 16 bits beside a 0.
TERSE_INLINE __m512i load_pair_scales(const int8_t (*scales)[2]) {
    return _mm512_cvtepi8_epi16(_mm256_load_si256((const __m256i *)scales));
}

TERSE_INLINE __m512i beside_zero(__m512i scales, int group) {
    return group == 0 ? _mm512_and_si512(scales, _mm512_set1_epi32(0xffff)) : _mm512_srli_epi32(scales, 16);
}
