// Matrices in tiles of sixteen rows with AVX2.

#if defined(__x86_64__)

#include <immintrin.h>

#include "../tiled.h"
#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "tiled_groups.h"

// Σ of half a block of Q8_0: weights' magnitudes, which are unsigned, times activations with the weights' signs.
TERSE_INLINE void sum_q8_0(const uint8_t *quants, int half, int g, const group_state *state, const int width,
                           __m256i sums[GROUP]) {
    const __m256i ones = _mm256_set1_epi16(1);
    TERSE_EACH(k, 8) {
        const __m256i weights = _mm256_xor_si256(load_half(quants + k * LINE, half), _mm256_set1_epi8((char)0x80));
        const __m256i magnitudes = _mm256_abs_epi8(weights);
        TERSE_EACH(c, width) {
            const __m256i x = _mm256_sign_epi8(four_of(state->blocks[c], 8 * g + k), weights);
            sums[c] = _mm256_add_epi32(sums[c], _mm256_madd_epi16(_mm256_maddubs_epi16(magnitudes, x), ones));
        }
    }
}

// The same of Q4_0: 8 · 2 · 15 · 127 fits 16 bits.
TERSE_INLINE void sum_q4_0(const uint8_t *quants, int half, int g, const group_state *state, const int width,
                           __m256i sums[GROUP]) {
    __m256i pairs[GROUP];
    clear(pairs, width);
    TERSE_EACH(k, 4) {
        const __m256i bytes = load_half(quants + k * LINE, half);
        add_pairs(masked(bytes, 15), state, width, 8 * g + k, pairs);
        add_pairs(upper_halves(bytes), state, width, 8 * g + 4 + k, pairs);
    }
    add_scaled(pairs, _mm256_set1_epi16(1), width, sums);
    const __m256i minus_zero_point = _mm256_set1_epi16((short)-terse_zero_point(TERSE_Q4_0));
    TERSE_EACH(c, width) {
        const __m256i offset = _mm256_madd_epi16(minus_zero_point, pair_at(state->blocks[c]->sums16 + 2 * g));
        sums[c] = _mm256_add_epi32(sums[c], offset);
    }
}

// Adds a unit of Q8_0 or Q4_0, of which `blocks` blocks are there.
TERSE_INLINE void add_unit_32(terse_type type, const uint8_t *unit, int blocks, const int width, group_state *state) {
    const uint8_t *quants = unit + blocks * 2 * ROWS;
    const int bytes = ROWS * (terse_block_bytes(type) - 2);
#pragma clang loop unroll(disable)
    for (int g = 0; g < blocks; g++, quants += bytes) {
        fetch_lines(quants, bytes);
        TERSE_EACH(half, HALVES) {
            __m256i sums[GROUP];
            begin_half(state, width);
            clear(sums, width);
            if (type == TERSE_Q8_0) {
                sum_q8_0(quants, half, g, state, width, sums);
            } else {
                sum_q4_0(quants, half, g, state, width, sums);
            }
            const __m256 d = load_scales(unit + g * 2 * ROWS, half);
            TERSE_EACH(c, width) {
                const __m256 factor = _mm256_mul_ps(d, _mm256_set1_ps(state->blocks[c]->scales[g]));
                state->acc[half][c] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[c]), factor, state->acc[half][c]);
            }
        }
    }
}

#include "tiled_k.h"

TERSE_INLINE void add_unit(terse_type type, const uint8_t *unit, int blocks, const int width, group_state *state) {
    switch (type) {
    case TERSE_Q4_K: case TERSE_Q5_K: add_unit_with_minimums(type, unit, width, state); break;
    case TERSE_Q6_K: add_unit_q6_k(unit, width, state); break;
    default: add_unit_32(type, unit, blocks, width, state);
    }
}

TERSE_INLINE void multiply_tile(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t m,
                                int count, int64_t t, const int width, float *y, int64_t y_stride) {
    const uint8_t *unit = (const uint8_t *)w->data + (size_t)m * w->row_bytes;
    group_state state;
    begin_group(x, t, width, &state);
    for (int64_t u = 0; u < terse_units(w->columns); u++, unit += ROWS * terse_tiled_unit_bytes(type)) {
        add_unit(type, unit, terse_unit_groups(w->columns, u), width, &state);
        TERSE_EACH(c, width) state.blocks[c]++;
    }
    end_group(&state, x, t, width, w->scale, count, y + m, y_stride);
}

#include "../tiled_body.h"

void terse_avx2_tiled(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride) {
    if (x->rows < PANEL_MIN) {
        multiply_directly(w, x, row_begin, row_end, y, y_stride);
    } else {
        terse_avx2_tiled_panel(w, x, row_begin, row_end, y, y_stride);
    }
}

TERSE_AVX2_END

#endif
