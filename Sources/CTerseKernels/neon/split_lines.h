// What the halves of split matrices hold, of four rows at a time. Included inside a region that targets NEON.

// The bits of `mask` of each byte, from `from` on, moved to where `to` stands: all constants.
TERSE_INLINE uint8x16_t bits_of(uint8x16_t bytes, int from, int to, int mask) {
    const uint8x16_t moved = from > to ? bytes >> (from - to) : bytes << (to - from);
    return vandq_u8(moved, vdupq_n_u8((uint8_t)(mask << to)));
}

// The three bits that a triple has of each weight of a field, from bit `to` on.
TERSE_INLINE uint8x16_t field_of(const uint8x16_t triple[3], int f, int to) {
    if (f < 6) return bits_of(triple[f / 2], 3 * (f % 2), to, 7);
    return vorrq_u8(bits_of(triple[f - 6], 6, to, 3), bits_of(triple[2], f, to + 2, 1));
}

// Four columns of q, or sixteen times its upper half.
TERSE_INLINE int8x16_t four_columns(const uint8x16_t upper[3], const uint8x16_t lower[3], const int is_whole, int f) {
    if (!is_whole) return vreinterpretq_s8_u8(field_of(upper, f, 4));
    return vreinterpretq_s8_u8(vorrq_u8(field_of(upper, f, 3), field_of(lower, f, 0)));
}

// From row `row` on.
TERSE_INLINE void load_triple(const uint8_t (*pair)[TERSE_SPLIT_ROWS][4], int row, uint8x16_t triple[3]) {
    TERSE_EACH(i, 3) triple[i] = vld1q_u8(pair[i][row]);
}

// The scales of both groups of a pair, from row `row` on.
TERSE_INLINE void load_pair_scales(const int8_t (*pair)[2], int row, int32x4_t scales[2]) {
    const int32x4_t both = vreinterpretq_s32_s16(vmovl_s8(vld1_s8(pair[row])));
    scales[0] = vshrq_n_s32(vshlq_n_s32(both, 16), 16);
    scales[1] = vshrq_n_s32(both, 16);
}
