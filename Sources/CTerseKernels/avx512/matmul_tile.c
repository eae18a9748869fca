// Matrix × matrix with AVX-512 and VNNI: the tiles of AVX2, sixteen rows to a register, twelve columns of x at a time.
//
// VNNI adds products of unsigned weights and signed activations in 32 bits. Sums start from the zero point times the
// activations' own sums, negated.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "matmul_avx512.h"

TERSE_AVX512_BEGIN

#include "../avx2/matmul_tile_unpack.h"

#define TERSE_COLUMNS_ABOVE_4 1

enum {
    COLUMNS = 12,  // columns of x in registers: enough to hide the latency of their sums
    PANEL = TERSE_MATMUL_PANEL,
};

typedef terse_tile tile;

// Sums of up to COLUMNS columns × 16 rows.
typedef struct {
    __m512i lanes[COLUMNS];
} sums;

TERSE_INLINE void unpack_tile(terse_type type, const uint8_t *const rows[TILE_ROWS], int64_t offset, int groups,
                              tile *out) {
    terse_unpack_tile(type, 0, rows, offset, groups, out);
}

// Adds the products of `steps` steps of four columns, from `step` of the unit on.
TERSE_INLINE void add_products(sums *s, tile *w, const terse_activation_block *const x[COLUMNS], int columns, int step,
                               int steps) {
    for (int k = step; k < step + steps; k++) {
        const __m512i v = _mm512_load_si512((const void *)w->planes[0][k]);
        for (int c = 0; c < columns; c++) {
            const __m512i a = _mm512_set1_epi32((int)terse_load_u32((const uint8_t *)x[c]->quants + 4 * k));
            s->lanes[c] = _mm512_dpbusd_epi32(s->lanes[c], v, a);
        }
    }
}

// acc ← fma(sum, d · scale, acc), or with the product negated.
TERSE_INLINE __m512 scaled(__m512i sum, const float *d, float scale, int negated, __m512 acc) {
    const __m512 factor = _mm512_mul_ps(_mm512_load_ps(d), _mm512_set1_ps(scale));
    const __m512 value = _mm512_cvtepi32_ps(sum);
    return negated ? _mm512_fnmadd_ps(value, factor, acc) : _mm512_fmadd_ps(value, factor, acc);
}

TERSE_INLINE void multiply_tile_32(terse_type type, tile *w, int groups, const terse_activation_block *const x[COLUMNS],
                                   int columns, float *acc) {
    const int zero_point = type == TERSE_Q8_0 ? 128 : terse_zero_point(type);
    __m512 out[COLUMNS];
    for (int c = 0; c < columns; c++) out[c] = _mm512_load_ps(acc + c * PANEL);
    for (int g = 0; g < groups; g++) {
        sums s;
        for (int c = 0; c < columns; c++) s.lanes[c] = _mm512_set1_epi32(-zero_point * x[c]->sums32[g]);
        add_products(&s, w, x, columns, 8 * g, 8);
        for (int c = 0; c < columns; c++) {
            out[c] = scaled(s.lanes[c], w->d[g], x[c]->scales[g], 0, out[c]);
            if (terse_has_minimums(type)) {
                out[c] = _mm512_fmadd_ps(_mm512_load_ps(w->m[g]), _mm512_set1_ps(x[c]->scaled_sums[g]), out[c]);
            }
        }
    }
    for (int c = 0; c < columns; c++) _mm512_store_ps(acc + c * PANEL, out[c]);
}

TERSE_INLINE void multiply_tile_k(terse_type type, tile *w, const terse_activation_block *const x[COLUMNS], int columns,
                                  float *acc) {
    // Groups of 16 columns that share a sub-scale.
    const int stride = type == TERSE_Q6_K ? 1 : 2;
    sums total;
    for (int c = 0; c < columns; c++) total.lanes[c] = _mm512_setzero_si512();
    for (int g = 0; g < 16; g += stride) {
        sums s;
        for (int c = 0; c < columns; c++) s.lanes[c] = _mm512_set1_epi32(-terse_zero_point(type) * x[c]->sums16[g]);
        add_products(&s, w, x, columns, 4 * g, 4 * stride);
        // Each sub-scale is there twice in 16 bits; once in 32 is wanted.
        const __m512i scale = _mm512_srai_epi32(_mm512_load_si512((const void *)w->sub_scales[g]), 16);
        for (int c = 0; c < columns; c++) {
            total.lanes[c] = _mm512_add_epi32(total.lanes[c], _mm512_mullo_epi32(s.lanes[c], scale));
        }
    }
    for (int c = 0; c < columns; c++) {
        __m512 out = scaled(total.lanes[c], w->d[0], x[c]->scales[0], 0, _mm512_load_ps(acc + c * PANEL));
        if (terse_has_minimums(type)) {
            __m512i minimums = _mm512_setzero_si512();
            for (int p = 0; p < 4; p++) {
                const __m512i pair = _mm512_load_si512((const void *)w->minimums[p]);
                const __m512i a = _mm512_set1_epi32((int)terse_load_u32((const uint8_t *)(x[c]->sums32 + 2 * p)));
                minimums = _mm512_dpwssd_epi32(minimums, pair, a);
            }
            out = scaled(minimums, w->m[0], x[c]->scales[0], 1, out);
        }
        _mm512_store_ps(acc + c * PANEL, out);
    }
}

TERSE_INLINE void multiply_tile(terse_type type, tile *w, int groups, const terse_activation_block *const x[COLUMNS],
                                int columns, float *acc) {
    sums s;
    switch (terse_scaling_of(type)) {
    case TERSE_SCALES_32: multiply_tile_32(type, w, groups, x, columns, acc); break;
    case TERSE_SCALES_SUB: multiply_tile_k(type, w, x, columns, acc); break;
    default:
        for (int c = 0; c < columns; c++) {
            s.lanes[c] = _mm512_set1_epi32(-(x[c]->half_sums_256[0] + x[c]->half_sums_256[1]));
        }
        add_products(&s, w, x, columns, 0, 8 * groups);
        for (int c = 0; c < columns; c++) {
            float *out = acc + c * PANEL;
            _mm512_store_ps(out, scaled(s.lanes[c], w->d[0], x[c]->scales[0], 0, _mm512_load_ps(out)));
        }
        break;
    }
}

#include "../matmul_panel.h"

void terse_avx512_tiles(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                        int64_t y_stride) {
    multiply_tiles(w, x, row_begin, row_end, y, y_stride);
}

TERSE_AVX512_END

#endif
