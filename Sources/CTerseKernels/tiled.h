// What the kernels of tiled matrices share.
#ifndef TERSE_TILED_SHARED_H
#define TERSE_TILED_SHARED_H

#include "include/terse_tiled.h"
#include "matmul_blocks.h"

// Calls a macro with every type that has tiles.
#define TERSE_EACH_TILED_TYPE(MACRO) \
    MACRO(TERSE_Q8_0) \
    MACRO(TERSE_Q4_0) \
    MACRO(TERSE_Q4_K) \
    MACRO(TERSE_Q5_K) \
    MACRO(TERSE_Q6_K)

void terse_avx2_tiled(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride);
void terse_avx2_tiled_panel(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                            float *y, int64_t y_stride);
void terse_avx512_tiled(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                        int64_t y_stride);

// Bytes that a tile takes for each of its rows and 256 columns.
TERSE_INLINE int terse_tiled_unit_bytes(terse_type type) {
    return terse_unit_bytes(type) + (type == TERSE_Q6_K ? 2 : 0);
}

#endif
