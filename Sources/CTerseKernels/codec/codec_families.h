// The block codecs by family. Encoders take finite elements and return false when a half-precision field overflows.
#ifndef TERSE_CODEC_FAMILIES_H
#define TERSE_CODEC_FAMILIES_H

#include "../vector_lanes.h"
#include "../include/terse_codec.h"

void terse_decode_q4_0(const terse_block_q4_0 *blocks, float *x, size_t blocks_count);
void terse_decode_q4_1(const terse_block_q4_1 *blocks, float *x, size_t blocks_count);
void terse_decode_q5_0(const terse_block_q5_0 *blocks, float *x, size_t blocks_count);
void terse_decode_q5_1(const terse_block_q5_1 *blocks, float *x, size_t blocks_count);
void terse_decode_q8_0(const terse_block_q8_0 *blocks, float *x, size_t blocks_count);
void terse_decode_q4_k(const terse_block_q4_k *blocks, float *x, size_t blocks_count);
void terse_decode_q5_k(const terse_block_q5_k *blocks, float *x, size_t blocks_count);
void terse_decode_q6_k(const terse_block_q6_k *blocks, float *x, size_t blocks_count);
void terse_decode_tq1_0(const terse_block_tq1_0 *blocks, float *x, size_t blocks_count);
void terse_decode_tq2_0(const terse_block_tq2_0 *blocks, float *x, size_t blocks_count);
void terse_decode_i2_s(const uint8_t *blocks, float *x, size_t blocks_count);

bool terse_encode_q4_0(const float *x, terse_block_q4_0 *blocks, size_t blocks_count);
bool terse_encode_q4_1(const float *x, terse_block_q4_1 *blocks, size_t blocks_count);
bool terse_encode_q5_0(const float *x, terse_block_q5_0 *blocks, size_t blocks_count);
bool terse_encode_q5_1(const float *x, terse_block_q5_1 *blocks, size_t blocks_count);
bool terse_encode_q8_0(const float *x, terse_block_q8_0 *blocks, size_t blocks_count);
bool terse_encode_q4_k(const float *x, terse_block_q4_k *blocks, size_t blocks_count);
bool terse_encode_q5_k(const float *x, terse_block_q5_k *blocks, size_t blocks_count);
bool terse_encode_q6_k(const float *x, terse_block_q6_k *blocks, size_t blocks_count);
bool terse_encode_tq1_0(const float *x, terse_block_tq1_0 *blocks, size_t blocks_count);
bool terse_encode_tq2_0(const float *x, terse_block_tq2_0 *blocks, size_t blocks_count);

// Stores a half; false when it is infinite.
TERSE_INLINE bool terse_store_half(float value, uint16_t *half) {
    *half = terse_f32_to_f16(value);
    return (*half & 0x7c00u) != 0x7c00u;
}

// 1 / d, or 0 for d = 0. The formats' reference divides by subnormal scales too and converts the infinite results to
// integers, which C leaves undefined and x86 makes 0; a factor of 0 gives the same quants without asking for it.
TERSE_INLINE float terse_inverse_scale(float d) {
    const float inverse = 1.0f / d;
    return d != 0.0f && inverse >= -0x1.fffffep127f && inverse <= 0x1.fffffep127f ? inverse : 0.0f;
}

TERSE_INLINE float terse_absolute_maximum(const float *x, size_t count) {
    float largest = 0.0f;
    for (size_t i = 0; i < count; i++) {
        const float magnitude = x[i] < 0.0f ? -x[i] : x[i];
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest;
}

// Rounds halves away from zero, |x| < 2^22.
TERSE_INLINE int terse_round_away(float x) {
    const float magnitude = x < 0.0f ? -x : x;
    const int whole = (int)magnitude;
    const int rounded = whole + (magnitude - (float)whole >= 0.5f);
    return x < 0.0f ? -rounded : rounded;
}

#endif
