// Matrix × vector with AVX-512 and VNNI for the two-bit ternary types: a register holds the 256 weights of a unit.
//
// As with AVX2, lanes are columns while products add up row after row, and wait until those of eight rows can be
// transposed and summed together.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "matmul_avx512.h"

TERSE_AVX512_BEGIN

#include "../avx2/matmul_reduce.h"
#include "../avx2/matmul_unpack.h"

enum {
    ROWS = 8,
    SEGMENT = 32,           // units whose lanes wait
    PREFETCH_BYTES = 1024,  // how far ahead
};

// 32 quants of the lower and 32 of the upper 128 columns: those whose weights lie in the same two bits.
TERSE_INLINE __m512i activations_at(const terse_activation_block *x, int field) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(terse_load_256(x->quants + 32 * field)),
                              terse_load_256(x->quants + 128 + 32 * field), 1);
}

// The activations of a unit by the two bits of the bytes that they meet: fields[0] the lowest.
TERSE_INLINE void load_fields(terse_type type, const terse_activation_block *x, __m512i fields[4]) {
    for (int f = 0; f < 4; f++) fields[f] = activations_at(x, type == TERSE_TQ2_0 ? f : 3 - f);
}

// The products of one unit, whose bytes are in `bits`; lanes sum to Σ w·a with the zero point in.
TERSE_INLINE __m256i unit_products(__m512i bits, const __m512i fields[4]) {
    const __m512i mask = _mm512_set1_epi8(3);
    __m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_and_si512(bits, mask), fields[0]);
    sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(_mm512_srli_epi16(bits, 2), mask), fields[1]);
    sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(_mm512_srli_epi16(bits, 4), mask), fields[2]);
    sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(_mm512_srli_epi16(bits, 6), mask), fields[3]);
    return _mm256_add_epi32(_mm512_extracti64x4_epi64(sum, 0), _mm512_extracti64x4_epi64(sum, 1));
}

TERSE_INLINE __m256 add_unit(terse_type type, const __m256i lanes[ROWS], const uint8_t *const rows[ROWS],
                             int64_t offset, const terse_activation_block *x, __m256 acc) {
    const __m256i zero = _mm256_set1_epi32(x->half_sums_256[0] + x->half_sums_256[1]);
    const __m256i exact = _mm256_sub_epi32(terse_reduce_32(lanes), zero);
    const __m256 scale = _mm256_mul_ps(terse_gather_unit_scale(type, rows, offset), _mm256_set1_ps(x->scales[0]));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(exact), scale, acc);
}

TERSE_INLINE __m256 multiply_eight(terse_type type, const uint8_t *const rows[ROWS], int64_t columns,
                                   const terse_activation_block *x) {
    __m256 acc = _mm256_setzero_ps();
    const int64_t units = columns / TERSE_ACTIVATION_COLUMNS, bytes = terse_unit_bytes(type);
    __m256i lanes[SEGMENT][ROWS];
    __m512i fields[SEGMENT][4];
    for (int64_t begin = 0; begin < units; begin += SEGMENT) {
        const int64_t end = begin + SEGMENT < units ? begin + SEGMENT : units;
        for (int64_t u = begin; u < end; u++) load_fields(type, x + u, fields[u - begin]);
        for (int r = 0; r < ROWS; r++) {
            const uint8_t *unit = rows[r] + begin * bytes;
            for (int64_t u = begin; u < end; u++, unit += bytes) {
                _mm_prefetch((const char *)unit + PREFETCH_BYTES, _MM_HINT_T0);
                lanes[u - begin][r] = unit_products(_mm512_loadu_si512((const void *)unit), fields[u - begin]);
            }
        }
        for (int64_t u = begin; u < end; u++) acc = add_unit(type, lanes[u - begin], rows, u * bytes, x + u, acc);
    }
    if (columns % TERSE_ACTIVATION_COLUMNS != 0) {  // Half a unit of I2_S; the quants of the other half are zero.
        load_fields(type, x + units, fields[0]);
        for (int r = 0; r < ROWS; r++) {
            const __m512i half = _mm512_inserti64x4(_mm512_setzero_si512(), terse_load_256(rows[r] + units * bytes), 0);
            lanes[0][r] = unit_products(half, fields[0]);
        }
        acc = add_unit(type, lanes[0], rows, units * bytes, x + units, acc);
    }
    return acc;
}

TERSE_INLINE void multiply_rows(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                int64_t row_end, float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += ROWS) {
        const int64_t count = row_end - m < ROWS ? row_end - m : ROWS;
        const uint8_t *rows[ROWS];
        for (int64_t r = 0; r < ROWS; r++) {
            rows[r] = (const uint8_t *)w->data + (size_t)(m + (r < count ? r : count - 1)) * w->row_bytes;
        }
        for (int64_t t = 0; t < x->rows; t++) {
            const __m256 acc = multiply_eight(type, rows, w->columns, x->blocks + t * x->block_stride);
            float out[ROWS];
            _mm256_storeu_ps(out, _mm256_mul_ps(acc, _mm256_set1_ps(x->row_scales[t] * w->scale)));
            memcpy(y + t * y_stride + m, out, (size_t)count * sizeof *out);
        }
    }
}

void terse_avx512_ternary(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                          float *y, int64_t y_stride) {
    if (w->type == TERSE_TQ2_0) {
        multiply_rows(TERSE_TQ2_0, w, x, row_begin, row_end, y, y_stride);
    } else {
        multiply_rows(TERSE_I2_S, w, x, row_begin, row_end, y, y_stride);
    }
}

TERSE_AVX512_END

#endif
