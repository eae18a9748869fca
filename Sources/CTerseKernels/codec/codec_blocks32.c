// Blocks of 32 elements: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0. Layouts in terse_types.h.
#include "codec_families.h"

// The element of greatest magnitude, the first of equals, with its sign.
static float signed_extreme(const float *x) {
    float extreme = 0.0f, largest = 0.0f;
    for (int i = 0; i < 32; i++) {
        const float magnitude = fabsf(x[i]);
        if (magnitude > largest) {
            largest = magnitude;
            extreme = x[i];
        }
    }
    return extreme;
}

// The quant of each element on a grid that puts the extreme at `-levels`/2, its sign included in the scale.
static bool quantize_symmetric(const float *x, int levels, uint16_t *d_f16, uint8_t *quants) {
    const float d = signed_extreme(x) / (float)(-levels / 2), inverse = terse_inverse_scale(d);
    const bool vanishes = d != 0.0f && inverse == 0.0f;
    for (int i = 0; i < 32; i++) {
        const int q = (int)(x[i] * inverse + ((float)(levels / 2) + 0.5f));
        quants[i] = vanishes ? 0 : (uint8_t)(q < levels ? q : levels - 1);
    }
    return terse_store_half(d, d_f16);
}

// The quant of each element on a grid from the least to the greatest.
static bool quantize_affine(const float *x, int levels, uint16_t *d_f16, uint16_t *m_f16, uint8_t *quants) {
    float least = x[0], greatest = x[0];
    for (int i = 1; i < 32; i++) {
        if (x[i] < least) least = x[i];
        if (x[i] > greatest) greatest = x[i];
    }
    const float d = (greatest - least) / (float)(levels - 1), inverse = terse_inverse_scale(d);
    for (int i = 0; i < 32; i++) {
        const int q = (int)((x[i] - least) * inverse + 0.5f);
        quants[i] = (uint8_t)(q < levels ? q : levels - 1);
    }
    const bool fits = terse_store_half(d, d_f16);
    return terse_store_half(least, m_f16) && fits;
}

static void pack_nibbles(const uint8_t *quants, uint8_t *packed) {
    for (int i = 0; i < 16; i++) packed[i] = (uint8_t)((quants[i] & 15) | quants[i + 16] << 4);
}

static void unpack_nibbles(const uint8_t *packed, uint8_t *quants) {
    for (int i = 0; i < 16; i++) {
        quants[i] = packed[i] & 15;
        quants[i + 16] = packed[i] >> 4;
    }
}

static void pack_high_bits(const uint8_t *quants, uint8_t *packed) {
    memset(packed, 0, 4);
    for (int i = 0; i < 32; i++) packed[i / 8] |= (uint8_t)((quants[i] >> 4) << i % 8);
}

static void unpack_high_bits(const uint8_t *packed, uint8_t *quants) {
    for (int i = 0; i < 32; i++) quants[i] |= (uint8_t)((packed[i / 8] >> i % 8 & 1) << 4);
}

bool terse_encode_q4_0(const float *x, terse_block_q4_0 *blocks, size_t blocks_count) {
    bool fits = true;
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t quants[32];
        fits &= quantize_symmetric(x + 32 * b, 16, &blocks[b].d_f16, quants);
        pack_nibbles(quants, blocks[b].quants);
    }
    return fits;
}

bool terse_encode_q5_0(const float *x, terse_block_q5_0 *blocks, size_t blocks_count) {
    bool fits = true;
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t quants[32];
        fits &= quantize_symmetric(x + 32 * b, 32, &blocks[b].d_f16, quants);
        pack_nibbles(quants, blocks[b].quants);
        pack_high_bits(quants, blocks[b].high_bits);
    }
    return fits;
}

bool terse_encode_q4_1(const float *x, terse_block_q4_1 *blocks, size_t blocks_count) {
    bool fits = true;
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t quants[32];
        fits &= quantize_affine(x + 32 * b, 16, &blocks[b].d_f16, &blocks[b].m_f16, quants);
        pack_nibbles(quants, blocks[b].quants);
    }
    return fits;
}

bool terse_encode_q5_1(const float *x, terse_block_q5_1 *blocks, size_t blocks_count) {
    bool fits = true;
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t quants[32];
        fits &= quantize_affine(x + 32 * b, 32, &blocks[b].d_f16, &blocks[b].m_f16, quants);
        pack_nibbles(quants, blocks[b].quants);
        pack_high_bits(quants, blocks[b].high_bits);
    }
    return fits;
}

bool terse_encode_q8_0(const float *x, terse_block_q8_0 *blocks, size_t blocks_count) {
    bool fits = true;
    for (size_t b = 0; b < blocks_count; b++) {
        const float d = terse_absolute_maximum(x + 32 * b, 32) / 127.0f, inverse = terse_inverse_scale(d);
        for (int i = 0; i < 32; i++) blocks[b].quants[i] = (int8_t)terse_round_away(x[32 * b + i] * inverse);
        fits &= terse_store_half(d, &blocks[b].d_f16);
    }
    return fits;
}

void terse_decode_q4_0(const terse_block_q4_0 *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t quants[32];
        unpack_nibbles(blocks[b].quants, quants);
        const float d = terse_f16_to_f32(blocks[b].d_f16);
        for (int i = 0; i < 32; i++) x[32 * b + i] = (float)(quants[i] - 8) * d;
    }
}

void terse_decode_q4_1(const terse_block_q4_1 *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t quants[32];
        unpack_nibbles(blocks[b].quants, quants);
        const float d = terse_f16_to_f32(blocks[b].d_f16), m = terse_f16_to_f32(blocks[b].m_f16);
        for (int i = 0; i < 32; i++) x[32 * b + i] = (float)quants[i] * d + m;
    }
}

void terse_decode_q5_0(const terse_block_q5_0 *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t quants[32];
        unpack_nibbles(blocks[b].quants, quants);
        unpack_high_bits(blocks[b].high_bits, quants);
        const float d = terse_f16_to_f32(blocks[b].d_f16);
        for (int i = 0; i < 32; i++) x[32 * b + i] = (float)(quants[i] - 16) * d;
    }
}

void terse_decode_q5_1(const terse_block_q5_1 *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t quants[32];
        unpack_nibbles(blocks[b].quants, quants);
        unpack_high_bits(blocks[b].high_bits, quants);
        const float d = terse_f16_to_f32(blocks[b].d_f16), m = terse_f16_to_f32(blocks[b].m_f16);
        for (int i = 0; i < 32; i++) x[32 * b + i] = (float)quants[i] * d + m;
    }
}

void terse_decode_q8_0(const terse_block_q8_0 *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        const float d = terse_f16_to_f32(blocks[b].d_f16);
        for (int i = 0; i < 32; i++) x[32 * b + i] = (float)blocks[b].quants[i] * d;
    }
}
