// Block formats to float32 and back, one row at a time.
#ifndef TERSE_CODEC_H
#define TERSE_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "terse_types.h"

// Decodes `count` elements (a multiple of the block) of a weight type.
void terse_dequantize(terse_type type, const void *blocks, float *x, size_t count);

// Encodes `count` elements (a multiple of the block); I2_S cannot be written. The choices of scales and roundings are
// those of ggml's reference quantisers without an importance matrix, so the bytes are the same. Returns false,
// and the output is not to be used, when an element is not finite or too large for a block's half-precision scale.
bool terse_quantize(terse_type type, const float *x, void *blocks, size_t count);

#endif
