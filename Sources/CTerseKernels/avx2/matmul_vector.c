// Matrix × vector with AVX2: eight rows at a time, unpacked in registers from the mapped layout.
//
// Lanes are columns while products add up; then the lanes of eight rows are transposed and summed together, so that
// the float accumulation runs with lanes as rows in the canonical order.

#if defined(__x86_64__)

#include <immintrin.h>

#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "matmul_reduce.h"
#include "matmul_unpack.h"

enum { ROWS = 8 };

// Σ w·a for 32 columns, whose pairs fit 16 bits.
TERSE_INLINE __m256i products_16(terse_type type, const uint8_t *unit, int g, const terse_activation_block *x, int xg) {
    return _mm256_maddubs_epi16(terse_unpack_32(type, unit, g), terse_load_256(x->quants + 32 * xg));
}

// Σ w·a for one block of Q8_0: the sign moves to the activation. |w| = 128 is fine as an unsigned byte.
TERSE_INLINE __m256i products_q8_0(const uint8_t *block, __m256i a) {
    const __m256i w = terse_load_256(block + 2);
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_sign_epi8(w, w), _mm256_sign_epi8(a, w));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

// The exact sums of group g of eight rows of a 32-column type.
TERSE_INLINE __m256i group_sums(terse_type type, const uint8_t *const rows[ROWS], int64_t offset,
                                const terse_activation_block *x, int g) {
    __m256i sums[ROWS];
    if (type == TERSE_Q8_0) {
        const __m256i a = terse_load_256(x->quants + 32 * g);
        for (int r = 0; r < ROWS; r++) sums[r] = products_q8_0(rows[r] + offset, a);
        return terse_reduce_32(sums);
    }
    if (type == TERSE_Q5_1) {  // 31 · 127 · 16 does not fit 16 bits.
        for (int r = 0; r < ROWS; r++) {
            sums[r] = _mm256_madd_epi16(products_16(type, rows[r] + offset, 0, x, g), _mm256_set1_epi16(1));
        }
        return terse_reduce_32(sums);
    }
    for (int r = 0; r < ROWS; r++) sums[r] = products_16(type, rows[r] + offset, 0, x, g);
    return terse_widen_halves(terse_reduce_16(sums), terse_zero_halves(x->sums16 + 2 * g, terse_zero_point(type)));
}

TERSE_INLINE __m256 multiply_32(terse_type type, const uint8_t *const rows[ROWS], int64_t columns, int64_t ahead,
                                const terse_activation_block *x) {
    __m256 acc = _mm256_setzero_ps();
    const int64_t blocks = columns / 32;
    for (int64_t b = 0; b < blocks; b++) {
        const int64_t offset = b * terse_block_bytes(type);
        const terse_activation_block *unit = x + b / 8;
        const int g = (int)(b % 8);
        for (int r = 0; r < ROWS && b % 2 == 0; r++) _mm_prefetch((const char *)rows[r] + offset + ahead, _MM_HINT_T0);
        const __m256 sums = _mm256_cvtepi32_ps(group_sums(type, rows, offset, unit, g));
        const __m256 scale = _mm256_mul_ps(terse_gather_f16(rows, offset), _mm256_broadcast_ss(unit->scales + g));
        acc = _mm256_fmadd_ps(sums, scale, acc);
        if (terse_has_minimums(type)) {
            acc = _mm256_fmadd_ps(terse_gather_f16(rows, offset + 2), _mm256_broadcast_ss(unit->scaled_sums + g), acc);
        }
    }
    return acc;
}

// The 16-bit products of a ternary unit; the order of the two-bit fields spares masks and shifts.
TERSE_INLINE __m256i ternary_products(terse_type type, const uint8_t *unit, int groups, const terse_activation_block *x) {
    __m256i sum = products_16(type, unit, 0, x, 0);
    for (int g = 1; g < 8; g++) {
        if (g < groups) sum = _mm256_add_epi16(sum, products_16(type, unit, g, x, g));
    }
    return sum;
}

TERSE_INLINE __m256 multiply_ternary_unit(terse_type type, const uint8_t *const rows[ROWS], int64_t offset, int groups,
                                          const terse_activation_block *x, __m256 acc) {
    __m256i sums[ROWS];
    for (int r = 0; r < ROWS; r++) sums[r] = ternary_products(type, rows[r] + offset, groups, x);
    const __m256i exact = terse_widen_halves(terse_reduce_16(sums), terse_zero_halves(x->half_sums_256, 1));
    const __m256 scale = _mm256_mul_ps(terse_gather_unit_scale(type, rows, offset), _mm256_broadcast_ss(x->scales));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(exact), scale, acc);
}

TERSE_INLINE void prefetch_unit(const uint8_t *const rows[ROWS], int64_t offset, int bytes) {
    for (int r = 0; r < ROWS; r++) {
        for (int line = 0; line < bytes; line += 64) _mm_prefetch((const char *)rows[r] + offset + line, _MM_HINT_T0);
    }
}

TERSE_INLINE __m256 multiply_ternary(terse_type type, const uint8_t *const rows[ROWS], int64_t columns, int64_t ahead,
                                     const terse_activation_block *x) {
    __m256 acc = _mm256_setzero_ps();
    const int64_t units = columns / TERSE_ACTIVATION_COLUMNS;
    int64_t offset = 0;
    for (int64_t u = 0; u < units; u++, offset += terse_unit_bytes(type)) {
        prefetch_unit(rows, offset + ahead, 64);
        acc = multiply_ternary_unit(type, rows, offset, 8, x + u, acc);
    }
    if (type == TERSE_I2_S && columns % TERSE_ACTIVATION_COLUMNS != 0) {
        acc = multiply_ternary_unit(type, rows, offset, 4, x + units, acc);
    }
    return acc;
}

// Scales and minimums of a K block: sub-scales as 16-bit pairs that match the halves of each group of 32 columns.
typedef struct {
    __m256i scales;    // 16 sub-scales of Q6_K, or 8 scales in both halves
    __m128i minimums;  // 8
} sub_scales;

TERSE_INLINE sub_scales load_sub_scales(terse_type type, const uint8_t *unit) {
    sub_scales out;
    if (type == TERSE_Q6_K) {
        out.scales = _mm256_cvtepi8_epi16(terse_load_128(((const terse_block_q6_k *)unit)->scales));
        out.minimums = _mm_setzero_si128();
        return out;
    }
    uint8_t bytes[16];
    terse_unpack_k_scales(unit + 4, bytes);
    const __m256i words = _mm256_cvtepu8_epi16(terse_load_128(bytes));
    out.scales = _mm256_permute4x64_epi64(words, 0x44);
    out.minimums = _mm256_extracti128_si256(words, 1);
    return out;
}

// The 16-bit scale of group g in every lane; for Q6_K its two scales in the two halves.
TERSE_INLINE __m256i scale_of_group(terse_type type, __m256i scales, int g) {
    const char low = (char)(2 * (g % 4 * 2)), step = 2;
    if (type == TERSE_Q6_K) {
        // Scale 2g sits in half g / 4, so both of a group are in the same half.
        const __m256i half =
            g < 4 ? _mm256_permute4x64_epi64(scales, 0x44) : _mm256_permute4x64_epi64(scales, 0xee);
        const __m256i pick = _mm256_set_m128i(_mm_set1_epi16((short)((low + step) | (low + step + 1) << 8)),
                                              _mm_set1_epi16((short)(low | (low + 1) << 8)));
        return _mm256_shuffle_epi8(half, pick);
    }
    return _mm256_shuffle_epi8(scales, _mm256_set1_epi16((short)(2 * g | (2 * g + 1) << 8)));
}

// Lanes that sum to Σ_g s[g]·Σ w·a of a K block, zero point removed.
TERSE_INLINE __m256i k_products(terse_type type, const uint8_t *unit, __m256i scales, const terse_activation_block *x) {
    __m256i total = _mm256_setzero_si256();
    for (int g = 0; g < 8; g++) {
        const __m256i pairs = products_16(type, unit, g, x, g);
        total = _mm256_add_epi32(total, _mm256_madd_epi16(pairs, scale_of_group(type, scales, g)));
    }
    if (type == TERSE_Q6_K) {
        const __m256i zeros = _mm256_madd_epi16(scales, terse_load_256(x->sums16));
        total = _mm256_sub_epi32(total, _mm256_slli_epi32(zeros, 5));
    }
    return total;
}

TERSE_INLINE __m256 multiply_k(terse_type type, const uint8_t *const rows[ROWS], int64_t columns, int64_t ahead,
                               const terse_activation_block *x) {
    __m256 acc = _mm256_setzero_ps();
    const int64_t units = columns / TERSE_ACTIVATION_COLUMNS;
    for (int64_t u = 0; u < units; u++, x++) {
        const int64_t offset = u * terse_unit_bytes(type);
        prefetch_unit(rows, offset + ahead, terse_unit_bytes(type));
        __m256i sums[ROWS], minimums[ROWS];
        for (int r = 0; r < ROWS; r++) {
            const sub_scales sub = load_sub_scales(type, rows[r] + offset);
            sums[r] = k_products(type, rows[r] + offset, sub.scales, x);
            minimums[r] = _mm256_castsi128_si256(_mm_madd_epi16(sub.minimums, terse_load_128(x->sums32)));
        }
        const __m256 activation_scale = _mm256_broadcast_ss(x->scales);
        const __m256 d = _mm256_mul_ps(terse_gather_unit_scale(type, rows, offset), activation_scale);
        acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(terse_reduce_32(sums)), d, acc);
        if (terse_has_minimums(type)) {
            __m256i quads[4];
            for (int r = 0; r < 4; r++) {
                quads[r] = _mm256_inserti128_si256(minimums[r], _mm256_castsi256_si128(minimums[r + 4]), 1);
            }
            const __m256i pairs[2] = {_mm256_hadd_epi32(quads[0], quads[1]), _mm256_hadd_epi32(quads[2], quads[3])};
            const __m256 m = _mm256_mul_ps(terse_gather_f16(rows, offset + 2), activation_scale);
            acc = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(_mm256_hadd_epi32(pairs[0], pairs[1])), m, acc);
        }
    }
    return acc;
}

// All columns of x with the rows of one group of eight after the other.
TERSE_INLINE void multiply_rows(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                int64_t row_end, float *y, int64_t y_stride) {
    const int64_t ahead = ROWS * (int64_t)w->row_bytes;
    for (int64_t m = row_begin; m < row_end; m += ROWS) {
        const int64_t count = row_end - m < ROWS ? row_end - m : ROWS;
        const uint8_t *rows[ROWS];
        for (int64_t r = 0; r < ROWS; r++) {
            rows[r] = (const uint8_t *)w->data + (size_t)(m + (r < count ? r : count - 1)) * w->row_bytes;
        }
        for (int64_t t = 0; t < x->rows; t++) {
            const terse_activation_block *blocks = x->blocks + t * x->block_stride;
            __m256 acc;
            switch (terse_scaling_of(type)) {
            case TERSE_SCALES_32: acc = multiply_32(type, rows, w->columns, ahead, blocks); break;
            case TERSE_SCALES_SUB: acc = multiply_k(type, rows, w->columns, ahead, blocks); break;
            default: acc = multiply_ternary(type, rows, w->columns, ahead, blocks); break;
            }
            float out[ROWS];
            _mm256_storeu_ps(out, _mm256_mul_ps(acc, _mm256_set1_ps(x->row_scales[t] * w->scale)));
            memcpy(y + t * y_stride + m, out, (size_t)count * sizeof *out);
        }
    }
}

void terse_avx2_vector(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                       int64_t y_stride) {
    switch (w->type) {
#define CASE(TYPE) \
    case TYPE: multiply_rows(TYPE, w, x, row_begin, row_end, y, y_stride); break;
        CASE(TERSE_Q8_0)
        CASE(TERSE_Q4_0)
        CASE(TERSE_Q4_1)
        CASE(TERSE_Q5_0)
        CASE(TERSE_Q5_1)
        CASE(TERSE_Q4_K)
        CASE(TERSE_Q5_K)
        CASE(TERSE_Q6_K)
        CASE(TERSE_TQ1_0)
        CASE(TERSE_TQ2_0)
        CASE(TERSE_I2_S)
#undef CASE
    default: break;
    }
}

TERSE_AVX2_END

#endif
