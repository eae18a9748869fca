// Tiles: 16 rows × 256 columns of any quantised type, interleaved so that SIMD lanes are rows. Included inside a region
// that targets AVX2 or more.
#ifndef TERSE_AVX2_MATMUL_TILE_UNPACK_H
#define TERSE_AVX2_MATMUL_TILE_UNPACK_H

#include "matmul_unpack.h"

enum { TILE_ROWS = 16 };

typedef struct {
    // [k / 4][row][k % 4], unsigned with the zero point in. Two planes of nibbles for Q8_0 where products of whole
    // bytes would not fit 16 bits: w = 16 · (planes[1] − 8) + planes[0]. AVX-512 has two-bit weights here as they are
    // packed: [byte / 4][row][byte % 4].
    _Alignas(64) uint8_t planes[2][64][TILE_ROWS][4];
    _Alignas(64) float d[8][TILE_ROWS];          // of each 32 columns, or [0] of the unit
    _Alignas(64) float m[8][TILE_ROWS];          // minimums likewise
    _Alignas(64) int16_t sub_scales[16][TILE_ROWS][2];  // of each 16 columns, twice
    _Alignas(64) int16_t minimums[4][TILE_ROWS][2];     // of two groups of 32 columns
} terse_tile;

// Stores 32 columns of eight rows from k / 4 = step on.
TERSE_INLINE void terse_store_group(uint8_t plane[64][TILE_ROWS][4], int step, int row, __m256i v[8]) {
    terse_transpose_8x8(v);
    for (int i = 0; i < 8; i++) _mm256_store_si256((__m256i *)plane[step + i][row], v[i]);
}

// `split`: whether Q8_0 is taken apart into nibbles; else it is stored as w + 128.
TERSE_INLINE void terse_unpack_group(terse_type type, int split, const uint8_t *const rows[8], int64_t offset, int g,
                                     int row, terse_tile *tile) {
    __m256i low[8], high[8];
    for (int r = 0; r < 8; r++) low[r] = terse_unpack_32(type, rows[r] + offset, g);
    if (type == TERSE_Q8_0) {
        for (int r = 0; r < 8; r++) {
            low[r] = _mm256_xor_si256(low[r], _mm256_set1_epi8((char)0x80));
            high[r] = terse_bits(low[r], 4, 15);
            if (split) low[r] = terse_bits(low[r], 0, 15);
        }
        if (split) terse_store_group(tile->planes[1], 8 * g, row, high);
    }
    terse_store_group(tile->planes[0], 8 * g, row, low);
}

// Groups 4 · half … of the types whose bytes hold bits of several groups: the bytes are transposed once, and then taken
// apart.
TERSE_INLINE void terse_unpack_half(terse_type type, const uint8_t *const rows[8], int64_t offset, int half, int row,
                                    terse_tile *tile) {
    const int low_bytes = terse_is_two_bit(type) ? 32 : 64;
    const int64_t low_offset = offset + (type == TERSE_Q4_K ? 16 : 0) + half * low_bytes;
    __m256i first[8], second[8], high[8];
    for (int r = 0; r < 8; r++) {
        first[r] = terse_load_256(rows[r] + low_offset);
        if (low_bytes == 64) second[r] = terse_load_256(rows[r] + low_offset + 32);
        if (type == TERSE_Q6_K) high[r] = terse_load_256(rows[r] + offset + 128 + half * 32);
    }
    terse_transpose_8x8(first);
    if (low_bytes == 64) terse_transpose_8x8(second);
    if (type == TERSE_Q6_K) terse_transpose_8x8(high);
    for (int i = 0; i < 8; i++) {
        __m256i groups[4];
        switch (type) {
        case TERSE_Q4_K:
            for (int g = 0; g < 4; g++) groups[g] = terse_bits(g < 2 ? first[i] : second[i], g % 2 * 4, 15);
            break;
        case TERSE_Q6_K:
            for (int g = 0; g < 4; g++) {
                const __m256i placed =
                    g < 2 ? _mm256_slli_epi16(high[i], 4 - 2 * g) : _mm256_srli_epi16(high[i], 2 * g - 4);
                groups[g] = _mm256_or_si256(terse_bits(g % 2 == 0 ? first[i] : second[i], g / 2 * 4, 15),
                                            _mm256_and_si256(placed, _mm256_set1_epi8(48)));
            }
            break;
        default:
            for (int g = 0; g < 4; g++) groups[g] = terse_bits(first[i], type == TERSE_I2_S ? 6 - 2 * g : 2 * g, 3);
        }
        for (int g = 0; g < 4; g++) {
            _mm256_store_si256((__m256i *)tile->planes[0][8 * (4 * half + g) + i][row], groups[g]);
        }
    }
}

// Whether terse_unpack_half knows the type.
TERSE_INLINE int terse_shares_bytes(terse_type type) {
    return terse_is_two_bit(type) || type == TERSE_Q4_K || type == TERSE_Q6_K;
}

// Sub-scales twice each and minimums in pairs, as 32-bit words of eight rows, transposed.
TERSE_INLINE void terse_unpack_sub_scales(terse_type type, const uint8_t *const rows[8], int64_t offset, int row,
                                          terse_tile *tile) {
    __m256i low[8], high[8], minimums[8];
    for (int r = 0; r < 8; r++) {
        const uint8_t *unit = rows[r] + offset;
        if (type == TERSE_Q6_K) {
            const __m256i scales = _mm256_cvtepi8_epi16(terse_load_128(((const terse_block_q6_k *)unit)->scales));
            low[r] = _mm256_unpacklo_epi16(scales, scales);   // 0…3, 8…11
            high[r] = _mm256_unpackhi_epi16(scales, scales);  // 4…7, 12…15
        } else {
            uint8_t bytes[16];
            terse_unpack_k_scales(unit + 4, bytes);
            const __m256i words = _mm256_cvtepu8_epi16(terse_load_128(bytes));
            low[r] = _mm256_cvtepu16_epi32(_mm256_castsi256_si128(words));
            low[r] = _mm256_or_si256(low[r], _mm256_slli_epi32(low[r], 16));
            minimums[r] = _mm256_permute4x64_epi64(words, 0xee);
        }
    }
    terse_transpose_8x8(low);
    if (type == TERSE_Q6_K) {
        terse_transpose_8x8(high);
        for (int i = 0; i < 8; i++) {
            const int first = i < 4 ? i : i + 4;
            _mm256_store_si256((__m256i *)tile->sub_scales[first][row], low[i]);
            _mm256_store_si256((__m256i *)tile->sub_scales[first + 4][row], high[i]);
        }
        return;
    }
    terse_transpose_8x8(minimums);
    for (int g = 0; g < 8; g++) {
        _mm256_store_si256((__m256i *)tile->sub_scales[2 * g][row], low[g]);
        _mm256_store_si256((__m256i *)tile->sub_scales[2 * g + 1][row], low[g]);
        if (g < 4) _mm256_store_si256((__m256i *)tile->minimums[g][row], minimums[g]);
    }
}

// The first `groups` groups of 32 columns of the unit at `offset` of 16 rows.
TERSE_INLINE void terse_unpack_tile(terse_type type, int split, const uint8_t *const rows[TILE_ROWS], int64_t offset,
                                    int groups, terse_tile *tile) {
    for (int row = 0; row < TILE_ROWS; row += 8) {
        const uint8_t *const *eight = rows + row;
        if (terse_scaling_of(type) == TERSE_SCALES_32) {
            for (int g = 0; g < groups; g++) {
                terse_unpack_group(type, split, eight, offset, g, row, tile);
                const int64_t block = offset + g * terse_block_bytes(type);
                _mm256_store_ps(tile->d[g] + row, terse_gather_f16(eight, block));
                if (terse_has_minimums(type)) _mm256_store_ps(tile->m[g] + row, terse_gather_f16(eight, block + 2));
            }
        } else {
            if (terse_shares_bytes(type)) {
                for (int half = 0; half < groups / 4; half++) {
                    terse_unpack_half(type, eight, offset, half, row, tile);
                }
            } else {
#pragma clang loop unroll(full)
                for (int g = 0; g < 8; g++) {  // Shifts and addresses become constants.
                    if (g < groups) terse_unpack_group(type, split, eight, offset, g, row, tile);
                }
            }
            _mm256_store_ps(tile->d[0] + row, terse_gather_unit_scale(type, eight, offset));
            if (terse_has_minimums(type)) _mm256_store_ps(tile->m[0] + row, terse_gather_f16(eight, offset + 2));
            if (terse_scaling_of(type) == TERSE_SCALES_SUB) terse_unpack_sub_scales(type, eight, offset, row, tile);
        }
    }
}

#endif
