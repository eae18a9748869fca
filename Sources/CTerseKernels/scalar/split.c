// The reference of the products of split matrices: terse_split.h, spelt out.

#include <math.h>

#include "../split.h"

static int bits_at(const uint8_t (*triples)[3][TERSE_SPLIT_ROWS][4], int r, int k) {
    const int f = k % 32 / 4;
    int bytes[3];
    for (int i = 0; i < 3; i++) bytes[i] = triples[k / 32][i][r][k % 4];
    if (f < 6) return bytes[f / 2] >> 3 * (f % 2) & 7;
    return bytes[f - 6] >> 6 | (bytes[2] >> f & 1) << 2;
}

// Twice the sum of a unit, so that 3.5 is whole.
static int32_t unit_sum(const terse_split_upper *upper, const terse_split_lower *lower, int r,
                        const terse_activation_block *x) {
    int32_t total = 0;
    for (int g = 0; g < 16; g++) {
        int32_t sum = 0;
        for (int k = 16 * g; k < 16 * g + 16; k++) {
            const int high = bits_at(upper->triples, r, k);
            const int twice_low = lower == NULL ? 7 : 2 * bits_at(lower->triples, r, k);
            sum += (16 * high + twice_low - 2 * terse_zero_point(TERSE_Q6_K)) * x->quants[k];
        }
        total += upper->scales[g / 2][r][g % 2] * sum;
    }
    return total;
}

static void compute(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                    float *y, int64_t y_stride, int is_whole) {
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS;
    for (int64_t t = 0; t < x->rows; t++) {
        const float scale = x->row_scales[t] * w->scale;
        for (int64_t m = row_begin; m < row_end; m++) {
            const int64_t first = m / TERSE_SPLIT_ROWS * units;
            const int r = (int)(m % TERSE_SPLIT_ROWS);
            float acc = 0;
            for (int64_t u = 0; u < units; u++) {
                const terse_activation_block *block = x->blocks + t * x->block_stride + u;
                const terse_split_lower *lower = is_whole ? w->lower + first + u : NULL;
                const int32_t sum = unit_sum(w->upper + first + u, lower, r, block);
                const float value = is_whole ? (float)(sum / 2) : 0.5f * (float)sum;
                acc = fmaf(value, w->upper[first + u].d[r] * block->scales[0], acc);
            }
            y[t * y_stride + m] = acc * scale;
        }
    }
}

static void multiply(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                     float *y, int64_t y_stride) {
    compute(w, x, row_begin, row_end, y, y_stride, 1);
}

static void screen(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                   float *y, int64_t y_stride) {
    compute(w, x, row_begin, row_end, y, y_stride, 0);
}

const terse_split_kernels terse_split_scalar = {
    .multiply = multiply, .screen = screen, .screen_rows_max = INT64_MAX,
};
