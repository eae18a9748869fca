// What tiles of sixteen rows add up with a few rows of x at a time. Included inside a region that targets AVX2.
//
// Lanes are rows, in two halves of eight, so sums need no adding across. Products of unsigned and signed bytes are
// added up in pairs of 16 bits, as many of them as cannot overflow, and become 32 bits in the product with 1 or with
// the scales of a group.

#include "tiled_lines.h"

#define TERSE_TILED_GROUP 4

enum {
    GROUP = TERSE_TILED_GROUP,  // rows of x
    // From so many rows of x on lines are taken apart before: on a Zen 3 Q4_0 by 256 rows takes two thirds of the time
    // then, Q6_K in halves by 16 three quarters.
    PANEL_MIN = 16,
};

// The blocks of a group of rows of x for one unit, and what has been added up for each.
typedef struct {
    const terse_activation_block *blocks[GROUP];
    __m256 acc[HALVES][GROUP];
} group_state;

// Rows of x from row t on, with nothing added up.
TERSE_INLINE void begin_group(const terse_activations *x, int64_t t, const int width, group_state *state) {
    TERSE_EACH(c, width) {
        state->blocks[c] = x->blocks + (t + c) * x->block_stride;
        TERSE_EACH(half, HALVES) state->acc[half][c] = _mm256_setzero_ps();
    }
}

// Writes `count` outputs of each row of x, y_stride apart.
TERSE_INLINE void end_group(const group_state *state, const terse_activations *x, int64_t t, const int width,
                            float scale, int64_t count, float *y, int64_t y_stride) {
    TERSE_EACH(c, width) {
        const __m256 factor = _mm256_set1_ps(x->row_scales[t + c] * scale);
        float sums[ROWS];
        TERSE_EACH(half, HALVES) _mm256_storeu_ps(sums + 8 * half, _mm256_mul_ps(state->acc[half][c], factor));
        memcpy(y + (t + c) * y_stride, sums, (size_t)count * sizeof *sums);
    }
}

// Without this the compiler keeps what it has read of x for one half until the other one, in memory.
TERSE_INLINE void begin_half(group_state *state, const int width) {
    TERSE_EACH(c, width) __asm__("" : "+r"(state->blocks[c]));
}

// Fetches lines that come later into the second cache. For one row of x a few between products: of more at once than a
// processor can wait for it loses count, and a unit of Q6_K at once was half as fast.
TERSE_INLINE void fetch_lines(const uint8_t *lines, int64_t bytes) {
    enum { AHEAD = 2048 };
    for (int64_t line = 0; line < bytes; line += LINE) _mm_prefetch((const char *)lines + line + AHEAD, _MM_HINT_T1);
}

// The four activations of `step` of a unit, the same for all rows of the tile.
TERSE_INLINE __m256i four_of(const terse_activation_block *x, int step) {
    return _mm256_set1_epi32((int)terse_load_u32((const uint8_t *)x->quants + 4 * step));
}

// Adds products of unsigned weights with four activations of each row of x to pairs of 16 bits.
TERSE_INLINE void add_pairs(__m256i weights, const group_state *g, const int width, int step, __m256i pairs[GROUP]) {
    TERSE_EACH(c, width) {
        pairs[c] = _mm256_add_epi16(pairs[c], _mm256_maddubs_epi16(weights, four_of(g->blocks[c], step)));
    }
}

// Adds pairs times a factor of 16 bits for each row to 32 bits, and begins pairs anew.
TERSE_INLINE void add_scaled(__m256i pairs[GROUP], __m256i factors, const int width, __m256i total[GROUP]) {
    TERSE_EACH(c, width) {
        total[c] = _mm256_add_epi32(total[c], _mm256_madd_epi16(pairs[c], factors));
        pairs[c] = _mm256_setzero_si256();
    }
}

TERSE_INLINE void clear(__m256i sums[GROUP], const int width) {
    TERSE_EACH(c, width) sums[c] = _mm256_setzero_si256();
}

// Adds the scales of a pair of groups times the sums of their activations: what a zero point of 1 makes of the pair.
TERSE_INLINE void add_offsets(__m256i scales, int pair, const group_state *state, const int width,
                              __m256i offsets[GROUP]) {
    TERSE_EACH(c, width) {
        const __m256i sums = pair_at(state->blocks[c]->sums16 + 2 * pair);
        offsets[c] = _mm256_add_epi32(offsets[c], _mm256_madd_epi16(scales, sums));
    }
}

// Adds a unit's sum, times d and the activations' scale, to an output.
TERSE_INLINE void add_unit_sum(__m256 sum, __m256 d, int half, int c, group_state *state) {
    const __m256 factor = _mm256_mul_ps(d, _mm256_set1_ps(state->blocks[c]->scales[0]));
    state->acc[half][c] = _mm256_fmadd_ps(sum, factor, state->acc[half][c]);
}
