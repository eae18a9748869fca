// Without products of pairs: for processors that lack them, or are slow at them (terse_isa_has_fast_bf16).
#if defined(__x86_64__)

#include "intrinsics.h"

TERSE_AVX512_BEGIN

#include "../training_lanes.h"

#include "../bf16_pairs.h"

#define TERSE_BF16_TABLE terse_bf16_avx512
#define TERSE_BF16_ROWS 8
#define TERSE_BF16_RIGHTS 3
#include "../bf16_body.h"

TERSE_AVX512_END

#endif
