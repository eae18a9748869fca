// One unit of 256 weights of any quantised type as plain integers and scales: the formats in their simplest form.
#ifndef TERSE_MATMUL_DECODE_H
#define TERSE_MATMUL_DECODE_H

#include "../matmul_blocks.h"

typedef struct {
    int8_t quants[256];  // zero point removed
    float d[8];          // of each 32 columns for 32-column types, else d[0]
    float m[8];          // the minimums likewise
    int sub_scales[16];  // of each 16 columns
    int minimums[8];     // of each 32 columns
} terse_decoded_unit;

// The 32 columns of a block of one of the 32-column types.
static inline void terse_decode_block_32(terse_type type, const uint8_t *block, int8_t *quants, float *d, float *m) {
    const uint8_t *low = block + terse_block_bytes(type) - (type == TERSE_Q8_0 ? 32 : 16);
    *d = terse_f16_to_f32(terse_load_u16(block));
    *m = terse_has_minimums(type) ? terse_f16_to_f32(terse_load_u16(block + 2)) : 0;
    if (type == TERSE_Q8_0) {
        memcpy(quants, low, 32);
        return;
    }
    const int has_high = type == TERSE_Q5_0 || type == TERSE_Q5_1;
    const uint32_t high = has_high ? terse_load_u32(low - 4) : 0;
    for (int k = 0; k < 32; k++) {
        const int nibble = k < 16 ? low[k] & 15 : low[k - 16] >> 4;
        quants[k] = (int8_t)((nibble | (int)(high >> k & 1) << 4) - terse_zero_point(type));
    }
}

static inline void terse_decode_q4_k(const terse_block_q4_k *block, terse_decoded_unit *out) {
    for (int k = 0; k < 256; k++) {
        out->quants[k] = (int8_t)(block->quants[k / 64 * 32 + k % 32] >> (k / 32 % 2 * 4) & 15);
    }
}

static inline void terse_decode_q5_k(const terse_block_q5_k *block, terse_decoded_unit *out) {
    for (int k = 0; k < 256; k++) {
        const int low = block->quants[k / 64 * 32 + k % 32] >> (k / 32 % 2 * 4) & 15;
        out->quants[k] = (int8_t)(low | (block->high_bits[k % 32] >> (k / 32) & 1) << 4);
    }
}

// In each half of 128, columns l, 32 + l, 64 + l and 96 + l share the byte l of the high bits.
static inline void terse_decode_q6_k(const terse_block_q6_k *block, terse_decoded_unit *out) {
    for (int k = 0; k < 256; k++) {
        const int half = k / 128, group = k / 32 % 4;
        const int low = block->low_bits[64 * half + k % 64] >> (group / 2 * 4) & 15;
        const int high = block->high_bits[32 * half + k % 32] >> (2 * group) & 3;
        out->quants[k] = (int8_t)((low | high << 4) - 32);
    }
    for (int g = 0; g < 16; g++) out->sub_scales[g] = block->scales[g];
}

// A byte holds a fraction of 256 whose leading base-3 digits are the trits; multiplying by 3^n and dropping the
// integer part brings trit n to the front.
static inline int8_t terse_decode_trit(uint8_t byte, int n) {
    static const uint8_t powers[5] = {1, 3, 9, 27, 81};
    const uint8_t fraction = (uint8_t)(byte * powers[n]);
    return (int8_t)((fraction * 3 >> 8) - 1);
}

static inline void terse_decode_tq1_0(const terse_block_tq1_0 *block, terse_decoded_unit *out) {
    for (int k = 0; k < 160; k++) out->quants[k] = terse_decode_trit(block->quants[k % 32], k / 32);
    for (int k = 0; k < 80; k++) out->quants[160 + k] = terse_decode_trit(block->quants[32 + k % 16], k / 16);
    for (int k = 0; k < 16; k++) out->quants[240 + k] = terse_decode_trit(block->tail[k % 4], k / 4);
}

static inline void terse_decode_tq2_0(const terse_block_tq2_0 *block, terse_decoded_unit *out) {
    for (int k = 0; k < 256; k += 32) {
        const uint8_t *bytes = block->quants + k / 128 * 32;
        for (int i = 0; i < 32; i++) out->quants[k + i] = (int8_t)((bytes[i] >> (k % 128 / 32 * 2) & 3) - 1);
    }
}

// As TQ2_0 with the two-bit fields in the opposite order.
static inline void terse_decode_i2_s(const uint8_t *data, int groups, terse_decoded_unit *out) {
    for (int k = 0; k < 32 * groups; k += 32) {
        const uint8_t *bytes = data + k / 128 * 32;
        for (int i = 0; i < 32; i++) out->quants[k + i] = (int8_t)((bytes[i] >> (6 - k % 128 / 32 * 2) & 3) - 1);
    }
}

// Decodes the first `groups` groups of 32 columns of the unit at `data`; the fields of the others are not set.
static inline void terse_decode_unit(terse_type type, const uint8_t *data, int groups, terse_decoded_unit *out) {
    for (int g = 0; g < 16; g++) out->sub_scales[g] = 1;
    memset(out->minimums, 0, sizeof out->minimums);
    out->d[0] = 1;
    out->m[0] = 0;
    switch (type) {
    case TERSE_Q4_K: terse_decode_q4_k((const terse_block_q4_k *)data, out); break;
    case TERSE_Q5_K: terse_decode_q5_k((const terse_block_q5_k *)data, out); break;
    case TERSE_Q6_K: terse_decode_q6_k((const terse_block_q6_k *)data, out); break;
    case TERSE_TQ1_0: terse_decode_tq1_0((const terse_block_tq1_0 *)data, out); break;
    case TERSE_TQ2_0: terse_decode_tq2_0((const terse_block_tq2_0 *)data, out); break;
    case TERSE_I2_S: terse_decode_i2_s(data, groups, out); return;
    default:
        for (int g = 0; g < groups; g++) {
            const uint8_t *block = data + g * terse_block_bytes(type);
            terse_decode_block_32(type, block, out->quants + 32 * g, out->d + g, out->m + g);
        }
        return;
    }
    if (type == TERSE_Q4_K || type == TERSE_Q5_K) {
        uint8_t packed[16];
        terse_unpack_k_scales(data + 4, packed);
        for (int g = 0; g < 16; g++) out->sub_scales[g] = packed[g / 2];
        for (int g = 0; g < 8; g++) out->minimums[g] = packed[8 + g];
        out->d[0] = terse_f16_to_f32(terse_load_u16(data));
        out->m[0] = terse_f16_to_f32(terse_load_u16(data + 2));
    } else {
        out->d[0] = terse_f16_to_f32(terse_load_u16(data + terse_block_bytes(type) - 2));
    }
}

#endif
