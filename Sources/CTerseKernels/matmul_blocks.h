// What the matrix kernels of every instruction set share: reading block fields, unpacking scales.
#ifndef TERSE_MATMUL_BLOCKS_H
#define TERSE_MATMUL_BLOCKS_H

#include "halves.h"
#include "include/terse_matmul.h"

extern const terse_matmul_kernels terse_matmul_scalar;
extern const terse_matmul_kernels terse_matmul_avx2;
extern const terse_matmul_kernels terse_matmul_avx512;
extern const terse_matmul_kernels terse_matmul_neon;

// A loop of so few turns, a constant, that all of them are written out: over registers.
#define TERSE_EACH(INDEX, COUNT) \
    _Pragma("clang loop unroll(full)") for (int INDEX = 0; INDEX < COUNT; INDEX++)

TERSE_INLINE uint16_t terse_load_u16(const uint8_t *p) {
    uint16_t value;
    memcpy(&value, p, 2);
    return value;
}

TERSE_INLINE uint32_t terse_load_u32(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, 4);
    return value;
}

// Calls a macro with every quantised type, to make a kernel for each.
#define TERSE_EACH_QUANTIZED_TYPE(MACRO) \
    MACRO(TERSE_Q8_0) \
    MACRO(TERSE_Q4_0) \
    MACRO(TERSE_Q4_1) \
    MACRO(TERSE_Q5_0) \
    MACRO(TERSE_Q5_1) \
    MACRO(TERSE_Q4_K) \
    MACRO(TERSE_Q5_K) \
    MACRO(TERSE_Q6_K) \
    MACRO(TERSE_TQ1_0) \
    MACRO(TERSE_TQ2_0) \
    MACRO(TERSE_I2_S)

// Bytes of a block; a constant where `type` is one.
TERSE_INLINE int terse_block_bytes(terse_type type) {
    switch (type) {
    case TERSE_Q4_0: return sizeof(terse_block_q4_0);
    case TERSE_Q4_1: return sizeof(terse_block_q4_1);
    case TERSE_Q5_0: return sizeof(terse_block_q5_0);
    case TERSE_Q5_1: return sizeof(terse_block_q5_1);
    case TERSE_Q8_0: return sizeof(terse_block_q8_0);
    case TERSE_Q4_K: return sizeof(terse_block_q4_k);
    case TERSE_Q5_K: return sizeof(terse_block_q5_k);
    case TERSE_Q6_K: return sizeof(terse_block_q6_k);
    case TERSE_TQ1_0: return sizeof(terse_block_tq1_0);
    case TERSE_TQ2_0: return sizeof(terse_block_tq2_0);
    case TERSE_I2_S: return 32;
    default: return 0;
    }
}

// Bytes of 256 columns.
TERSE_INLINE int terse_unit_bytes(terse_type type) {
    switch (type) {
    case TERSE_Q4_0: case TERSE_Q4_1: case TERSE_Q5_0: case TERSE_Q5_1: case TERSE_Q8_0:
        return 8 * terse_block_bytes(type);
    case TERSE_I2_S: return 64;
    default: return terse_block_bytes(type);
    }
}

// How a type scales its integers.
typedef enum { TERSE_SCALES_32, TERSE_SCALES_SUB, TERSE_SCALES_TERNARY } terse_scaling;

TERSE_INLINE terse_scaling terse_scaling_of(terse_type type) {
    switch (type) {
    case TERSE_Q4_0: case TERSE_Q4_1: case TERSE_Q5_0: case TERSE_Q5_1: case TERSE_Q8_0: return TERSE_SCALES_32;
    case TERSE_Q4_K: case TERSE_Q5_K: case TERSE_Q6_K: return TERSE_SCALES_SUB;
    default: return TERSE_SCALES_TERNARY;
    }
}

// What the unsigned integers of a type stand above the signed ones.
TERSE_INLINE int terse_zero_point(terse_type type) {
    switch (type) {
    case TERSE_Q4_0: return 8;
    case TERSE_Q5_0: return 16;
    case TERSE_Q6_K: return 32;
    case TERSE_TQ1_0: case TERSE_TQ2_0: case TERSE_I2_S: return 1;
    default: return 0;
    }
}

// Whether a byte holds four ternary weights, 32 columns apart.
TERSE_INLINE int terse_is_two_bit(terse_type type) { return type == TERSE_TQ2_0 || type == TERSE_I2_S; }

TERSE_INLINE int terse_has_minimums(terse_type type) {
    return type == TERSE_Q4_1 || type == TERSE_Q5_1 || type == TERSE_Q4_K || type == TERSE_Q5_K;
}

// The eight six-bit scales and eight six-bit minimums of Q4_K and Q5_K, packed in twelve bytes: the first four of each
// in the low six bits of bytes 0…3 and 4…7, the last four with their low nibbles in bytes 8…11 (scale below, minimum
// above) and their two high bits on top of bytes 0…3 and 4…7. Writes scales, then minimums.
TERSE_INLINE void terse_unpack_k_scales(const uint8_t packed[12], uint8_t out[16]) {
    const uint32_t a = terse_load_u32(packed), b = terse_load_u32(packed + 4), c = terse_load_u32(packed + 8);
    const uint32_t words[4] = {
        a & 0x3f3f3f3fu,
        (c & 0x0f0f0f0fu) | (a >> 2 & 0x30303030u),
        b & 0x3f3f3f3fu,
        (c >> 4 & 0x0f0f0f0fu) | (b >> 2 & 0x30303030u),
    };
    memcpy(out, words, 16);
}

// The inverse.
TERSE_INLINE void terse_pack_k_scales(const uint8_t scales[16], uint8_t packed[12]) {
    const uint8_t *minimums = scales + 8;
    for (int g = 0; g < 4; g++) {
        packed[g] = (uint8_t)(scales[g] | scales[4 + g] >> 4 << 6);
        packed[4 + g] = (uint8_t)(minimums[g] | minimums[4 + g] >> 4 << 6);
        packed[8 + g] = (uint8_t)((scales[4 + g] & 15) | minimums[4 + g] << 4);
    }
}

// The quants (0 … 63) of Q6_K, in two halves of 128: byte i < 64 of the low bits has elements i and i + 64, byte i < 32
// of the high bits i, i + 32, ….
TERSE_INLINE void terse_pack_q6_k(const uint8_t quants[256], terse_block_q6_k *block) {
    for (int half = 0; half < 2; half++) {
        const uint8_t *q = quants + 128 * half;
        for (int i = 0; i < 64; i++) block->low_bits[64 * half + i] = (uint8_t)((q[i] & 15) | q[i + 64] << 4);
        for (int i = 0; i < 32; i++) {
            block->high_bits[32 * half + i] =
                (uint8_t)(q[i] >> 4 | q[i + 32] >> 4 << 2 | q[i + 64] >> 4 << 4 | q[i + 96] >> 4 << 6);
        }
    }
}

// Scaling units of 256 in a row, the last possibly short.
TERSE_INLINE int64_t terse_units(int64_t columns) {
    return (columns + TERSE_ACTIVATION_COLUMNS - 1) / TERSE_ACTIVATION_COLUMNS;
}

// Groups of 32 columns in unit `unit`.
TERSE_INLINE int terse_unit_groups(int64_t columns, int64_t unit) {
    const int64_t left = columns - unit * TERSE_ACTIVATION_COLUMNS;
    return left >= TERSE_ACTIVATION_COLUMNS ? 8 : (int)(left / 32);
}

#endif
