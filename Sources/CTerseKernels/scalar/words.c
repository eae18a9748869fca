// The reference: the same lanes without vector instructions.
#include "../training_lanes.h"

TERSE_INLINE w16 add_pairs(w16 sums, w16 right, int32_t pair) {
    for (int l = 0; l < 16; l++) {
        sums[l] += (int16_t)right[l] * (int16_t)pair + (right[l] >> 16) * (pair >> 16);
    }
    return sums;
}

#define TERSE_WORD_TABLE terse_words_scalar
#define TERSE_WORD_LEFTS 1
#define TERSE_WORD_RIGHTS 1
#include "../words_body.h"
