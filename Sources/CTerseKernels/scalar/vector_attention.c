// The reference for the KV cache and attention.
#include "vector_scalar.h"

static int32_t rounded(float x, float inverse) {
    const float shifted = x * inverse + TERSE_ROUND_MAGIC;
    return (int32_t)(shifted - TERSE_ROUND_MAGIC);
}

// The scale of an int8 row and the factor from values to quants.
static float int8_scale(const float *x, uint32_t count, float *inverse) {
    uint32_t largest = 0;  // As bit patterns not-a-number is the greatest, so that it is not lost.
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t bits = terse_float_bits(x[i]) & 0x7fffffffu;
        largest = bits > largest ? bits : largest;
    }
    const float absmax = terse_bits_float(largest);
    const bool finite = largest < 0x7f800000u;
    *inverse = finite && absmax >= TERSE_KV_TINY ? 127.0f / absmax : 0.0f;
    if (!finite) return NAN;
    return absmax >= TERSE_KV_TINY ? absmax / 127.0f : 0.0f;
}

// Where int8 keeps an element: in pairs of them, keys of one token, values of two.
static size_t int8_key(uint32_t token, uint32_t i) {
    return (size_t)(i / 2) * (2 * TERSE_KV_TILE) + 2 * token + i % 2;
}
static size_t int8_value(uint32_t dimension, uint32_t token, uint32_t i) {
    return terse_kv_value_offset(dimension, token) + 2 * (size_t)i;
}

static uint16_t saturated_half(float x) {
    if (x > TERSE_F16_LARGEST) x = TERSE_F16_LARGEST;
    if (x < -TERSE_F16_LARGEST) x = -TERSE_F16_LARGEST;
    return terse_f32_to_f16(x);
}

void terse_kv_store_scalar(
    uint8_t *block, const terse_kv_head *head, uint32_t token, const float *key, const float *value) {
    const uint32_t dimension = head->dimension;
    if (head->type == TERSE_KV_F16) {
        uint16_t *keys = (uint16_t *)(block + head->keys) + token;
        uint16_t *values = (uint16_t *)(block + head->values) + (size_t)token * dimension;
        for (uint32_t i = 0; i < dimension; i++) keys[(size_t)i * TERSE_KV_TILE] = saturated_half(key[i]);
        for (uint32_t i = 0; i < dimension; i++) values[i] = saturated_half(value[i]);
        return;
    }
    float inverse;
    int8_t *const keys = (int8_t *)(block + head->keys), *const values = (int8_t *)(block + head->values);
    ((float *)(block + head->key_scales))[token] = int8_scale(key, dimension, &inverse);
    for (uint32_t i = 0; i < dimension; i++) {
        keys[int8_key(token, i)] = inverse == 0.0f ? 0 : (int8_t)rounded(key[i], inverse);
    }
    ((float *)(block + head->value_scales))[token] = int8_scale(value, dimension, &inverse);
    for (uint32_t i = 0; i < dimension; i++) {
        values[int8_value(dimension, token, i)] = inverse == 0.0f ? 0 : (int8_t)rounded(value[i], inverse);
    }
}

static float f16_key(const uint8_t *block, const terse_kv_head *head, uint32_t token, uint32_t i) {
    return terse_f16_to_f32(((const uint16_t *)(block + head->keys))[(size_t)i * TERSE_KV_TILE + token]);
}

static float f16_value(const uint8_t *block, const terse_kv_head *head, uint32_t token, uint32_t i) {
    return terse_f16_to_f32(((const uint16_t *)(block + head->values))[(size_t)token * head->dimension + i]);
}

// Floats as whole numbers: those of x[i] / scale, where the greatest is `limit`. Returns the scale, which is no number
// where an x is none.
static float quantize_int16(const float *x, uint32_t count, float limit, int32_t *quants) {
    float most = 0.0f;
    bool finite = true;
    for (uint32_t i = 0; i < count; i++) {
        most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
        finite = finite && x[i] - x[i] == 0.0f;
    }
    if (!finite) {
        memset(quants, 0, count * sizeof *quants);
        return NAN;
    }
    const float inverse = terse_int16_inverse(most, limit);
    for (uint32_t i = 0; i < count; i++) quants[i] = rounded(x[i], inverse);
    return most / limit;
}

static float f16_dot(const uint8_t *block, const terse_kv_head *head, uint32_t token, const float *query) {
    float dot = 0.0f;
    for (uint32_t i = 0; i < head->dimension; i++) dot = fmaf(query[i], f16_key(block, head, token, i), dot);
    return dot;
}

// q·k of int8, whose query was rounded to `quants` · `scale`.
static float int8_dot(
    const uint8_t *block, const terse_kv_head *head, uint32_t token, const int32_t *quants, float scale) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < head->dimension; i++) {
        sum += quants[i] * ((const int8_t *)(block + head->keys))[int8_key(token, i)];
    }
    return fmaf((float)sum, scale, 0.0f);
}

static float scale_at(const uint8_t *block, const terse_kv_head *head, size_t offset, uint32_t token) {
    return head->type == TERSE_KV_F16 ? 1.0f : ((const float *)(block + offset))[token];
}

// Add the weighted values of `visible` tokens to what there is, times `correction`.
static void add_f16(const uint8_t *block, const terse_kv_head *head, const float *weights, uint32_t visible,
                    float correction, float *values) {
    for (uint32_t i = 0; i < head->dimension; i++) {
        float sum = values[i] * correction;
        for (uint32_t j = 0; j < visible; j++) sum = fmaf(weights[j], f16_value(block, head, j, i), sum);
        values[i] = sum;
    }
}

static void add_int8(const uint8_t *block, const terse_kv_head *head, const float *weights, uint32_t visible,
                     float correction, float *values) {
    const int8_t *bytes = (const int8_t *)(block + head->values);
    int32_t quants[TERSE_KV_TILE];
    float scaled[TERSE_KV_TILE];
    for (uint32_t j = 0; j < visible; j++) scaled[j] = weights[j] * scale_at(block, head, head->value_scales, j);
    const float scale = quantize_int16(scaled, visible, TERSE_INT16_LIMIT, quants);
    for (uint32_t i = 0; i < head->dimension; i++) {
        int32_t sum = 0;
        for (uint32_t j = 0; j < visible; j++) sum += quants[j] * bytes[int8_value(head->dimension, j, i)];
        values[i] = fmaf((float)sum, scale, values[i] * correction);
    }
}

// Adds the first `visible` tokens of a tile to a span's state.
static void attend_tile(
    const terse_attention_task *task, const uint8_t *block, const float *query, uint32_t visible, float *state) {
    const terse_kv_head *head = &task->head;
    const uint32_t dimension = head->dimension;
    float scores[TERSE_KV_TILE], weights[TERSE_KV_TILE] = {0}, maximum = state[0];
    int32_t quants[TERSE_KV_DIMENSION_MAX];
    const bool is_int8 = head->type == TERSE_KV_INT8;
    const float query_scale = is_int8 ? quantize_int16(query, dimension, terse_query_limit(dimension), quants) : 0.0f;
    for (uint32_t j = 0; j < visible; j++) {
        const float dot =
            is_int8 ? int8_dot(block, head, j, quants, query_scale) : f16_dot(block, head, j, query);
        scores[j] = dot * (task->scale * scale_at(block, head, head->key_scales, j));
        maximum = scores[j] > maximum ? scores[j] : maximum;
    }
    const float correction = terse_exponential(state[0] - maximum);
    for (uint32_t j = 0; j < visible; j++) weights[j] = terse_exponential(scores[j] - maximum);
    float lanes[TERSE_VECTOR_LANES];
    for (int l = 0; l < TERSE_VECTOR_LANES; l++) lanes[l] = weights[l] + weights[l + TERSE_VECTOR_LANES];
    for (int width = TERSE_VECTOR_LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) lanes[l] += lanes[l + width];
    }
    state[0] = maximum;
    state[1] = fmaf(state[1], correction, lanes[0]);
    if (is_int8) {
        add_int8(block, head, weights, visible, correction, state + 2);
    } else {
        add_f16(block, head, weights, visible, correction, state + 2);
    }
}

static void clear_state(float *state, uint32_t dimension) {
    memset(state, 0, (dimension + 2) * sizeof(float));
    state[0] = -INFINITY;
}

// Adds the state of a later span to that of the ones before.
static void merge(float *state, const float *later, uint32_t dimension) {
    if (later[1] == 0.0f) return;  // A span past the row's limit.
    const float maximum = later[0] > state[0] ? later[0] : state[0];
    const float before = terse_exponential(state[0] - maximum), after = terse_exponential(later[0] - maximum);
    state[0] = maximum;
    for (uint32_t i = 1; i < dimension + 2; i++) state[i] = fmaf(later[i], after, state[i] * before);
}

static void finish(const float *state, uint32_t dimension, float *result) {
    const float inverse = 1.0f / state[1];
    for (uint32_t i = 0; i < dimension; i++) result[i] = state[2 + i] * inverse;
}

void terse_attend_scalar(const terse_attention_task *task, float *scratch) {
    const uint32_t dimension = task->head.dimension;
    float *total = scratch, *span_state = scratch + dimension + 2;
    for (uint32_t row = 0; row < task->rows; row++) {
        for (uint32_t head = 0; head < task->heads; head++) {
            const float *query = task->queries + row * task->query_row_stride + (size_t)head * dimension;
            clear_state(total, dimension);
            for (uint32_t span = task->first_span; span < task->last_span; span++) {
                const uint32_t start = span * TERSE_ATTENTION_SPAN, limit = task->limits[row];
                if (start >= limit) break;
                float *state = span == task->first_span ? total : span_state;
                clear_state(state, dimension);
                const uint32_t end = limit - start < TERSE_ATTENTION_SPAN ? limit : start + TERSE_ATTENTION_SPAN;
                for (uint32_t first = start; first < end; first += TERSE_KV_TILE) {
                    const uint8_t *block = task->pool + task->blocks[first / TERSE_KV_TILE] * task->block_stride;
                    attend_tile(task, block, query, end - first < TERSE_KV_TILE ? end - first : TERSE_KV_TILE, state);
                }
                if (state == span_state) merge(total, span_state, dimension);
            }
            if (task->outputs) {
                float *output = task->outputs + row * task->output_row_stride + (size_t)head * dimension;
                finish(total, dimension, output);
            } else {
                float *state = task->states + row * task->state_row_stride + (size_t)head * (dimension + 2);
                memcpy(state, total, (dimension + 2) * sizeof(float));
            }
        }
    }
}

void terse_merge_spans_scalar(float *states, size_t stride, uint32_t spans, uint32_t dimension, float *result) {
    for (uint32_t span = 1; span < spans; span++) merge(states, states + span * stride, dimension);
    finish(states, dimension, result);
}
