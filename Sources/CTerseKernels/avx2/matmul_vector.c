// Matrix × vector with AVX2: eight rows at a time, unpacked in registers from the mapped layout.
//
// Lanes are columns while products add up, row after row, so that memory is read in order and ahead of need by the
// processor. The lanes wait in the nearest cache until those of eight rows can be transposed and summed together; then
// the float accumulation runs with lanes as rows in the canonical order.

#if defined(__x86_64__)

#include <immintrin.h>

#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "matmul_reduce.h"
#include "matmul_unpack.h"

enum {
    ROWS = 8,
    SEGMENT = 32,             // scaling units whose lanes wait
    PREFETCH_BYTES = 1024,    // how far ahead; measured
};

// Lanes of products of up to SEGMENT units of eight rows.
typedef __m256i waiting_lanes[SEGMENT][ROWS];

// Σ w·a for 32 columns, whose pairs fit 16 bits.
TERSE_INLINE __m256i products_16(terse_type type, const uint8_t *unit, int g, const terse_activation_block *x) {
    return _mm256_maddubs_epi16(terse_unpack_32(type, unit, g), terse_load_256(x->quants + 32 * g));
}

// Σ w·a for one block of Q8_0: the sign moves to the activation. |w| = 128 is fine as an unsigned byte.
TERSE_INLINE __m256i products_q8_0(const uint8_t *block, __m256i a) {
    const __m256i w = terse_load_256(block + 2);
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_sign_epi8(w, w), _mm256_sign_epi8(a, w));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

// Eight blocks of one row of a 32-column type: their exact sums and scales, lanes being blocks.
typedef struct {
    __m256i sums;
    __m256 d, m;
} row_unit;

// The float16 values at one place of `count` consecutive blocks, zeros after them.
TERSE_INLINE __m256 gather_blocks(terse_type type, const uint8_t *first, int count) {
    const int bytes = terse_block_bytes(type);
    if (count < 8) {
        uint16_t halves[8] = {0};
        for (int g = 0; g < count; g++) halves[g] = terse_load_u16(first + g * bytes);
        return _mm256_cvtph_ps(terse_load_128(halves));
    }
    const uint8_t *blocks[8];
    for (int g = 0; g < 8; g++) blocks[g] = first + g * bytes;
    return terse_gather_f16(blocks, 0);
}

TERSE_INLINE row_unit load_row_unit(terse_type type, const uint8_t *unit, int groups, const terse_activation_block *x) {
    __m256i lanes[8];
    for (int g = 0; g < 8; g++) {
        if (g >= groups) {
            lanes[g] = _mm256_setzero_si256();
        } else if (type == TERSE_Q8_0) {
            lanes[g] = products_q8_0(unit + g * terse_block_bytes(type), terse_load_256(x->quants + 32 * g));
        } else {
            lanes[g] = products_16(type, unit, g, x);
            // 31 · 127 · 16 does not fit 16 bits.
            if (type == TERSE_Q5_1) lanes[g] = _mm256_madd_epi16(lanes[g], _mm256_set1_epi16(1));
        }
    }
    row_unit out;
    if (type == TERSE_Q8_0 || type == TERSE_Q5_1) {
        out.sums = terse_reduce_32(lanes);
    } else {
        // Half h of group g starts from −zero point · sums16[2g + h].
        const __m256i order = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0f0e0b0a07060302, 0x0d0c090805040100));
        const __m256i sorted = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(terse_load_256(x->sums16), order), 0xd8);
        const __m256i zero = _mm256_mullo_epi16(sorted, _mm256_set1_epi16((short)terse_zero_point(type)));
        out.sums = terse_widen_halves(terse_reduce_16(lanes), zero);
    }
    out.d = _mm256_mul_ps(gather_blocks(type, unit, groups), _mm256_loadu_ps(x->scales));
    out.m = terse_has_minimums(type) ? gather_blocks(type, unit + 2, groups) : _mm256_setzero_ps();
    return out;
}

// Adds a unit of eight rows, block after block with lanes as rows.
TERSE_INLINE __m256 add_row_units(terse_type type, const row_unit units[ROWS], int groups,
                                  const terse_activation_block *x, __m256 acc) {
    __m256i sums[ROWS], d[ROWS], m[ROWS];
    for (int r = 0; r < ROWS; r++) {
        sums[r] = units[r].sums;
        d[r] = _mm256_castps_si256(units[r].d);
        m[r] = _mm256_castps_si256(units[r].m);
    }
    terse_transpose_8x8(sums);
    terse_transpose_8x8(d);
    if (terse_has_minimums(type)) terse_transpose_8x8(m);
    for (int g = 0; g < groups; g++) {
        acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[g]), _mm256_castsi256_ps(d[g]), acc);
        if (terse_has_minimums(type)) {
            acc = _mm256_fmadd_ps(_mm256_castsi256_ps(m[g]), _mm256_broadcast_ss(x->scaled_sums + g), acc);
        }
    }
    return acc;
}

TERSE_INLINE void prefetch_unit(terse_type type, const uint8_t *unit) {
    for (int line = 0; line < terse_unit_bytes(type); line += 64) {
        _mm_prefetch((const char *)unit + line + PREFETCH_BYTES, _MM_HINT_T0);
    }
}

TERSE_INLINE __m256 multiply_32(terse_type type, const uint8_t *const rows[ROWS], int64_t columns,
                                const terse_activation_block *x) {
    __m256 acc = _mm256_setzero_ps();
    const int64_t whole = columns / TERSE_ACTIVATION_COLUMNS, bytes = terse_unit_bytes(type);
    const int rest = (int)(columns % TERSE_ACTIVATION_COLUMNS / 32);
    row_unit waiting[SEGMENT][ROWS];
    for (int64_t begin = 0; begin < whole; begin += SEGMENT) {
        const int64_t end = begin + SEGMENT < whole ? begin + SEGMENT : whole;
        for (int r = 0; r < ROWS; r++) {
            const uint8_t *unit = rows[r] + begin * bytes;
            for (int64_t u = begin; u < end; u++, unit += bytes) {
                prefetch_unit(type, unit);
                waiting[u - begin][r] = load_row_unit(type, unit, 8, x + u);
            }
        }
        for (int64_t u = begin; u < end; u++) acc = add_row_units(type, waiting[u - begin], 8, x + u, acc);
    }
    if (rest > 0) {
        for (int r = 0; r < ROWS; r++) waiting[0][r] = load_row_unit(type, rows[r] + whole * bytes, rest, x + whole);
        acc = add_row_units(type, waiting[0], rest, x + whole, acc);
    }
    return acc;
}

// The 16-bit products of the first `groups` groups of a ternary unit.
TERSE_INLINE __m256i ternary_products(terse_type type, const uint8_t *unit, int groups,
                                      const terse_activation_block *x) {
    __m256i sum = products_16(type, unit, 0, x);
#pragma clang loop unroll(full)
    for (int g = 1; g < groups; g++) sum = _mm256_add_epi16(sum, products_16(type, unit, g, x));
    return sum;
}

TERSE_INLINE __m256 add_ternary_unit(terse_type type, const __m256i lanes[ROWS], const uint8_t *const rows[ROWS],
                                     int64_t offset, const terse_activation_block *x, __m256 acc) {
    const __m256i exact = terse_widen_halves(terse_reduce_16(lanes), terse_zero_halves(x->half_sums_256, 1));
    const __m256 scale = _mm256_mul_ps(terse_gather_unit_scale(type, rows, offset), _mm256_broadcast_ss(x->scales));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(exact), scale, acc);
}

TERSE_INLINE __m256 multiply_ternary(terse_type type, const uint8_t *const rows[ROWS], int64_t columns,
                                     const terse_activation_block *x) {
    __m256 acc = _mm256_setzero_ps();
    const int64_t units = columns / TERSE_ACTIVATION_COLUMNS, bytes = terse_unit_bytes(type);
    waiting_lanes lanes;
    for (int64_t begin = 0; begin < units; begin += SEGMENT) {
        const int64_t end = begin + SEGMENT < units ? begin + SEGMENT : units;
        for (int r = 0; r < ROWS; r++) {
            const uint8_t *unit = rows[r] + begin * bytes;
            for (int64_t u = begin; u < end; u++, unit += bytes) {
                prefetch_unit(type, unit);
                lanes[u - begin][r] = ternary_products(type, unit, 8, x + u);
            }
        }
        for (int64_t u = begin; u < end; u++) {
            acc = add_ternary_unit(type, lanes[u - begin], rows, u * bytes, x + u, acc);
        }
    }
    if (type == TERSE_I2_S && columns % TERSE_ACTIVATION_COLUMNS != 0) {
        for (int r = 0; r < ROWS; r++) lanes[0][r] = ternary_products(type, rows[r] + units * bytes, 4, x + units);
        acc = add_ternary_unit(type, lanes[0], rows, units * bytes, x + units, acc);
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
#pragma clang loop unroll(full)
    for (int g = 0; g < 8; g++) {
        const __m256i pairs = products_16(type, unit, g, x);
        total = _mm256_add_epi32(total, _mm256_madd_epi16(pairs, scale_of_group(type, scales, g)));
    }
    if (type == TERSE_Q6_K) {
        const __m256i zeros = _mm256_madd_epi16(scales, terse_load_256(x->sums16));
        total = _mm256_sub_epi32(total, _mm256_slli_epi32(zeros, 5));
    }
    return total;
}

// The sums of the four lanes of eight registers.
TERSE_INLINE __m256i reduce_quads(const __m128i rows[ROWS]) {
    __m256i quads[4];
    for (int r = 0; r < 4; r++) quads[r] = _mm256_set_m128i(rows[r + 4], rows[r]);
    return _mm256_hadd_epi32(_mm256_hadd_epi32(quads[0], quads[1]), _mm256_hadd_epi32(quads[2], quads[3]));
}

TERSE_INLINE __m256 multiply_k(terse_type type, const uint8_t *const rows[ROWS], int64_t columns,
                               const terse_activation_block *x) {
    __m256 acc = _mm256_setzero_ps();
    const int64_t units = columns / TERSE_ACTIVATION_COLUMNS, bytes = terse_unit_bytes(type);
    waiting_lanes lanes;
    __m128i minimums[SEGMENT][ROWS];
    for (int64_t begin = 0; begin < units; begin += SEGMENT) {
        const int64_t end = begin + SEGMENT < units ? begin + SEGMENT : units;
        for (int r = 0; r < ROWS; r++) {
            const uint8_t *unit = rows[r] + begin * bytes;
            for (int64_t u = begin; u < end; u++, unit += bytes) {
                prefetch_unit(type, unit);
                const sub_scales sub = load_sub_scales(type, unit);
                lanes[u - begin][r] = k_products(type, unit, sub.scales, x + u);
                if (terse_has_minimums(type)) {
                    minimums[u - begin][r] = _mm_madd_epi16(sub.minimums, terse_load_128(x[u].sums32));
                }
            }
        }
        for (int64_t u = begin; u < end; u++) {
            const __m256 scale = _mm256_broadcast_ss(x[u].scales);
            const __m256 d = _mm256_mul_ps(terse_gather_unit_scale(type, rows, u * bytes), scale);
            acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(terse_reduce_32(lanes[u - begin])), d, acc);
            if (terse_has_minimums(type)) {
                const __m256 m = _mm256_mul_ps(terse_gather_f16(rows, u * bytes + 2), scale);
                acc = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(reduce_quads(minimums[u - begin])), m, acc);
            }
        }
    }
    return acc;
}

// All columns of x with the rows of one group of eight after the other.
TERSE_INLINE void multiply_rows(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                int64_t row_end, float *y, int64_t y_stride) {
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
            case TERSE_SCALES_32: acc = multiply_32(type, rows, w->columns, blocks); break;
            case TERSE_SCALES_SUB: acc = multiply_k(type, rows, w->columns, blocks); break;
            default: acc = multiply_ternary(type, rows, w->columns, blocks); break;
            }
            float out[ROWS];
            _mm256_storeu_ps(out, _mm256_mul_ps(acc, _mm256_set1_ps(x->row_scales[t] * w->scale)));
            memcpy(y + t * y_stride + m, out, (size_t)count * sizeof *out);
        }
    }
}

void terse_avx2_vector(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                       int64_t y_stride) {
#define CASE(TYPE) \
    case TYPE: multiply_rows(TYPE, w, x, row_begin, row_end, y, y_stride); break;
    switch (w->type) {
        TERSE_EACH_QUANTIZED_TYPE(CASE)
    default: break;
    }
#undef CASE
}

TERSE_AVX2_END

#endif
