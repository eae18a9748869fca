// Split matrices with NEON, with many rows of x.

#if defined(__aarch64__)

#include <arm_neon.h>

#include "../split.h"
#include "matmul_neon.h"

TERSE_NEON_BEGIN

#include "matmul_tile_products.h"
#include "split_lines.h"

TERSE_INLINE void unpack_tile(const terse_split_upper *upper, const terse_split_lower *lower, tile *out) {
    const int8x16_t zero_point = vdupq_n_s8((int8_t)terse_zero_point(TERSE_Q6_K));
    memcpy(out->d[0], upper->d, sizeof upper->d);
    for (int pair = 0; pair < TERSE_SPLIT_PAIRS; pair++) {
        TERSE_EACH(quad, QUADS) {
            uint8x16_t upper_triple[3], lower_triple[3];
            int32x4_t scales[2];
            load_triple(upper->triples[pair], 4 * quad, upper_triple);
            load_triple(lower->triples[pair], 4 * quad, lower_triple);
            load_pair_scales(upper->scales[pair], 4 * quad, scales);
            TERSE_EACH(f, 8) {
                const int8x16_t q = four_columns(upper_triple, lower_triple, 1, f);
                vst1q_s8(out->quants[8 * pair + f][4 * quad], vsubq_s8(q, zero_point));
            }
            TERSE_EACH(group, 2) vst1q_s32(out->sub_scales[2 * pair + group] + 4 * quad, scales[group]);
        }
    }
}

#include "../split_panel_body.h"

void terse_neon_split_panel(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                            float *y, int64_t y_stride) {
    multiply_panels(w, x, row_begin, row_end, y, y_stride);
}

TERSE_NEON_END

#endif
