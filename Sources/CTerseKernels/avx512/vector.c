#if defined(__x86_64__)

#include "intrinsics.h"

TERSE_AVX512_BEGIN

#define TERSE_VECTOR_TABLE terse_vector_avx512
#define TERSE_PANEL_VECTORS 2
#define TERSE_PANEL_ROWS 8
#include "../vector_body.h"

TERSE_AVX512_END

#endif
