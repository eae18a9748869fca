// The reference: the same lanes without vector instructions.
#include "../training_lanes.h"

TERSE_INLINE w16 add_slot(w16 sums, w16 right, int32_t left, const int terms) {
    for (int l = 0; l < 16; l++) {
        if (terms == 2) {
            sums[l] += (int16_t)right[l] * (int16_t)left + (right[l] >> 16) * (left >> 16);
        } else {
            for (int s = 0; s < 32; s += 8) sums[l] += (int8_t)(right[l] >> s) * (int8_t)(left >> s);
        }
    }
    return sums;
}

#define TERSE_FIXED_WORDS terse_fixed_words_scalar
#define TERSE_FIXED_BYTES terse_fixed_bytes_scalar
#define TERSE_FIXED_LEFTS 1
#define TERSE_FIXED_RIGHTS 1
#define TERSE_FIXED_OFFSET 0
#include "../fixed_body.h"
