// From scores to weights, sixteen pairs at a time; part of vector_attention_body.h.
//
// Maxima and sums of sixteen pairs, or four, are folded together, each into its pair's lane: fewer shuffles, and one
// exponential for all corrections.

static const i16 lane_numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// Lane i: the sum of the lanes of x[i % width], or the greatest of them, those 8, 4, 2, 1 apart as by `fold`; `width`
// is 4 or 16.
TERSE_INLINE v16 fold_each(const v16 *x, const int width, const bool is_sum) {
#define TERSE_COMBINED(low, high) (is_sum ? (low) + (high) : greater(low, high))
    v16 eights[8], fours[4], twos[2];
    for (int i = 0; i < width / 2; i++) {
        const v16 a = x[2 * i], b = x[2 * i + 1];
        eights[i] = TERSE_COMBINED(
            __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
            __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
    }
    for (int i = 0; i < width / 4; i++) {
        const v16 a = eights[2 * i], b = eights[2 * i + 1];
        fours[i] = TERSE_COMBINED(
            __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
            __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31));
    }
    for (int i = 0; i < 2; i++) {  // Four vectors fill all lanes by repetition.
        const v16 a = fours[2 * i % (width / 4)], b = fours[(2 * i + 1) % (width / 4)];
        twos[i] = TERSE_COMBINED(
            __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29),
            __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31));
    }
    return TERSE_COMBINED(
        __builtin_shufflevector(twos[0], twos[1], 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
        __builtin_shufflevector(twos[0], twos[1], 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
#undef TERSE_COMBINED
}

// What scores and weights of a tile are multiplied with: scales, but those of halves. Those past the last token that is
// seen may be anything.
typedef struct {
    v16 keys[2], values[2];
    i16 seen[2];
} tile_factors;

// Weights of int8 times the scales of the values, as whole numbers.
TERSE_INLINE void quantize_weights(
    const workspace *w, uint32_t first, const int count, const int width, const tile_factors *factors) {
    float *scores = w->scores + (size_t)first * TERSE_KV_TILE;
    v16 greatest[16], check[16];
    for (int i = 0; i < count; i++) {
        float *s = scores + i * TERSE_KV_TILE;
        const v16 s0 = (v16)((i16)(load(s) * factors->values[0]) & factors->seen[0]);
        const v16 s1 = (v16)((i16)(load(s + 16) * factors->values[1]) & factors->seen[1]);
        store(s, s0);
        store(s + 16, s1);
        greatest[i] = greater(greater(splat(0.0f), s0), s1);
        check[i] = s0 * splat(0.0f) + s1 * splat(0.0f);
    }
    for (int i = count; i < width; i++) greatest[i] = check[i] = splat(0.0f);
    const v16 most = fold_each(greatest, width, false);
    float largest[16];
    store(largest, most);
    const v16 scales = most / splat(TERSE_INT16_LIMIT) + fold_each(check, width, true);
    store_part(w->weight_scales + first, (size_t)count, scales);
    for (int i = 0; i < count; i++) {
        float *s = scores + i * TERSE_KV_TILE;
        const float inverse = terse_int16_inverse(largest[i], TERSE_INT16_LIMIT);
        int16_t quants[TERSE_KV_TILE];
        quantize_int16(load(s), inverse, quants);
        quantize_int16(load(s + 16), inverse, quants + 16);
        memcpy(s, quants, sizeof quants);
    }
}

// Turns scores of `count` ≤ `width` pairs into weights, of int8 as whole numbers, and updates their maxima, sums and
// corrections.
TERSE_INLINE void weigh_some(
    const workspace *w, uint32_t first, const int count, const int width, const tile_factors *factors) {
    float *scores = w->scores + (size_t)first * TERSE_KV_TILE;
    const i16 *seen = factors->seen;
    const v16 nothing = splat(-INFINITY);
    v16 lanes[16];
    for (int i = 0; i < count; i++) {
        float *s = scores + i * TERSE_KV_TILE;
        const v16 s0 = load(s) * factors->keys[0], s1 = load(s + 16) * factors->keys[1];
        store(s, s0);
        store(s + 16, s1);
        lanes[i] = greater(greater(nothing, choose(seen[0], s0, nothing)), choose(seen[1], s1, nothing));
    }
    for (int i = count; i < width; i++) lanes[i] = nothing;
    const v16 before = load_part(w->maxima + first, (size_t)count, 0.0f);
    const v16 most = greater(before, fold_each(lanes, width, false));
    float maxima[16];
    store(maxima, most);
    for (int i = 0; i < count; i++) {
        float *s = scores + i * TERSE_KV_TILE;
        const v16 s0 = (v16)((i16)exponential(load(s) - splat(maxima[i])) & seen[0]);
        const v16 s1 = (v16)((i16)exponential(load(s + 16) - splat(maxima[i])) & seen[1]);
        store(s, s0);
        store(s + 16, s1);
        lanes[i] = s0 + s1;
    }
    // −∞ − −∞ is not a number.
    const v16 correction = choose(before == most, splat(1.0f), exponential(before - most));
    const v16 sums = load_part(w->sums + first, (size_t)count, 0.0f);
    store_part(w->sums + first, (size_t)count, fused(sums, correction, fold_each(lanes, width, true)));
    store_part(w->maxima + first, (size_t)count, most);
    store_part(w->corrections + first, (size_t)count, correction);
    if (w->task->head.type == TERSE_KV_INT8) quantize_weights(w, first, count, width, factors);
}

// Scores of any number of pairs that see the first `visible` tokens of a tile.
TERSE_INLINE void weigh(
    const workspace *w, uint32_t first, uint32_t count, uint32_t visible, tile_factors *factors) {
    for (int v = 0; v < 2; v++) factors->seen[v] = lane_numbers + 16 * v < (int32_t)visible;
    const uint32_t end = first + count;
    for (; end - first >= 16; first += 16) weigh_some(w, first, 16, 16, factors);
    for (; end - first >= 4; first += 4) weigh_some(w, first, 4, 4, factors);
    if (end > first) weigh_some(w, first, (int)(end - first), 4, factors);
}
