// Split matrices with NEON: four rows to a register, up to four rows of x at a time.

#if defined(__aarch64__)

#include <arm_neon.h>

#include "../split.h"
#include "matmul_neon.h"

TERSE_NEON_BEGIN

#include "split_lines.h"

enum { QUADS = TERSE_SPLIT_ROWS / 4, GROUP = 4, LINE = 64 };

// The blocks of a group of rows of x for one unit, and what has been added up for each.
typedef struct {
    const terse_activation_block *blocks[GROUP];
    float32x4_t acc[QUADS][GROUP];
} group_state;

TERSE_INLINE void fetch_lines(const void *lines, int bytes) {
    enum { AHEAD = 2048 };
    TERSE_EACH(i, bytes / LINE) __builtin_prefetch((const char *)lines + AHEAD + LINE * i);
}

// One step of four columns, which are lane K of a; the instruction takes the lane as an immediate operand.
#define ADD_STEP(K) \
    do { \
        const int8x16_t q = four_columns(upper_triple, lower_triple, is_whole, 4 * group + K); \
        TERSE_EACH(c, width) sums[c] = vdotq_laneq_s32(sums[c], q, a[c], K); \
    } while (0)

// Adds a pair of groups, of four rows.
TERSE_INLINE void add_pair(const terse_split_upper *upper, const terse_split_lower *lower, const int is_whole, int pair,
                           int quad, const int width, const group_state *state, int32x4_t totals[GROUP]) {
    const int zero_point = is_whole ? terse_zero_point(TERSE_Q6_K) : TERSE_SCREENING_ZERO_POINT;
    uint8x16_t upper_triple[3], lower_triple[3];
    int32x4_t scales[2];
    load_triple(upper->triples[pair], 4 * quad, upper_triple);
    if (is_whole) load_triple(lower->triples[pair], 4 * quad, lower_triple);
    load_pair_scales(upper->scales[pair], 4 * quad, scales);
    TERSE_EACH(group, 2) {
        int8x16_t a[GROUP];
        int32x4_t sums[GROUP];
        TERSE_EACH(c, width) {
            a[c] = vld1q_s8(state->blocks[c]->quants + 32 * pair + 16 * group);
            sums[c] = vdupq_n_s32(-zero_point * state->blocks[c]->sums16[2 * pair + group]);
        }
        ADD_STEP(0);
        ADD_STEP(1);
        ADD_STEP(2);
        ADD_STEP(3);
        TERSE_EACH(c, width) totals[c] = vmlaq_s32(totals[c], sums[c], scales[group]);
    }
}

#undef ADD_STEP

TERSE_INLINE void add_unit(const terse_split_upper *upper, const terse_split_lower *lower, const int is_whole,
                           const int width, group_state *state) {
    TERSE_EACH(quad, QUADS) {
        int32x4_t totals[GROUP];
        TERSE_EACH(c, width) totals[c] = vdupq_n_s32(0);
        if (quad == 0) fetch_lines(upper->scales, sizeof upper->scales + sizeof upper->d);
#pragma clang loop unroll(disable)
        for (int pair = 0; pair < TERSE_SPLIT_PAIRS; pair++) {
            if (quad == 0) fetch_lines(upper->triples[pair], sizeof upper->triples[pair]);
            if (quad == 0 && is_whole) fetch_lines(lower->triples[pair], sizeof lower->triples[pair]);
            add_pair(upper, lower, is_whole, pair, quad, width, state, totals);
        }
        TERSE_EACH(c, width) {
            const float32x4_t factor = vmulq_n_f32(vld1q_f32(upper->d + 4 * quad), state->blocks[c]->scales[0]);
            const float32x4_t sum = vcvtq_f32_s32(totals[c]);
            state->acc[quad][c] = vfmaq_f32(state->acc[quad][c], is_whole ? sum : vmulq_n_f32(sum, 0.5f), factor);
        }
    }
}

TERSE_INLINE void multiply_tile(const terse_split_matrix *w, const terse_activations *x, int64_t m, int64_t count,
                                int64_t t, const int width, const int is_whole, float *y, int64_t y_stride) {
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS, first = m / TERSE_SPLIT_ROWS * units;
    group_state state;
    TERSE_EACH(c, width) {
        state.blocks[c] = x->blocks + (t + c) * x->block_stride;
        TERSE_EACH(quad, QUADS) state.acc[quad][c] = vdupq_n_f32(0);
    }
    for (int64_t u = first; u < first + units; u++) {
        add_unit(w->upper + u, w->lower + u, is_whole, width, &state);
        TERSE_EACH(c, width) state.blocks[c]++;
    }
    TERSE_EACH(c, width) {
        float out[TERSE_SPLIT_ROWS];
        const float factor = x->row_scales[t + c] * w->scale;
        TERSE_EACH(quad, QUADS) vst1q_f32(out + 4 * quad, vmulq_n_f32(state.acc[quad][c], factor));
        memcpy(y + (t + c) * y_stride + m, out, (size_t)count * sizeof *out);
    }
}

// Neither 8 nor 16 was measured; with AVX2 they are 16 and 16.
#define TERSE_SPLIT_GROUP 4
#define TERSE_SPLIT_PANEL terse_neon_split_panel
#define TERSE_SPLIT_PANEL_MIN 8
#include "../split_body.h"

const terse_split_kernels terse_split_neon = {.multiply = multiply, .screen = screen, .screen_rows_max = 16};

TERSE_NEON_END

#endif
