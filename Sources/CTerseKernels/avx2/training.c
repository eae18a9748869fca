#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define TERSE_TRAINING_TABLE terse_training_avx2
#define TERSE_TILE_ROWS 4
#define TERSE_TILE_VECTORS 1
#include "../training_body.h"

#pragma clang attribute pop
#endif
