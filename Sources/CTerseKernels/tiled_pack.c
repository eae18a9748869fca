// Laying out: from the blocks of a file to tiles of sixteen rows; and which kernels read those.

#include "include/terse_codec.h"
#include "scalar/matmul_decode.h"
#include "tiled.h"

enum { ROWS = TERSE_TILED_ROWS };

static bool has_tiles(uint32_t type) {
    switch (type) {
#define CASE(TYPE) case TYPE:
        TERSE_EACH_TILED_TYPE(CASE)
#undef CASE
        return true;
    default: return false;
    }
}

terse_multiply_function terse_tiled_kernel(terse_isa isa, uint32_t type) {
    if (!has_tiles(type)) return NULL;
    switch (isa) {
#if defined(__x86_64__)
    case TERSE_ISA_AVX2: return terse_avx2_tiled;
    case TERSE_ISA_AVX512: return terse_avx512_tiled;
#endif
    default: return NULL;
    }
}

// Puts row r's bytes, four to a line, into lines of a tile, `flip` in each of them inverted.
static void put_bytes(const uint8_t *bytes, int lines, uint32_t flip, int r, uint8_t *out) {
    for (int line = 0; line < lines; line++) {
        const uint32_t four = terse_load_u32(bytes + 4 * line) ^ flip;
        memcpy(out + (line * ROWS + r) * 4, &four, 4);
    }
}

static void pack_blocks(terse_type type, const uint8_t *row, int r, int blocks, uint8_t *unit) {
    const int bytes = terse_block_bytes(type), lines = (bytes - 2) / 4;
    uint8_t *quants = unit + blocks * ROWS * 2;
    for (int g = 0; g < blocks; g++, row += bytes, quants += lines * ROWS * 4) {
        memcpy(unit + (g * ROWS + r) * 2, row, 2);
        put_bytes(row + 2, lines, type == TERSE_Q8_0 ? 0x80808080u : 0, r, quants);
    }
}

// Q4_K and Q5_K, which begin alike.
static void pack_with_minimums(terse_type type, const uint8_t *block, int r, uint8_t *unit) {
    uint8_t scales[16];
    terse_unpack_k_scales(block + 4, scales);
    memcpy(unit + 2 * r, block, 2);
    memcpy(unit + 2 * (ROWS + r), block + 2, 2);
    uint8_t *halves = unit + 4 * ROWS, *others = halves + 8 * ROWS, *quants = others + 4 * ROWS;
    for (int g = 0; g < 8; g++) {
        const int scale = scales[g], minimum = scales[8 + g];
        halves[g * ROWS + r] = (uint8_t)((scale & 15) | (minimum & 15) << 4);
        others[g % 4 * ROWS + r] |= (uint8_t)((scale >> 4 | minimum >> 4 << 2) << g / 4 * 4);
    }
    if (type == TERSE_Q4_K) {
        put_bytes(((const terse_block_q4_k *)block)->quants, 32, 0, r, quants);
    } else {
        const terse_block_q5_k *five = (const terse_block_q5_k *)block;
        put_bytes(five->high_bits, 8, 0, r, quants);
        put_bytes(five->quants, 32, 0, r, quants + 8 * 4 * ROWS);
    }
}

static void pack_q6_k(const uint8_t *block, int r, uint8_t *unit) {
    terse_decoded_unit decoded;
    terse_decode_unit(TERSE_Q6_K, block, 8, &decoded);
    memcpy(unit + 4 * r, decoded.d, 4);
    uint8_t *scales = unit + 4 * ROWS, *lines = scales + 16 * ROWS;
    for (int g = 0; g < 16; g++) scales[(g / 2 * ROWS + r) * 2 + g % 2] = (uint8_t)decoded.sub_scales[g];
    for (int k = 0; k < TERSE_ACTIVATION_COLUMNS; k++) {
        const int q = decoded.quants[k] + 32, pair = k / 32, quad = k % 32 / 4;
        const int low = 6 * pair + quad % 4, high = 6 * pair + 4 + quad % 2;
        lines[(low * ROWS + r) * 4 + k % 4] |= (uint8_t)((q & 15) << quad / 4 * 4);
        lines[(high * ROWS + r) * 4 + k % 4] |= (uint8_t)(q >> 4 << quad / 2 * 2);
    }
}

size_t terse_tiled_row_bytes(terse_type type, int64_t columns) {
    const int64_t whole = terse_units(columns) - 1, last = terse_unit_groups(columns, whole);
    return (size_t)(whole * terse_tiled_unit_bytes(type) + last * terse_tiled_unit_bytes(type) / 8);
}

void terse_tiled_pack(const terse_matrix *w, int64_t row_begin, int64_t row_end, uint8_t *tiles) {
    const int unit_bytes = terse_unit_bytes(w->type), tiled_bytes = ROWS * terse_tiled_unit_bytes(w->type);
    const size_t tile_bytes = ROWS * terse_tiled_row_bytes(w->type, w->columns);
    for (int64_t tile = row_begin; tile < row_end; tile += ROWS, tiles += tile_bytes) {
        memset(tiles, 0, tile_bytes);
        for (int r = 0; r < ROWS && tile + r < row_end; r++) {
            const uint8_t *row = (const uint8_t *)w->data + (size_t)(tile + r) * w->row_bytes;
            for (int64_t u = 0; u < terse_units(w->columns); u++) {
                const uint8_t *from = row + u * unit_bytes;
                uint8_t *unit = tiles + u * tiled_bytes;
                switch (w->type) {
                case TERSE_Q4_K: case TERSE_Q5_K: pack_with_minimums(w->type, from, r, unit); break;
                case TERSE_Q6_K: pack_q6_k(from, r, unit); break;
                default: pack_blocks(w->type, from, r, terse_unit_groups(w->columns, u), unit);
                }
            }
        }
    }
}

// The inverse of put_bytes.
static void take_bytes(const uint8_t *in, int lines, uint32_t flip, int r, uint8_t *bytes) {
    for (int line = 0; line < lines; line++) {
        const uint32_t four = terse_load_u32(in + (line * ROWS + r) * 4) ^ flip;
        memcpy(bytes + 4 * line, &four, 4);
    }
}

static void unpack_blocks(terse_type type, const uint8_t *unit, int r, int blocks, uint8_t *row) {
    const int bytes = terse_block_bytes(type), lines = (bytes - 2) / 4;
    const uint8_t *quants = unit + blocks * ROWS * 2;
    for (int g = 0; g < blocks; g++, row += bytes, quants += lines * ROWS * 4) {
        memcpy(row, unit + (g * ROWS + r) * 2, 2);
        take_bytes(quants, lines, type == TERSE_Q8_0 ? 0x80808080u : 0, r, row + 2);
    }
}

static void unpack_with_minimums(terse_type type, const uint8_t *unit, int r, uint8_t *block) {
    const uint8_t *halves = unit + 4 * ROWS, *others = halves + 8 * ROWS, *quants = others + 4 * ROWS;
    uint8_t scales[16];
    for (int g = 0; g < 8; g++) {
        const int low = halves[g * ROWS + r], high = others[g % 4 * ROWS + r] >> g / 4 * 4 & 15;
        scales[g] = (uint8_t)((low & 15) | (high & 3) << 4);
        scales[8 + g] = (uint8_t)(low >> 4 | high >> 2 << 4);
    }
    memcpy(block, unit + 2 * r, 2);
    memcpy(block + 2, unit + 2 * (ROWS + r), 2);
    terse_pack_k_scales(scales, block + 4);
    if (type == TERSE_Q4_K) {
        take_bytes(quants, 32, 0, r, ((terse_block_q4_k *)block)->quants);
    } else {
        terse_block_q5_k *five = (terse_block_q5_k *)block;
        take_bytes(quants, 8, 0, r, five->high_bits);
        take_bytes(quants + 8 * 4 * ROWS, 32, 0, r, five->quants);
    }
}

static void unpack_q6_k(const uint8_t *unit, int r, terse_block_q6_k *block) {
    const uint8_t *scales = unit + 4 * ROWS, *lines = scales + 16 * ROWS;
    uint8_t quants[TERSE_ACTIVATION_COLUMNS];
    for (int k = 0; k < TERSE_ACTIVATION_COLUMNS; k++) {
        const int pair = k / 32, quad = k % 32 / 4, low = 6 * pair + quad % 4, high = 6 * pair + 4 + quad % 2;
        quants[k] = (uint8_t)((lines[(low * ROWS + r) * 4 + k % 4] >> quad / 4 * 4 & 15) |
                              (lines[(high * ROWS + r) * 4 + k % 4] >> quad / 2 * 2 & 3) << 4);
    }
    terse_pack_q6_k(quants, block);
    for (int g = 0; g < 16; g++) block->scales[g] = (int8_t)scales[(g / 2 * ROWS + r) * 2 + g % 2];
    float d;
    memcpy(&d, unit + 4 * r, 4);
    block->d_f16 = terse_f32_to_f16(d);
}

void terse_tiled_dequantize(const terse_matrix *w, int64_t m, float *x) {
    const int r = (int)(m % ROWS);
    const uint8_t *unit = (const uint8_t *)w->data + (size_t)(m - r) * w->row_bytes;
    for (int64_t u = 0; u < terse_units(w->columns); u++) {
        const int groups = terse_unit_groups(w->columns, u);
        _Alignas(4) uint8_t blocks[8 * sizeof(terse_block_q8_0)];  // of the largest type
        switch (w->type) {
        case TERSE_Q4_K: case TERSE_Q5_K: unpack_with_minimums(w->type, unit, r, blocks); break;
        case TERSE_Q6_K: unpack_q6_k(unit, r, (terse_block_q6_k *)blocks); break;
        default: unpack_blocks(w->type, unit, r, groups, blocks);
        }
        terse_dequantize(w->type, blocks, x + u * TERSE_ACTIVATION_COLUMNS, (size_t)groups * 32);
        unit += ROWS * terse_tiled_unit_bytes(w->type);
    }
}
