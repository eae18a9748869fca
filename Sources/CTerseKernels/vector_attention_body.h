// The KV cache and attention on sixteen lanes; part of vector_body.h.
//
// A tile's keys and values are multiplied, as matrices, with all the rows × heads (pairs) of the task: as they lie in
// the cache where the pairs are few, as in generation, else from scratch memory, to which they are converted to float32
// once. Scores and weights of a pair are 32 floats: two vectors.

TERSE_INLINE v16 saturated(v16 x) {
    x = choose(x > splat(TERSE_F16_LARGEST), splat(TERSE_F16_LARGEST), x);
    return choose(x < splat(-TERSE_F16_LARGEST), splat(-TERSE_F16_LARGEST), x);
}

TERSE_INLINE void store_halves(uint16_t *halves, size_t stride, const float *x, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 16) {
        const uint32_t lanes = count - i < 16 ? count - i : 16;
        const v16 v = saturated(lanes == 16 ? load(x + i) : load_part(x + i, lanes, 0.0f));
        const h16 h = __builtin_convertvector(v, h16);
        uint16_t converted[16];
        memcpy(converted, &h, sizeof h);
        for (uint32_t l = 0; l < lanes; l++) halves[(i + l) * stride] = converted[l];
    }
}

// Stores a row as int8 and returns its scale.
TERSE_INLINE float store_bytes(int8_t *quants, size_t stride, const float *x, uint32_t count) {
    uint32_t largest = 0;  // As bit patterns not-a-number is the greatest, so that it is not lost.
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, 4);
        bits &= 0x7fffffffu;
        largest = bits > largest ? bits : largest;
    }
    const float absmax = terse_bits_float(largest);
    const bool finite = largest < 0x7f800000u, vanishes = !finite || absmax < TERSE_KV_TINY;
    const float inverse = vanishes ? 0.0f : 127.0f / absmax;
    for (uint32_t i = 0; i < count; i++) {
        const float shifted = x[i] * inverse + 0x1.8p23f;
        quants[i * stride] = vanishes ? 0 : (int8_t)(shifted - 0x1.8p23f);
    }
    if (!finite) return NAN;
    return vanishes ? 0.0f : absmax / 127.0f;
}

static void kv_store(
    uint8_t *block, const terse_kv_head *head, uint32_t token, const float *key, const float *value) {
    const uint32_t dimension = head->dimension;
    const size_t row = (size_t)token * dimension;
    if (head->type == TERSE_KV_F16) {
        store_halves((uint16_t *)(block + head->keys) + token, TERSE_KV_TILE, key, dimension);
        store_halves((uint16_t *)(block + head->values) + row, 1, value, dimension);
    } else {
        ((float *)(block + head->key_scales))[token] =
            store_bytes((int8_t *)(block + head->keys) + token, TERSE_KV_TILE, key, dimension);
        ((float *)(block + head->value_scales))[token] =
            store_bytes((int8_t *)(block + head->values) + row, 1, value, dimension);
    }
}

// Where the parts of a task's scratch memory lie; arrays of pairs are [pair].
typedef struct {
    const terse_attention_task *task;
    uint32_t pairs, padded;  // `padded`: the dimension rounded up to 16
    float *keys;             // [dimension][32]
    float *values;           // [32][padded]
    float *scores;           // [pair][32]
    float *outputs, *maxima, *sums;                    // of the span under way; outputs [pair][padded]
    float *total_outputs, *total_maxima, *total_sums;  // of the spans before
    float *corrections;
} workspace;

static workspace lay_out(const terse_attention_task *task, float *scratch) {
    workspace w = {.task = task, .pairs = task->rows * task->heads};
    w.padded = (task->head.dimension + 15) / 16 * 16;
    const size_t scalars = (w.pairs + 15) / 16 * 16;
    w.keys = scratch;
    w.values = w.keys + (size_t)TERSE_KV_TILE * w.padded;
    w.scores = w.values + (size_t)TERSE_KV_TILE * w.padded;
    w.outputs = w.scores + (size_t)TERSE_KV_TILE * w.pairs;
    w.total_outputs = w.outputs + (size_t)w.pairs * w.padded;
    w.maxima = w.total_outputs + (size_t)w.pairs * w.padded;
    w.sums = w.maxima + scalars;
    w.total_maxima = w.sums + scalars;
    w.total_sums = w.total_maxima + scalars;
    w.corrections = w.total_sums + scalars;
    return w;
}

// All keys of a tile and its first `visible` values as float32.
TERSE_INLINE void unpack_tile(const workspace *w, const uint8_t *block, uint32_t visible, elements type) {
    const terse_kv_head *head = &w->task->head;
    const uint32_t dimension = head->dimension;
    for (size_t i = 0; i < (size_t)dimension * TERSE_KV_TILE; i += 16) {
        store(w->keys + i, unpack(block + head->keys, type, i));
    }
    for (size_t token = 0; token < visible; token++) {
        float *row = w->values + token * w->padded;
        uint32_t i = 0;
        for (; i + 16 <= dimension; i += 16) store(row + i, unpack(block + head->values, type, token * dimension + i));
        if (i == dimension) continue;
        for (uint32_t k = i; k < w->padded; k++) row[k] = 0.0f;
        for (uint32_t k = i; k < dimension; k++) {
            const size_t index = token * dimension + k;
            row[k] = type == ELEMENTS_F16 ? terse_f16_to_f32(((const uint16_t *)(block + head->values))[index])
                                          : (float)((const int8_t *)(block + head->values))[index];
        }
    }
}

// A tile as products read it.
typedef struct {
    const void *keys, *values;
    elements type;
    size_t value_stride;
    const uint8_t *next_keys;  // those of the next tile, or NULL
    size_t bytes;              // to be fetched ahead: of all keys, and of all values; 0 where a tile was unpacked
} tile;

enum { PAIRS_AT_A_TIME = 64 };

// Scores of pairs `first` … last, as they come out of the product.
TERSE_INLINE void score(const workspace *w, const tile *t, uint32_t first) {
    const terse_attention_task *task = w->task;
    const float *queries[PAIRS_AT_A_TIME];
    for (uint32_t start = first; start < w->pairs; start += PAIRS_AT_A_TIME) {
        const uint32_t count = w->pairs - start < PAIRS_AT_A_TIME ? w->pairs - start : PAIRS_AT_A_TIME;
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t row = (start + i) / task->heads, head = (start + i) % task->heads;
            queries[i] = task->queries + row * task->query_row_stride + (size_t)head * task->head.dimension;
        }
        multiply(&(product){
            .rows = count, .depth = task->head.dimension, .columns = TERSE_KV_TILE, .a = queries, .b = t->keys,
            .type = t->type, .b_stride = TERSE_KV_TILE, .c = w->scores + (size_t)start * TERSE_KV_TILE,
            .c_stride = TERSE_KV_TILE, .next = t->values, .next_bytes = t->bytes});
    }
}

static const i16 lane_numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// Turns a pair's scores into weights (times the scales of the values) and updates its maximum, sum and correction.
TERSE_INLINE void weigh(
    const workspace *w, uint32_t pair, uint32_t visible, const v16 key_factors[2], const v16 value_scales[2],
    bool is_scaled) {
    float *scores = w->scores + (size_t)pair * TERSE_KV_TILE;
    v16 s0 = load(scores) * key_factors[0], s1 = load(scores + 16) * key_factors[1];
    const i16 seen0 = lane_numbers < (int32_t)visible, seen1 = lane_numbers + 16 < (int32_t)visible;
    const v16 nothing = splat(-INFINITY);
    const v16 greatest = greater(greater(nothing, choose(seen0, s0, nothing)), choose(seen1, s1, nothing));
    const float found = fold_greatest(greatest), before = w->maxima[pair];
    const float most = found > before ? found : before;
    s0 = (v16)((i16)exponential(s0 - splat(most)) & seen0);
    s1 = (v16)((i16)exponential(s1 - splat(most)) & seen1);
    const float correction = before == most ? 1.0f : terse_exponential(before - most);
    w->maxima[pair] = most;
    w->sums[pair] = __builtin_fmaf(w->sums[pair], correction, fold(s0 + s1));
    w->corrections[pair] = correction;
    store(scores, is_scaled ? s0 * value_scales[0] : s0);
    store(scores + 16, is_scaled ? s1 * value_scales[1] : s1);
}

// Adds the values of a tile, weighted, to the outputs of `count` pairs that see its first `visible` tokens.
TERSE_INLINE void accumulate(const workspace *w, const tile *t, uint32_t first, uint32_t count, uint32_t visible) {
    const float *weights[PAIRS_AT_A_TIME];
    for (uint32_t start = first; start < first + count; start += PAIRS_AT_A_TIME) {
        const uint32_t now = first + count - start < PAIRS_AT_A_TIME ? first + count - start : PAIRS_AT_A_TIME;
        for (uint32_t i = 0; i < now; i++) weights[i] = w->scores + (size_t)(start + i) * TERSE_KV_TILE;
        multiply(&(product){
            .rows = now, .depth = visible, .columns = w->padded, .a = weights, .b = t->values, .type = t->type,
            .b_stride = t->value_stride, .c = w->outputs + (size_t)start * w->padded, .c_stride = w->padded,
            .factors = w->corrections + start, .next = t->next_keys, .next_bytes = t->next_keys ? t->bytes : 0});
    }
}

TERSE_INLINE uint32_t visible_tokens(const terse_attention_task *task, uint32_t row, uint32_t position) {
    const uint32_t limit = task->limits[row];
    return limit <= position ? 0 : limit - position < TERSE_KV_TILE ? limit - position : TERSE_KV_TILE;
}

// Pairs that a tile is multiplied with as it lies: so few that converting it with each block of them costs less than
// unpacking it first.
enum { DIRECT_PAIRS = TERSE_PANEL_ROWS };

// A tile as it lies in the cache, or unpacked into scratch memory.
TERSE_INLINE tile lay_tile(const workspace *w, uint32_t position, uint32_t visible) {
    const terse_attention_task *task = w->task;
    const terse_kv_head *head = &task->head;
    const uint8_t *block = task->pool + task->blocks[position / TERSE_KV_TILE] * task->block_stride;
    const bool is_int8 = head->type == TERSE_KV_INT8;
    if (w->pairs > DIRECT_PAIRS || head->dimension != w->padded) {
        is_int8 ? unpack_tile(w, block, visible, ELEMENTS_INT8) : unpack_tile(w, block, visible, ELEMENTS_F16);
        return (tile){.keys = w->keys, .values = w->values, .type = ELEMENTS_F32, .value_stride = w->padded};
    }
    const uint32_t next = position + TERSE_KV_TILE, limit = task->limits[task->rows - 1];
    const bool has_next = next < limit && next < task->last_span * TERSE_ATTENTION_SPAN;
    return (tile){
        .keys = block + head->keys, .values = block + head->values, .type = is_int8 ? ELEMENTS_INT8 : ELEMENTS_F16,
        .value_stride = head->dimension, .bytes = (size_t)TERSE_KV_TILE * head->dimension * (is_int8 ? 1 : 2),
        .next_keys = has_next
            ? task->pool + task->blocks[next / TERSE_KV_TILE] * task->block_stride + head->keys : NULL};
}

static void attend_tile(const workspace *w, uint32_t position) {
    const terse_attention_task *task = w->task;
    uint32_t row = 0;
    while (visible_tokens(task, row, position) == 0) row++;
    v16 key_factors[2] = {splat(task->scale), splat(task->scale)}, value_scales[2] = {splat(1.0f), splat(1.0f)};
    const bool is_scaled = task->head.type == TERSE_KV_INT8;
    if (is_scaled) {
        const uint8_t *block = task->pool + task->blocks[position / TERSE_KV_TILE] * task->block_stride;
        for (int v = 0; v < 2; v++) {
            key_factors[v] *= load((const float *)(block + task->head.key_scales) + 16 * v);
            value_scales[v] = load((const float *)(block + task->head.value_scales) + 16 * v);
        }
    }
    const tile t = lay_tile(w, position, visible_tokens(task, task->rows - 1, position));
    score(w, &t, row * task->heads);
    while (row < task->rows) {
        const uint32_t visible = visible_tokens(task, row, position);
        uint32_t end = row + 1;  // Rows that see as much go together.
        while (end < task->rows && visible_tokens(task, end, position) == visible) end++;
        const uint32_t first = row * task->heads, count = (end - row) * task->heads;
        for (uint32_t pair = first; pair < first + count; pair++) {
            weigh(w, pair, visible, key_factors, value_scales, is_scaled);
        }
        accumulate(w, &t, first, count, visible);
        row = end;
    }
}

static void clear_span(const workspace *w) {
    memset(w->outputs, 0, (size_t)w->pairs * w->padded * sizeof(float));
    for (uint32_t pair = 0; pair < w->pairs; pair++) {
        w->maxima[pair] = -INFINITY;
        w->sums[pair] = 0.0f;
    }
}

// Adds the span's states to the totals.
static void merge_span(const workspace *w) {
    for (uint32_t pair = 0; pair < w->pairs; pair++) {
        if (w->sums[pair] == 0.0f) continue;
        const float before = w->total_maxima[pair], later = w->maxima[pair], most = later > before ? later : before;
        const float keep = terse_exponential(before - most), take = terse_exponential(later - most);
        w->total_maxima[pair] = most;
        w->total_sums[pair] = __builtin_fmaf(w->sums[pair], take, w->total_sums[pair] * keep);
        for (size_t i = (size_t)pair * w->padded; i < (size_t)(pair + 1) * w->padded; i += 16) {
            const v16 kept = load(w->total_outputs + i) * splat(keep);
            store(w->total_outputs + i, fused(load(w->outputs + i), splat(take), kept));
        }
    }
}

static void hand_over(const workspace *w, const float *outputs, const float *maxima, const float *sums) {
    const terse_attention_task *task = w->task;
    const uint32_t dimension = task->head.dimension;
    for (uint32_t pair = 0; pair < w->pairs; pair++) {
        const uint32_t row = pair / task->heads, head = pair % task->heads;
        const float *output = outputs + (size_t)pair * w->padded;
        if (task->outputs) {
            float *result = task->outputs + row * task->output_row_stride + (size_t)head * dimension;
            const float inverse = 1.0f / sums[pair];
            for (uint32_t i = 0; i < dimension; i++) result[i] = output[i] * inverse;
        } else {
            float *state = task->states + row * task->state_row_stride + (size_t)head * (dimension + 2);
            state[0] = maxima[pair];
            state[1] = sums[pair];
            memcpy(state + 2, output, dimension * sizeof(float));
        }
    }
}

static void attend(const terse_attention_task *task, float *scratch) {
    workspace w = lay_out(task, scratch);
    const uint32_t most = task->limits[task->rows - 1];
    for (uint32_t span = task->first_span; span < task->last_span; span++) {
        const uint32_t start = span * TERSE_ATTENTION_SPAN;
        if (start >= most && span > task->first_span) break;
        clear_span(&w);
        for (uint32_t position = start; position < start + TERSE_ATTENTION_SPAN && position < most;) {
            attend_tile(&w, position);
            position += TERSE_KV_TILE;
        }
        if (span > task->first_span) {
            merge_span(&w);
        } else if (span + 1 < task->last_span) {
            // The first span is the total so far.
            float *const outputs = w.outputs, *const maxima = w.maxima, *const sums = w.sums;
            w.outputs = w.total_outputs, w.maxima = w.total_maxima, w.sums = w.total_sums;
            w.total_outputs = outputs, w.total_maxima = maxima, w.total_sums = sums;
        }
    }
    const bool is_single = task->last_span - task->first_span <= 1;
    if (is_single) {
        hand_over(&w, w.outputs, w.maxima, w.sums);
    } else {
        hand_over(&w, w.total_outputs, w.total_maxima, w.total_sums);
    }
}
