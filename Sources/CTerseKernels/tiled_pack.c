// Laying out: from the blocks of a file to tiles of sixteen rows; and which kernels read those.

#include "include/terse_tiled.h"
#include "matmul_blocks.h"

#if defined(__x86_64__)
void terse_avx512_tiled(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                        int64_t y_stride);
#endif

enum { ROWS = TERSE_TILED_ROWS };

terse_multiply_function terse_tiled_kernel(terse_isa isa, uint32_t type) {
#if defined(__x86_64__)
    if (isa == TERSE_ISA_AVX512 && (type == TERSE_Q8_0 || type == TERSE_Q4_0 || type == TERSE_Q4_K)) {
        return terse_avx512_tiled;
    }
#endif
    (void)isa, (void)type;
    return NULL;
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

static void pack_q4_k(const terse_block_q4_k *block, int r, uint8_t *unit) {
    uint8_t scales[16];
    terse_unpack_k_scales(block->scales, scales);
    memcpy(unit + 2 * r, &block->d_f16, 2);
    memcpy(unit + 2 * (ROWS + r), &block->dmin_f16, 2);
    uint8_t *halves = unit + 4 * ROWS, *others = halves + 8 * ROWS, *quants = others + 4 * ROWS;
    for (int g = 0; g < 8; g++) {
        const int scale = scales[g], minimum = scales[8 + g];
        halves[g * ROWS + r] = (uint8_t)((scale & 15) | (minimum & 15) << 4);
        others[g % 4 * ROWS + r] |= (uint8_t)((scale >> 4 | minimum >> 4 << 2) << g / 4 * 4);
    }
    put_bytes(block->quants, 32, 0, r, quants);
}

void terse_tiled_pack(const terse_matrix *w, int64_t row_begin, int64_t row_end, uint8_t *tiles) {
    const int unit_bytes = terse_unit_bytes(w->type);
    for (int64_t tile = row_begin; tile < row_end; tile += ROWS, tiles += ROWS * w->row_bytes) {
        memset(tiles, 0, ROWS * w->row_bytes);
        for (int r = 0; r < ROWS && tile + r < row_end; r++) {
            const uint8_t *row = (const uint8_t *)w->data + (size_t)(tile + r) * w->row_bytes;
            for (int64_t u = 0; u < terse_units(w->columns); u++) {
                const uint8_t *from = row + u * unit_bytes;
                uint8_t *unit = tiles + u * ROWS * unit_bytes;
                const int blocks = terse_unit_groups(w->columns, u);
                if (w->type == TERSE_Q4_K) {
                    pack_q4_k((const terse_block_q4_k *)from, r, unit);
                } else {
                    pack_blocks(w->type, from, r, blocks, unit);
                }
            }
        }
    }
}
