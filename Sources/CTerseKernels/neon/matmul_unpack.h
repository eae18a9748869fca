// Unpacking of quantised weights with NEON, to signed bytes; included inside a region that targets the dot product.
#ifndef TERSE_NEON_MATMUL_UNPACK_H
#define TERSE_NEON_MATMUL_UNPACK_H

#include <arm_neon.h>

#include "../matmul_blocks.h"

// 32 weights, zero point removed.
typedef struct {
    int8x16_t half[2];
} group_32;

TERSE_INLINE group_32 signed_group(uint8x16_t low, uint8x16_t high, int zero_point) {
    const int8x16_t zero = vdupq_n_s8((int8_t)zero_point);
    const group_32 out = {{vsubq_s8(vreinterpretq_s8_u8(low), zero), vsubq_s8(vreinterpretq_s8_u8(high), zero)}};
    return out;
}

// Bits `shift` and up of every byte, those of `mask`.
TERSE_INLINE uint8x16_t bits_at(uint8x16_t bytes, int shift, int mask) {
    return vandq_u8(vshlq_u8(bytes, vdupq_n_s8((int8_t)-shift)), vdupq_n_u8((uint8_t)mask));
}

// 16 in byte i where bit i of the 16-bit word is set.
TERSE_INLINE uint8x16_t fifth_bits(const uint8_t *p) {
    static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t spread = vcombine_u8(vdup_n_u8(p[0]), vdup_n_u8(p[1]));
    return vandq_u8(vtstq_u8(spread, vld1q_u8(bits)), vdupq_n_u8(16));
}

// (3 · byte) >> 8.
TERSE_INLINE uint8x16_t leading_trit(uint8x16_t bytes) {
    const uint8x16_t one = vcgtq_u8(bytes, vdupq_n_u8(85)), two = vcgtq_u8(bytes, vdupq_n_u8(170));
    return vsubq_u8(vdupq_n_u8(0), vaddq_u8(one, two));
}

// Trit n of 16 bytes.
TERSE_INLINE uint8x16_t trit(uint8x16_t bytes, int n) {
    static const uint8_t powers[5] = {1, 3, 9, 27, 81};
    return leading_trit(vmulq_u8(bytes, vdupq_n_u8(powers[n])));
}

TERSE_INLINE group_32 unpack_tq1_0(const terse_block_tq1_0 *block, int g) {
    if (g < 5) return signed_group(trit(vld1q_u8(block->quants), g), trit(vld1q_u8(block->quants + 16), g), 1);
    const uint8x16_t bytes = vld1q_u8(block->quants + 32);
    const int first = 2 * (g - 5);
    if (first < 4) return signed_group(trit(bytes, first), trit(bytes, first + 1), 1);
    static const uint8_t powers[16] = {1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 9, 9, 27, 27, 27, 27};
    const uint8x16_t tail = vreinterpretq_u8_u32(vdupq_n_u32(terse_load_u32(block->tail)));
    return signed_group(trit(bytes, 4), leading_trit(vmulq_u8(tail, vld1q_u8(powers))), 1);
}

TERSE_INLINE group_32 unpack_nibbles(const uint8_t *p, const uint8_t *high_bits, int zero_point) {
    const uint8x16_t bytes = vld1q_u8(p);
    uint8x16_t low = bits_at(bytes, 0, 15), high = vshrq_n_u8(bytes, 4);
    if (high_bits != NULL) {
        low = vorrq_u8(low, fifth_bits(high_bits));
        high = vorrq_u8(high, fifth_bits(high_bits + 2));
    }
    return signed_group(low, high, zero_point);
}

// Some bits of both halves of 32 bytes; with `high`, `high_mask`ed bits of 32 others above them from bit 4 on.
TERSE_INLINE group_32 unpack_bits(const uint8_t *p, int shift, int mask, const uint8_t *high, int high_shift,
                                  int high_mask, int zero_point) {
    uint8x16_t out[2];
    for (int i = 0; i < 2; i++) {
        out[i] = bits_at(vld1q_u8(p + 16 * i), shift, mask);
        if (high == NULL) continue;
        out[i] = vorrq_u8(out[i], vshlq_n_u8(bits_at(vld1q_u8(high + 16 * i), high_shift, high_mask), 4));
    }
    return signed_group(out[0], out[1], zero_point);
}

// Group g of 32 columns of the 256-column unit at `unit`.
TERSE_INLINE group_32 unpack_32(terse_type type, const uint8_t *unit, int g) {
    const uint8_t *block = unit + g * terse_block_bytes(type);  // of the 32-column types
    switch (type) {
    case TERSE_Q8_0: {
        const group_32 out = {{vld1q_s8((const int8_t *)block + 2), vld1q_s8((const int8_t *)block + 18)}};
        return out;
    }
    case TERSE_Q4_0: return unpack_nibbles(block + 2, NULL, 8);
    case TERSE_Q4_1: return unpack_nibbles(block + 4, NULL, 0);
    case TERSE_Q5_0: return unpack_nibbles(block + 6, block + 2, 16);
    case TERSE_Q5_1: return unpack_nibbles(block + 8, block + 4, 0);
    case TERSE_Q4_K: return unpack_bits(unit + 16 + g / 2 * 32, g % 2 * 4, 15, NULL, 0, 0, 0);
    case TERSE_Q5_K: return unpack_bits(unit + 48 + g / 2 * 32, g % 2 * 4, 15, unit + 16, g, 1, 0);
    case TERSE_Q6_K: {
        const uint8_t *high = unit + 128 + g / 4 * 32;
        return unpack_bits(unit + g / 4 * 64 + g % 2 * 32, g % 4 / 2 * 4, 15, high, g % 4 * 2, 3, 32);
    }
    case TERSE_TQ1_0: return unpack_tq1_0((const terse_block_tq1_0 *)unit, g);
    case TERSE_TQ2_0: return unpack_bits(unit + g / 4 * 32, g % 4 * 2, 3, NULL, 0, 0, 1);
    default: return unpack_bits(unit + g / 4 * 32, 6 - g % 4 * 2, 3, NULL, 0, 0, 1);  // I2_S
    }
}

// The float16 values at the same offset of four rows.
TERSE_INLINE float32x4_t gather_f16(const uint8_t *const rows[4], int64_t offset) {
    uint16_t halves[4];
    for (int r = 0; r < 4; r++) halves[r] = terse_load_u16(rows[r] + offset);
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(halves)));
}

// The float16 scale of a unit of 256, or 1.
TERSE_INLINE float32x4_t gather_unit_scale(terse_type type, const uint8_t *const rows[4], int64_t offset) {
    switch (type) {
    case TERSE_I2_S: return vdupq_n_f32(1);
    case TERSE_Q4_K: case TERSE_Q5_K: return gather_f16(rows, offset);
    default: return gather_f16(rows, offset + terse_block_bytes(type) - 2);
    }
}

// The sixteen sub-scales of a K block (of Q4_K and Q5_K each twice), and its eight minimums.
typedef struct {
    int32_t scales[16];
    int16_t minimums[8];
} sub_scales;

TERSE_INLINE void load_sub_scales(terse_type type, const uint8_t *unit, sub_scales *out) {
    if (type == TERSE_Q6_K) {
        const int8_t *scales = ((const terse_block_q6_k *)unit)->scales;
        for (int g = 0; g < 16; g++) out->scales[g] = scales[g];
        return;
    }
    uint8_t bytes[16];
    terse_unpack_k_scales(unit + 4, bytes);
    for (int g = 0; g < 16; g++) out->scales[g] = bytes[g / 2];
    for (int g = 0; g < 8; g++) out->minimums[g] = bytes[8 + g];
}

#endif
