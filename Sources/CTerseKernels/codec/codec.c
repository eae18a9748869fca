// One row at a time from and to any weight type.
#include "codec_families.h"

static void decode_f16(const uint16_t *halves, float *x, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] = terse_f16_to_f32(halves[i]);
}

static void decode_bf16(const uint16_t *halves, float *x, size_t count) {
    for (size_t i = 0; i < count; i++) x[i] = terse_bits_float((uint32_t)halves[i] << 16);
}

static bool encode_f16(const float *x, uint16_t *halves, size_t count) {
    bool fits = true;
    for (size_t i = 0; i < count; i++) fits &= terse_store_half(x[i], halves + i);
    return fits;
}

static bool encode_bf16(const float *x, uint16_t *halves, size_t count) {
    bool fits = true;
    for (size_t i = 0; i < count; i++) {
        const uint32_t bits = terse_float_bits(x[i]);
        halves[i] = (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
        fits &= (halves[i] & 0x7f80u) != 0x7f80u;
    }
    return fits;
}

static bool all_finite(const float *x, size_t count) {
    uint32_t infinite = 0;
    for (size_t i = 0; i < count; i++) infinite |= (terse_float_bits(x[i]) & 0x7f800000u) == 0x7f800000u;
    return !infinite;
}

void terse_dequantize(terse_type type, const void *blocks, float *x, size_t count) {
    switch (type) {
    case TERSE_F32: memcpy(x, blocks, count * sizeof(float)); break;
    case TERSE_F16: decode_f16(blocks, x, count); break;
    case TERSE_BF16: decode_bf16(blocks, x, count); break;
    case TERSE_Q4_0: terse_decode_q4_0(blocks, x, count / 32); break;
    case TERSE_Q4_1: terse_decode_q4_1(blocks, x, count / 32); break;
    case TERSE_Q5_0: terse_decode_q5_0(blocks, x, count / 32); break;
    case TERSE_Q5_1: terse_decode_q5_1(blocks, x, count / 32); break;
    case TERSE_Q8_0: terse_decode_q8_0(blocks, x, count / 32); break;
    case TERSE_Q4_K: terse_decode_q4_k(blocks, x, count / 256); break;
    case TERSE_Q5_K: terse_decode_q5_k(blocks, x, count / 256); break;
    case TERSE_Q6_K: terse_decode_q6_k(blocks, x, count / 256); break;
    case TERSE_TQ1_0: terse_decode_tq1_0(blocks, x, count / 256); break;
    case TERSE_TQ2_0: terse_decode_tq2_0(blocks, x, count / 256); break;
    case TERSE_I2_S: terse_decode_i2_s(blocks, x, count / 128); break;
    }
}

bool terse_quantize(terse_type type, const float *x, void *blocks, size_t count) {
    if (!all_finite(x, count)) return false;
    switch (type) {
    case TERSE_F32: memcpy(blocks, x, count * sizeof(float)); return true;
    case TERSE_F16: return encode_f16(x, blocks, count);
    case TERSE_BF16: return encode_bf16(x, blocks, count);
    case TERSE_Q4_0: return terse_encode_q4_0(x, blocks, count / 32);
    case TERSE_Q4_1: return terse_encode_q4_1(x, blocks, count / 32);
    case TERSE_Q5_0: return terse_encode_q5_0(x, blocks, count / 32);
    case TERSE_Q5_1: return terse_encode_q5_1(x, blocks, count / 32);
    case TERSE_Q8_0: return terse_encode_q8_0(x, blocks, count / 32);
    case TERSE_Q4_K: return terse_encode_q4_k(x, blocks, count / 256);
    case TERSE_Q5_K: return terse_encode_q5_k(x, blocks, count / 256);
    case TERSE_Q6_K: return terse_encode_q6_k(x, blocks, count / 256);
    case TERSE_TQ1_0: return terse_encode_tq1_0(x, blocks, count / 256);
    case TERSE_TQ2_0: return terse_encode_tq2_0(x, blocks, count / 256);
    case TERSE_I2_S: return false;
    }
    return false;
}
