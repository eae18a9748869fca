// Matrix × vector with NEON: four rows at a time, unpacked in registers from the mapped layout.

#if defined(__aarch64__)

#include <arm_neon.h>

#include "matmul_neon.h"

TERSE_NEON_BEGIN

#include "matmul_unpack.h"

enum { ROWS = 4 };

// Adds the products of 32 columns.
TERSE_INLINE int32x4_t add_products(int32x4_t sum, group_32 w, const int8_t *a) {
    return vdotq_s32(vdotq_s32(sum, w.half[0], vld1q_s8(a)), w.half[1], vld1q_s8(a + 16));
}

// Lane r is the sum of the lanes of sums[r].
TERSE_INLINE int32x4_t reduce_rows(const int32x4_t sums[ROWS]) {
    return vpaddq_s32(vpaddq_s32(sums[0], sums[1]), vpaddq_s32(sums[2], sums[3]));
}

TERSE_INLINE float32x4_t add_unit_32(terse_type type, const uint8_t *const rows[ROWS], int64_t offset, int groups,
                                     const terse_activation_block *x, float32x4_t acc) {
    for (int g = 0; g < groups; g++) {
        const int64_t block = offset + g * terse_block_bytes(type);
        int32x4_t sums[ROWS];
        for (int r = 0; r < ROWS; r++) {
            sums[r] = add_products(vdupq_n_s32(0), unpack_32(type, rows[r] + offset, g), x->quants + 32 * g);
        }
        const float32x4_t scale = vmulq_n_f32(gather_f16(rows, block), x->scales[g]);
        acc = vfmaq_f32(acc, vcvtq_f32_s32(reduce_rows(sums)), scale);
        if (terse_has_minimums(type)) acc = vfmaq_n_f32(acc, gather_f16(rows, block + 2), x->scaled_sums[g]);
    }
    return acc;
}

// Lanes that sum to Σ_g s[g]·Σ w·a of a K block.
TERSE_INLINE int32x4_t k_products(terse_type type, const uint8_t *unit, const sub_scales *sub,
                                  const terse_activation_block *x) {
    int32x4_t total = vdupq_n_s32(0);
    for (int g = 0; g < 8; g++) {
        const group_32 w = unpack_32(type, unit, g);
        for (int i = 0; i < 2; i++) {
            const int32x4_t sum = vdotq_s32(vdupq_n_s32(0), w.half[i], vld1q_s8(x->quants + 32 * g + 16 * i));
            total = vmlaq_n_s32(total, sum, sub->scales[2 * g + i]);
        }
    }
    return total;
}

TERSE_INLINE float32x4_t add_unit_k(terse_type type, const uint8_t *const rows[ROWS], int64_t offset,
                                    const terse_activation_block *x, float32x4_t acc) {
    int32x4_t sums[ROWS], minimums[ROWS];
    for (int r = 0; r < ROWS; r++) {
        sub_scales sub;
        load_sub_scales(type, rows[r] + offset, &sub);
        sums[r] = k_products(type, rows[r] + offset, &sub, x);
        if (!terse_has_minimums(type)) continue;
        const int16x8_t m = vld1q_s16(sub.minimums), a = vld1q_s16(x->sums32);
        minimums[r] = vmlal_high_s16(vmull_s16(vget_low_s16(m), vget_low_s16(a)), m, a);
    }
    const float32x4_t d = vmulq_n_f32(gather_unit_scale(type, rows, offset), x->scales[0]);
    acc = vfmaq_f32(acc, vcvtq_f32_s32(reduce_rows(sums)), d);
    if (terse_has_minimums(type)) {
        const float32x4_t m = vmulq_n_f32(gather_f16(rows, offset + 2), x->scales[0]);
        acc = vfmsq_f32(acc, vcvtq_f32_s32(reduce_rows(minimums)), m);
    }
    return acc;
}

TERSE_INLINE float32x4_t add_unit_ternary(terse_type type, const uint8_t *const rows[ROWS], int64_t offset, int groups,
                                          const terse_activation_block *x, float32x4_t acc) {
    int32x4_t sums[ROWS];
    for (int r = 0; r < ROWS; r++) {
        sums[r] = vdupq_n_s32(0);
        for (int g = 0; g < 8; g++) {
            if (g < groups) sums[r] = add_products(sums[r], unpack_32(type, rows[r] + offset, g), x->quants + 32 * g);
        }
    }
    const float32x4_t scale = vmulq_n_f32(gather_unit_scale(type, rows, offset), x->scales[0]);
    return vfmaq_f32(acc, vcvtq_f32_s32(reduce_rows(sums)), scale);
}

TERSE_INLINE float32x4_t multiply_four(terse_type type, const uint8_t *const rows[ROWS], int64_t columns,
                                       const terse_activation_block *x) {
    float32x4_t acc = vdupq_n_f32(0);
    for (int64_t u = 0; u < terse_units(columns); u++, x++) {
        const int64_t offset = u * terse_unit_bytes(type);
        const int groups = terse_unit_groups(columns, u);
        switch (terse_scaling_of(type)) {
        case TERSE_SCALES_32: acc = add_unit_32(type, rows, offset, groups, x, acc); break;
        case TERSE_SCALES_SUB: acc = add_unit_k(type, rows, offset, x, acc); break;
        default: acc = add_unit_ternary(type, rows, offset, groups, x, acc); break;
        }
    }
    return acc;
}

TERSE_INLINE void multiply_rows(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                int64_t row_end, float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += ROWS) {
        const int64_t count = row_end - m < ROWS ? row_end - m : ROWS;
        const uint8_t *rows[ROWS];
        for (int64_t r = 0; r < ROWS; r++) {
            rows[r] = (const uint8_t *)w->data + (size_t)(m + (r < count ? r : count - 1)) * w->row_bytes;
        }
        for (int64_t t = 0; t < x->rows; t++) {
            const float32x4_t acc = multiply_four(type, rows, w->columns, x->blocks + t * x->block_stride);
            float out[ROWS];
            vst1q_f32(out, vmulq_n_f32(acc, x->row_scales[t] * w->scale));
            memcpy(y + t * y_stride + m, out, (size_t)count * sizeof *out);
        }
    }
}

void terse_neon_vector(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                       int64_t y_stride) {
#define CASE(TYPE) \
    case TYPE: multiply_rows(TYPE, w, x, row_begin, row_end, y, y_stride); break;
    switch (w->type) {
        TERSE_EACH_QUANTIZED_TYPE(CASE)
    default: break;
    }
#undef CASE
}

TERSE_NEON_END

#endif
