// Floats of 16 bits to float32 and back, and the bits of float32.
#ifndef TERSE_HALVES_H
#define TERSE_HALVES_H

#include <stdint.h>
#include <string.h>

#define TERSE_INLINE static inline __attribute__((always_inline, unused))

TERSE_INLINE float terse_bits_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

TERSE_INLINE uint32_t terse_float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

TERSE_INLINE float terse_bf16_to_f32(uint16_t half) { return terse_bits_float((uint32_t)half << 16); }

// IEEE binary16 to binary32, exact, subnormals included; not-a-number comes out quiet.
TERSE_INLINE float terse_f16_to_f32(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = half & 0x7fffu;
    if (magnitude >= 0x7c00u) {
        const uint32_t quiet = magnitude > 0x7c00u ? 0x400000u : 0;
        return terse_bits_float(sign | 0x7f800000u | quiet | (magnitude & 0x3ffu) << 13);
    }
    // Shifted into place the exponent is 112 too small; multiplication by 2^112 mends normal and subnormal alike.
    return terse_bits_float(sign | terse_float_bits(terse_bits_float(magnitude << 13) * 0x1p112f));
}

// binary32 to IEEE binary16, to nearest even; too large becomes infinite, not-a-number stays one.
TERSE_INLINE uint16_t terse_f32_to_f16(float value) {
    const uint32_t bits = terse_float_bits(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
    if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);
    if (magnitude < 0x38800000u) {
        // Subnormal or zero: adding 0.5 leaves the units of 2^-24 in the low bits, rounded to even by the addition.
        return (uint16_t)(sign | (terse_float_bits(terse_bits_float(magnitude) + 0.5f) - 0x3f000000u));
    }
    return (uint16_t)(sign | ((magnitude + 0xfffu + (magnitude >> 13 & 1u) - 0x38000000u) >> 13));
}

#endif
