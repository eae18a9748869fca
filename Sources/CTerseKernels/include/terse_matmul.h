// Products of weight matrices in GGUF's block types with activations: y = scale · W · x.
//
// Canonical arithmetic. Every kernel of every instruction set computes an output in one order, which depends neither on
// the other outputs, the other columns of x, the batch, nor the thread count. So results are bit-identical for any
// batch, prompt chunking and number of threads. For integer activations they are the same on all instruction sets too;
// for float activations likewise, since fused multiply-adds are exact up to one rounding, in a fixed order.
//
// Integer activations (all quantised weight types). With a the int8 quants of x and q the integer weights with their
// zero point removed, for each scaling unit b in column order, starting from acc = +0:
//     32-column types (Q8_0, Q4_0, Q4_1, Q5_0, Q5_1), unit of 32:
//         acc = fmaf((float)Σ q·a, d[b]·scales[b], acc)
//         acc = fmaf(m[b], scaled_sums[b], acc)                            Q4_1 and Q5_1, whose q has no zero point
//     K types (Q4_K, Q5_K, Q6_K), unit of 256 with integer sub-scales s and minimums μ over groups g:
//         acc = fmaf((float)Σ_g s[g]·Σ q·a, d[b]·scales[b], acc)
//         acc = fmaf(-(float)Σ_g μ[g]·Σ a, dmin[b]·scales[b], acc)         Q4_K and Q5_K
//     ternary types (TQ1_0, TQ2_0, I2_S), unit of 256 (the last of a row may be half), d = 1 for I2_S:
//         acc = fmaf((float)Σ q·a, d[b]·scales[b], acc)
// The integer sums are exact in 32 bits, each product of two scales is rounded once, and at the end
//     y = acc · (row_scale · scale)
// where the product in parentheses is rounded once. A unit past the end of a short row is not there.
//
// Float activations (F32, F16, BF16): sixteen lanes from +0, lane l taking columns l, l + 16, l + 32, … in turn,
//     lane[l] = fmaf(w, x, lane[l])
// with zeros appended up to a multiple of 16, then lane[l] += lane[l + 8] for l < 8, likewise with 4, 2, 1, and
//     y = lane[0] · (row_scale · scale).
//
// Not-a-number and infinite activations give not-a-number in the outputs of their row of x, never an access out of
// bounds. Which of the many not-a-number bit patterns comes out is not prescribed.
#ifndef TERSE_MATMUL_H
#define TERSE_MATMUL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terse_isa.h"
#include "terse_types.h"

enum {
    TERSE_ACTIVATION_COLUMNS = 256,  // columns in one activation block
    TERSE_FLOAT_LANES = 16,          // accumulators of one output with float activations
    TERSE_MATMUL_PANEL = 64,         // rows of weights that most kernels unpack together for a batch
};

// 256 columns of one quantised row of x. Columns past the end of the row are zero.
typedef struct {
    int8_t quants[256];         // −127 … 127
    int16_t pair_sums[16][2];   // for each 16 columns: Σ over k mod 4 ∈ {0, 1}, Σ over k mod 4 ∈ {2, 3}
    int16_t sums16[16];         // for each 16 columns
    int16_t sums32[8];          // for each 32 columns
    int16_t pair_sums_256[2];   // pair_sums added up
    int16_t half_sums_256[2];   // sums16 of the even and of the odd groups, added up
    float scales[8];            // for each 32 columns: x ≈ scale · quant. All 1 when the row has one scale (row_scales)
    float scaled_sums[8];       // scales[g] · (float)sums32[g]
    uint8_t padding[8];
} terse_activation_block;

_Static_assert(sizeof(terse_activation_block) == 448, "an activation block is seven cache lines");

// The inputs of a product: `rows` rows of x, either as floats or quantised.
typedef struct {
    int64_t rows;                          // the batch
    int64_t columns;
    const float *values;                   // [rows][value_stride], zeros from `columns` to the next multiple of 16;
                                           // or by lane, value_stride being that multiple
    int64_t value_stride;
    const terse_activation_block *blocks;  // [rows][block_stride]
    int64_t block_stride;
    const float *row_scales;               // [rows]
    bool by_lane;                          // whether values lie as terse_lay_out_by_lane lays them
} terse_activations;

// A weight matrix, row after row in its GGUF layout. No alignment is needed.
typedef struct {
    terse_type type;
    int64_t rows;
    int64_t columns;  // a multiple of the type's block
    const void *data;
    size_t row_bytes;
    float scale;
} terse_matrix;

// y[t · y_stride + m] for every row t of x and every m in row_begin ..< row_end.
typedef void (*terse_multiply_function)(const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                        int64_t row_end, float *y, int64_t y_stride);

typedef struct {
    // By terse_type; NULL where the number is no weight type.
    terse_multiply_function multiply[TERSE_TYPE_LIMIT];
    // Quantises one row into ⌈columns / 256⌉ blocks, one scale for `group` (32 or 256) columns: scale = absmax / 127,
    // quant = x · (127 / absmax) rounded to nearest even. A group with a value that is not finite gets scale NaN and
    // quants 0; one with absmax below TERSE_QUANTIZE_TINY gets scale 0 and quants 0.
    void (*quantize_groups)(const float *x, int64_t columns, int64_t group, terse_activation_block *out);
    // The same with one scale for the row, absmax held to at least 1e-5 as BitNet does. Returns the scale.
    float (*quantize_row)(const float *x, int64_t columns, terse_activation_block *out);
    int64_t float_group;  // rows of float values that lie together by lane; 0: no kernel takes them so
} terse_matmul_kernels;

// 127 / absmax stays finite above this.
#define TERSE_QUANTIZE_TINY 0x1p-100f
#define TERSE_QUANTIZE_ROW_MINIMUM 1e-5f

// The rows of float values that lie together in a batch of `rows`, or 0 where each lies as it is: two groups are no
// faster than one row after the other (measured with AVX2).
static inline int64_t terse_float_group(const terse_matmul_kernels *kernels, int64_t rows) {
    return rows > 2 * kernels->float_group ? kernels->float_group : 0;
}

// Lays rows of floats out by lane, in groups of `group` rows, of which the last may have fewer. With `steps` columns of
// each lane (columns / 16, rounded up), in the g-th group, of n rows, which begins at out[g · group · 16 · steps],
//     value[(l · steps + i) · n + t] = x[(g · group + t) · row_stride + 16 · i + l],
// zero for columns that are not there.
void terse_lay_out_by_lane(const float *x, int64_t row_stride, int64_t rows, int64_t columns, int64_t group,
                           float *out);

// The kernels of an instruction set, which the processor must support, or NULL where this build has none.
const terse_matmul_kernels *terse_matmul_kernels_for(terse_isa isa);

// The kernel for weights of `type`, or NULL where that is no weight type.
static inline terse_multiply_function terse_matmul_kernel(const terse_matmul_kernels *kernels, uint32_t type) {
    return type < TERSE_TYPE_LIMIT ? kernels->multiply[type] : NULL;
}

#endif
