// The reference for the KV cache and attention.
#include "vector_scalar.h"

static int8_t quantized(float x, float inverse) {
    const float shifted = x * inverse + 0x1.8p23f;
    return (int8_t)(shifted - 0x1.8p23f);
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
    int8_t *keys = (int8_t *)(block + head->keys) + token;
    int8_t *values = (int8_t *)(block + head->values) + (size_t)token * dimension;
    float inverse;
    ((float *)(block + head->key_scales))[token] = int8_scale(key, dimension, &inverse);
    for (uint32_t i = 0; i < dimension; i++) {
        keys[(size_t)i * TERSE_KV_TILE] = inverse == 0.0f ? 0 : quantized(key[i], inverse);
    }
    ((float *)(block + head->value_scales))[token] = int8_scale(value, dimension, &inverse);
    for (uint32_t i = 0; i < dimension; i++) values[i] = inverse == 0.0f ? 0 : quantized(value[i], inverse);
}

static float key_at(const uint8_t *block, const terse_kv_head *head, uint32_t token, uint32_t i) {
    const size_t index = (size_t)i * TERSE_KV_TILE + token;
    if (head->type == TERSE_KV_F16) return terse_f16_to_f32(((const uint16_t *)(block + head->keys))[index]);
    return (float)((const int8_t *)(block + head->keys))[index];
}

static float value_at(const uint8_t *block, const terse_kv_head *head, uint32_t token, uint32_t i) {
    const size_t index = (size_t)token * head->dimension + i;
    if (head->type == TERSE_KV_F16) return terse_f16_to_f32(((const uint16_t *)(block + head->values))[index]);
    return (float)((const int8_t *)(block + head->values))[index];
}

static float scale_at(const uint8_t *block, const terse_kv_head *head, size_t offset, uint32_t token) {
    return head->type == TERSE_KV_F16 ? 1.0f : ((const float *)(block + offset))[token];
}

// Adds the first `visible` tokens of a tile to a span's state.
static void attend_tile(
    const terse_attention_task *task, const uint8_t *block, const float *query, uint32_t visible, float *state) {
    const terse_kv_head *head = &task->head;
    const uint32_t dimension = head->dimension;
    float scores[TERSE_KV_TILE], weights[TERSE_KV_TILE] = {0}, maximum = state[0];
    for (uint32_t j = 0; j < visible; j++) {
        float dot = 0.0f;
        for (uint32_t i = 0; i < dimension; i++) dot = fmaf(query[i], key_at(block, head, j, i), dot);
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
    for (uint32_t i = 0; i < dimension; i++) {
        float sum = state[2 + i] * correction;
        for (uint32_t j = 0; j < visible; j++) {
            const float weight = weights[j] * scale_at(block, head, head->value_scales, j);
            sum = fmaf(weight, value_at(block, head, j, i), sum);
        }
        state[2 + i] = sum;
    }
}

static void clear_state(float *state, uint32_t dimension) {
    memset(state, 0, (dimension + 2) * sizeof(float));
    state[0] = -INFINITY;
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
                if (state == span_state) terse_attention_merge(total, span_state, dimension);
            }
            if (task->outputs) {
                float *output = task->outputs + row * task->output_row_stride + (size_t)head * dimension;
                terse_attention_finish(total, dimension, output);
            } else {
                float *state = task->states + row * task->state_row_stride + (size_t)head * (dimension + 2);
                memcpy(state, total, (dimension + 2) * sizeof(float));
            }
        }
    }
}

void terse_attention_merge(float *state, const float *later, uint32_t dimension) {
    if (later[1] == 0.0f) return;  // A span past the row's limit.
    const float maximum = later[0] > state[0] ? later[0] : state[0];
    const float before = terse_exponential(state[0] - maximum), after = terse_exponential(later[0] - maximum);
    state[0] = maximum;
    for (uint32_t i = 1; i < dimension + 2; i++) state[i] = fmaf(later[i], after, state[i] * before);
}

void terse_attention_finish(const float *state, uint32_t dimension, float *result) {
    const float inverse = 1.0f / state[1];
    for (uint32_t i = 0; i < dimension; i++) result[i] = state[2 + i] * inverse;
}
