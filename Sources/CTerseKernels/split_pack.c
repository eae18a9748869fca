// Splitting: from the blocks of a file to tiles of halves; and which kernels read those.

#include <math.h>

#include "include/terse_codec.h"
#include "scalar/matmul_decode.h"
#include "split.h"

const terse_split_kernels *terse_split_kernels_for(terse_isa isa) {
    switch (isa) {
    case TERSE_ISA_SCALAR: return &terse_split_scalar;
#if defined(__x86_64__)
    case TERSE_ISA_AVX2: return &terse_split_avx2;
    case TERSE_ISA_AVX512: return &terse_split_avx512;
#elif defined(__aarch64__)
    case TERSE_ISA_NEON: return &terse_split_neon;
#endif
    default: return NULL;
    }
}

// Puts three bits of every weight where they belong, four neighbouring columns at a time.
static void put_bits(const uint8_t q[TERSE_ACTIVATION_COLUMNS], int shift, int r,
                     uint8_t (*triples)[3][TERSE_SPLIT_ROWS][4]) {
    for (int pair = 0; pair < TERSE_SPLIT_PAIRS; pair++) {
        uint32_t bits[8];
        for (int f = 0; f < 8; f++) bits[f] = terse_load_u32(q + 32 * pair + 4 * f) >> shift & 0x07070707u;
        const uint32_t lower = 0x03030303u, highest = 0x04040404u;
        const uint32_t bytes[3] = {
            bits[0] | bits[1] << 3 | (bits[6] & lower) << 6,
            bits[2] | bits[3] << 3 | (bits[7] & lower) << 6,
            bits[4] | bits[5] << 3 | (bits[6] & highest) << 4 | (bits[7] & highest) << 5,
        };
        for (int i = 0; i < 3; i++) memcpy(triples[pair][i][r], bytes + i, 4);
    }
}

// Adds Σ (d · s · (lower half − 3.5))², and Σ of the weights' squares.
static void add_squares(const terse_decoded_unit *unit, double *error, double *whole) {
    for (int g = 0; g < 16; g++) {
        int lower = 0, all = 0;
        for (int k = 16 * g; k < 16 * g + 16; k++) {
            const int twice = 2 * ((unit->quants[k] + 32) & 7) - 7;
            lower += twice * twice;
            all += unit->quants[k] * unit->quants[k];
        }
        const double step = (double)unit->d[0] * unit->sub_scales[g];
        *error += step * step * lower / 4;
        *whole += step * step * all;
    }
}

void terse_split_pack(const terse_matrix *w, int64_t row_begin, int64_t row_end, terse_split_upper *upper,
                      terse_split_lower *lower, float *errors) {
    const int64_t units = terse_units(w->columns);
    for (int64_t tile = row_begin; tile < row_end; tile += TERSE_SPLIT_ROWS) {
        memset(upper, 0, (size_t)units * sizeof *upper);
        memset(lower, 0, (size_t)units * sizeof *lower);
        memset(errors, 0, TERSE_SPLIT_ROWS * sizeof *errors);
        for (int r = 0; r < TERSE_SPLIT_ROWS && tile + r < row_end; r++) {
            const uint8_t *row = (const uint8_t *)w->data + (size_t)(tile + r) * w->row_bytes;
            double error = 0, whole = 0;
            for (int64_t u = 0; u < units; u++) {
                terse_decoded_unit unit;
                terse_decode_unit(TERSE_Q6_K, row + u * terse_unit_bytes(TERSE_Q6_K), 8, &unit);
                uint8_t q[TERSE_ACTIVATION_COLUMNS];
                for (int k = 0; k < TERSE_ACTIVATION_COLUMNS; k++) q[k] = (uint8_t)(unit.quants[k] + 32);
                put_bits(q, 3, r, upper[u].triples);
                put_bits(q, 0, r, lower[u].triples);
                for (int g = 0; g < 16; g++) upper[u].scales[g / 2][r][g % 2] = (int8_t)unit.sub_scales[g];
                upper[u].d[r] = unit.d[0];
                add_squares(&unit, &error, &whole);
            }
            // What float32 loses on the way: of either product 2^-24 of what was added up so far with each unit, and a
            // few times of the whole, which is at most the row and what is left out of it.
            const double lost = (double)(units + 8) * 0x1p-23 * (sqrt(whole) + sqrt(error));
            errors[r] = (float)((sqrt(error) + lost) * fabs((double)w->scale) * (1 + 0x1p-20));
        }
        upper += units;
        lower += units;
        errors += TERSE_SPLIT_ROWS;
    }
}

// The inverse of put_bits.
static void take_bits(const uint8_t (*triples)[3][TERSE_SPLIT_ROWS][4], int shift, int r,
                      uint8_t q[TERSE_ACTIVATION_COLUMNS]) {
    for (int pair = 0; pair < TERSE_SPLIT_PAIRS; pair++) {
        uint32_t bytes[3];
        for (int i = 0; i < 3; i++) bytes[i] = terse_load_u32(triples[pair][i][r]);
        for (int f = 0; f < 8; f++) {
            uint32_t bits = f < 6 ? bytes[f / 2] >> 3 * (f % 2) & 0x07070707u
                                  : (bytes[f - 6] >> 6 & 0x03030303u) | (bytes[2] >> f & 0x01010101u) << 2;
            bits = bits << shift | terse_load_u32(q + 32 * pair + 4 * f);
            memcpy(q + 32 * pair + 4 * f, &bits, 4);
        }
    }
}

void terse_split_dequantize(const terse_split_matrix *w, int64_t m, float *x) {
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS, first = m / TERSE_SPLIT_ROWS * units;
    const int r = (int)(m % TERSE_SPLIT_ROWS);
    for (int64_t u = 0; u < units; u++, x += TERSE_ACTIVATION_COLUMNS) {
        const terse_split_upper *upper = w->upper + first + u;
        uint8_t q[TERSE_ACTIVATION_COLUMNS] = {0};
        terse_block_q6_k block = {.d_f16 = terse_f32_to_f16(upper->d[r])};
        take_bits(upper->triples, 3, r, q);
        take_bits(w->lower[first + u].triples, 0, r, q);
        terse_pack_q6_k(q, &block);
        for (int g = 0; g < 16; g++) block.scales[g] = upper->scales[g / 2][r][g % 2];
        terse_dequantize(TERSE_Q6_K, &block, x, TERSE_ACTIVATION_COLUMNS);
    }
}
