// The pieces of the NEON matrix kernels.
#ifndef TERSE_MATMUL_NEON_H
#define TERSE_MATMUL_NEON_H

#include "../matmul_blocks.h"

#if defined(__clang__)
#define TERSE_NEON_BEGIN _Pragma("clang attribute push(__attribute__((target(\"dotprod\"))), apply_to = function)")
#define TERSE_NEON_END _Pragma("clang attribute pop")
#else
#define TERSE_NEON_BEGIN _Pragma("GCC push_options") _Pragma("GCC target(\"arch=armv8.2-a+dotprod\")")
#define TERSE_NEON_END _Pragma("GCC pop_options")
#endif

void terse_neon_vector(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                       int64_t y_stride);
void terse_neon_tiles(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride);
enum { TERSE_NEON_FLOAT_GROUP = 6 };  // rows of float values that lie together by lane
void terse_neon_float(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end, float *y,
                      int64_t y_stride);
void terse_neon_quantize_groups(const float *x, int64_t columns, int64_t group, terse_activation_block *out);
float terse_neon_quantize_row(const float *x, int64_t columns, terse_activation_block *out);

#endif
