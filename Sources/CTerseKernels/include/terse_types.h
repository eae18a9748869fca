// Element types and the memory layout of their blocks, as GGUF files hold them.
//
// The numbers are GGUF's own (specification: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), so that a
// file's type number is a `terse_type` as it stands. Every multi-byte field is little-endian; floats named `_f16` are
// IEEE binary16 bit patterns.
#ifndef TERSE_TYPES_H
#define TERSE_TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef enum terse_type {
    TERSE_F32 = 0,
    TERSE_F16 = 1,
    TERSE_Q4_0 = 2,
    TERSE_Q4_1 = 3,
    TERSE_Q5_0 = 6,
    TERSE_Q5_1 = 7,
    TERSE_Q8_0 = 8,
    TERSE_Q4_K = 12,
    TERSE_Q5_K = 13,
    TERSE_Q6_K = 14,
    TERSE_BF16 = 30,
    TERSE_TQ1_0 = 34,
    TERSE_TQ2_0 = 35,
    TERSE_I2_S = 36,
} terse_type;

enum { TERSE_TYPE_LIMIT = 40 };

// w = d·(q − 8), q the low (elements 0…15) or high (16…31) nibble of quants[i].
typedef struct {
    uint16_t d_f16;
    uint8_t quants[16];
} terse_block_q4_0;

// w = d·q + m.
typedef struct {
    uint16_t d_f16;
    uint16_t m_f16;
    uint8_t quants[16];
} terse_block_q4_1;

// w = d·(q − 16), bit 4 of element i being bit i of high_bits (little-endian 32-bit word).
typedef struct {
    uint16_t d_f16;
    uint8_t high_bits[4];
    uint8_t quants[16];
} terse_block_q5_0;

// w = d·q + m.
typedef struct {
    uint16_t d_f16;
    uint16_t m_f16;
    uint8_t high_bits[4];
    uint8_t quants[16];
} terse_block_q5_1;

// w = d·q.
typedef struct {
    uint16_t d_f16;
    int8_t quants[32];
} terse_block_q8_0;

// 256 elements in 8 groups of 32; scales holds 8 six-bit scales and 8 six-bit minimums.
// w = d·scale·q − dmin·minimum.
typedef struct {
    uint16_t d_f16;
    uint16_t dmin_f16;
    uint8_t scales[12];
    uint8_t quants[128];
} terse_block_q4_k;

typedef struct {
    uint16_t d_f16;
    uint16_t dmin_f16;
    uint8_t scales[12];
    uint8_t high_bits[32];
    uint8_t quants[128];
} terse_block_q5_k;

// 256 elements in 16 groups of 16: w = d·scale·(q − 32).
typedef struct {
    uint8_t low_bits[128];
    uint8_t high_bits[64];
    int8_t scales[16];
    uint16_t d_f16;
} terse_block_q6_k;

// 256 trits at 1.6875 bits: 48 bytes of five trits, then 4 bytes of four, each read by multiplication with powers of 3.
typedef struct {
    uint8_t quants[48];
    uint8_t tail[4];
    uint16_t d_f16;
} terse_block_tq1_0;

// 256 trits at 2.0625 bits: element 128·h + 32·l + m is (quants[32·h + m] >> 2·l & 3) − 1, times d.
typedef struct {
    uint8_t quants[64];
    uint16_t d_f16;
} terse_block_tq2_0;

_Static_assert(sizeof(terse_block_q4_0) == 18, "Q4_0 block");
_Static_assert(sizeof(terse_block_q4_1) == 20, "Q4_1 block");
_Static_assert(sizeof(terse_block_q5_0) == 22, "Q5_0 block");
_Static_assert(sizeof(terse_block_q5_1) == 24, "Q5_1 block");
_Static_assert(sizeof(terse_block_q8_0) == 34, "Q8_0 block");
_Static_assert(sizeof(terse_block_q4_k) == 144, "Q4_K block");
_Static_assert(sizeof(terse_block_q5_k) == 176, "Q5_K block");
_Static_assert(sizeof(terse_block_q6_k) == 210, "Q6_K block");
_Static_assert(sizeof(terse_block_tq1_0) == 54, "TQ1_0 block");
_Static_assert(sizeof(terse_block_tq2_0) == 66, "TQ2_0 block");

#endif
