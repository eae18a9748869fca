// From scores to weights, sixteen pairs at a time; part of vector_attention_body.h.
//
// A pair's maximum and sum are those of 32 lanes. Of sixteen pairs, or four, they are found together, each in a lane of
// its own: that takes fewer shuffles, and one exponential for what all of them had before.

static const i16 lane_numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// For each of `width` vectors, 4 or 16, the sum of its lanes or the greatest of them: those 8, 4, 2, 1 apart.
TERSE_INLINE v16 folded(const v16 *x, const int width, const bool is_sum) {
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
    for (int i = 0; i < 2; i++) {
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

// The first `count` of sixteen numbers.
TERSE_INLINE v16 load_first(const float *x, const int count) {
    return count == 16 ? load(x) : load_part(x, (size_t)count, 0.0f);
}

TERSE_INLINE void store_first(float *x, const int count, v16 v) {
    if (count == 16) {
        store(x, v);
    } else {
        store_part(x, (size_t)count, v);
    }
}

// Weights of int8 times the scales of the values, as whole numbers.
TERSE_INLINE void quantize_weights(
    const workspace *w, uint32_t first, const int count, const int width, const i16 seen[2],
    const v16 value_scales[2]) {
    v16 greatest[16], check[16];
    for (int i = 0; i < count; i++) {
        float *scores = w->scores + ((size_t)first + (size_t)i) * TERSE_KV_TILE;
        // Scales past the last token that is seen may be anything.
        const v16 s0 = (v16)((i16)(load(scores) * value_scales[0]) & seen[0]);
        const v16 s1 = (v16)((i16)(load(scores + 16) * value_scales[1]) & seen[1]);
        store(scores, s0);
        store(scores + 16, s1);
        greatest[i] = greater(greater(splat(0.0f), s0), s1);
        check[i] = s0 * splat(0.0f) + s1 * splat(0.0f);
    }
    for (int i = count; i < width; i++) greatest[i] = check[i] = splat(0.0f);
    float largest[16];
    const v16 most = folded(greatest, width, false);
    store(largest, most);
    store_first(w->weight_scales + first, count, most / splat(TERSE_INT16_LIMIT) + folded(check, width, true));
    for (int i = 0; i < count; i++) {
        float *scores = w->scores + ((size_t)first + (size_t)i) * TERSE_KV_TILE;
        const float inverse = terse_int16_inverse(largest[i], TERSE_INT16_LIMIT);
        int16_t quants[TERSE_KV_TILE];
        quantize_int16(load(scores), inverse, quants);
        quantize_int16(load(scores + 16), inverse, quants + 16);
        memcpy(scores, quants, sizeof quants);
    }
}

// Turns scores of `count` ≤ `width` pairs into weights and updates their maxima, sums and corrections.
TERSE_INLINE void weigh_scores(
    const workspace *w, uint32_t first, const int count, const int width, const i16 seen[2],
    const v16 key_factors[2]) {
    const v16 nothing = splat(-INFINITY);
    v16 rows[16];
    for (int i = 0; i < count; i++) {
        float *scores = w->scores + ((size_t)first + (size_t)i) * TERSE_KV_TILE;
        const v16 s0 = load(scores) * key_factors[0], s1 = load(scores + 16) * key_factors[1];
        store(scores, s0);
        store(scores + 16, s1);
        rows[i] = greater(greater(nothing, choose(seen[0], s0, nothing)), choose(seen[1], s1, nothing));
    }
    for (int i = count; i < width; i++) rows[i] = nothing;
    const v16 before = load_first(w->maxima + first, count), most = greater(before, folded(rows, width, false));
    float maxima[16];
    store(maxima, most);
    for (int i = 0; i < count; i++) {
        float *scores = w->scores + ((size_t)first + (size_t)i) * TERSE_KV_TILE;
        const v16 s0 = (v16)((i16)exponential(load(scores) - splat(maxima[i])) & seen[0]);
        const v16 s1 = (v16)((i16)exponential(load(scores + 16) - splat(maxima[i])) & seen[1]);
        store(scores, s0);
        store(scores + 16, s1);
        rows[i] = s0 + s1;
    }
    const v16 correction = choose(before == most, splat(1.0f), exponential(before - most));
    const v16 sums = fused(load_first(w->sums + first, count), correction, folded(rows, width, true));
    store_first(w->maxima + first, count, most);
    store_first(w->sums + first, count, sums);
    store_first(w->corrections + first, count, correction);
}

// Those of any number of pairs that see the same tokens; of int8 the weights become whole numbers.
TERSE_INLINE void weigh(
    const workspace *w, uint32_t first, uint32_t count, uint32_t visible, const v16 key_factors[2],
    const v16 value_scales[2], bool is_scaled) {
    const i16 seen[2] = {lane_numbers < (int32_t)visible, lane_numbers + 16 < (int32_t)visible};
#define TERSE_WEIGH(COUNT, WIDTH) \
    weigh_scores(w, first, COUNT, WIDTH, seen, key_factors); \
    if (is_scaled) quantize_weights(w, first, COUNT, WIDTH, seen, value_scales);
    const uint32_t end = first + count;
    for (; end - first >= 16; first += 16) {
        TERSE_WEIGH(16, 16)
    }
    for (; end - first >= 4; first += 4) {
        TERSE_WEIGH(4, 4)
    }
    if (end > first) {
        TERSE_WEIGH((int)(end - first), 4)
    }
#undef TERSE_WEIGH
}
