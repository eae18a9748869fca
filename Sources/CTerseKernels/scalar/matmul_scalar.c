// The reference of every matrix kernel: the canonical arithmetic of terse_matmul.h, spelt out.

#include <math.h>

#include "../matmul_quantize.h"
#include "matmul_decode.h"

static float multiply_integer(terse_type type, const uint8_t *row, int64_t columns, const terse_activation_block *x) {
    float acc = 0;
    for (int64_t unit = 0; unit < terse_units(columns); unit++, row += terse_unit_bytes(type), x++) {
        const int groups = terse_unit_groups(columns, unit);
        terse_decoded_unit w;
        terse_decode_unit(type, row, groups, &w);
        int32_t total = 0, minimums = 0;
        for (int g = 0; g < groups; g++) {
            int32_t sums[2] = {0, 0};
            for (int k = 0; k < 32; k++) sums[k / 16] += (int32_t)w.quants[32 * g + k] * x->quants[32 * g + k];
            if (terse_scaling_of(type) == TERSE_SCALES_32) {
                acc = fmaf((float)(sums[0] + sums[1]), w.d[g] * x->scales[g], acc);
                if (terse_has_minimums(type)) acc = fmaf(w.m[g], x->scaled_sums[g], acc);
            } else {
                total += w.sub_scales[2 * g] * sums[0] + w.sub_scales[2 * g + 1] * sums[1];
                minimums += w.minimums[g] * x->sums32[g];
            }
        }
        if (terse_scaling_of(type) != TERSE_SCALES_32) {
            acc = fmaf((float)total, w.d[0] * x->scales[0], acc);
            if (terse_has_minimums(type)) acc = fmaf(-(float)minimums, w.m[0] * x->scales[0], acc);
        }
    }
    return acc;
}

static float load_float(terse_type type, const uint8_t *row, int64_t k) {
    float value;
    switch (type) {
    case TERSE_F32: memcpy(&value, row + 4 * k, 4); return value;
    case TERSE_F16: return terse_f16_to_f32(terse_load_u16(row + 2 * k));
    default: return terse_bf16_to_f32(terse_load_u16(row + 2 * k));
    }
}

static float multiply_float(terse_type type, const uint8_t *row, int64_t columns, const float *x) {
    float lanes[TERSE_FLOAT_LANES] = {0};
    for (int64_t k = 0; k < columns; k += TERSE_FLOAT_LANES) {
        for (int64_t l = 0; l < TERSE_FLOAT_LANES; l++) {
            const float w = k + l < columns ? load_float(type, row, k + l) : 0;
            lanes[l] = fmaf(w, x[k + l], lanes[l]);
        }
    }
    for (int width = TERSE_FLOAT_LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) lanes[l] += lanes[l + width];
    }
    return lanes[0];
}

static void multiply(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                     int64_t y_stride) {
    const int is_float = w->type == TERSE_F32 || w->type == TERSE_F16 || w->type == TERSE_BF16;
    for (int64_t t = 0; t < x->rows; t++) {
        const float scale = x->row_scales[t] * w->scale;
        for (int64_t m = row_begin; m < row_end; m++) {
            const uint8_t *row = (const uint8_t *)w->data + (size_t)m * w->row_bytes;
            const float acc = is_float
                ? multiply_float(w->type, row, w->columns, x->values + t * x->value_stride)
                : multiply_integer(w->type, row, w->columns, x->blocks + t * x->block_stride);
            y[t * y_stride + m] = acc * scale;
        }
    }
}

static void quantize_groups(const float *x, int64_t columns, int64_t group, terse_activation_block *out) {
    for (int64_t unit = 0; unit < terse_units(columns); unit++, x += TERSE_ACTIVATION_COLUMNS, out++) {
        const int64_t left = columns - unit * TERSE_ACTIVATION_COLUMNS;
        const int count = left < TERSE_ACTIVATION_COLUMNS ? (int)left : TERSE_ACTIVATION_COLUMNS;
        memset(out, 0, sizeof *out);
        for (int begin = 0; begin < count; begin += (int)group) {
            const int end = begin + (int)group < count ? begin + (int)group : count;
            const float absmax = terse_absmax_scalar(x + begin, end - begin);
            const float inverse = terse_quantize_inverse(absmax, TERSE_QUANTIZE_TINY);
            for (int k = begin; k < end; k++) out->quants[k] = terse_round_scalar(x[k], inverse);
            for (int g = begin / 32; g < (begin + (int)group) / 32; g++) {
                out->scales[g] = terse_quantize_scale(absmax, TERSE_QUANTIZE_TINY);
            }
        }
        terse_finish_block(out);
    }
}

static float quantize_row(const float *x, int64_t columns, terse_activation_block *out) {
    float absmax = terse_absmax_scalar(x, columns);
    if (absmax < TERSE_QUANTIZE_ROW_MINIMUM) absmax = TERSE_QUANTIZE_ROW_MINIMUM;
    const float inverse = terse_quantize_inverse(absmax, 0);
    for (int64_t unit = 0; unit < terse_units(columns); unit++, out++) {
        memset(out, 0, sizeof *out);
        const int64_t begin = unit * TERSE_ACTIVATION_COLUMNS;
        for (int64_t k = begin; k < columns && k < begin + TERSE_ACTIVATION_COLUMNS; k++) {
            out->quants[k - begin] = terse_round_scalar(x[k], inverse);
        }
        for (int g = 0; g < 8; g++) out->scales[g] = 1;
        terse_finish_block(out);
    }
    return terse_quantize_scale(absmax, 0);
}

const terse_matmul_kernels terse_matmul_scalar = {
    .multiply = {
        [TERSE_F32] = multiply, [TERSE_F16] = multiply, [TERSE_BF16] = multiply, [TERSE_Q8_0] = multiply,
        [TERSE_Q4_0] = multiply, [TERSE_Q4_1] = multiply, [TERSE_Q5_0] = multiply, [TERSE_Q5_1] = multiply,
        [TERSE_Q4_K] = multiply, [TERSE_Q5_K] = multiply, [TERSE_Q6_K] = multiply, [TERSE_TQ1_0] = multiply,
        [TERSE_TQ2_0] = multiply, [TERSE_I2_S] = multiply,
    },
    .quantize_groups = quantize_groups,
    .quantize_row = quantize_row,
};
