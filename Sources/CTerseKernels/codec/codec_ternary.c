// Ternary types: TQ1_0 and TQ2_0 (256 elements, scaled by the greatest magnitude) and bitnet.cpp's I2_S.
#include "codec_families.h"

// TQ1_0 keeps base-3 digits, the first element in the most significant, as fractions of 256: digits are read from the
// top by multiplying with 3. Byte i of group g holds elements first + i, first + i + width, ….
typedef struct {
    int bytes, width, digits, first;
} trit_group;

static const trit_group trit_groups[3] = {{0, 32, 5, 0}, {32, 16, 5, 160}, {48, 4, 4, 240}};
static const uint8_t powers[5] = {1, 3, 9, 27, 81};

// Each element as 0, 1 or 2 and the scale.
static bool quantize_trits(const float *x, uint16_t *d_f16, uint8_t *trits) {
    const float d = terse_absolute_maximum(x, 256), inverse = terse_inverse_scale(d);
    for (int i = 0; i < 256; i++) trits[i] = (uint8_t)(terse_round_away(x[i] * inverse) + 1);
    return terse_store_half(d, d_f16);
}

bool terse_encode_tq1_0(const float *x, terse_block_tq1_0 *blocks, size_t blocks_count) {
    bool fits = true;
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t trits[256], packed[52];
        fits &= quantize_trits(x + 256 * b, &blocks[b].d_f16, trits);
        for (int g = 0; g < 3; g++) {
            const trit_group group = trit_groups[g];
            for (int i = 0; i < group.width; i++) {
                int number = 0;
                for (int k = 0; k < 5; k++) {
                    number = 3 * number + (k < group.digits ? trits[group.first + k * group.width + i] : 0);
                }
                packed[group.bytes + i] = (uint8_t)((number * 256 + 242) / 243);
            }
        }
        memcpy(blocks[b].quants, packed, 48);
        memcpy(blocks[b].tail, packed + 48, 4);
    }
    return fits;
}

void terse_decode_tq1_0(const terse_block_tq1_0 *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        const float d = terse_f16_to_f32(blocks[b].d_f16);
        uint8_t packed[52];
        memcpy(packed, blocks[b].quants, 48);
        memcpy(packed + 48, blocks[b].tail, 4);
        for (int g = 0; g < 3; g++) {
            const trit_group group = trit_groups[g];
            for (int k = 0; k < group.digits; k++) {
                for (int i = 0; i < group.width; i++) {
                    const uint8_t fraction = (uint8_t)(packed[group.bytes + i] * powers[k]);
                    x[256 * b + group.first + k * group.width + i] = (float)((fraction * 3 >> 8) - 1) * d;
                }
            }
        }
    }
}

bool terse_encode_tq2_0(const float *x, terse_block_tq2_0 *blocks, size_t blocks_count) {
    bool fits = true;
    for (size_t b = 0; b < blocks_count; b++) {
        uint8_t trits[256];
        fits &= quantize_trits(x + 256 * b, &blocks[b].d_f16, trits);
        for (int i = 0; i < 64; i++) {
            const uint8_t *t = trits + i / 32 * 128 + i % 32;
            blocks[b].quants[i] = (uint8_t)(t[0] | t[32] << 2 | t[64] << 4 | t[96] << 6);
        }
    }
    return fits;
}

void terse_decode_tq2_0(const terse_block_tq2_0 *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        const float d = terse_f16_to_f32(blocks[b].d_f16);
        for (int i = 0; i < 256; i++) {
            const uint8_t packed = blocks[b].quants[i / 128 * 32 + i % 32];
            x[256 * b + i] = (float)((packed >> i % 128 / 32 * 2 & 3) - 1) * d;
        }
    }
}

// x86 order: byte i of a block's 32 holds elements i, i + 32, i + 64, i + 96 from the top bits down.
void terse_decode_i2_s(const uint8_t *blocks, float *x, size_t blocks_count) {
    for (size_t b = 0; b < blocks_count; b++) {
        for (int i = 0; i < 128; i++) x[128 * b + i] = (float)((blocks[32 * b + i % 32] >> (6 - i / 32 * 2) & 3) - 1);
    }
}
