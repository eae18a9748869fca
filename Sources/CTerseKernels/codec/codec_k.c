// Q4_K and Q5_K: 256 elements in 8 groups of 32, each with a scale and a minimum of six bits.
//
// The search for a group's scale and minimum adds up in the order of its elements, as the reference does, so it cannot
// be vectorised along the group; here the eight groups of a block stand in eight lanes.
#include "../matmul_blocks.h"
#include "codec_lanes.h"

typedef float float8 __attribute__((vector_size(32)));
typedef int32_t quants8 __attribute__((vector_size(32)));

TERSE_CODEC_LANES(float8, quants8)

typedef struct {
    int greatest;    // quant
    float first;     // the search tries grids of greatest + first, + first + 0.1, … levels
    int steps;
} affine_search;

// A scale and a minimum (its negative) for each group, found by weighted least squares on several candidate grids, and
// the quants they were found with. Elements weigh their magnitude plus the group's root mean square.
TERSE_INLINE void search_affine(
    const float8 x[32], affine_search search, float8 *scales, float8 *minimums, quants8 quants[32]) {
    float8 squares = {0};
    for (int i = 0; i < 32; i++) squares += x[i] * x[i];
    const float8 typical = __builtin_elementwise_sqrt(squares / 32.0f);
    float8 weights[32], least = x[0], most = x[0], sum_w = {0}, sum_x = {0};
    for (int i = 0; i < 32; i++) {
        weights[i] = typical + __builtin_elementwise_abs(x[i]);
        least = select_float8(x[i] < least, x[i], least);
        most = select_float8(x[i] > most, x[i], most);
        sum_w += weights[i];
        sum_x += weights[i] * x[i];
    }
    const float8 zero = {0};
    least = select_float8(least > zero, zero, least);
    const quants8 flat = most == least;
    const float8 flat_least = least;
    float8 inverse = (float)search.greatest / (most - least), best_scale = 1.0f / inverse;
    float8 best_error = {0};
    for (int i = 0; i < 32; i++) {
        quants[i] = clamp_float8(nearest_float8(inverse * (x[i] - least)), 0, search.greatest);
        const float8 difference = best_scale * __builtin_convertvector(quants[i], float8) + least - x[i];
        best_error += weights[i] * (difference * difference);
    }
    for (int step = 0; step <= search.steps; step++) {
        // From the best minimum so far: a find moves the grids still to be tried.
        inverse = (search.first + 0.1f * (float)step + (float)search.greatest) / (most - least);
        quants8 candidates[32];
        float8 sum_l = {0}, sum_ll = {0}, sum_xl = {0};
        for (int i = 0; i < 32; i++) {
            candidates[i] = clamp_float8(nearest_float8(inverse * (x[i] - least)), 0, search.greatest);
            const float8 l = __builtin_convertvector(candidates[i], float8), wl = weights[i] * l;
            sum_l += wl;
            sum_ll += wl * l;
            sum_xl += wl * x[i];
        }
        const float8 determinant = sum_w * sum_ll - sum_l * sum_l;
        float8 scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
        float8 minimum = (sum_ll * sum_x - sum_l * sum_xl) / determinant;
        const quants8 positive = minimum > zero;  // Only offsets downward can be stored.
        minimum = select_float8(positive, zero, minimum);
        scale = select_float8(positive, sum_xl / sum_ll, scale);
        float8 error = {0};
        for (int i = 0; i < 32; i++) {
            const float8 difference = scale * __builtin_convertvector(candidates[i], float8) + minimum - x[i];
            error += weights[i] * (difference * difference);
        }
        const quants8 better = (determinant > zero) & (error < best_error);
        for (int i = 0; i < 32; i++) quants[i] = (better & candidates[i]) | (~better & quants[i]);
        best_error = select_float8(better, error, best_error);
        best_scale = select_float8(better, scale, best_scale);
        least = select_float8(better, minimum, least);
    }
    for (int i = 0; i < 32; i++) quants[i] &= ~flat;
    *scales = select_float8(flat, zero, best_scale);
    *minimums = -select_float8(flat, flat_least, least);
}

TERSE_INLINE float greatest_lane(float8 lanes) {
    float greatest = 0.0f;
    for (int j = 0; j < 8; j++) greatest = lanes[j] > greatest ? lanes[j] : greatest;
    return greatest;
}

// Six-bit integers of what is at most `greatest`.
TERSE_INLINE void quantize_scales(float8 scales, float greatest, uint8_t integers[8]) {
    const float inverse = greatest > 0.0f ? 63.0f / greatest : 0.0f;
    for (int j = 0; j < 8; j++) {
        const uint8_t integer = (uint8_t)terse_nearest(inverse * scales[j]);
        integers[j] = integer < 63 ? integer : 63;
    }
}

// Scales, minimums and quants of a block of 256.
static bool encode_affine(
    const float *x, affine_search search, uint16_t *d_f16, uint16_t *dmin_f16, uint8_t packed[12],
    uint8_t quants[256]) {
    float8 lanes[32], scales, minimums;
    quants8 found[32];
    for (int i = 0; i < 32; i++) {
        for (int j = 0; j < 8; j++) lanes[i][j] = x[32 * j + i];
    }
    search_affine(lanes, search, &scales, &minimums, found);
    const float greatest_scale = greatest_lane(scales), greatest_minimum = greatest_lane(minimums);
    uint8_t integers[16];
    quantize_scales(scales, greatest_scale, integers);
    quantize_scales(minimums, greatest_minimum, integers + 8);
    terse_pack_k_scales(integers, packed);
    const bool fits = terse_store_half(greatest_scale / 63.0f, d_f16);
    if (!terse_store_half(greatest_minimum / 63.0f, dmin_f16) || !fits) return false;
    for (int j = 0; j < 8; j++) {
        const float d = terse_f16_to_f32(*d_f16) * (float)integers[j];
        const float minimum = terse_f16_to_f32(*dmin_f16) * (float)integers[8 + j];
        for (int i = 0; i < 32; i++) {
            int quant = found[i][j];
            if (d != 0.0f) quant = terse_nearest((x[32 * j + i] + minimum) / d);
            quants[32 * j + i] = (uint8_t)(quant < 0 ? 0 : quant > search.greatest ? search.greatest : quant);
        }
    }
    return true;
}

// Low nibbles of groups 2g and 2g + 1 share 32 bytes.
static void pack_pairs(const uint8_t quants[256], uint8_t packed[128]) {
    for (int i = 0; i < 128; i++) {
        const uint8_t *q = quants + i / 32 * 64 + i % 32;
        packed[i] = (uint8_t)((q[0] & 15) | q[32] << 4);
    }
}

bool terse_encode_q4_k(const float *x, terse_block_q4_k *blocks, size_t blocks_count) {
    bool fits = true;
    for (size_t b = 0; b < blocks_count; b++) {
        terse_block_q4_k *block = blocks + b;
        uint8_t quants[256];
        const affine_search search = {.greatest = 15, .first = -1.0f, .steps = 20};
        fits &= encode_affine(x + 256 * b, search, &block->d_f16, &block->dmin_f16, block->scales, quants);
        if (!fits) return false;
        pack_pairs(quants, block->quants);
    }
    return fits;
}

bool terse_encode_q5_k(const float *x, terse_block_q5_k *blocks, size_t blocks_count) {
    bool fits = true;
    for (size_t b = 0; b < blocks_count; b++) {
        terse_block_q5_k *block = blocks + b;
        uint8_t quants[256];
        const affine_search search = {.greatest = 31, .first = -0.5f, .steps = 15};
        fits &= encode_affine(x + 256 * b, search, &block->d_f16, &block->dmin_f16, block->scales, quants);
        if (!fits) return false;
        pack_pairs(quants, block->quants);
        memset(block->high_bits, 0, 32);
        for (int i = 0; i < 256; i++) block->high_bits[i % 32] |= (uint8_t)((quants[i] >> 4) << i / 32);
    }
    return fits;
}

void terse_decode_q4_k(const terse_block_q4_k *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t scales[16];
        const uint8_t *minimums = scales + 8;
        terse_unpack_k_scales(blocks[b].scales, scales);
        const float d = terse_f16_to_f32(blocks[b].d_f16), dmin = terse_f16_to_f32(blocks[b].dmin_f16);
        for (int j = 0; j < 8; j++) {
            const float scale = d * (float)scales[j], minimum = dmin * (float)minimums[j];
            const uint8_t *packed = blocks[b].quants + j / 2 * 32;
            for (int i = 0; i < 32; i++) {
                x[256 * b + 32 * j + i] = scale * (float)(packed[i] >> j % 2 * 4 & 15) - minimum;
            }
        }
    }
}

void terse_decode_q5_k(const terse_block_q5_k *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t scales[16];
        const uint8_t *minimums = scales + 8;
        terse_unpack_k_scales(blocks[b].scales, scales);
        const float d = terse_f16_to_f32(blocks[b].d_f16), dmin = terse_f16_to_f32(blocks[b].dmin_f16);
        for (int j = 0; j < 8; j++) {
            const float scale = d * (float)scales[j], minimum = dmin * (float)minimums[j];
            const uint8_t *packed = blocks[b].quants + j / 2 * 32;
            for (int i = 0; i < 32; i++) {
                const int quant = (packed[i] >> j % 2 * 4 & 15) | (blocks[b].high_bits[i] >> j & 1) << 4;
                x[256 * b + 32 * j + i] = scale * (float)quant - minimum;
            }
        }
    }
}
