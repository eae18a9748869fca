// Causal attention and its gradients by tiles of 64 queries × 64 keys (FlashAttention-2, arXiv:2307.08691): no matrix
// of tokens × tokens exists, and the backward pass computes the weights again from the sums that the forward pass kept.
// Part of training_body.h.
//
// Tiles are copied to rows of `padded` elements, the dimension rounded up to sixteen, with zeros for what is not there;
// so rows past the window's end weigh nothing and every product has whole vectors.

enum { TILE = TERSE_TRAINING_TILE };

// c[r][j] (+)= Σ_k a[r · row + k · step] · b[k][j] in order of k, for `rows` rows of c and 16 · `vectors` columns.
TERSE_INLINE void tile_block(const real *a, size_t row, size_t step, const real *b, size_t b_stride, size_t inner,
    real *c, size_t c_stride, bool accumulate, const int rows, const int vectors) {
    v16 sums[rows][vectors];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            sums[r][v] = accumulate ? load(c + (size_t)r * c_stride + 16 * v) : splat(0);
        }
    }
    for (size_t k = 0; k < inner; k++) {
        v16 columns[vectors];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) columns[v] = load(b + k * b_stride + 16 * v);
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const v16 factor = splat(a[(size_t)r * row + k * step]);
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[r][v] = fused(factor, columns[v], sums[r][v]);
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) store(c + (size_t)r * c_stride + 16 * v, sums[r][v]);
    }
}

// The same for all 64 rows of a tile and `columns`, a multiple of sixteen.
static void tile_product(const real *a, size_t row, size_t step, const real *b, size_t b_stride, size_t inner,
    size_t columns, real *c, size_t c_stride, bool accumulate) {
    for (size_t r = 0; r < TILE; r += TERSE_TILE_ROWS) {
        const real *rows = a + r * row;
        real *target = c + r * c_stride;
        size_t j = 0;
        for (; j + 16 * TERSE_TILE_VECTORS <= columns; j += 16 * TERSE_TILE_VECTORS) {
            tile_block(rows, row, step, b + j, b_stride, inner, target + j, c_stride, accumulate, TERSE_TILE_ROWS,
                TERSE_TILE_VECTORS);
        }
        for (; j < columns; j += 16) {
            tile_block(rows, row, step, b + j, b_stride, inner, target + j, c_stride, accumulate, TERSE_TILE_ROWS, 1);
        }
    }
}

typedef struct {
    size_t padded;
    real *queries, *keys, *values, *gradients;         // [64][padded], queries times the scale
    real *turned_queries, *turned_keys, *turned_values;  // [padded][64]
    real *outputs, *dkeys, *dvalues, *dqueries;        // [64][padded]
    real *weights, *dweights;                          // [64][64]
    real *maxima, *sums, *corrections, *products;      // [64]
} tiles;

static tiles lay_out_tiles(size_t dimension, real *scratch) {
    const size_t padded = (dimension + 15) / 16 * 16, size = TILE * padded;
    tiles t = {.padded = padded};
    real **const wide[] = {&t.queries, &t.keys, &t.values, &t.gradients, &t.turned_queries, &t.turned_keys,
        &t.turned_values, &t.outputs, &t.dkeys, &t.dvalues, &t.dqueries};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++, scratch += size) *wide[i] = scratch;
    real **const square[] = {&t.weights, &t.dweights};
    for (size_t i = 0; i < sizeof square / sizeof *square; i++, scratch += TILE * TILE) *square[i] = scratch;
    real **const vectors[] = {&t.maxima, &t.sums, &t.corrections, &t.products};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++, scratch += TILE) *vectors[i] = scratch;
    return t;
}

// Rows `first` … of x times `factor` into a tile; zeros past the last token and past the dimension.
static void copy_tile(const real *x, size_t stride, size_t first, const terse_training_attention *task, size_t padded,
    real factor, real *tile) {
    for (size_t r = 0; r < TILE; r++) {
        const bool inside = first + r < task->tokens;
        const size_t count = inside ? task->dimension : 0;
        const real *row = inside ? x + (first + r) * stride : x;
        for (size_t i = 0; i < count; i++) tile[r * padded + i] = row[i] * factor;
        for (size_t i = count; i < padded; i++) tile[r * padded + i] = 0;
    }
}

static void turn_tile(const real *tile, size_t padded, real *turned) {
    for (size_t i = 0; i < padded; i++) {
        for (size_t r = 0; r < TILE; r++) turned[i * TILE + r] = tile[r * padded + i];
    }
}

// Scores [key][query] become weights against the new maxima; sums grow, corrections tell by what to shrink outputs. On
// the diagonal tile query r sees keys up to r.
static void soften(const tiles *t, bool diagonal) {
    for (size_t lane = 0; lane < TILE; lane += 16) {
        w16 queries;
        for (int l = 0; l < 16; l++) queries[l] = (whole)(lane + (size_t)l);
        const v16 before = load(t->maxima + lane);
        v16 greatest = before;
        for (size_t j = 0; j < TILE; j++) {
            v16 score = load(t->weights + j * TILE + lane);
            if (diagonal) {
                score = choose(queries < (w16){0} + (whole)j, splat((real)-INFINITY), score);
                store(t->weights + j * TILE + lane, score);
            }
            greatest = choose(score > greatest, score, greatest);
        }
        const v16 correction = exponential(before - greatest);
        v16 sum = load(t->sums + lane) * correction;
        for (size_t j = 0; j < TILE; j++) {
            const v16 weight = exponential(load(t->weights + j * TILE + lane) - greatest);
            store(t->weights + j * TILE + lane, weight);
            sum += weight;
        }
        store(t->maxima + lane, greatest);
        store(t->sums + lane, sum);
        store(t->corrections + lane, correction);
    }
}

static void write_outputs(const terse_training_attention *task, const tiles *t, size_t head, size_t first) {
    for (size_t r = 0; r < TILE && first + r < task->tokens; r++) {
        real *output = (real *)task->outputs + (first + r) * task->output_stride + head * task->dimension;
        const real inverse = 1 / t->sums[r];
        for (size_t i = 0; i < task->dimension; i++) output[i] = t->outputs[r * t->padded + i] * inverse;
        ((real *)task->log_sums)[(first + r) * task->log_sum_stride + head] =
            (real)((double)t->maxima[r] + log((double)t->sums[r]));
    }
}

static void attend(const terse_training_attention *task, void *scratch) {
    const tiles t = lay_out_tiles(task->dimension, scratch);
    const size_t padded = t.padded;
    for (size_t head = 0; head < task->heads; head++) {
        const real *queries = (const real *)task->queries + head * task->dimension;
        for (size_t first = 0; first < task->tokens; first += TILE) {
            copy_tile(queries, task->query_stride, first, task, padded, (real)task->scale, t.queries);
            turn_tile(t.queries, padded, t.turned_queries);
            for (size_t r = 0; r < TILE; r++) t.maxima[r] = (real)-INFINITY, t.sums[r] = 0;
            for (size_t key = 0; key <= first; key += TILE) {
                copy_tile(task->keys, task->kv_stride, key, task, padded, 1, t.keys);
                copy_tile(task->values, task->kv_stride, key, task, padded, 1, t.values);
                tile_product(t.keys, padded, 1, t.turned_queries, TILE, padded, TILE, t.weights, TILE, false);
                soften(&t, key == first);
                for (size_t r = 0; r < TILE && key > 0; r++) {
                    for (size_t i = 0; i < padded; i++) t.outputs[r * padded + i] *= t.corrections[r];
                }
                tile_product(t.weights, 1, TILE, t.values, padded, TILE, padded, t.outputs, padded, key > 0);
            }
            write_outputs(task, &t, head, first);
        }
    }
}

// Weights [query][key] again from scores, and the scores' gradients from the weights'.
static void differentiate(
    const terse_training_attention *task, const tiles *t, size_t head, size_t first, bool diagonal) {
    for (size_t r = 0; r < TILE; r++) {
        const bool inside = first + r < task->tokens;
        const real *log_sums = task->log_sums;
        const v16 shift = splat(inside ? log_sums[(first + r) * task->log_sum_stride + head] : 0);
        const v16 product = splat(t->products[r]);
        for (size_t lane = 0; lane < TILE; lane += 16) {
            real *weights = t->weights + r * TILE + lane, *dweights = t->dweights + r * TILE + lane;
            v16 weight = exponential(load(weights) - shift);
            if (diagonal) {
                w16 keys;
                for (int l = 0; l < 16; l++) keys[l] = (whole)(lane + (size_t)l);
                weight = (v16)((w16)weight & (keys <= (w16){0} + (whole)r));
            }
            store(weights, weight);
            store(dweights, weight * (load(dweights) - product));
        }
    }
}

// products[r] = Σ of a row's output times its gradient
static void multiply_outputs(const terse_training_attention *task, const tiles *t, size_t head, size_t first) {
    for (size_t r = 0; r < TILE; r++) {
        v16 sums = splat(0);
        const bool inside = first + r < task->tokens;
        const size_t offset = (first + r) * task->output_stride + head * task->dimension;
        for (size_t i = 0; inside && i < task->dimension; i += 16) {
            const v16 output = load_some((const real *)task->outputs + offset + i, task->dimension - i, 0);
            sums = fused(output, load(t->gradients + r * t->padded + i), sums);
        }
        t->products[r] = fold(sums);
    }
}

static void write_rows(const terse_training_attention *task, const real *tile, size_t padded, size_t first,
    real factor, bool accumulate, real *target, size_t stride) {
    for (size_t r = 0; r < TILE && first + r < task->tokens; r++) {
        real *row = target + (first + r) * stride;
        for (size_t i = 0; i < task->dimension; i++) {
            const real value = tile[r * padded + i] * factor;
            row[i] = accumulate ? row[i] + value : value;
        }
    }
}

// What the queries of one head that lie in one tile add to the gradients.
static void differentiate_tile(
    const terse_training_attention *task, const tiles *t, size_t head, size_t first, size_t key) {
    const size_t padded = t->padded, column = head * task->dimension;
    copy_tile((const real *)task->queries + column, task->query_stride, first, task, padded, (real)task->scale,
        t->queries);
    copy_tile((const real *)task->output_gradients + column, task->output_stride, first, task, padded, 1,
        t->gradients);
    multiply_outputs(task, t, head, first);
    tile_product(t->queries, padded, 1, t->turned_keys, TILE, padded, TILE, t->weights, TILE, false);
    tile_product(t->gradients, padded, 1, t->turned_values, TILE, padded, TILE, t->dweights, TILE, false);
    differentiate(task, t, head, first, first == key);
    tile_product(t->weights, 1, TILE, t->gradients, padded, TILE, padded, t->dvalues, padded, true);
    tile_product(t->dweights, 1, TILE, t->queries, padded, TILE, padded, t->dkeys, padded, true);
    tile_product(t->dweights, TILE, 1, t->keys, padded, TILE, padded, t->dqueries, padded, false);
    write_rows(task, t->dqueries, padded, first, (real)task->scale, key > 0, (real *)task->query_gradients + column,
        task->query_stride);
}

static void attend_gradient(const terse_training_attention *task, void *scratch) {
    const tiles t = lay_out_tiles(task->dimension, scratch);
    const size_t padded = t.padded;
    for (size_t key = 0; key < task->tokens; key += TILE) {
        copy_tile(task->keys, task->kv_stride, key, task, padded, 1, t.keys);
        copy_tile(task->values, task->kv_stride, key, task, padded, 1, t.values);
        turn_tile(t.keys, padded, t.turned_keys);
        turn_tile(t.values, padded, t.turned_values);
        memset(t.dkeys, 0, TILE * padded * sizeof(real));
        memset(t.dvalues, 0, TILE * padded * sizeof(real));
        for (size_t head = 0; head < task->heads; head++) {
            for (size_t first = key; first < task->tokens; first += TILE) {
                differentiate_tile(task, &t, head, first, key);
            }
        }
        write_rows(task, t.dkeys, padded, key, 1, false, task->key_gradients, task->kv_stride);
        write_rows(task, t.dvalues, padded, key, 1, false, task->value_gradients, task->kv_stride);
    }
}
