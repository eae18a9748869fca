// Split matrices with AVX2, with many rows of x.

#if defined(__x86_64__)

#include <immintrin.h>

#include "../split.h"
#include "../tiled.h"
#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "matmul_tile_unpack.h"
#include "matmul_tile_products.h"
#include "split_lines.h"

TERSE_INLINE void unpack_tile(const terse_split_upper *upper, const terse_split_lower *lower, tile *out) {
    memcpy(out->d[0], upper->d, sizeof upper->d);
    for (int pair = 0; pair < TERSE_SPLIT_PAIRS; pair++) {
        TERSE_EACH(half, HALVES) {
            __m256i upper_triple[3], lower_triple[3];
            load_triple(upper->triples[pair], half, upper_triple);
            load_triple(lower->triples[pair], half, lower_triple);
            TERSE_EACH(f, 8) {
                const __m256i weights = four_columns(upper_triple, lower_triple, 1, f);
                _mm256_store_si256((__m256i *)out->planes[0][8 * pair + f] + half, weights);
            }
            const __m256i scales = load_pair_scales(upper->scales[pair], half);
            _mm256_store_si256((__m256i *)out->sub_scales[2 * pair] + half, first_in_both(scales));
            _mm256_store_si256((__m256i *)out->sub_scales[2 * pair + 1] + half, second_in_both(scales));
        }
    }
}

#include "../split_panel_body.h"

void terse_avx2_split_panel(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                            float *y, int64_t y_stride) {
    multiply_panels(w, x, row_begin, row_end, y, y_stride);
}

TERSE_AVX2_END

#endif
