// The reference of the products of packed ternary matrices: the layout and the arithmetic of terse_packed.h, spelt out.

#include "../packed.h"

// The weight of column k, in the row r of a tile.
static int weight(const uint8_t *tile, int fields, int64_t k, int r) {
    const int field = (int)(k / 4 % fields), base = fields == 5 ? 3 : 4;
    int byte = tile[k / (4 * fields) * TERSE_PACKED_VECTOR + 4 * r + k % 4];
    for (int f = 0; f < field; f++) byte /= base;
    return byte % base - 1;
}

static void multiply(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t row_begin,
                     int64_t row_end, float *y, int64_t y_stride) {
    const int64_t tile_bytes = terse_packed_vectors(w->columns, w->fields) * TERSE_PACKED_VECTOR;
    for (int64_t t = 0; t < x->rows; t++) {
        const int64_t group = t / TERSE_PACKED_GROUP * TERSE_PACKED_GROUP;
        const int64_t width = x->rows - group < TERSE_PACKED_GROUP ? x->rows - group : TERSE_PACKED_GROUP;
        const int8_t *quants = x->quants + 4 * (group * x->quads + (t - group));
        for (int64_t m = row_begin; m < row_end; m++) {
            const uint8_t *tile = w->data + m / TERSE_PACKED_ROWS * tile_bytes;
            int32_t sum = 0;
            for (int64_t k = 0; k < w->columns; k++) {
                sum += weight(tile, w->fields, k, (int)(m % TERSE_PACKED_ROWS)) * quants[4 * width * (k / 4) + k % 4];
            }
            y[t * y_stride + m] = (float)sum * (w->scales[m] * x->scales[t]);
        }
    }
}

static float quantize(const float *x, int64_t columns, int64_t quads, int64_t width, int8_t *out, int32_t *sum) {
    float absmax = terse_absmax_scalar(x, columns);
    if (absmax < TERSE_QUANTIZE_ROW_MINIMUM) absmax = TERSE_QUANTIZE_ROW_MINIMUM;
    const float inverse = terse_quantize_inverse(absmax, 0);
    *sum = 0;
    for (int64_t k = 0; k < 4 * quads; k++) {
        const int8_t quant = k < columns ? terse_round_scalar(x[k], inverse) : 0;
        out[4 * width * (k / 4) + k % 4] = quant;
        *sum += quant;
    }
    return terse_quantize_scale(absmax, 0);
}

const terse_packed_kernels terse_packed_scalar = {.fields = 4, .multiply = multiply, .quantize = quantize};
