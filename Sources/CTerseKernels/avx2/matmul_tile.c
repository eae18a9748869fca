// Matrix × matrix with AVX2: tiles of 16 rows × 256 columns in cache, four columns of x at a time in registers.

#if defined(__x86_64__)

#include <immintrin.h>

#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "matmul_tile_unpack.h"

#include "matmul_tile_products.h"

TERSE_INLINE void unpack_tile(terse_type type, const uint8_t *const rows[TILE_ROWS], int64_t u, int groups,
                              tile *out) {
    const int64_t offset = u * terse_unit_bytes(type);
    terse_unpack_tile(type, 1, rows, offset, groups, out);
}

#include "../matmul_panel.h"

void terse_avx2_tiles(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride) {
    multiply_tiles(w, x, row_begin, row_end, y, y_stride);
}

TERSE_AVX2_END

#endif
