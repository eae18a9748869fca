// Lane-wise roundings for encoders that search several groups at a time.
#ifndef TERSE_CODEC_LANES_H
#define TERSE_CODEC_LANES_H

#include "codec_families.h"

// Wide vectors pass between inlined functions only, so how they would pass in registers does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

// To nearest even by adding 1.5 · 2^23 and reading the low bits. Out of range the bits wrap, as the reference's do.
TERSE_INLINE int terse_nearest(float x) {
    return (int)(terse_float_bits(x + 0x1.8p23f) & 0x7fffffu) - 0x400000;
}

#define TERSE_CODEC_LANES(FLOATS, INTS)                                                        \
    TERSE_INLINE FLOATS select_##FLOATS(INTS mask, FLOATS yes, FLOATS no) {             \
        return (FLOATS)((mask & (INTS)yes) | (~mask & (INTS)no));                              \
    }                                                                                          \
    TERSE_INLINE INTS nearest_##FLOATS(FLOATS x) {                                      \
        return ((INTS)(x + 0x1.8p23f) & 0x7fffff) - 0x400000;                                  \
    }                                                                                          \
    TERSE_INLINE INTS clamp_##FLOATS(INTS x, int least, int greatest) {                 \
        const INTS low = (INTS){0} + least, high = (INTS){0} + greatest;                       \
        const INTS below = x < low, above = x > high;                                          \
        return (below & low) | (above & high) | (~(below | above) & x);                        \
    }

#endif
