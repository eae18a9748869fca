// Matrix × matrix with AVX-512 and VNNI: the tiles of AVX2, sixteen rows to a register, two tiles by eight columns of x
// at a time, or four by up to four.
//
// VNNI adds products of unsigned weights and signed activations in 32 bits. The zero point times the activations' own
// sums is taken off, before or after.
//
// Two-bit ternary weights are interleaved, but not unpacked: only a quarter of a tile is written and read again, which
// few rows of x would not pay for, and shifting and masking in registers goes on beside the products.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "matmul_avx512.h"

TERSE_AVX512_BEGIN

#include "../avx2/matmul_tile_unpack.h"

#define TERSE_COLUMNS_ABOVE_4 1

enum {
    COLUMNS = 8,    // columns of x in registers
    TILES_MAX = 4,  // and tiles, of few columns: enough sums to hide the latency of each
    BASES = 3,      // pointers to every third column
    PANEL = TERSE_MATMUL_PANEL,
};

_Static_assert(3 * BASES >= COLUMNS && 3 * (BASES - 1) < COLUMNS, "every column is a base or one of two behind it");

typedef terse_tile tile;

// Sums of up to 16 pairs of a tile and a column, 16 rows each.
typedef struct {
    __m512i lanes[TILES_MAX][COLUMNS];
} sums;

// Two-bit weights as they are: planes[0][i] has bytes 4 · i … of each row, of which half a unit has 32.
TERSE_INLINE void interleave_tile(terse_type type, const uint8_t *const rows[TILE_ROWS], int64_t offset, int groups,
                                  tile *out) {
    for (int row = 0; row < TILE_ROWS; row += 8) {
        for (int half = 0; half < groups / 4; half++) {
            __m256i bytes[8];
            for (int r = 0; r < 8; r++) bytes[r] = terse_load_256(rows[row + r] + offset + 32 * half);
            terse_store_group(out->planes[0], 8 * half, row, bytes);
        }
        _mm256_store_ps(out->d[0] + row, terse_gather_unit_scale(type, rows + row, offset));
    }
}

TERSE_INLINE void unpack_tile(terse_type type, const uint8_t *const rows[TILE_ROWS], int64_t u, int groups,
                              tile *out) {
    const int64_t offset = u * terse_unit_bytes(type);
    if (terse_is_two_bit(type)) {
        interleave_tile(type, rows, offset, groups, out);
    } else {
        terse_unpack_tile(type, 0, rows, offset, groups, out);
    }
}

// Types with scales of their own within a unit need registers for those, too.
TERSE_INLINE int tiles_at_once(terse_type type, int columns) {
    if (terse_scaling_of(type) == TERSE_SCALES_TERNARY) return columns <= 4 ? 4 : 2;
    return columns <= 4 ? 2 : 1;
}

// Adds the products of `steps` steps of four columns, from `step` of the unit on.
TERSE_INLINE void add_products(sums *s, tile *w, const int tiles, const terse_activation_block *const x[COLUMNS],
                               const int columns, int step, int steps) {
    const int8_t *quants[COLUMNS];
    TERSE_EACH(c, columns) quants[c] = x[c]->quants;
#pragma clang loop unroll(disable)
    for (int k = step; k < step + steps; k++) {
        __m512i v[TILES_MAX];
        TERSE_EACH(i, tiles) v[i] = _mm512_load_si512((const void *)w[i].planes[0][k]);
        TERSE_EACH(c, columns) {
            const __m512i a = _mm512_set1_epi32((int)terse_load_u32((const uint8_t *)quants[c] + 4 * k));
            TERSE_EACH(i, tiles) s->lanes[i][c] = _mm512_dpbusd_epi32(s->lanes[i][c], v[i], a);
        }
    }
}

// acc ← fma(sum, d · scale, acc), or with the product negated.
TERSE_INLINE __m512 scaled(__m512i sum, const float *d, float scale, int negated, __m512 acc) {
    const __m512 factor = _mm512_mul_ps(_mm512_load_ps(d), _mm512_set1_ps(scale));
    const __m512 value = _mm512_cvtepi32_ps(sum);
    return negated ? _mm512_fnmadd_ps(value, factor, acc) : _mm512_fmadd_ps(value, factor, acc);
}

TERSE_INLINE void multiply_tile_32(terse_type type, tile *w, const int tiles, int groups,
                                   const terse_activation_block *const x[COLUMNS], const int columns, float *acc) {
    const int zero_point = type == TERSE_Q8_0 ? 128 : terse_zero_point(type);
    for (int g = 0; g < groups; g++) {
        sums s;
        TERSE_EACH(i, tiles) TERSE_EACH(c, columns) s.lanes[i][c] = _mm512_set1_epi32(-zero_point * x[c]->sums32[g]);
        add_products(&s, w, tiles, x, columns, 8 * g, 8);
        TERSE_EACH(i, tiles) TERSE_EACH(c, columns) {
            float *out = acc + c * PANEL + i * TILE_ROWS;
            __m512 sum = scaled(s.lanes[i][c], w[i].d[g], x[c]->scales[g], 0, _mm512_load_ps(out));
            if (terse_has_minimums(type)) {
                sum = _mm512_fmadd_ps(_mm512_load_ps(w[i].m[g]), _mm512_set1_ps(x[c]->scaled_sums[g]), sum);
            }
            _mm512_store_ps(out, sum);
        }
    }
}

// Pairs of groups side by side: Σ over pairs p of pairs[p] · values[2p …] in each lane.
TERSE_INLINE __m512i pair_products(int16_t (*pairs)[TILE_ROWS][2], const int16_t *values, int count) {
    __m512i sum = _mm512_setzero_si512();
    for (int p = 0; p < count; p++) {
        const __m512i a = _mm512_set1_epi32((int)terse_load_u32((const uint8_t *)(values + 2 * p)));
        sum = _mm512_dpwssd_epi32(sum, _mm512_load_si512((const void *)pairs[p]), a);
    }
    return sum;
}

TERSE_INLINE void multiply_tile_k(terse_type type, tile *w, const int tiles,
                                  const terse_activation_block *const x[COLUMNS], const int columns, float *acc) {
    // Groups of 16 columns that share a sub-scale.
    const int stride = type == TERSE_Q6_K ? 1 : 2;
    sums total;
    TERSE_EACH(i, tiles) TERSE_EACH(c, columns) total.lanes[i][c] = _mm512_setzero_si512();
#pragma clang loop unroll(disable)
    for (int g = 0; g < 16; g += stride) {
        sums s;
        TERSE_EACH(i, tiles) TERSE_EACH(c, columns) s.lanes[i][c] = _mm512_setzero_si512();
        add_products(&s, w, tiles, x, columns, 4 * g, 4 * stride);
        TERSE_EACH(i, tiles) {
            // Each sub-scale is there twice in 16 bits; once in 32 is wanted.
            const __m512i scale = _mm512_srai_epi32(_mm512_load_si512((const void *)w[i].sub_scales[g]), 16);
            TERSE_EACH(c, columns) {
                if (type == TERSE_Q6_K) {
                    const __m512i zero = _mm512_set1_epi32(-terse_zero_point(type) * x[c]->sums16[g]);
                    s.lanes[i][c] = _mm512_add_epi32(s.lanes[i][c], zero);
                }
                const __m512i product = _mm512_mullo_epi32(s.lanes[i][c], scale);
                total.lanes[i][c] = _mm512_add_epi32(total.lanes[i][c], product);
            }
        }
    }
    TERSE_EACH(i, tiles) TERSE_EACH(c, columns) {
        float *out = acc + c * PANEL + i * TILE_ROWS;
        __m512 sum = scaled(total.lanes[i][c], w[i].d[0], x[c]->scales[0], 0, _mm512_load_ps(out));
        if (terse_has_minimums(type)) {
            sum = scaled(pair_products(w[i].minimums, x[c]->sums32, 4), w[i].m[0], x[c]->scales[0], 1, sum);
        }
        _mm512_store_ps(out, sum);
    }
}

// The two bits of every byte from `shift`, a constant, on.
TERSE_INLINE __m512i two_bits(__m512i bytes, int shift) {
    return _mm512_and_si512(_mm512_srl_epi16(bytes, _mm_cvtsi32_si128(shift)), _mm512_set1_epi8(3));
}

// Adds the products of tiles of interleaved two-bit weights: byte b of a unit has columns 128 · (b / 32) + b % 32, and
// those 32, 64 and 96 further.
TERSE_INLINE void add_two_bit_products(sums *s, terse_type type, tile *w, const int tiles, int groups,
                                       const terse_activation_block *const x[COLUMNS], const int columns) {
    // Three pointers and the distance between rows of x stay in registers; eight pointers would not.
    const uint8_t *quants[BASES];
    TERSE_EACH(p, BASES) quants[p] = (const uint8_t *)x[3 * p]->quants;
    intptr_t apart = (const uint8_t *)x[1] - (const uint8_t *)x[0];
#pragma clang loop unroll(disable)
    for (int i = 0; i < 2 * groups; i++) {
        const int column = 128 * (i / 8) + 4 * (i % 8);
        __m512i bits[TILES_MAX];
        // Without this the compiler adds them up before the loop, to the eight pointers.
        __asm__("" : "+r"(apart), "+r"(quants[0]), "+r"(quants[1]), "+r"(quants[2]));
        TERSE_EACH(t, tiles) bits[t] = _mm512_load_si512((const void *)w[t].planes[0][i]);
        TERSE_EACH(field, 4) {
            __m512i v[TILES_MAX];
            TERSE_EACH(t, tiles) v[t] = two_bits(bits[t], type == TERSE_I2_S ? 6 - 2 * field : 2 * field);
            TERSE_EACH(c, columns) {
                const uint8_t *four = quants[c / 3] + c % 3 * apart + column + 32 * field;
                const __m512i a = _mm512_set1_epi32((int)terse_load_u32(four));
                TERSE_EACH(t, tiles) s->lanes[t][c] = _mm512_dpbusd_epi32(s->lanes[t][c], v[t], a);
            }
        }
    }
}

TERSE_INLINE void multiply_tile_ternary(terse_type type, tile *w, const int tiles, int groups,
                                        const terse_activation_block *const x[COLUMNS], const int columns,
                                        float *acc) {
    sums s;
    TERSE_EACH(c, columns) {
        const __m512i start = _mm512_set1_epi32(-(x[c]->half_sums_256[0] + x[c]->half_sums_256[1]));
        TERSE_EACH(i, tiles) s.lanes[i][c] = start;
    }
    if (terse_is_two_bit(type)) {
        add_two_bit_products(&s, type, w, tiles, groups, x, columns);
    } else {
        add_products(&s, w, tiles, x, columns, 0, 8 * groups);
    }
    TERSE_EACH(i, tiles) TERSE_EACH(c, columns) {
        float *out = acc + c * PANEL + i * TILE_ROWS;
        _mm512_store_ps(out, scaled(s.lanes[i][c], w[i].d[0], x[c]->scales[0], 0, _mm512_load_ps(out)));
    }
}

TERSE_INLINE void multiply_tile(terse_type type, tile *w, const int tiles, int groups,
                                const terse_activation_block *const x[COLUMNS], const int columns, float *acc) {
    switch (terse_scaling_of(type)) {
    case TERSE_SCALES_32: multiply_tile_32(type, w, tiles, groups, x, columns, acc); break;
    case TERSE_SCALES_SUB: multiply_tile_k(type, w, tiles, x, columns, acc); break;
    default: multiply_tile_ternary(type, w, tiles, groups, x, columns, acc); break;
    }
}

#include "../matmul_panel.h"

void terse_avx512_tiles(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                        int64_t y_stride) {
    multiply_tiles(w, x, row_begin, row_end, y, y_stride);
}

TERSE_AVX512_END

#endif
