#if defined(__x86_64__)

#include "intrinsics.h"

TERSE_AVX512_BEGIN

#define TERSE_TRAINING_TABLE terse_training_avx512
#define TERSE_TILE_ROWS 8
#define TERSE_TILE_VECTORS 2
#include "../training_body.h"

TERSE_AVX512_END

#endif
