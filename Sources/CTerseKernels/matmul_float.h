// Products of float weights, written once for all SIMD instruction sets: sixteen lanes of columns for each output.
//
// For few rows of x a vector holds lanes of one output, so that weights are used as they lie in memory; for many, in
// matmul_float_panel.h, one lane of several outputs.
//
// The file that includes this, in a region that targets its instruction set, has defined
//     VECTORS                       registers for the lanes of one output
//     FEW_ROWS × FEW_BATCH          rows of weights and of x: outputs in registers with all their lanes
//     PANEL_VECTORS × TILE_BATCH    vectors of rows of weights, and rows of x: outputs in registers with one lane each
// the type float_vector and
//     zero_vector()   load_vector(const float *)   store_vector(float *, v)   broadcast(float)
//     fused(w, x, acc)   add(a, b)
//     load_weights(type, row, k)                one vector of weights from column k on
//     reduce(const float_vector v[VECTORS])     the sum of sixteen lanes: those 8, 4, 2, 1 apart
#ifndef TERSE_MATMUL_FLOAT_H
#define TERSE_MATMUL_FLOAT_H

#include "matmul_blocks.h"

enum {
    LANES = TERSE_FLOAT_LANES,
    WIDTH = LANES / VECTORS,
    ROWS = 4,  // rows of weights whose outputs are in registers for one row of x
};

_Static_assert(FEW_ROWS <= ROWS && FEW_BATCH <= 6, "as arrays and switches have it");

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

// Up to sixteen columns of a row, with zeros after the last.
TERSE_INLINE lanes load_rest(terse_type type, const uint8_t *row, int64_t k, int64_t columns) {
    const int64_t left = columns - k < LANES ? columns - k : LANES;
    uint8_t rest[LANES * 4] = {0};
    memcpy(rest, row + k * element_bytes(type), (size_t)left * (size_t)element_bytes(type));
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

// Any number of rows of x, each as it is; meant for so few that weights need not be unpacked to memory for them.
TERSE_INLINE void multiply_plain(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                 int64_t row_end, float *y, int64_t y_stride) {
    int64_t m = row_begin;
    if (x->rows == 1) {
        for (; m + ROWS <= row_end; m += ROWS) multiply_rows(type, w, x, m, ROWS, 0, 1, y, y_stride);
    }
    for (; m + FEW_ROWS <= row_end; m += FEW_ROWS) multiply_groups(type, w, x, m, FEW_ROWS, y, y_stride);
    for (; m < row_end; m++) multiply_groups(type, w, x, m, 1, y, y_stride);
}

#include "matmul_float_panel.h"

TERSE_INLINE void multiply_float(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                 int64_t row_end, float *y, int64_t y_stride) {
    if (x->by_lane) {
        multiply_by_lane(type, w, x, row_begin, row_end, y, y_stride);
    } else {
        multiply_plain(type, w, x, row_begin, row_end, y, y_stride);
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
