#if defined(__aarch64__)

#include <arm_neon.h>

#include "../training_lanes.h"

TERSE_INLINE w16 add_pairs(w16 sums, w16 right, int32_t pair) {
    int32x4_t quarters[4];
    int16x8_t terms[4];
    memcpy(quarters, &sums, sizeof sums);
    memcpy(terms, &right, sizeof right);
    const int16x8_t other = vreinterpretq_s16_s32(vdupq_n_s32(pair));
    for (int q = 0; q < 4; q++) {
        const int32x4_t low = vmull_s16(vget_low_s16(terms[q]), vget_low_s16(other));
        quarters[q] = vaddq_s32(quarters[q], vpaddq_s32(low, vmull_high_s16(terms[q], other)));
    }
    memcpy(&sums, quarters, sizeof sums);
    return sums;
}

#define TERSE_WORD_TABLE terse_words_neon
#define TERSE_WORD_LEFTS 1
#define TERSE_WORD_RIGHTS 1
#include "../words_body.h"

#endif
