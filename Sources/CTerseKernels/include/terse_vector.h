// Norms, activation functions, softmax, rotary embedding, the KV cache and attention, on float32 rows.
//
// Canonical arithmetic. Each function prescribes every rounding: fused multiply-adds where `fma` is written, sixteen
// accumulators in lanes (lane l takes elements l, l + 16, …; zeros appended) folded by halves (lane l += lane l + 8,
// then 4, 2, 1), and one polynomial for exp. So every instruction set computes the same bits, which the tests check
// against the scalar reference; and no result depends on the batch or the number of threads.
//
// exp(x) = 2^n · p(r), n = round(x · log2 e) to even, r = x − n · ln 2 in two steps, p of degree 6: within 1 ULP;
// 0 below −87.3125 (no subnormals), infinity above 88.72, not-a-number stays.
#ifndef TERSE_VECTOR_H
#define TERSE_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terse_isa.h"

enum {
    TERSE_VECTOR_LANES = 16,
    TERSE_KV_TILE = 32,          // tokens in a KV block: one attention tile
    TERSE_ATTENTION_SPAN = 512,  // positions attended to at a time; spans are merged in order
    TERSE_KV_DIMENSION_MAX = 1024,
};

typedef enum terse_kv_type {
    TERSE_KV_F16 = 0,
    TERSE_KV_INT8 = 1,
} terse_kv_type;

// One KV head of one layer within a block of TERSE_KV_TILE tokens: byte offsets from the block's start.
// Keys of f16 are [dimension][token], so that scores are products of a row with a matrix; values are
// [token][dimension]. int8 keeps pairs of terms side by side, keys as [dimension / 2][token][2], an odd dimension
// rounded up, and values as [token / 2][terse_kv_padded(dimension)][2], and has a float32 scale for each token.
typedef struct terse_kv_head {
    terse_kv_type type;
    uint32_t dimension;
    size_t keys;
    size_t values;
    size_t key_scales;
    size_t value_scales;
} terse_kv_head;

// Query rows of one sequence times the query heads that share one KV head, over some of the sequence's positions.
typedef struct terse_attention_task {
    const float *queries;  // row r, head h at queries + r · query_row_stride + h · dimension
    size_t query_row_stride;
    uint32_t rows;
    uint32_t heads;
    const uint32_t *limits;  // per row: positions 0 … limits[r] − 1 are visible; ascending
    const uint32_t *blocks;  // block of positions 32·b … 32·b + 31 of the sequence
    const uint8_t *pool;     // block i of this layer at pool + i · block_stride
    size_t block_stride;
    terse_kv_head head;
    float scale;           // of q·k
    uint32_t first_span;   // spans first_span … last_span − 1, the ends of which may lie past the limits
    uint32_t last_span;
    float *outputs;        // results, row r and head h at outputs + r · output_row_stride + h · dimension; or null:
    size_t output_row_stride;
    float *states;         // instead a maximum, a sum and `dimension` weighted values for row r and head h
    size_t state_row_stride;  // at states + r · state_row_stride + h · (dimension + 2)
} terse_attention_task;

// Values of int8 of a token, of so many dimensions: whole vectors.
static inline uint32_t terse_kv_padded(uint32_t dimension) {
    return (dimension + TERSE_VECTOR_LANES - 1) / TERSE_VECTOR_LANES * TERSE_VECTOR_LANES;
}

// Floats of 64-byte aligned scratch that a task of `pairs` rows × heads needs.
size_t terse_attention_scratch_floats(size_t pairs, size_t dimension);

typedef struct terse_vector_kernels {
    // y[i] = (x[i] · s) · weight[i], s = 1 / sqrt(mean of squares + epsilon), the squares summed in double precision;
    // a null weight is all ones. y may be x.
    void (*rms_norm)(const float *x, size_t count, const float *weight, float epsilon, float *y);
    // x[i] += y[i]
    void (*add)(float *x, const float *y, size_t count);
    // x[i] *= factor
    void (*scale)(float *x, float factor, size_t count);
    // gate[i] = gate[i] / (1 + exp(−gate[i])) · up[i]
    void (*silu_multiply)(float *gate, const float *up, size_t count);
    // gate[i] = max(gate[i], 0)² · up[i]
    void (*squared_relu_multiply)(float *gate, const float *up, size_t count);
    // The greatest element, not-a-numbers passed over; −infinity when there is none.
    float (*maximum)(const float *x, size_t count);
    // x[i] = exp(x[i] − shift), returns their sum in double precision
    double (*exponentials)(float *x, float shift, size_t count);
    // Sum of exp(x[i] − shift) in double precision, x left as it is
    double (*exponential_sum)(const float *x, float shift, size_t count);
    // Pair i = (x[2i], x[2i + 1]) turned by its angle: (a·c − b·s, a·s + b·c), fma(a, c, −(b·s)), fma(a, s, b·c)
    void (*rotate_adjacent)(float *x, const float *cosines, const float *sines, size_t pairs);
    // Pair i = (x[i], x[i + pairs])
    void (*rotate_halves)(float *x, const float *cosines, const float *sines, size_t pairs);
    // One token's key and value of one head into slot `token` of a block. f16: to nearest even, saturating; int8:
    // round(x · (127 / absmax)) to even and the scale absmax / 127.
    void (*kv_store)(uint8_t *block, const terse_kv_head *head, uint32_t token, const float *key, const float *value);
    // Online softmax over tiles of 32 positions. Per row, head and span: m = −infinity, l = 0, o = 0; for each tile
    //     s[j] = (Σ_i fma over q[i], k[i][j] in order) · (scale · key scale[j]); m' = max(m, s); c = exp(m − m');
    //     p[j] = exp(s[j] − m'); l = fma(l, c, Σ p); o = o · c, then fma(p[j] · value scale[j], v[j], o) in order of j
    // spans merged in order: m' = max; o = fma(o_span, exp(m_span − m'), o · exp(m − m')), l likewise; the result is
    // o · (1 / l). Tokens past a row's limit take no part.
    // Of int8 query and weights become whole numbers, so that sums of products are exact in 32 bits: with L = 32767,
    // or 2^24 / dimension where there are more than 512, w[i] = round(q[i] · (L / max|q|)) and t = max|q| / L, Σ_i
    // above is (Σ w[i] · k[i][j]) · t. With L = 32767 the tile's p[j] · value scale[j] become whole numbers u[j] and a
    // scale z in the same way, and o = fma(Σ u[j] · v[j], z, o · c). Whole numbers are 0 where L / max is no float; t
    // and z are not a number where one of what they stand for is not finite.
    void (*attend)(const terse_attention_task *task, float *scratch);
    // The result of one row and head, [dimension], from the states of its `spans` spans, which lie `stride` floats
    // apart: merged in order into the first, as `attend` does within a task. A span whose sum is 0 saw no position.
    void (*merge_spans)(float *states, size_t stride, uint32_t spans, uint32_t dimension, float *result);
} terse_vector_kernels;

// The kernels of `isa`, which the processor must support.
const terse_vector_kernels *terse_vector_kernels_for(terse_isa isa);

// The first index at which x is `value`, or `count`.
size_t terse_find(const float *x, size_t count, float value);

#endif
