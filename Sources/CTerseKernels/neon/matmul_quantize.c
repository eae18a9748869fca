// Quantisation of activations with NEON: the same bits as the scalar code.

#if defined(__aarch64__)

#include <arm_neon.h>

#include "../matmul_quantize.h"
#include "matmul_neon.h"

TERSE_NEON_BEGIN

// The largest magnitude, compared as bit patterns; see terse_absmax_scalar.
static float absmax(const float *x, int64_t count) {
    uint32x4_t largest = vdupq_n_u32(0);
    const int64_t whole = count / 4 * 4;
    for (int64_t k = 0; k < whole; k += 4) {
        const uint32x4_t bits = vreinterpretq_u32_f32(vld1q_f32(x + k));
        largest = vmaxq_u32(largest, vandq_u32(bits, vdupq_n_u32(0x7fffffff)));
    }
    const float rest = terse_absmax_scalar(x + whole, count - whole);
    uint32_t bits;
    memcpy(&bits, &rest, 4);
    const uint32_t vector = vmaxvq_u32(largest);
    bits = vector > bits ? vector : bits;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// 16 values to quants, by the shift of terse_round_scalar.
TERSE_INLINE void quantize_16(const float *x, float inverse, int8_t *out) {
    const float32x4_t shift = vdupq_n_f32(0x1.8p23f);
    int16x4_t words[4];
    for (int i = 0; i < 4; i++) {
        const float32x4_t product = vmulq_n_f32(vld1q_f32(x + 4 * i), inverse);
        const int32x4_t bits = vreinterpretq_s32_f32(vaddq_f32(product, shift));
        words[i] = vmovn_s32(vsubq_s32(bits, vreinterpretq_s32_f32(shift)));
    }
    const int8x8_t low = vmovn_s16(vcombine_s16(words[0], words[1]));
    const int8x8_t high = vmovn_s16(vcombine_s16(words[2], words[3]));
    vst1q_s8(out, vcombine_s8(low, high));
}

// Fills `out` from `count` values with one factor for each 32 columns; the scales stand already.
static void quantize_unit(const float *x, int count, const float inverses[8], terse_activation_block *out) {
    memset(out->quants, 0, sizeof out->quants);
    for (int begin = 0; begin < count; begin += 16) {
        const float inverse = inverses[begin / 32];
        if (inverse == 0.0f) continue;  // Not finite, perhaps: the product must not be formed.
        if (begin + 16 <= count) {
            quantize_16(x + begin, inverse, out->quants + begin);
        } else {
            for (int k = begin; k < count; k++) out->quants[k] = terse_round_scalar(x[k], inverse);
        }
    }
    terse_finish_block(out);
    memset(out->padding, 0, sizeof out->padding);
}

void terse_neon_quantize_groups(const float *x, int64_t columns, int64_t group, terse_activation_block *out) {
    for (int64_t unit = 0; unit < terse_units(columns); unit++, x += TERSE_ACTIVATION_COLUMNS, out++) {
        const int64_t left = columns - unit * TERSE_ACTIVATION_COLUMNS;
        const int count = left < TERSE_ACTIVATION_COLUMNS ? (int)left : TERSE_ACTIVATION_COLUMNS;
        float inverses[8] = {0};
        memset(out->scales, 0, sizeof out->scales);
        for (int begin = 0; begin < count; begin += (int)group) {
            const int end = begin + (int)group < count ? begin + (int)group : count;
            const float largest = absmax(x + begin, end - begin);
            for (int g = begin / 32; g < (begin + (int)group) / 32; g++) {
                inverses[g] = terse_quantize_inverse(largest, TERSE_QUANTIZE_TINY);
                out->scales[g] = terse_quantize_scale(largest, TERSE_QUANTIZE_TINY);
            }
        }
        quantize_unit(x, count, inverses, out);
    }
}

float terse_neon_quantize_row(const float *x, int64_t columns, terse_activation_block *out) {
    float largest = absmax(x, columns);
    if (largest < TERSE_QUANTIZE_ROW_MINIMUM) largest = TERSE_QUANTIZE_ROW_MINIMUM;
    float inverses[8];
    for (int g = 0; g < 8; g++) inverses[g] = terse_quantize_inverse(largest, 0);
    for (int64_t unit = 0; unit < terse_units(columns); unit++, x += TERSE_ACTIVATION_COLUMNS, out++) {
        const int64_t left = columns - unit * TERSE_ACTIVATION_COLUMNS;
        for (int g = 0; g < 8; g++) out->scales[g] = 1;
        quantize_unit(x, left < TERSE_ACTIVATION_COLUMNS ? (int)left : TERSE_ACTIVATION_COLUMNS, inverses, out);
    }
    return terse_quantize_scale(largest, 0);
}

TERSE_NEON_END

#endif
