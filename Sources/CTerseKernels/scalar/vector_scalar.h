// What the scalar reference is made of.
#ifndef TERSE_VECTOR_SCALAR_H
#define TERSE_VECTOR_SCALAR_H

#include "../vector_lanes.h"

void terse_kv_store_scalar(uint8_t *block, const terse_kv_head *head, uint32_t token, const float *key, const float *value);
void terse_attend_scalar(const terse_attention_task *task, float *scratch);

TERSE_VECTOR_INLINE float terse_exp_scalar(float x) {
    const float shifted = fmaf(x, TERSE_LOG2E, TERSE_EXP_MAGIC), n = shifted - TERSE_EXP_MAGIC;
    const float r = fmaf(n, -TERSE_LN2_LOW, fmaf(n, -TERSE_LN2_HIGH, x));
    float p = fmaf(TERSE_EXP_C6, r, TERSE_EXP_C5);
    p = fmaf(p, r, TERSE_EXP_C4);
    p = fmaf(p, r, TERSE_EXP_C3);
    p = fmaf(p, r, TERSE_EXP_C2);
    p = fmaf(p, r, 1.0f);
    p = fmaf(p, r, 1.0f);
    // The low bits of `shifted` are n; added to the exponent they multiply by 2^n.
    const float result = terse_bits_float(terse_float_bits(p) + (terse_float_bits(shifted) << 23));
    if (x < TERSE_EXP_LOWEST) return 0.0f;
    if (x > TERSE_EXP_HIGHEST) return INFINITY;
    return x == x ? result : x;
}

TERSE_VECTOR_INLINE double terse_fold_doubles(double *lanes) {
    for (int width = TERSE_VECTOR_LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) lanes[l] += lanes[l + width];
    }
    return lanes[0];
}

#endif
