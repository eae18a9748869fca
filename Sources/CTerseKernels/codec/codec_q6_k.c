// Q6_K: 256 elements in 16 groups of 16, each with a signed scale of eight bits. The sixteen groups stand in lanes.
#include "../matmul_blocks.h"
#include "codec_lanes.h"

typedef float float16 __attribute__((vector_size(64)));
typedef int32_t quants16 __attribute__((vector_size(64)));

TERSE_CODEC_LANES(float16, quants16)

// Groups and blocks of smaller magnitude are taken for zero.
#define TINY 1e-15f

// The scale of each group, found by least squares weighted with the squares of the elements on grids of 31.1 to 32.9
// steps to the extreme, and the quants (0 … 63) it was found with.
TERSE_INLINE float16 search_symmetric(const float16 x[16], quants16 quants[16]) {
    const float16 zero = {0};
    float16 extreme = zero, largest = zero;
    for (int i = 0; i < 16; i++) {
        const float16 magnitude = __builtin_elementwise_abs(x[i]);
        const quants16 larger = magnitude > largest;
        largest = select_float16(larger, magnitude, largest);
        extreme = select_float16(larger, x[i], extreme);
    }
    const quants16 vanishes = largest < zero + TINY;
    float16 scale = zero, best = zero;
    for (int candidate = 0; candidate < 19; candidate++) {
        // First the plain grid, which is taken as it is; then −9 … 9 without 0.
        const int step = candidate == 0 ? 0 : candidate <= 9 ? candidate - 10 : candidate - 9;
        const float16 inverse = -(32.0f + 0.1f * (float)step) / extreme;
        quants16 rounded[16];
        float16 sum_xl = zero, sum_ll = zero;
        for (int i = 0; i < 16; i++) {
            rounded[i] = clamp_float16(nearest_float16(inverse * x[i]), -32, 31);
            const float16 l = __builtin_convertvector(rounded[i], float16), w = x[i] * x[i];
            sum_xl += w * x[i] * l;
            sum_ll += w * l * l;
        }
        quants16 better = (sum_ll > zero) & (sum_xl * sum_xl > best * sum_ll);
        if (candidate == 0) better = ~(quants16){0};
        const float16 quotient = select_float16(sum_ll != zero, sum_xl / sum_ll, zero);
        scale = select_float16(better, quotient, scale);
        best = select_float16(better, quotient * sum_xl, best);
        for (int i = 0; i < 16; i++) quants[i] = (better & (rounded[i] + 32)) | (~better & quants[i]);
    }
    for (int i = 0; i < 16; i++) quants[i] &= ~vanishes;
    return select_float16(vanishes, zero, scale);
}

static bool encode(const float *x, terse_block_q6_k *block) {
    float16 lanes[16];
    quants16 found[16] = {0};
    for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 16; j++) lanes[i][j] = x[16 * j + i];
    }
    const float16 scales = search_symmetric(lanes, found);
    float extreme = 0.0f;
    for (int j = 0; j < 16; j++) {
        // Sums of cubes overflow only where the scale would not fit a half either.
        if (!(fabsf(scales[j]) <= 0x1.fffffep127f)) return false;
        extreme = fabsf(scales[j]) > fabsf(extreme) ? scales[j] : extreme;
    }
    if (fabsf(extreme) < TINY) {
        memset(block, 0, sizeof(*block));
        return true;
    }
    const float inverse = -128.0f / extreme;
    if (!terse_store_half(1.0f / inverse, &block->d_f16)) return false;
    uint8_t quants[256];
    for (int j = 0; j < 16; j++) {
        const int integer = terse_nearest(inverse * scales[j]);
        block->scales[j] = (int8_t)(integer < 127 ? integer : 127);
        const float d = terse_f16_to_f32(block->d_f16) * (float)block->scales[j];
        for (int i = 0; i < 16; i++) {
            int quant = found[i][j];
            if (d != 0.0f) {
                const int nearest = terse_nearest(x[16 * j + i] / d);
                quant = (nearest < -32 ? -32 : nearest > 31 ? 31 : nearest) + 32;
            }
            quants[16 * j + i] = (uint8_t)quant;
        }
    }
    terse_pack_q6_k(quants, block);
    return true;
}

bool terse_encode_q6_k(const float *x, terse_block_q6_k *blocks, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        if (!encode(x + 256 * b, blocks + b)) return false;
    }
    return true;
}

void terse_decode_q6_k(const terse_block_q6_k *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        const float d = terse_f16_to_f32(blocks[b].d_f16);
        for (int i = 0; i < 256; i++) {
            const int half = i / 128, k = i % 128;
            const int low = blocks[b].low_bits[64 * half + k % 64] >> k / 64 * 4 & 15;
            const int high = blocks[b].high_bits[32 * half + k % 32] >> k / 32 * 2 & 3;
            x[256 * b + i] = d * (float)blocks[b].scales[i / 16] * (float)((low | high << 4) - 32);
        }
    }
}
