// What the kernels of tiled matrices share.
#ifndef TERSE_TILED_SHARED_H
#define TERSE_TILED_SHARED_H

#include "include/terse_tiled.h"
#include "matmul_blocks.h"

void terse_avx512_tiled(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                        int64_t y_stride);

// Bytes that a tile takes for each of its rows and 256 columns.
TERSE_INLINE int terse_tiled_unit_bytes(terse_type type) {
    return terse_unit_bytes(type) + (type == TERSE_Q6_K ? 2 : 0);
}

#endif
