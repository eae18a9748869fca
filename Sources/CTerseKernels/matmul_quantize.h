// What quantising activations is made of, shared by the instruction sets.
#ifndef TERSE_MATMUL_QUANTIZE_H
#define TERSE_MATMUL_QUANTIZE_H

#include "matmul_blocks.h"

// The largest magnitude, compared as bit patterns: infinities beat all finite values and not-a-numbers beat those, so
// nothing is lost whatever the order.
TERSE_INLINE float terse_absmax_scalar(const float *x, int64_t count) {
    uint32_t largest = 0;
    for (int64_t k = 0; k < count; k++) {
        uint32_t bits;
        memcpy(&bits, x + k, 4);
        bits &= 0x7fffffffu;
        largest = bits > largest ? bits : largest;
    }
    float value;
    memcpy(&value, &largest, 4);
    return value;
}

// The factor from values to quants: 0 where `absmax` is below `tiny` or not finite.
TERSE_INLINE float terse_quantize_inverse(float absmax, float tiny) {
    return absmax >= tiny && absmax <= 0x1.fffffep127f ? 127.0f / absmax : 0.0f;
}

// The factor from quants to values.
TERSE_INLINE float terse_quantize_scale(float absmax, float tiny) {
    if (!(absmax <= 0x1.fffffep127f)) return __builtin_nanf("");
    return absmax >= tiny ? absmax / 127.0f : 0.0f;
}

// x · inverse rounded to nearest even: adding 1.5 · 2^23 leaves no fraction bits. Whoever is not finite becomes 0.
TERSE_INLINE int8_t terse_round_scalar(float x, float inverse) {
    if (inverse == 0.0f) return 0;
    const float shifted = x * inverse + 0x1.8p23f;
    return (int8_t)(shifted - 0x1.8p23f);
}

// Fills in the sums of a block whose quants and scales stand.
TERSE_INLINE void terse_finish_block(terse_activation_block *block) {
    int pairs[2] = {0, 0}, halves[2] = {0, 0};
    for (int g = 0; g < 16; g++) {
        int sums[2] = {0, 0};
        for (int k = 0; k < 16; k++) sums[k % 4 / 2] += block->quants[16 * g + k];
        for (int p = 0; p < 2; p++) {
            block->pair_sums[g][p] = (int16_t)sums[p];
            pairs[p] += sums[p];
        }
        block->sums16[g] = (int16_t)(sums[0] + sums[1]);
        halves[g % 2] += sums[0] + sums[1];
    }
    for (int g = 0; g < 8; g++) {
        block->sums32[g] = (int16_t)(block->sums16[2 * g] + block->sums16[2 * g + 1]);
        block->scaled_sums[g] = block->scales[g] * (float)block->sums32[g];
    }
    for (int p = 0; p < 2; p++) {
        block->pair_sums_256[p] = (int16_t)pairs[p];
        block->half_sums_256[p] = (int16_t)halves[p];
    }
}

#endif
