// Forward and backward kernels of training, and the optimiser's steps: rows of float32, or of float64 for judging
// gradients by central differences. `real` below is the element type of a table, which pointers leave open so that one
// struct serves both.
//
// Canonical arithmetic as in terse_vector.h: fused multiply-adds where `fma` is written, sums in sixteen lanes folded
// by halves, one polynomial for float32's exp. Every instruction set computes the same bits, and no result depends on
// how rows are shared among threads. Buffers do not overlap unless said so.
#ifndef TERSE_TRAINING_H
#define TERSE_TRAINING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terse_isa.h"

enum {
    TERSE_TRAINING_TILE = 64,  // rows of queries, and of keys, that attention takes at a time
};

// What one step of AdamW does to each element; every number is finite.
typedef struct terse_adamw {
    double rate;
    double beta1;
    double beta2;
    double epsilon;
    double kept;             // 1 − rate · weight decay
    double correction1;      // 1 − beta1^t
    double correction2;      // 1 − beta2^t
    double gradient_factor;  // on the gradient: clipping
} terse_adamw;

// Causal attention of the query heads that share one key and value head, over one window of tokens. Row t, head h of
// the queries starts at queries + t · query_stride + h · dimension, likewise the outputs and the gradients of both;
// row t of the keys at keys + t · kv_stride, likewise values and their gradients. Strides count elements.
typedef struct terse_training_attention {
    size_t tokens;
    size_t heads;
    size_t dimension;
    double scale;  // of q·k
    const void *queries;
    size_t query_stride;
    const void *keys;
    const void *values;
    size_t kv_stride;
    void *outputs;
    size_t output_stride;
    void *log_sums;  // log Σ exp of row t, head h at t · log_sum_stride + h
    size_t log_sum_stride;
    const void *output_gradients;  // null in the forward pass, as the next three
    void *query_gradients;         // these three are overwritten; strides are those of what they are gradients of
    void *key_gradients;
    void *value_gradients;
} terse_training_attention;

// Two distributions over the same outcomes, as scores: the student's log-probability i is
// student[i] · student_factor − student_log_sum, likewise the teacher's.
typedef struct terse_divergence {
    double student_factor;
    double student_log_sum;
    double teacher_factor;
    double teacher_log_sum;
} terse_divergence;

typedef struct terse_training_kernels {
    // y[i] = (x[i] · s) · weight[i], s = 1 / sqrt(mean of squares + epsilon), which is returned. y may be x.
    double (*rms_norm)(const void *x, const void *weight, size_t count, double epsilon, void *y);
    // dx[i] (+)= s · weight[i] · dy[i] − x[i] · s³ · mean(weight · dy · x); dx may be dy where it is not added to
    void (*rms_norm_gradient)(
        const void *x, const void *weight, const void *dy, double s, size_t count, bool accumulate, void *dx);
    // dweight[i] += Σ_r dy[r][i] · x[r][i] · s[r], rows `stride` apart, in order of r
    void (*rms_norm_weight_gradient)(
        const void *x, const void *dy, const void *s, size_t rows, size_t stride, size_t count, void *dweight);
    // y[i] = round(x[i] · 127 / m) · m / 127, m = max(max |x|, 1e-5): what int8 keeps of a row. y may be x.
    void (*quantize_row)(const void *x, size_t count, void *y);
    // y[i] = scale · clamp(round(x[i] / scale), −1, 1)
    void (*ternarize)(const void *x, double scale, size_t count, void *y);
    // Σ |x[i]| and Σ x[i]² in double precision
    double (*absolute_sum)(const void *x, size_t count);
    double (*square_sum)(const void *x, size_t count);
    // x[i] = a · x[i] + b · y[i]; y may be x
    void (*combine)(void *x, double a, const void *y, double b, size_t count);
    // z[i] = x[i] + y[i]
    void (*sum)(const void *x, const void *y, size_t count, void *z);
    // y[i] = gate[i] / (1 + exp(−gate[i])) · up[i]
    void (*silu_gate)(const void *gate, const void *up, size_t count, void *y);
    // Gradients of both factors; dgate may be gate, dup may be up.
    void (*silu_gate_gradient)(
        const void *gate, const void *up, const void *dy, size_t count, void *dgate, void *dup);
    // y[i] = max(gate[i], 0)² · up[i]
    void (*squared_relu_gate)(const void *gate, const void *up, size_t count, void *y);
    void (*squared_relu_gate_gradient)(
        const void *gate, const void *up, const void *dy, size_t count, void *dgate, void *dup);
    // Turns pair i, elements (i · step, i · step + offset), by the angle whose cosine and sine are given; `direction`
    // −1 turns back. step 2, offset 1: adjacent pairs; step 1, offset `pairs`: halves.
    void (*rotate)(
        void *x, const void *cosines, const void *sines, size_t pairs, size_t step, size_t offset, double direction);
    // Returns log Σ exp(x) − x[target], x left as it is; *log_sum gets the first term.
    double (*cross_entropy)(const void *logits, size_t count, size_t target, double *log_sum);
    // x[i] = factor · (exp(x[i] − log_sum) · (1 + extra) − [i = target]): the gradient of cross-entropy in place
    void (*cross_entropy_gradient)(
        void *logits, size_t count, size_t target, double log_sum, double factor, double extra);
    // log Σ exp(factor · x)
    double (*log_sum)(const void *x, size_t count, double factor);
    // y[i] = factor · x[i] + offset; y may be x
    void (*affine)(const void *x, size_t count, double factor, double offset, void *y);
    // *forward = Σ p · (log p − log q), *reverse = Σ q · (log q − log p), p being the teacher's and q the student's
    void (*divergence)(const void *student, const void *teacher, size_t count, const terse_divergence *scale,
        double *forward, double *reverse);
    // teacher[i] = forward_weight · (q − p) + reverse_weight · q · (log q − log p − reverse): the gradient of the
    // weighted divergences by the student's scaled scores; `reverse` is that of `divergence`.
    void (*divergence_gradient)(const void *student, void *teacher, size_t count, const terse_divergence *scale,
        double forward_weight, double reverse_weight, double reverse);
    // m = β1·m + (1 − β1)·g, v = β2·v + (1 − β2)·g², w = kept·w − rate · (m / c1) / (sqrt(v / c2) + ε)
    void (*adamw)(void *w, const void *g, void *m, void *v, size_t count, const terse_adamw *step);
    // Attention over tiles with a running maximum and sum, and its gradients, which compute the tiles again.
    void (*attend)(const terse_training_attention *task, void *scratch);
    void (*attend_gradient)(const terse_training_attention *task, void *scratch);
} terse_training_kernels;

// The float32 kernels of `isa`, which the processor must support.
const terse_training_kernels *terse_training_kernels_for(terse_isa isa);

// The float64 kernels, written once for any processor.
const terse_training_kernels *terse_training_kernels_double(void);

// Elements of 64-byte aligned scratch that attention needs.
size_t terse_training_attention_scratch(size_t dimension);

#endif
