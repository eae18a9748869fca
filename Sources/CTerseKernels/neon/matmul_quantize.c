// Quantisation of activations with NEON: the same bits as the scalar code.

#if defined(__aarch64__)

#include <arm_neon.h>

#include "../matmul_quantize.h"
#include "matmul_neon.h"
#include "../packed.h"

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
TERSE_INLINE void quantize_step(const float *x, float inverse, int8_t *out) {
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

#define finish_block terse_finish_block
#define TERSE_QUANTIZE_STEP 16
#include "../matmul_quantize_body.h"

void terse_neon_quantize_groups(const float *x, int64_t columns, int64_t group, terse_activation_block *out) {
    quantize_groups(x, columns, group, out);
}

float terse_neon_quantize_row(const float *x, int64_t columns, terse_activation_block *out) {
    return quantize_row(x, columns, out);
}

float terse_neon_quantize_packed(const float *x, int64_t columns, int64_t quads, int64_t width, int8_t *out,
                                  int32_t *sum) {
    return quantize_packed(x, columns, quads, width, out, sum);
}

TERSE_NEON_END

#endif
