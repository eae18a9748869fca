// Float activations by lane, as matmul_float_panel.h reads them.

#include "matmul_blocks.h"

static void lay_out_group(const float *x, int64_t row_stride, int64_t rows, int64_t columns, float *out) {
    const int64_t steps = (columns + TERSE_FLOAT_LANES - 1) / TERSE_FLOAT_LANES;
    for (int64_t i = 0; i < steps; i++) {
        const int64_t left = columns - i * TERSE_FLOAT_LANES;
        for (int64_t l = 0; l < TERSE_FLOAT_LANES; l++) {
            float *values = out + (l * steps + i) * rows;
            const float *column = x + i * TERSE_FLOAT_LANES + l;
            for (int64_t t = 0; t < rows; t++) values[t] = l < left ? column[t * row_stride] : 0;
        }
    }
}

void terse_lay_out_by_lane(const float *x, int64_t row_stride, int64_t rows, int64_t columns, int64_t group,
                           float *out) {
    const int64_t stride = (columns + TERSE_FLOAT_LANES - 1) / TERSE_FLOAT_LANES * TERSE_FLOAT_LANES;
    for (int64_t t = 0; t < rows; t += group) {
        lay_out_group(x + t * row_stride, row_stride, rows - t < group ? rows - t : group, columns, out + t * stride);
    }
}
