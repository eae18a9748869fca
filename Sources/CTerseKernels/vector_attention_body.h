// Attention on sixteen lanes; part of vector_body.h.
//
// A tile's keys and values are multiplied, as matrices, with all the rows × heads (pairs) of the task: as they lie in
// the cache where they are bytes or the pairs are few, as in generation, else from scratch memory, to which they are
// converted to float32 once. Scores and weights of a pair are 32 floats: two vectors.

// Where the parts of a task's scratch memory lie; arrays of pairs are [pair].
typedef struct {
    const terse_attention_task *task;
    uint32_t pairs, padded;  // `padded`: the dimension rounded up to 16
    float *keys;             // [dimension][32]
    float *values;           // [32][padded]
    float *scores;           // [pair][32]; of int8 then the weights, [pair][32] of 16 bits in the first half of each
    float *queries;          // of halves: [dimension / 32, rounded up][pair][32]
    int16_t *query_quants;   // of int8, in the same place: [pair][padded], and their scales
    float *query_scales, *weight_scales;
    float *outputs, *maxima, *sums;                    // of the span under way; outputs [pair][padded]
    float *total_outputs, *total_maxima, *total_sums;  // of the spans before
    float *corrections;
} workspace;

static workspace lay_out(const terse_attention_task *task, float *scratch) {
    workspace w = {.task = task, .pairs = task->rows * task->heads};
    w.padded = terse_kv_padded(task->head.dimension);
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
    w.query_scales = w.corrections + scalars;
    w.weight_scales = w.query_scales + scalars;
    w.queries = w.weight_scales + scalars;
    w.query_quants = (int16_t *)(void *)w.queries;
    return w;
}

// All keys of a tile of halves and its first `visible` values as float32.
TERSE_INLINE void unpack_tile(const workspace *w, const uint8_t *block, uint32_t visible) {
    const terse_kv_head *head = &w->task->head;
    const uint32_t dimension = head->dimension;
    for (size_t i = 0; i < (size_t)dimension * TERSE_KV_TILE; i += 16) {
        store(w->keys + i, unpack(block + head->keys, ELEMENTS_F16, i));
    }
    for (size_t token = 0; token < visible; token++) {
        const uint8_t *values = block + head->values + 2 * token * dimension;
        float *row = w->values + token * w->padded;
        uint32_t i = 0;
        for (; i + 16 <= dimension; i += 16) store(row + i, unpack(values, ELEMENTS_F16, i));
        for (uint32_t k = i; k < w->padded; k++) {
            row[k] = k < dimension ? terse_f16_to_f32(((const uint16_t *)(const void *)values)[k]) : 0.0f;
        }
    }
}

// Whole numbers of 16 bits, sixteen at a time, to nearest even: |x · inverse| ≤ 32767.
TERSE_INLINE void quantize_int16(v16 x, float inverse, int16_t *quants) {
    const v16 magic = splat(TERSE_ROUND_MAGIC);
    const s16 whole = __builtin_convertvector((i16)(x * splat(inverse) + magic) - (i16)magic, s16);
    memcpy(quants, &whole, sizeof whole);
}

#include "vector_softmax_body.h"

static const float *query_of(const terse_attention_task *task, uint32_t pair) {
    const uint32_t row = pair / task->heads, head = pair % task->heads;
    return task->queries + row * task->query_row_stride + (size_t)head * task->head.dimension;
}

// The queries of all pairs as whole numbers, whose products with bytes do not leave 32 bits.
static void quantize_queries(const workspace *w) {
    const terse_attention_task *task = w->task;
    const uint32_t dimension = task->head.dimension;
    const float limit = terse_query_limit(dimension);
    for (uint32_t pair = 0; pair < w->pairs; pair++) {
        const float *query = query_of(task, pair);
        v16 largest = splat(0.0f), check = splat(0.0f);
        for (uint32_t i = 0; i < dimension; i += 16) {
            const v16 x = dimension - i < 16 ? load_part(query + i, dimension - i, 0.0f) : load(query + i);
            largest = greater(largest, magnitude(x));
            check += x * splat(0.0f);
        }
        const float most = fold_greatest(largest);
        w->query_scales[pair] = most / limit + fold(check);
        for (uint32_t i = 0; i < dimension; i += 16) {
            const v16 x = dimension - i < 16 ? load_part(query + i, dimension - i, 0.0f) : load(query + i);
            quantize_int16(x, terse_int16_inverse(most, limit), w->query_quants + (size_t)pair * w->padded + i);
        }
    }
}

// The queries of all pairs as products with halves read them.
static void gather_queries(const workspace *w) {
    const terse_attention_task *task = w->task;
    const uint32_t dimension = task->head.dimension;
    for (uint32_t pair = 0; pair < w->pairs; pair++) {
        const float *query = query_of(task, pair);
        for (uint32_t i = 0; i < dimension; i += TERSE_KV_TILE) {
            const uint32_t count = dimension - i < TERSE_KV_TILE ? dimension - i : TERSE_KV_TILE;
            float *terms = w->queries + (size_t)i * w->pairs + (size_t)pair * TERSE_KV_TILE;
            memcpy(terms, query + i, count * sizeof *terms);
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

// Scores of pairs `first` … last, as they come out of the product.
TERSE_INLINE void score(const workspace *w, const tile *t, uint32_t first) {
    const terse_attention_task *task = w->task;
    const uint32_t dimension = task->head.dimension;
    if (t->type == ELEMENTS_INT8) {
        multiply(&(product){
            .rows = w->pairs - first, .depth = (dimension + 1) / 2, .columns = TERSE_KV_TILE,
            .quants = (const int32_t *)(const void *)(w->query_quants + (size_t)first * w->padded),
            .quant_stride = w->padded / 2, .scales = w->query_scales + first, .b = t->keys, .type = ELEMENTS_INT8,
            .b_stride = 2 * TERSE_KV_TILE, .c = w->scores + (size_t)first * TERSE_KV_TILE, .c_stride = TERSE_KV_TILE,
            .next = t->values, .next_bytes = t->bytes});
        return;
    }
    multiply(&(product){
        .rows = w->pairs - first, .depth = dimension, .columns = TERSE_KV_TILE,
        .a = w->queries + (size_t)first * TERSE_KV_TILE, .a_stride = (size_t)w->pairs * TERSE_KV_TILE,
        .b = t->keys, .type = t->type, .b_stride = TERSE_KV_TILE, .c = w->scores + (size_t)first * TERSE_KV_TILE,
        .c_stride = TERSE_KV_TILE, .next = t->values, .next_bytes = t->bytes});
}

// Adds the values of a tile, weighted, to the outputs of `count` pairs that see its first `visible` tokens.
TERSE_INLINE void accumulate(const workspace *w, const tile *t, uint32_t first, uint32_t count, uint32_t visible) {
    if (t->type == ELEMENTS_INT8) {
        multiply(&(product){
            .rows = count, .depth = (visible + 1) / 2, .columns = w->padded,
            .quants = (const int32_t *)(const void *)(w->scores + (size_t)first * TERSE_KV_TILE),
            .quant_stride = TERSE_KV_TILE, .scales = w->weight_scales + first, .b = t->values, .type = ELEMENTS_INT8,
            .b_stride = 2 * (size_t)w->padded, .c = w->outputs + (size_t)first * w->padded, .c_stride = w->padded,
            .factors = w->corrections + first, .next = t->next_keys, .next_bytes = t->next_keys ? t->bytes : 0});
        return;
    }
    multiply(&(product){
        .rows = count, .depth = visible, .columns = w->padded, .a = w->scores + (size_t)first * TERSE_KV_TILE,
        .b = t->values, .type = t->type, .b_stride = t->value_stride,
        .c = w->outputs + (size_t)first * w->padded, .c_stride = w->padded, .factors = w->corrections + first,
        .next = t->next_keys, .next_bytes = t->next_keys ? t->bytes : 0});
}

TERSE_INLINE uint32_t visible_tokens(const terse_attention_task *task, uint32_t row, uint32_t position) {
    const uint32_t limit = task->limits[row];
    return limit <= position ? 0 : limit - position < TERSE_KV_TILE ? limit - position : TERSE_KV_TILE;
}

// Pairs that a tile of halves is multiplied with as it lies: so few that converting it with each block of them costs
// less than unpacking it first; measured. Tiles of bytes always are.
enum { DIRECT_PAIRS = TERSE_PANEL_ROWS < 8 ? TERSE_PANEL_ROWS : 8 };

// A tile as it lies in the cache, or unpacked into scratch memory.
TERSE_INLINE tile lay_tile(const workspace *w, uint32_t position, uint32_t visible) {
    const terse_attention_task *task = w->task;
    const terse_kv_head *head = &task->head;
    const uint8_t *block = task->pool + task->blocks[position / TERSE_KV_TILE] * task->block_stride;
    const bool is_int8 = head->type == TERSE_KV_INT8;
    if (!is_int8 && (w->pairs > DIRECT_PAIRS || head->dimension != w->padded)) {
        unpack_tile(w, block, visible);
        return (tile){.keys = w->keys, .values = w->values, .type = ELEMENTS_F32, .value_stride = w->padded};
    }
    const uint32_t next = position + TERSE_KV_TILE, limit = task->limits[task->rows - 1];
    const bool has_next = next < limit && next < task->last_span * TERSE_ATTENTION_SPAN;
    return (tile){
        .keys = block + head->keys, .values = block + head->values, .type = is_int8 ? ELEMENTS_INT8 : ELEMENTS_F16,
        .value_stride = head->dimension, .bytes = (size_t)TERSE_KV_TILE * (is_int8 ? w->padded : 2 * head->dimension),
        .next_keys = has_next
            ? task->pool + task->blocks[next / TERSE_KV_TILE] * task->block_stride + head->keys : NULL};
}

// Asks for the scales of the tile at `position`, which lie apart from its keys and values.
static void fetch_scales(const terse_attention_task *task, uint32_t position) {
    if (position >= task->limits[task->rows - 1]) return;
    const uint8_t *block = task->pool + task->blocks[position / TERSE_KV_TILE] * task->block_stride;
    const size_t line = 64;
    for (size_t i = 0; i < TERSE_KV_TILE * sizeof(float); i += line) {
        __builtin_prefetch(block + task->head.key_scales + i);
        __builtin_prefetch(block + task->head.value_scales + i);
    }
}

static void attend_tile(const workspace *w, uint32_t position) {
    const terse_attention_task *task = w->task;
    uint32_t row = 0;
    while (visible_tokens(task, row, position) == 0) row++;
    tile_factors factors = {.keys = {splat(task->scale), splat(task->scale)}};
    if (task->head.type == TERSE_KV_INT8) {
        const uint8_t *block = task->pool + task->blocks[position / TERSE_KV_TILE] * task->block_stride;
        for (int v = 0; v < 2; v++) {
            factors.keys[v] *= load((const float *)(block + task->head.key_scales) + 16 * v);
            factors.values[v] = load((const float *)(block + task->head.value_scales) + 16 * v);
        }
        fetch_scales(task, position + TERSE_KV_TILE);
    }
    const tile t = lay_tile(w, position, visible_tokens(task, task->rows - 1, position));
    score(w, &t, row * task->heads);
    while (row < task->rows) {
        const uint32_t visible = visible_tokens(task, row, position);
        uint32_t end = row + 1;  // Rows that see as much go together.
        while (end < task->rows && visible_tokens(task, end, position) == visible) end++;
        const uint32_t first = row * task->heads, count = (end - row) * task->heads;
        weigh(w, first, count, visible, &factors);
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
    if (task->head.type == TERSE_KV_INT8) {
        quantize_queries(&w);
    } else {
        gather_queries(&w);
    }
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

static void merge_spans(float *states, size_t stride, uint32_t spans, uint32_t dimension, float *result) {
    float *values = states + 2;
    const uint32_t whole = dimension / 16 * 16;
    for (uint32_t span = 1; span < spans; span++) {
        const float *later = states + span * stride;
        if (later[1] == 0.0f) continue;  // A span past the row's limit.
        const float maximum = later[0] > states[0] ? later[0] : states[0];
        const float before = terse_exponential(states[0] - maximum), after = terse_exponential(later[0] - maximum);
        states[0] = maximum;
        states[1] = __builtin_fmaf(later[1], after, states[1] * before);
        for (uint32_t i = 0; i < whole; i += 16) {
            store(values + i, fused(load(later + 2 + i), splat(after), load(values + i) * splat(before)));
        }
        for (uint32_t i = whole; i < dimension; i++) {
            values[i] = __builtin_fmaf(later[2 + i], after, values[i] * before);
        }
    }
    const float inverse = 1.0f / states[1];
    for (uint32_t i = 0; i < dimension; i++) result[i] = values[i] * inverse;
}
