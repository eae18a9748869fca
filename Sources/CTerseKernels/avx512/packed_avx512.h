// What the files packed*.c of AVX-512 share.
#ifndef TERSE_PACKED_AVX512_H
#define TERSE_PACKED_AVX512_H

#include "../packed.h"

// As terse_packed_kernels' multiply, for more than one group of rows of x.
void terse_packed_multiply_panels(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t row_begin,
                                  int64_t row_end, float *y, int64_t y_stride);

#endif
