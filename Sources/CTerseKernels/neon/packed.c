// Packed ternary matrices with NEON's dot product, four trits to a byte.

#if defined(__aarch64__)

#include <arm_neon.h>

#include "../packed.h"
#include "matmul_neon.h"

TERSE_NEON_BEGIN

enum {
    FIELDS = 4,
    QUARTERS = 2,  // of a vector, four rows each, whose sums are in registers together
};

TERSE_INLINE int8x16_t quad(const int8_t *quants) {
    int32_t four;
    memcpy(&four, quants, 4);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

// 4 · QUARTERS rows of a tile.
TERSE_INLINE void multiply_quarters(const uint8_t *tile, int64_t vectors, const int8_t *quants, const int width,
                                    int32_t (*out)[TERSE_PACKED_ROWS]) {
    int32x4_t sums[QUARTERS][TERSE_PACKED_GROUP];
    for (int q = 0; q < QUARTERS; q++) {
        for (int c = 0; c < width; c++) sums[q][c] = vdupq_n_s32(0);
    }
    for (int64_t v = 0; v < vectors; v++, tile += TERSE_PACKED_VECTOR) {
        uint8x16_t bits[QUARTERS];
        for (int q = 0; q < QUARTERS; q++) bits[q] = vld1q_u8(tile + 16 * q);
        for (int f = 0; f < FIELDS; f++, quants += 4 * width) {
            int8x16_t field[QUARTERS];
            for (int q = 0; q < QUARTERS; q++) {
                field[q] = vreinterpretq_s8_u8(vandq_u8(bits[q], vdupq_n_u8(3)));
                bits[q] = vshrq_n_u8(bits[q], 2);
            }
            for (int c = 0; c < width; c++) {
                const int8x16_t four = quad(quants + 4 * c);
                for (int q = 0; q < QUARTERS; q++) sums[q][c] = vdotq_s32(sums[q][c], field[q], four);
            }
        }
    }
    for (int q = 0; q < QUARTERS; q++) {
        for (int c = 0; c < width; c++) vst1q_s32(out[c] + 4 * q, sums[q][c]);
    }
}

TERSE_INLINE void multiply_tile(const uint8_t *tile, int64_t vectors, const int8_t *quants, const int width,
                                int32_t (*out)[TERSE_PACKED_ROWS]) {
    int32_t half[TERSE_PACKED_GROUP][TERSE_PACKED_ROWS];
    multiply_quarters(tile, vectors, quants, width, out);
    multiply_quarters(tile + 16 * QUARTERS, vectors, quants, width, half);
    for (int c = 0; c < width; c++) memcpy(out[c] + 4 * QUARTERS, half[c], 4 * QUARTERS * sizeof *half[c]);
}

#include "../packed_tiles.h"

const terse_packed_kernels terse_packed_neon = {
    .fields = FIELDS, .multiply = multiply_directly, .quantize = terse_neon_quantize_packed};

TERSE_NEON_END

#endif
