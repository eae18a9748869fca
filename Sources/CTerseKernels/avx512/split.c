// Split matrices with AVX-512 and VNNI: sixteen rows to a register, up to eight rows of x at a time.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "../split.h"

TERSE_AVX512_BEGIN

#include "tiles.h"
#include "split_lines.h"

enum {
    GROUP = 8,     // rows of x at a time
    AHEAD = 4096,  // bytes that are fetched ahead
};

TERSE_INLINE __m512i as_int32(__m512i scales, int group) {
    return _mm512_srai_epi32(group == 0 ? _mm512_slli_epi32(scales, 16) : scales, 16);
}

// Sums of one unit for each row of x.
typedef struct {
    const terse_activation_block *blocks[GROUP];
    __m512i totals[GROUP];   // of products
    __m512i offsets[GROUP];  // what a zero point of 1 makes
} unit_state;

TERSE_INLINE void fetch_lines(const void *lines, int bytes) {
    TERSE_EACH(i, bytes / LINE) _mm_prefetch((const char *)lines + AHEAD + LINE * i, _MM_HINT_T0);
}

// Adds a pair of groups.
TERSE_INLINE void add_pair(const terse_split_upper *upper, const terse_split_lower *lower, const int is_whole, int pair,
                           const int width, unit_state *state) {
    __m512i upper_triple[3], lower_triple[3];
    load_triple(upper->triples[pair], upper_triple);
    if (is_whole) load_triple(lower->triples[pair], lower_triple);
    const __m512i scales = load_pair_scales(upper->scales[pair]);
    TERSE_EACH(group, 2) {
        // Sums of upper halves fit into 16 bits, being at most 16 · 7 · 127; beside them lies their sign.
        const __m512i scale = is_whole ? as_int32(scales, group) : beside_zero(scales, group);
        __m512i sums[GROUP];
        TERSE_EACH(c, width) sums[c] = _mm512_setzero_si512();
        TERSE_EACH(k, 4) {
            const int f = 4 * group + k;
            const __m512i q = four_columns(upper_triple, lower_triple, is_whole, f);
            TERSE_EACH(c, width) {
                const __m512i four = broadcast(state->blocks[c]->quants + 32 * pair + 4 * f);
                sums[c] = _mm512_dpbusd_epi32(sums[c], q, four);
            }
        }
        TERSE_EACH(c, width) {
            __m512i *total = &state->totals[c];
            *total = is_whole ? _mm512_add_epi32(*total, _mm512_mullo_epi32(sums[c], scale))
                              : _mm512_dpwssd_epi32(*total, sums[c], scale);
        }
    }
    TERSE_EACH(c, width) {
        const __m512i both = broadcast(state->blocks[c]->sums16 + 2 * pair);
        state->offsets[c] = _mm512_dpwssd_epi32(state->offsets[c], scales, both);
    }
}

TERSE_INLINE void add_unit(const terse_split_upper *upper, const terse_split_lower *lower, const int is_whole,
                           const int width, unit_state *state, __m512 acc[GROUP]) {
    TERSE_EACH(c, width) state->totals[c] = state->offsets[c] = _mm512_setzero_si512();
    fetch_lines(upper->scales, sizeof upper->scales + sizeof upper->d);
#pragma clang loop unroll(disable)
    for (int pair = 0; pair < TERSE_SPLIT_PAIRS; pair++) {
        fetch_lines(upper->triples[pair], sizeof upper->triples[pair]);
        if (is_whole) fetch_lines(lower->triples[pair], sizeof lower->triples[pair]);
        add_pair(upper, lower, is_whole, pair, width, state);
    }
    const __m512 d = _mm512_load_ps(upper->d);
    const int zero_point = is_whole ? terse_zero_point(TERSE_Q6_K) : TERSE_SCREENING_ZERO_POINT;
    TERSE_EACH(c, width) {
        const __m512i zero = _mm512_mullo_epi32(state->offsets[c], _mm512_set1_epi32(zero_point));
        const __m512i total = is_whole ? state->totals[c] : _mm512_slli_epi32(state->totals[c], 4);
        const __m512 twice = _mm512_cvtepi32_ps(_mm512_sub_epi32(total, zero));
        const __m512 sum = is_whole ? twice : _mm512_mul_ps(twice, _mm512_set1_ps(0.5f));
        acc[c] = _mm512_fmadd_ps(sum, _mm512_mul_ps(d, _mm512_set1_ps(state->blocks[c]->scales[0])), acc[c]);
    }
}

TERSE_INLINE void multiply_tile(const terse_split_matrix *w, const terse_activations *x, int64_t m, int64_t count,
                                int64_t t, const int width, const int is_whole, float *y, int64_t y_stride) {
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS, first = m / TERSE_SPLIT_ROWS * units;
    __m512 acc[GROUP];
    TERSE_EACH(c, width) acc[c] = _mm512_setzero_ps();
    for (int64_t u = 0; u < units; u++) {
        unit_state state;
        TERSE_EACH(c, width) state.blocks[c] = x->blocks + (t + c) * x->block_stride + u;
        add_unit(w->upper + first + u, w->lower + first + u, is_whole, width, &state, acc);
    }
    TERSE_EACH(c, width) {
        float out[TERSE_SPLIT_ROWS];
        _mm512_storeu_ps(out, _mm512_mul_ps(acc[c], _mm512_set1_ps(x->row_scales[t + c] * w->scale)));
        memcpy(y + (t + c) * y_stride + m, out, (size_t)count * sizeof *out);
    }
}

#define TERSE_SPLIT_GROUP 8
#define TERSE_SPLIT_PANEL terse_avx512_split_panel
#define TERSE_SPLIT_PANEL_MIN (GROUP + 1)
#include "../split_body.h"

// With more rows halves that are put together once take no longer than upper ones that are taken apart for each group.
const terse_split_kernels terse_split_avx512 = {.multiply = multiply, .screen = screen, .screen_rows_max = GROUP};

TERSE_AVX512_END

#endif
