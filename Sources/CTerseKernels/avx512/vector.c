#if defined(__x86_64__)

#include "../halves.h"
#include "intrinsics.h"

TERSE_AVX512_BEGIN

typedef int32_t i16 __attribute__((vector_size(64)));

TERSE_INLINE i16 add_pairs(i16 sums, i16 right, int32_t pair) {
    return (i16)_mm512_dpwssd_epi32((__m512i)sums, (__m512i)right, _mm512_set1_epi32(pair));
}

#define TERSE_VECTOR_TABLE terse_vector_avx512
#define TERSE_PANEL_VECTORS 2
#define TERSE_PANEL_ROWS 12
#include "../vector_body.h"

TERSE_AVX512_END

#endif
