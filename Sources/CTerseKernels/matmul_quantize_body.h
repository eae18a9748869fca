// Quantisation of activations in vectors: what instruction sets share. The scalar code stands apart, as their judge.
//
// Gives quantize_groups, quantize_row and quantize_packed; the includer defines
//   absmax(x, count)                the largest magnitude, with the bits of terse_absmax_scalar;
//   quantize_step(x, inverse, out)  TERSE_QUANTIZE_STEP columns, a divisor of 32, with the bits of terse_round_scalar;
//   finish_block(out)               the sums of a block whose quants and scales stand.

// Fills `out` from `count` values with one factor for each 32 columns; the scales stand already.
static void quantize_unit(const float *x, int count, const float inverses[8], terse_activation_block *out) {
    memset(out->quants, 0, sizeof out->quants);
    for (int begin = 0; begin < count; begin += TERSE_QUANTIZE_STEP) {
        const float inverse = inverses[begin / 32];
        if (inverse == 0.0f) continue;  // Not finite, perhaps: the product must not be formed.
        if (begin + TERSE_QUANTIZE_STEP <= count) {
            quantize_step(x + begin, inverse, out->quants + begin);
        } else {
            for (int k = begin; k < count; k++) out->quants[k] = terse_round_scalar(x[k], inverse);
        }
    }
    finish_block(out);
    memset(out->padding, 0, sizeof out->padding);
}

TERSE_INLINE int unit_columns(int64_t columns, int64_t unit) {
    const int64_t left = columns - unit * TERSE_ACTIVATION_COLUMNS;
    return left < TERSE_ACTIVATION_COLUMNS ? (int)left : TERSE_ACTIVATION_COLUMNS;
}

static void quantize_groups(const float *x, int64_t columns, int64_t group, terse_activation_block *out) {
    for (int64_t unit = 0; unit < terse_units(columns); unit++, x += TERSE_ACTIVATION_COLUMNS, out++) {
        const int count = unit_columns(columns, unit);
        float inverses[8] = {0};
        memset(out->scales, 0, sizeof out->scales);
        for (int begin = 0; begin < count; begin += (int)group) {
            const int end = begin + (int)group < count ? begin + (int)group : count;
            const float largest = absmax(x + begin, end - begin);
            for (int g = begin / 32; g < (begin + (int)group) / 32; g++) {
                inverses[g] = terse_quantize_inverse(largest, TERSE_QUANTIZE_TINY);
                out->scales[g] = terse_quantize_scale(largest, TERSE_QUANTIZE_TINY);
            }
        }
        quantize_unit(x, count, inverses, out);
    }
}

static float quantize_row(const float *x, int64_t columns, terse_activation_block *out) {
    float largest = absmax(x, columns);
    if (largest < TERSE_QUANTIZE_ROW_MINIMUM) largest = TERSE_QUANTIZE_ROW_MINIMUM;
    float inverses[8];
    for (int g = 0; g < 8; g++) inverses[g] = terse_quantize_inverse(largest, 0);
    for (int64_t unit = 0; unit < terse_units(columns); unit++, x += TERSE_ACTIVATION_COLUMNS, out++) {
        for (int g = 0; g < 8; g++) out->scales[g] = 1;
        quantize_unit(x, unit_columns(columns, unit), inverses, out);
    }
    return terse_quantize_scale(largest, 0);
}

// The first `count` of `size` quants from `count` values, zeros for the others. Returns their sum.
static int32_t quantize_span(const float *x, int64_t count, int64_t size, float inverse, int8_t *out) {
    int64_t done = 0;
    if (inverse != 0.0f) {  // Else not finite, perhaps: the product must not be formed.
        for (; done + TERSE_QUANTIZE_STEP <= count; done += TERSE_QUANTIZE_STEP) {
            quantize_step(x + done, inverse, out + done);
        }
        for (; done < count; done++) out[done] = terse_round_scalar(x[done], inverse);
    }
    if (done < size) memset(out + done, 0, (size_t)(size - done));
    int32_t sum = 0;
    for (int64_t k = 0; k < size; k++) sum += out[k];
    return sum;
}

// For terse_packed.h: every `width`-th quad.
static float quantize_packed(const float *x, int64_t columns, int64_t quads, int64_t width, int8_t *out,
                             int32_t *sum) {
    enum { SPAN = 512 };  // columns of one row that are put among those of others together
    float largest = absmax(x, columns);
    if (largest < TERSE_QUANTIZE_ROW_MINIMUM) largest = TERSE_QUANTIZE_ROW_MINIMUM;
    const float inverse = terse_quantize_inverse(largest, 0);
    *sum = 0;
    if (width == 1) {
        *sum = quantize_span(x, columns, 4 * quads, inverse, out);
        return terse_quantize_scale(largest, 0);
    }
    for (int64_t begin = 0; begin < 4 * quads; begin += SPAN) {
        _Alignas(64) int8_t quants[SPAN];
        const int64_t size = 4 * quads - begin < SPAN ? 4 * quads - begin : SPAN;
        const int64_t left = columns - begin < 0 ? 0 : columns - begin;
        *sum += quantize_span(x + begin, left < size ? left : size, size, inverse, quants);
        for (int64_t q = 0; q < size / 4; q++) memcpy(out + 4 * width * (begin / 4 + q), quants + 4 * q, 4);
    }
    return terse_quantize_scale(largest, 0);
}
