// What the kernels of packed ternary matrices share.
#ifndef TERSE_PACKED_SHARED_H
#define TERSE_PACKED_SHARED_H

#include "include/terse_packed.h"
#include "matmul_quantize.h"

extern const terse_packed_kernels terse_packed_scalar;
extern const terse_packed_kernels terse_packed_avx2;
extern const terse_packed_kernels terse_packed_avx512;
extern const terse_packed_kernels terse_packed_neon;

// Quantisers that several tables share.
float terse_avx2_quantize_packed(const float *x, int64_t columns, int64_t quads, int64_t width, int8_t *out,
                                 int32_t *sum);
float terse_neon_quantize_packed(const float *x, int64_t columns, int64_t quads, int64_t width, int8_t *out,
                                 int32_t *sum);

#endif
