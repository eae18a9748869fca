#if defined(__x86_64__)

#include <immintrin.h>

#include "matmul_avx2.h"

TERSE_AVX2_BEGIN

#include "../training_lanes.h"

#include "../bf16_pairs.h"

#define TERSE_BF16_TABLE terse_bf16_avx2
#define TERSE_BF16_ROWS 4
#define TERSE_BF16_RIGHTS 1
#include "../bf16_body.h"

TERSE_AVX2_END

#endif
