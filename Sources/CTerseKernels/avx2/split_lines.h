// What the halves of split matrices hold, of half a tile's rows at a time. Included inside a region that targets AVX2.

#include "tiled_lines.h"

_Static_assert(TERSE_SPLIT_ROWS == ROWS, "tiles are as high as others");

// The bits of `mask` of each byte, from `from` on, moved to where `to` stands: all constants.
TERSE_INLINE __m256i bits_of(__m256i bytes, int from, int to, int mask) {
    const __m256i moved = from > to ? _mm256_srl_epi16(bytes, _mm_cvtsi32_si128(from - to))
                                    : _mm256_sll_epi16(bytes, _mm_cvtsi32_si128(to - from));
    return masked(moved, mask << to);
}

// The three bits that a triple has of each weight of a field, from bit `to` on.
TERSE_INLINE __m256i field_of(const __m256i triple[3], int f, int to) {
    if (f < 6) return bits_of(triple[f / 2], 3 * (f % 2), to, 7);
    return _mm256_or_si256(bits_of(triple[f - 6], 6, to, 3), bits_of(triple[2], f, to + 2, 1));
}

// Four columns of q, or of its upper half alone.
TERSE_INLINE __m256i four_columns(const __m256i upper[3], const __m256i lower[3], const int is_whole, int f) {
    if (!is_whole) return field_of(upper, f, 0);
    return _mm256_or_si256(field_of(upper, f, 3), field_of(lower, f, 0));
}

TERSE_INLINE void load_triple(const uint8_t (*pair)[TERSE_SPLIT_ROWS][4], int half, __m256i triple[3]) {
    TERSE_EACH(i, 3) triple[i] = load_half(pair[i][0], half);
}
