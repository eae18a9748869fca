// Float weights with NEON.

#if defined(__aarch64__)

#include <arm_neon.h>

#include "matmul_neon.h"

TERSE_NEON_BEGIN

enum { VECTORS = 4, FEW_ROWS = 3, FEW_BATCH = 2, PANEL_VECTORS = 4, TILE_BATCH = TERSE_NEON_FLOAT_GROUP };

typedef float32x4_t float_vector;

TERSE_INLINE float_vector zero_vector(void) { return vdupq_n_f32(0); }
TERSE_INLINE float_vector load_vector(const float *p) { return vld1q_f32(p); }
TERSE_INLINE void store_vector(float *p, float_vector v) { vst1q_f32(p, v); }
TERSE_INLINE float_vector broadcast(float x) { return vdupq_n_f32(x); }
TERSE_INLINE float_vector add(float_vector a, float_vector b) { return vaddq_f32(a, b); }
TERSE_INLINE float_vector fused(float_vector w, float_vector x, float_vector acc) { return vfmaq_f32(acc, w, x); }

TERSE_INLINE float_vector load_weights(terse_type type, const uint8_t *row, int64_t k) {
    if (type == TERSE_F32) return vreinterpretq_f32_u8(vld1q_u8(row + 4 * k));
    const uint8x8_t halves = vld1_u8(row + 2 * k);
    if (type == TERSE_F16) return vcvt_f32_f16(vreinterpret_f16_u8(halves));
    return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(halves), 16));
}

TERSE_INLINE float reduce(const float_vector v[VECTORS]) {
    const float32x4_t four = vaddq_f32(vaddq_f32(v[0], v[2]), vaddq_f32(v[1], v[3]));
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

#include "../matmul_float.h"

void terse_neon_float(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride) {
    multiply_floats(w, x, row_begin, row_end, y, y_stride);
}

TERSE_NEON_END

#endif
