#if defined(__x86_64__)

#include "intrinsics.h"

TERSE_AVX512_BEGIN

#include "../training_lanes.h"

TERSE_INLINE w16 add_slot(w16 sums, w16 right, int32_t left, const int terms) {
    if (terms == 2) return (w16)_mm512_dpwssd_epi32((__m512i)sums, (__m512i)right, _mm512_set1_epi32(left));
    return (w16)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)right, _mm512_set1_epi32(left));
}

#define TERSE_FIXED_WORDS terse_fixed_words_avx512
#define TERSE_FIXED_BYTES terse_fixed_bytes_avx512
#define TERSE_FIXED_LEFTS 2
#define TERSE_FIXED_RIGHTS 2
#define TERSE_FIXED_OFFSET 128
#include "../fixed_body.h"

TERSE_AVX512_END

#endif
