// Float weights with AVX2: sixteen lanes of columns for each output, in one row of x or many.
//
// A batch is cut into blocks of weights and activations that stay in cache; the lanes of an output wait in memory
// between two blocks of columns, so that its order of additions is the same.

#if defined(__x86_64__)

#include <immintrin.h>

#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

enum {
    LANES = TERSE_FLOAT_LANES,
    ROWS = 4,         // outputs in registers for one row of x
    TILE_ROWS = 3,    // and for a batch
    TILE_BATCH = 2,
    PANEL = 12,       // rows of weights in cache
    BLOCK = 512,      // columns in cache
    BATCH = 64,       // rows of x in cache
};

// Sixteen weights from column k on.
typedef struct {
    __m256 half[2];
} vector;

TERSE_INLINE vector load_weights(terse_type type, const uint8_t *row, int64_t k) {
    vector v;
    for (int i = 0; i < 2; i++) {
        const int64_t at = k + 8 * i;
        if (type == TERSE_F32) {
            v.half[i] = _mm256_loadu_ps((const float *)(const void *)(row + 4 * at));
        } else {
            const __m128i halves = _mm_loadu_si128((const __m128i *)(row + 2 * at));
            v.half[i] = type == TERSE_F16 ? _mm256_cvtph_ps(halves)
                                          : _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
        }
    }
    return v;
}

TERSE_INLINE int element_bytes(terse_type type) { return type == TERSE_F32 ? 4 : 2; }

// The last columns of a row, fewer than sixteen, with zeros after them.
TERSE_INLINE vector load_rest(terse_type type, const uint8_t *row, int64_t k, int64_t columns) {
    uint8_t rest[LANES * 4] = {0};
    memcpy(rest, row + k * element_bytes(type), (size_t)(columns - k) * (size_t)element_bytes(type));
    return load_weights(type, rest, 0);
}

TERSE_INLINE vector fused(vector w, const float *x, vector acc) {
    for (int i = 0; i < 2; i++) acc.half[i] = _mm256_fmadd_ps(w.half[i], _mm256_loadu_ps(x + 8 * i), acc.half[i]);
    return acc;
}

// The lanes of an output added up: 8, 4, 2, 1 apart.
TERSE_INLINE float reduce(vector v) {
    const __m256 eight = _mm256_add_ps(v.half[0], v.half[1]);
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

TERSE_INLINE const uint8_t *row_at(const terse_matrix *w, int64_t m) {
    return (const uint8_t *)w->data + (size_t)m * w->row_bytes;
}

// `rows` outputs of one row of x.
TERSE_INLINE void multiply_vector(terse_type type, const terse_matrix *w, int64_t m, int rows, const float *x,
                                  float scale, float *y) {
    vector acc[ROWS];
    const uint8_t *pointers[ROWS];
    for (int r = 0; r < rows; r++) {
        acc[r].half[0] = acc[r].half[1] = _mm256_setzero_ps();
        pointers[r] = row_at(w, m + r);
    }
    int64_t k = 0;
    for (; k + LANES <= w->columns; k += LANES) {
        for (int r = 0; r < rows; r++) acc[r] = fused(load_weights(type, pointers[r], k), x + k, acc[r]);
    }
    for (int r = 0; r < rows; r++) {
        if (k < w->columns) acc[r] = fused(load_rest(type, pointers[r], k, w->columns), x + k, acc[r]);
        y[m + r] = reduce(acc[r]) * scale;
    }
}

// Adds `columns` columns (whole lanes) of `rows` rows of weights times `batch` rows of x to the lanes at acc.
TERSE_INLINE void multiply_tile(const float *w, int64_t w_stride, const float *x, int64_t x_stride, int64_t columns,
                                int rows, int batch, vector (*acc)[BATCH]) {
    vector sums[TILE_ROWS][TILE_BATCH];
    for (int r = 0; r < rows; r++) {
        for (int t = 0; t < batch; t++) sums[r][t] = acc[r][t];
    }
    for (int64_t k = 0; k < columns; k += LANES) {
        for (int i = 0; i < 2; i++) {
            __m256 a[TILE_BATCH];
            for (int t = 0; t < batch; t++) a[t] = _mm256_loadu_ps(x + t * x_stride + k + 8 * i);
            for (int r = 0; r < rows; r++) {
                const __m256 b = _mm256_load_ps(w + r * w_stride + k + 8 * i);
                for (int t = 0; t < batch; t++) sums[r][t].half[i] = _mm256_fmadd_ps(b, a[t], sums[r][t].half[i]);
            }
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int t = 0; t < batch; t++) acc[r][t] = sums[r][t];
    }
}

// One block of columns of a panel.
static void multiply_block(float (*w)[BLOCK], const float *x, int64_t x_stride, int64_t columns, int rows, int batch,
                           vector (*acc)[BATCH]) {
    for (int r = 0; r < rows; r += TILE_ROWS) {
        for (int t = 0; t < batch; t += TILE_BATCH) {
            const float *a = x + t * x_stride;
            vector(*sums)[BATCH] = (vector(*)[BATCH])(acc[r] + t);
            const int pair = batch - t >= TILE_BATCH;
            switch (rows - r) {
            case 1:
                if (pair) multiply_tile(w[r], BLOCK, a, x_stride, columns, 1, 2, sums);
                else multiply_tile(w[r], BLOCK, a, x_stride, columns, 1, 1, sums);
                break;
            case 2:
                if (pair) multiply_tile(w[r], BLOCK, a, x_stride, columns, 2, 2, sums);
                else multiply_tile(w[r], BLOCK, a, x_stride, columns, 2, 1, sums);
                break;
            default:
                if (pair) multiply_tile(w[r], BLOCK, a, x_stride, columns, 3, 2, sums);
                else multiply_tile(w[r], BLOCK, a, x_stride, columns, 3, 1, sums);
                break;
            }
        }
    }
}

// Columns k … of a panel as floats, with zeros up to whole lanes. Returns how many.
TERSE_INLINE int64_t unpack(terse_type type, const terse_matrix *w, int64_t m, int rows, int64_t k, float (*out)[BLOCK]) {
    const int64_t columns = w->columns - k < BLOCK ? w->columns - k : BLOCK;
    const int64_t whole = columns / LANES * LANES;
    for (int r = 0; r < rows; r++) {
        const uint8_t *row = row_at(w, m + r) + k * element_bytes(type);
        for (int64_t j = 0; j < columns; j += LANES) {
            const vector v = j < whole ? load_weights(type, row, j) : load_rest(type, row, j, columns);
            for (int i = 0; i < 2; i++) _mm256_store_ps(out[r] + j + 8 * i, v.half[i]);
        }
    }
    return (columns + LANES - 1) / LANES * LANES;
}

TERSE_INLINE void multiply_panel(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t m, int rows,
                                 int64_t t, int batch, float *y, int64_t y_stride) {
    _Alignas(64) float weights[PANEL][BLOCK];
    vector acc[PANEL][BATCH];
    memset(acc, 0, sizeof acc);
    for (int64_t k = 0; k < w->columns; k += BLOCK) {
        const int64_t columns = unpack(type, w, m, rows, k, weights);
        multiply_block(weights, x->values + t * x->value_stride + k, x->value_stride, columns, rows, batch, acc);
    }
    for (int c = 0; c < batch; c++) {
        const float scale = x->row_scales[t + c] * w->scale;
        for (int r = 0; r < rows; r++) y[(t + c) * y_stride + m + r] = reduce(acc[r][c]) * scale;
    }
}

TERSE_INLINE void multiply_batch(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                 int64_t row_end, float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += PANEL) {
        const int rows = row_end - m < PANEL ? (int)(row_end - m) : PANEL;
        for (int64_t t = 0; t < x->rows; t += BATCH) {
            const int batch = x->rows - t < BATCH ? (int)(x->rows - t) : BATCH;
            multiply_panel(type, w, x, m, rows, t, batch, y, y_stride);
        }
    }
}

TERSE_INLINE void multiply(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                           int64_t row_end, float *y, int64_t y_stride) {
    if (x->rows > 1) {
        multiply_batch(type, w, x, row_begin, row_end, y, y_stride);
        return;
    }
    const float scale = x->row_scales[0] * w->scale;
    int64_t m = row_begin;
    for (; m + ROWS <= row_end; m += ROWS) multiply_vector(type, w, m, ROWS, x->values, scale, y);
    for (; m < row_end; m++) multiply_vector(type, w, m, 1, x->values, scale, y);
}

void terse_avx2_float(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride) {
    switch (w->type) {
    case TERSE_F32: multiply(TERSE_F32, w, x, row_begin, row_end, y, y_stride); break;
    case TERSE_F16: multiply(TERSE_F16, w, x, row_begin, row_end, y, y_stride); break;
    default: multiply(TERSE_BF16, w, x, row_begin, row_end, y, y_stride); break;
    }
}

TERSE_AVX2_END

#endif
