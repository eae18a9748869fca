// Matrix × matrix with NEON: tiles of 16 rows × 256 columns in cache, four columns of x at a time in registers.

#if defined(__aarch64__)

#include <arm_neon.h>

#include "matmul_neon.h"

TERSE_NEON_BEGIN

#include "matmul_unpack.h"

#include "matmul_tile_products.h"

// Stores 16 columns of four rows from k / 4 = step on: a transposition of 4 × 4 words.
TERSE_INLINE void store_quads(tile *out, int step, int row, const int8x16_t v[4]) {
    const int32x4_t a = vreinterpretq_s32_s8(v[0]), b = vreinterpretq_s32_s8(v[1]);
    const int32x4_t c = vreinterpretq_s32_s8(v[2]), d = vreinterpretq_s32_s8(v[3]);
    const int64x2_t ab[2] = {vreinterpretq_s64_s32(vtrn1q_s32(a, b)), vreinterpretq_s64_s32(vtrn2q_s32(a, b))};
    const int64x2_t cd[2] = {vreinterpretq_s64_s32(vtrn1q_s32(c, d)), vreinterpretq_s64_s32(vtrn2q_s32(c, d))};
    for (int i = 0; i < 2; i++) {
        vst1q_s8(out->quants[step + i][row], vreinterpretq_s8_s64(vtrn1q_s64(ab[i], cd[i])));
        vst1q_s8(out->quants[step + 2 + i][row], vreinterpretq_s8_s64(vtrn2q_s64(ab[i], cd[i])));
    }
}

TERSE_INLINE void unpack_scales(terse_type type, const uint8_t *const rows[4], int64_t offset, int groups, int row,
                                tile *out) {
    if (terse_scaling_of(type) == TERSE_SCALES_32) {
        for (int g = 0; g < groups; g++) {
            const int64_t block = offset + g * terse_block_bytes(type);
            vst1q_f32(out->d[g] + row, gather_f16(rows, block));
            if (terse_has_minimums(type)) vst1q_f32(out->m[g] + row, gather_f16(rows, block + 2));
        }
        return;
    }
    vst1q_f32(out->d[0] + row, gather_unit_scale(type, rows, offset));
    if (terse_has_minimums(type)) vst1q_f32(out->m[0] + row, gather_f16(rows, offset + 2));
    for (int r = 0; r < 4 && terse_scaling_of(type) == TERSE_SCALES_SUB; r++) {
        sub_scales sub;
        load_sub_scales(type, rows[r] + offset, &sub);
        for (int g = 0; g < 16; g++) out->sub_scales[g][row + r] = sub.scales[g];
        for (int g = 0; g < 8 && terse_has_minimums(type); g++) out->minimums[g][row + r] = sub.minimums[g];
    }
}

// The first `groups` groups of 32 columns of the unit at `offset` of 16 rows.
TERSE_INLINE void unpack_tile(terse_type type, const uint8_t *const rows[TILE_ROWS], int64_t u, int groups,
                              tile *out) {
    const int64_t offset = u * terse_unit_bytes(type);
    for (int row = 0; row < TILE_ROWS; row += 4) {
        for (int g = 0; g < groups; g++) {
            int8x16_t low[4], high[4];
            for (int r = 0; r < 4; r++) {
                const group_32 w = unpack_32(type, rows[row + r] + offset, g);
                low[r] = w.half[0];
                high[r] = w.half[1];
            }
            store_quads(out, 8 * g, row, low);
            store_quads(out, 8 * g + 4, row, high);
        }
        unpack_scales(type, rows + row, offset, groups, row, out);
    }
}

#include "../matmul_panel.h"

void terse_neon_tiles(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride) {
    multiply_tiles(w, x, row_begin, row_end, y, y_stride);
}

TERSE_NEON_END

#endif
