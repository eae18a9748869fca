#if defined(__x86_64__)

#include "intrinsics.h"

TERSE_AVX512_BEGIN

#include "../training_lanes.h"

TERSE_INLINE w16 add_pairs(w16 sums, w16 right, int32_t pair) {
    return (w16)_mm512_dpwssd_epi32((__m512i)sums, (__m512i)right, _mm512_set1_epi32(pair));
}

#define TERSE_WORD_TABLE terse_words_avx512
#define TERSE_WORD_LEFTS 2
#define TERSE_WORD_RIGHTS 2
#include "../words_body.h"

TERSE_AVX512_END

#endif
