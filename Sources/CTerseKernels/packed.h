// What the kernels of packed ternary matrices share.
#ifndef TERSE_PACKED_SHARED_H
#define TERSE_PACKED_SHARED_H

#include "include/terse_packed.h"
#include "matmul_quantize.h"

extern const terse_packed_kernels terse_packed_scalar;
extern const terse_packed_kernels terse_packed_avx2;
extern const terse_packed_kernels terse_packed_avx512;
extern const terse_packed_kernels terse_packed_neon;

// The outputs of `count` rows of the tile at row m for row t of x; `sums` are those of its products with weights + 1.
TERSE_INLINE void terse_packed_outputs(const terse_packed_matrix *w, const terse_packed_activations *x,
                                       const int32_t sums[TERSE_PACKED_ROWS], int64_t m, int64_t count, int64_t t,
                                       float *y, int64_t y_stride) {
    _Alignas(64) float out[TERSE_PACKED_ROWS];
    for (int r = 0; r < TERSE_PACKED_ROWS; r++) {
        out[r] = (float)(sums[r] - x->sums[t]) * (w->scales[m + r] * x->scales[t]);
    }
    memcpy(y + t * y_stride + m, out, (size_t)count * sizeof *out);
}

// Products with more than one group of rows of x.
void terse_avx512_packed_panel(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t row_begin,
                               int64_t row_end, float *y, int64_t y_stride);

// Quantisers that several tables share.
float terse_avx2_quantize_packed(const float *x, int64_t columns, int64_t quads, int64_t width, int8_t *out,
                                 int32_t *sum);
float terse_neon_quantize_packed(const float *x, int64_t columns, int64_t quads, int64_t width, int8_t *out,
                                 int32_t *sum);

#endif
