// Products of float weights with many rows of x, which lie by lane; part of matmul_float.h.
//
// A panel is a block of columns of some rows of weights, transposed in cache: a vector holds one column of several
// rows. So one lane of many outputs is a plain outer product, of a vector of weights with one number of x at a time.
// The sixteen lanes are computed one after the other; they wait in memory between two blocks of columns, and are added
// up at the end.
#ifndef TERSE_MATMUL_FLOAT_PANEL_H
#define TERSE_MATMUL_FLOAT_PANEL_H

enum {
    PANEL = PANEL_VECTORS * WIDTH,  // rows of weights
    STEPS = 2048 / PANEL,           // columns of a lane in a block, whose weights take 128 KiB
    BLOCK = STEPS * LANES,          // columns
    HALF = PANEL_VECTORS / 2,       // vectors of rows: chunks of a product may be as small
    BATCH = 4224 / PANEL,           // rows of x for which weights are transposed once, whose lanes take 264 KiB
    LINE = 16,                      // floats in a line of the cache
    SIDE = 8,                       // of the squares that are transposed in registers
};

_Static_assert(PANEL % SIDE == 0 && LANES == 2 * SIDE, "squares fill a panel");
_Static_assert(BATCH % TILE_BATCH == 0, "only the last tile is smaller");
_Static_assert(TILE_BATCH <= 12, "as the switch has it");

// On the stack of the thread, 400 KiB: ThreadTeam gives its workers the room, and whoever runs a region has to have it.
typedef struct {
    // One step more, or the lanes would fall into the same sets of the first cache.
    _Alignas(64) float weights[LANES][STEPS + 1][PANEL];
    _Alignas(64) float sums[LANES][BATCH][PANEL];
} float_panel;

typedef float square_row __attribute__((vector_size(4 * SIDE)));

TERSE_INLINE void transpose_square(square_row v[SIDE]) {
    square_row pairs[SIDE], fours[SIDE];
    TERSE_EACH(i, SIDE / 2) {
        const square_row a = v[2 * i], b = v[2 * i + 1];
        pairs[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
        pairs[2 * i + 1] = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    }
    TERSE_EACH(i, SIDE / 2) {
        const square_row a = pairs[i / 2 * 4 + i % 2], b = pairs[i / 2 * 4 + i % 2 + 2];
        fours[i / 2 * 4 + i % 2 * 2] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
        fours[i / 2 * 4 + i % 2 * 2 + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
    TERSE_EACH(i, SIDE / 2) {
        v[i] = __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        v[i + 4] = __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

// Sixteen columns of eight rows into step `step` of rows `row` … of a panel.
TERSE_INLINE void transpose_columns(const lanes columns[SIDE], int64_t step, int row, float_panel *panel) {
    TERSE_EACH(half, 2) {
        square_row square[SIDE];
        TERSE_EACH(r, SIDE) {
            memcpy(&square[r], (const char *)&columns[r] + half * 4 * SIDE, sizeof square[r]);
        }
        transpose_square(square);
        TERSE_EACH(l, SIDE) memcpy(panel->weights[half * SIDE + l][step] + row, &square[l], sizeof square[l]);
    }
}

// Eight rows from row m on from column k on; zeros for rows and columns that are not there.
TERSE_INLINE void transpose_rest(terse_type type, const terse_matrix *w, int64_t m, int rows, int64_t k,
                                 int64_t step, int row, float_panel *panel) {
    lanes columns[SIDE];
    for (int r = 0; r < SIDE; r++) {
        if (r < rows) {
            columns[r] = load_rest(type, row_at(w, m + r), k, w->columns);
        } else {
            for (int i = 0; i < VECTORS; i++) columns[r].part[i] = zero_vector();
        }
    }
    transpose_columns(columns, step, row, panel);
}

// Columns k … of `rows` rows from row m on. Returns how many steps they take.
TERSE_INLINE int64_t transpose_block(terse_type type, const terse_matrix *w, int64_t m, int rows, int64_t k,
                                     float_panel *panel) {
    const int64_t left = w->columns - k < BLOCK ? w->columns - k : BLOCK, steps = (left + LANES - 1) / LANES;
    for (int64_t s = 0; s < steps; s++) {
        for (int r = 0; r < PANEL; r += SIDE) {
            const int64_t first = k + s * LANES;
            if (r + SIDE > rows || first + LANES > w->columns) {
                transpose_rest(type, w, m + r, rows - r, first, s, r, panel);
                continue;
            }
            lanes columns[SIDE];
            TERSE_EACH(i, SIDE) columns[i] = load_lanes(type, row_at(w, m + r + i), first);
            transpose_columns(columns, s, r, panel);
        }
    }
    return steps;
}

// Adds `steps` columns of one lane to the outputs of the first `vectors` vectors of a panel with the `batch` rows of x
// of a group. Meanwhile as many are fetched from `next`, where the next group's are unless this is the last.
TERSE_INLINE void multiply_tile(float (*weights)[PANEL], const float *x, const float *next, int64_t steps,
                                const int vectors, const int batch, float (*sums)[PANEL]) {
    float_vector acc[TILE_BATCH][PANEL_VECTORS];
    TERSE_EACH(t, batch) {
        TERSE_EACH(i, vectors) acc[t][i] = load_vector(sums[t] + i * WIDTH);
    }
    for (int64_t begin = 0; begin < steps; begin += LINE) {
        // So many steps of `batch` rows are `batch` lines.
        TERSE_EACH(t, batch) __builtin_prefetch(next + begin * batch + t * LINE);
        const int64_t end = begin + LINE < steps ? begin + LINE : steps;
        for (int64_t s = begin; s < end; s++) {
            float_vector w[PANEL_VECTORS];
            TERSE_EACH(i, vectors) w[i] = load_vector(weights[s] + i * WIDTH);
            TERSE_EACH(t, batch) {
                const float_vector a = broadcast(x[s * batch + t]);
                TERSE_EACH(i, vectors) acc[t][i] = fused(w[i], a, acc[t][i]);
            }
        }
    }
    TERSE_EACH(t, batch) {
        TERSE_EACH(i, vectors) store_vector(sums[t] + i * WIDTH, acc[t][i]);
    }
}

// Lane l of the columns from step `begin` on, for all rows of a panel or the first half of them.
static void multiply_lane(float (*weights)[PANEL], const float *x, int64_t value_stride, int l, int64_t begin,
                          int64_t steps, bool is_half, int batch, float (*sums)[PANEL]) {
    const int64_t first = l * (value_stride / LANES) + begin;
    for (int t = 0; t < batch; t += TILE_BATCH) {
        const float *group = x + t * value_stride;
        const float *next = t + TILE_BATCH < batch ? group + TILE_BATCH * value_stride : group;
#define CASE(COUNT) \
    case COUNT: \
        if (COUNT > TILE_BATCH) break; \
        group += first * COUNT, next += first * COUNT; \
        if (is_half) { \
            multiply_tile(weights, group, next, steps, HALF, COUNT, sums + t); \
        } else { \
            multiply_tile(weights, group, next, steps, PANEL_VECTORS, COUNT, sums + t); \
        } \
        break;
        switch (batch - t < TILE_BATCH ? batch - t : TILE_BATCH) {
            CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
        }
#undef CASE
    }
}

// The outputs of a panel for row t of its batch: the sums of sixteen lanes, those 8, 4, 2, 1 apart first.
TERSE_INLINE void add_up_lanes(const float_panel *panel, int t, float out[PANEL]) {
    for (int i = 0; i < PANEL; i += WIDTH) {
        float_vector v[LANES];
        TERSE_EACH(l, LANES) v[l] = load_vector(panel->sums[l][t] + i);
        TERSE_EACH(l, 8) v[l] = add(v[l], v[l + 8]);
        TERSE_EACH(l, 4) v[l] = add(v[l], v[l + 4]);
        TERSE_EACH(l, 2) v[l] = add(v[l], v[l + 2]);
        store_vector(out + i, add(v[0], v[1]));
    }
}

// `rows` rows of weights from row m on with `batch` rows of x from row t on.
TERSE_INLINE void multiply_panel(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t m,
                                 int rows, int64_t t, int batch, float *y, int64_t y_stride) {
    float_panel panel;
    for (int l = 0; l < LANES; l++) memset(panel.sums[l], 0, (size_t)batch * sizeof panel.sums[l][0]);
    const float *values = x->values + t * x->value_stride;
    for (int64_t k = 0; k < w->columns; k += BLOCK) {
        const int64_t steps = transpose_block(type, w, m, rows, k, &panel);
        for (int l = 0; l < LANES; l++) {
            multiply_lane(panel.weights[l], values, x->value_stride, l, k / LANES, steps, rows <= PANEL / 2, batch,
                          panel.sums[l]);
        }
    }
    for (int c = 0; c < batch; c++) {
        _Alignas(64) float out[PANEL];
        add_up_lanes(&panel, c, out);
        const float scale = x->row_scales[t + c] * w->scale;
        for (int r = 0; r < rows; r++) y[(t + c) * y_stride + m + r] = out[r] * scale;
    }
}

TERSE_INLINE void multiply_by_lane(terse_type type, const terse_matrix *w, const terse_activations *x,
                                   int64_t row_begin, int64_t row_end, float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += PANEL) {
        const int rows = row_end - m < PANEL ? (int)(row_end - m) : PANEL;
        for (int64_t t = 0; t < x->rows; t += BATCH) {
            const int batch = x->rows - t < BATCH ? (int)(x->rows - t) : BATCH;
            multiply_panel(type, w, x, m, rows, t, batch, y, y_stride);
        }
    }
}

#endif
