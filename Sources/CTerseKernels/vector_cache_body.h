// Writing the KV cache, on sixteen lanes; part of vector_body.h.

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

// Stores a row as int8 and returns its scale. Element i goes to quants[i / 2 · pair_stride + i % 2 · stride].
TERSE_INLINE float store_bytes(int8_t *quants, size_t pair_stride, size_t stride, const float *x, uint32_t count) {
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
        const float shifted = x[i] * inverse + TERSE_ROUND_MAGIC;
        quants[i / 2 * pair_stride + i % 2 * stride] = vanishes ? 0 : (int8_t)(shifted - TERSE_ROUND_MAGIC);
    }
    if (!finite) return NAN;
    return vanishes ? 0.0f : absmax / 127.0f;
}

static void kv_store(
    uint8_t *block, const terse_kv_head *head, uint32_t token, const float *key, const float *value) {
    const uint32_t dimension = head->dimension;
    if (head->type == TERSE_KV_F16) {
        store_halves((uint16_t *)(block + head->keys) + token, TERSE_KV_TILE, key, dimension);
        store_halves((uint16_t *)(block + head->values) + (size_t)token * dimension, 1, value, dimension);
    } else {
        int8_t *keys = (int8_t *)(block + head->keys) + 2 * token;
        int8_t *values = (int8_t *)(block + head->values) + terse_kv_value_offset(dimension, token);
        ((float *)(block + head->key_scales))[token] = store_bytes(keys, 2 * TERSE_KV_TILE, 1, key, dimension);
        ((float *)(block + head->value_scales))[token] = store_bytes(values, 4, 2, value, dimension);
    }
}
