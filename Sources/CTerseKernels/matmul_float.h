// Products of float weights, written once for all SIMD instruction sets: sixteen lanes of columns for each output, in
// one row of x or many.
//
// A batch is cut into blocks of weights and activations that stay in cache; the lanes of an output wait in memory
// between two blocks of columns, so that its order of additions is the same.
//
// The file that includes this, in a region that targets its instruction set, has defined VECTORS (registers for the 16
// lanes of an output), FEW_ROWS and FEW_BATCH (outputs whose lanes registers hold), TILE_ROWS and TILE_BATCH (outputs
// of which registers hold one vector each), the type float_vector and
//     zero_vector()   load_vector(const float *)   store_vector(float *, v)   fused(w, x, acc)
//     load_weights(type, row, k)                one vector of weights from column k on
//     reduce(const float_vector v[VECTORS])     the sum of sixteen lanes: those 8, 4, 2, 1 apart
#ifndef TERSE_MATMUL_FLOAT_H
#define TERSE_MATMUL_FLOAT_H

#include "matmul_blocks.h"

enum {
    LANES = TERSE_FLOAT_LANES,
    WIDTH = LANES / VECTORS,
    ROWS = 4,        // rows of weights whose outputs are in registers for one row of x
    FEW_GROUPS = 4,  // of FEW_BATCH rows of x, for which weights are taken straight from memory
    PANEL = 12,      // rows of weights in cache
    BLOCK = 512,     // columns in cache
    BATCH = 60,      // rows of x in cache, a multiple of every TILE_BATCH
};

_Static_assert(FEW_ROWS <= ROWS && FEW_BATCH <= 6 && TILE_BATCH <= 6, "as arrays and switches have it");
_Static_assert(PANEL % TILE_ROWS == 0 && BATCH % TILE_BATCH == 0, "only the last tiles are smaller");

// The lanes of one output.
typedef struct {
    float_vector part[VECTORS];
} lanes;

TERSE_INLINE int element_bytes(terse_type type) { return type == TERSE_F32 ? 4 : 2; }

TERSE_INLINE const uint8_t *row_at(const terse_matrix *w, int64_t m) {
    return (const uint8_t *)w->data + (size_t)m * w->row_bytes;
}

// Sixteen weights from column k on.
TERSE_INLINE lanes load_lanes(terse_type type, const uint8_t *row, int64_t k) {
    lanes v;
    for (int i = 0; i < VECTORS; i++) v.part[i] = load_weights(type, row, k + i * WIDTH);
    return v;
}

// The last columns of a row, fewer than sixteen, with zeros after them.
TERSE_INLINE lanes load_rest(terse_type type, const uint8_t *row, int64_t k, int64_t columns) {
    uint8_t rest[LANES * 4] = {0};
    memcpy(rest, row + k * element_bytes(type), (size_t)(columns - k) * (size_t)element_bytes(type));
    return load_lanes(type, rest, 0);
}

TERSE_INLINE lanes add_lanes(lanes w, const float *x, lanes acc) {
    for (int i = 0; i < VECTORS; i++) acc.part[i] = fused(w.part[i], load_vector(x + i * WIDTH), acc.part[i]);
    return acc;
}

// Adds sixteen columns from k on to the lanes of an output with each of `batch` rows of x.
TERSE_INLINE void add_columns(lanes w, const float *x, int64_t x_stride, int batch, int64_t k, lanes acc[FEW_BATCH]) {
    for (int t = 0; t < batch; t++) acc[t] = add_lanes(w, x + t * x_stride + k, acc[t]);
}

// `rows` rows of weights with `batch` rows of x from row t on, straight from memory.
TERSE_INLINE void multiply_rows(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t m,
                                const int rows, int64_t t, const int batch, float *y, int64_t y_stride) {
    const float *values = x->values + t * x->value_stride;
    lanes acc[ROWS][FEW_BATCH];
    const uint8_t *pointers[ROWS];
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < batch; c++) {
            for (int i = 0; i < VECTORS; i++) acc[r][c].part[i] = zero_vector();
        }
        pointers[r] = row_at(w, m + r);
    }
    // The rows after these are asked for meanwhile, line by line, into the second cache: of several rows at once
    // processors lose track, and the first has too little room for what is under way.
    const int64_t line = 64 / element_bytes(type), ahead = rows * (int64_t)w->row_bytes, columns = w->columns;
    int64_t k = 0;
    for (; k + line <= columns; k += line) {
        for (int r = 0; r < rows; r++) {
            __builtin_prefetch(pointers[r] + k * element_bytes(type) + ahead, 0, 2);
            for (int64_t j = k; j < k + line; j += LANES) {
                add_columns(load_lanes(type, pointers[r], j), values, x->value_stride, batch, j, acc[r]);
            }
        }
    }
    for (; k < columns; k += LANES) {
        for (int r = 0; r < rows; r++) {
            const lanes v = k + LANES <= columns ? load_lanes(type, pointers[r], k)
                                                 : load_rest(type, pointers[r], k, columns);
            add_columns(v, values, x->value_stride, batch, k, acc[r]);
        }
    }
    for (int c = 0; c < batch; c++) {
        const float scale = x->row_scales[t + c] * w->scale;
        for (int r = 0; r < rows; r++) y[(t + c) * y_stride + m + r] = reduce(acc[r][c].part) * scale;
    }
}

// `rows` rows of weights with all rows of x, as many together as registers hold.
TERSE_INLINE void multiply_groups(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t m,
                                  const int rows, float *y, int64_t y_stride) {
    for (int64_t t = 0; t < x->rows; t += FEW_BATCH) {
#define CASE(COUNT) \
    case COUNT: \
        if (COUNT <= FEW_BATCH) multiply_rows(type, w, x, m, rows, t, COUNT, y, y_stride); \
        break;
        switch (x->rows - t < FEW_BATCH ? x->rows - t : FEW_BATCH) {
            CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
        }
#undef CASE
    }
}

// So few rows of x that weights need not be unpacked to memory for them.
TERSE_INLINE void multiply_few(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                               int64_t row_end, float *y, int64_t y_stride) {
    int64_t m = row_begin;
    if (x->rows == 1) {
        for (; m + ROWS <= row_end; m += ROWS) multiply_rows(type, w, x, m, ROWS, 0, 1, y, y_stride);
    }
    for (; m + FEW_ROWS <= row_end; m += FEW_ROWS) multiply_groups(type, w, x, m, FEW_ROWS, y, y_stride);
    for (; m < row_end; m++) multiply_groups(type, w, x, m, 1, y, y_stride);
}

// Adds `columns` columns (whole lanes) of `rows` rows of weights times `batch` rows of x to the lanes at acc: one
// vector of each output after the other, so that more outputs share what is loaded.
TERSE_INLINE void multiply_tile(float (*w)[BLOCK], const float *x, int64_t x_stride, int64_t columns, int rows,
                                int batch, lanes *acc) {
    for (int i = 0; i < VECTORS; i++) {
        float_vector sums[TILE_ROWS][TILE_BATCH];
        for (int r = 0; r < rows; r++) {
            for (int t = 0; t < batch; t++) sums[r][t] = acc[r * BATCH + t].part[i];
        }
        for (int64_t k = i * WIDTH; k < columns; k += LANES) {
            float_vector a[TILE_BATCH];
            for (int t = 0; t < batch; t++) a[t] = load_vector(x + t * x_stride + k);
            for (int r = 0; r < rows; r++) {
                const float_vector b = load_vector(w[r] + k);
                for (int t = 0; t < batch; t++) sums[r][t] = fused(b, a[t], sums[r][t]);
            }
        }
        for (int r = 0; r < rows; r++) {
            for (int t = 0; t < batch; t++) acc[r * BATCH + t].part[i] = sums[r][t];
        }
    }
}

// `rows` rows of weights, as floats in cache, with `batch` rows of x, which stay in the first cache meanwhile.
TERSE_INLINE void multiply_column_tile(float (*w)[BLOCK], const float *x, int64_t x_stride, int64_t columns, int rows,
                                       const int batch, lanes *acc) {
    int r = 0;
    for (; r + TILE_ROWS <= rows; r += TILE_ROWS) {
        multiply_tile(w + r, x, x_stride, columns, TILE_ROWS, batch, acc + r * BATCH);
    }
    for (; r < rows; r++) multiply_tile(w + r, x, x_stride, columns, 1, batch, acc + r * BATCH);
}

// One block of columns of a panel.
static void multiply_block(float (*w)[BLOCK], const float *x, int64_t x_stride, int64_t columns, int rows, int batch,
                           lanes *acc) {
    for (int t = 0; t < batch; t += TILE_BATCH) {
        const float *from = x + t * x_stride;
#define CASE(COUNT) \
    case COUNT: \
        if (COUNT <= TILE_BATCH) multiply_column_tile(w, from, x_stride, columns, rows, COUNT, acc + t); \
        break;
        switch (batch - t < TILE_BATCH ? batch - t : TILE_BATCH) {
            CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
        }
#undef CASE
    }
}

// Columns k … of a panel as floats, with zeros up to whole lanes. Returns how many.
TERSE_INLINE int64_t unpack_block(terse_type type, const terse_matrix *w, int64_t m, int rows, int64_t k,
                                  float (*out)[BLOCK]) {
    const int64_t columns = w->columns - k < BLOCK ? w->columns - k : BLOCK;
    const int64_t whole = columns / LANES * LANES;
    for (int r = 0; r < rows; r++) {
        const uint8_t *row = row_at(w, m + r) + k * element_bytes(type);
        for (int64_t j = 0; j < columns; j += LANES) {
            const lanes v = j < whole ? load_lanes(type, row, j) : load_rest(type, row, j, columns);
            for (int i = 0; i < VECTORS; i++) store_vector(out[r] + j + i * WIDTH, v.part[i]);
        }
    }
    return (columns + LANES - 1) / LANES * LANES;
}

TERSE_INLINE void multiply_panel(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t m,
                                 int rows, int64_t t, int batch, float *y, int64_t y_stride) {
    _Alignas(64) float weights[PANEL][BLOCK];
    lanes acc[PANEL * BATCH];
    for (int r = 0; r < rows; r++) memset(acc + r * BATCH, 0, (size_t)batch * sizeof *acc);
    for (int64_t k = 0; k < w->columns; k += BLOCK) {
        const int64_t columns = unpack_block(type, w, m, rows, k, weights);
        multiply_block(weights, x->values + t * x->value_stride + k, x->value_stride, columns, rows, batch, acc);
    }
    for (int c = 0; c < batch; c++) {
        const float scale = x->row_scales[t + c] * w->scale;
        for (int r = 0; r < rows; r++) y[(t + c) * y_stride + m + r] = reduce(acc[r * BATCH + c].part) * scale;
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

TERSE_INLINE void multiply_float(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                 int64_t row_end, float *y, int64_t y_stride) {
    if (x->rows <= FEW_GROUPS * FEW_BATCH) {
        multiply_few(type, w, x, row_begin, row_end, y, y_stride);
    } else {
        multiply_batch(type, w, x, row_begin, row_end, y, y_stride);
    }
}

TERSE_INLINE void multiply_floats(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                                  float *y, int64_t y_stride) {
    switch (w->type) {
    case TERSE_F32: multiply_float(TERSE_F32, w, x, row_begin, row_end, y, y_stride); break;
    case TERSE_F16: multiply_float(TERSE_F16, w, x, row_begin, row_end, y, y_stride); break;
    default: multiply_float(TERSE_BF16, w, x, row_begin, row_end, y, y_stride); break;
    }
}

#endif
