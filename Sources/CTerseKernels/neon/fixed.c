#if defined(__aarch64__)

#include <arm_neon.h>

#include "matmul_neon.h"

TERSE_NEON_BEGIN

#include "../training_lanes.h"

TERSE_INLINE w16 add_slot(w16 sums, w16 right, int32_t left, const int terms) {
    int32x4_t quarters[4];
    int16x8_t columns[4];
    memcpy(quarters, &sums, sizeof sums);
    memcpy(columns, &right, sizeof right);
    const int32x4_t row = vdupq_n_s32(left);
    for (int q = 0; q < 4; q++) {
        if (terms == 2) {
            const int16x8_t words = vreinterpretq_s16_s32(row);
            const int32x4_t low = vmull_s16(vget_low_s16(columns[q]), vget_low_s16(words));
            quarters[q] = vaddq_s32(quarters[q], vpaddq_s32(low, vmull_high_s16(columns[q], words)));
        } else {
            quarters[q] = vdotq_s32(quarters[q], vreinterpretq_s8_s16(columns[q]), vreinterpretq_s8_s32(row));
        }
    }
    memcpy(&sums, quarters, sizeof sums);
    return sums;
}

#define TERSE_FIXED_WORDS terse_fixed_words_neon
#define TERSE_FIXED_BYTES terse_fixed_bytes_neon
#define TERSE_FIXED_LEFTS 1
#define TERSE_FIXED_RIGHTS 1
#define TERSE_FIXED_OFFSET 0
#include "../fixed_body.h"

TERSE_NEON_END

#endif
