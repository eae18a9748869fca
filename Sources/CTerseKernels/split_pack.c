// Splitting: from the blocks of a file to tiles of halves; and which kernels read those.

#include <math.h>

#include "include/terse_split.h"
#include "scalar/matmul_decode.h"

extern const terse_split_kernels terse_split_scalar;
extern const terse_split_kernels terse_split_avx512;

const terse_split_kernels *terse_split_kernels_for(terse_isa isa) {
    switch (isa) {
    case TERSE_ISA_SCALAR: return &terse_split_scalar;
#if defined(__x86_64__)
    case TERSE_ISA_AVX512: return &terse_split_avx512;
#endif
    default: return NULL;
    }
}

// Puts three bits of every weight where they belong.
static void put_bits(const terse_decoded_unit *unit, int shift, int r, uint8_t (*pairs)[TERSE_SPLIT_ROWS][4],
                     uint8_t (*singles)[TERSE_SPLIT_ROWS][4]) {
    for (int k = 0; k < TERSE_ACTIVATION_COLUMNS; k++) {
        const int bits = (unit->quants[k] + 32) >> shift & 7;
        pairs[k / 16][r][k % 4] |= (uint8_t)((bits >> 1) << 2 * (k % 16 / 4));
        singles[k / 32][r][k % 4] |= (uint8_t)((bits & 1) << k % 32 / 4);
    }
}

// Σ (d · s · (lower half − 3.5))², and Σ of the weights' squares.
static void add_squares(const terse_decoded_unit *unit, double *error, double *whole) {
    for (int k = 0; k < TERSE_ACTIVATION_COLUMNS; k++) {
        const double step = (double)unit->d[0] * unit->sub_scales[k / 16];
        const double lower = step * (((unit->quants[k] + 32) & 7) - 3.5), weight = step * unit->quants[k];
        *error += lower * lower;
        *whole += weight * weight;
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
                put_bits(&unit, 3, r, upper[u].pairs, upper[u].singles);
                put_bits(&unit, 0, r, lower[u].pairs, lower[u].singles);
                for (int g = 0; g < 16; g++) upper[u].scales[g][r] = (int8_t)unit.sub_scales[g];
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
