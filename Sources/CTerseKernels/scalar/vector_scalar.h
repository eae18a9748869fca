// What the scalar reference is made of.
#ifndef TERSE_VECTOR_SCALAR_H
#define TERSE_VECTOR_SCALAR_H

#include "../vector_lanes.h"

void terse_kv_store_scalar(
    uint8_t *block, const terse_kv_head *head, uint32_t token, const float *key, const float *value);
void terse_attend_scalar(const terse_attention_task *task, float *scratch);
void terse_merge_spans_scalar(float *states, size_t stride, uint32_t spans, uint32_t dimension, float *result);

TERSE_INLINE double terse_fold_doubles(double *lanes) {
    for (int width = TERSE_VECTOR_LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) lanes[l] += lanes[l + width];
    }
    return lanes[0];
}

#endif
