#if defined(__aarch64__)

#include <arm_neon.h>
#include <string.h>

#include "../halves.h"

typedef int32_t i16 __attribute__((vector_size(64)));

TERSE_INLINE i16 add_pairs(i16 sums, i16 right, int32_t pair) {
    int32x4_t quarters[4];
    int16x8_t pairs[4];
    memcpy(quarters, &sums, sizeof sums);
    memcpy(pairs, &right, sizeof right);
    const int16x8_t factors = vreinterpretq_s16_s32(vdupq_n_s32(pair));
    for (int q = 0; q < 4; q++) {
        const int32x4_t low = vmull_s16(vget_low_s16(pairs[q]), vget_low_s16(factors));
        quarters[q] = vaddq_s32(quarters[q], vpaddq_s32(low, vmull_high_s16(pairs[q], factors)));
    }
    memcpy(&sums, quarters, sizeof sums);
    return sums;
}

#define TERSE_VECTOR_TABLE terse_vector_neon
#define TERSE_PANEL_VECTORS 1
#define TERSE_PANEL_ROWS 6
#include "../vector_body.h"

#endif
