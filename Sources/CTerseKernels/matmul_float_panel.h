// Products of float weights with many rows of x, which lie by lane; part of matmul_float.h.
//
// A block of columns of some rows of weights, a panel, is turned in cache, so that a vector holds one column of several
// rows, side by side. A lane of their outputs is then a chain of fused multiply-adds of such vectors with numbers of x,
// as in a product without lanes; the lanes wait in memory between two blocks of columns, and are added up at the end.
#ifndef TERSE_MATMUL_FLOAT_PANEL_H
#define TERSE_MATMUL_FLOAT_PANEL_H

enum {
    PANEL = PANEL_VECTORS * WIDTH,  // rows of weights
    STEPS = 2048 / PANEL,           // columns of a lane in a block, whose weights take 128 KiB
    BLOCK = STEPS * LANES,          // columns
    BATCH = 4224 / PANEL,           // rows of x for which weights are turned once, whose lanes take 264 KiB
    LINE = 16,                      // floats in a line of the cache
    SIDE = 8,                       // of the squares that are turned in registers
};

_Static_assert(PANEL % SIDE == 0 && LANES == 2 * SIDE, "squares fill a panel");
_Static_assert(BATCH % TILE_BATCH == 0 && TILE_BATCH <= 12, "as the switch has it");

// Lives on the stack, for which ThreadTeam makes room.
typedef struct {
    // One more, or all lanes of a column would compete for the same lines of the cache.
    _Alignas(64) float weights[LANES][STEPS + 1][PANEL];
    _Alignas(64) float sums[LANES][BATCH][PANEL];
} float_panel;

typedef float square_row __attribute__((vector_size(4 * SIDE)));

// Rows to columns.
TERSE_INLINE void turn_square(square_row v[SIDE]) {
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
TERSE_INLINE void turn_columns(const lanes columns[SIDE], int64_t step, int row, float_panel *panel) {
    TERSE_EACH(half, 2) {
        square_row square[SIDE];
        TERSE_EACH(r, SIDE) {
            memcpy(&square[r], (const char *)&columns[r] + half * 4 * SIDE, sizeof square[r]);
        }
        turn_square(square);
        TERSE_EACH(l, SIDE) memcpy(panel->weights[half * SIDE + l][step] + row, &square[l], sizeof square[l]);
    }
}

// Eight rows from row m on from column k on; zeros for rows and columns that are not there.
TERSE_INLINE void turn_rest(terse_type type, const terse_matrix *w, int64_t m, int rows, int64_t k, int64_t step,
                            int row, float_panel *panel) {
    lanes columns[SIDE];
    for (int r = 0; r < SIDE; r++) {
        if (r < rows) {
            columns[r] = load_rest(type, row_at(w, m + r), k, w->columns);
        } else {
            for (int i = 0; i < VECTORS; i++) columns[r].part[i] = zero_vector();
        }
    }
    turn_columns(columns, step, row, panel);
}

// Columns k … of `rows` rows from row m on. Returns how many steps they take.
TERSE_INLINE int64_t turn_block(terse_type type, const terse_matrix *w, int64_t m, int rows, int64_t k,
                                float_panel *panel) {
    const int64_t left = w->columns - k < BLOCK ? w->columns - k : BLOCK, steps = (left + LANES - 1) / LANES;
    for (int64_t s = 0; s < steps; s++) {
        for (int r = 0; r < PANEL; r += SIDE) {
            const int64_t first = k + s * LANES;
            if (r + SIDE > rows || first + LANES > w->columns) {
                turn_rest(type, w, m + r, rows - r, first, s, r, panel);
                continue;
            }
            lanes columns[SIDE];
            TERSE_EACH(i, SIDE) columns[i] = load_lanes(type, row_at(w, m + r + i), first);
            turn_columns(columns, s, r, panel);
        }
    }
    return steps;
}

// Adds `steps` columns of one lane to the outputs of a panel with the `batch` rows of x of a group. Meanwhile as many
// are fetched from `next`.
TERSE_INLINE void multiply_tile(float (*weights)[PANEL], const float *x, const float *next, int64_t steps,
                                const int batch, float (*sums)[PANEL]) {
    float_vector acc[TILE_BATCH][PANEL_VECTORS];
    TERSE_EACH(t, batch) {
        TERSE_EACH(i, PANEL_VECTORS) acc[t][i] = load_vector(sums[t] + i * WIDTH);
    }
    for (int64_t begin = 0; begin < steps; begin += LINE) {
        TERSE_EACH(t, batch) __builtin_prefetch(next + begin * batch + t * LINE);
        const int64_t end = begin + LINE < steps ? begin + LINE : steps;
        for (int64_t s = begin; s < end; s++) {
            float_vector w[PANEL_VECTORS];
            TERSE_EACH(i, PANEL_VECTORS) w[i] = load_vector(weights[s] + i * WIDTH);
            TERSE_EACH(t, batch) {
                const float_vector a = broadcast(x[s * batch + t]);
                TERSE_EACH(i, PANEL_VECTORS) acc[t][i] = fused(w[i], a, acc[t][i]);
            }
        }
    }
    TERSE_EACH(t, batch) {
        TERSE_EACH(i, PANEL_VECTORS) store_vector(sums[t] + i * WIDTH, acc[t][i]);
    }
}

// Lane l of the columns from step `begin` on.
static void multiply_lane(float (*weights)[PANEL], const float *x, int64_t value_stride, int l, int64_t begin,
                          int64_t steps, int batch, float (*sums)[PANEL]) {
    const int64_t first = l * (value_stride / LANES) + begin;
    for (int t = 0; t < batch; t += TILE_BATCH) {
        const float *group = x + t * value_stride, *next = group + TILE_BATCH * value_stride;
#define CASE(COUNT) \
    case COUNT: \
        if (COUNT > TILE_BATCH) break; \
        multiply_tile(weights, group + first * COUNT, next + first * COUNT, steps, COUNT, sums + t); \
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
        const int64_t steps = turn_block(type, w, m, rows, k, &panel);
        for (int l = 0; l < LANES; l++) {
            multiply_lane(panel.weights[l], values, x->value_stride, l, k / LANES, steps, batch, panel.sums[l]);
        }
    }
    for (int c = 0; c < batch; c++) {
        _Alignas(64) float out[PANEL];
        add_up_lanes(&panel, c, out);
        const float scale = x->row_scales[t + c] * w->scale;
        for (int r = 0; r < rows; r++) y[(t + c) * y_stride + m + r] = out[r] * scale;
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

#endif
