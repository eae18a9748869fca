// Pairs of bfloat16 numbers as float32 ones, where no instruction multiplies them, or not fast. A part of the files
// bf16.c.

enum { STEPS = 2 };

typedef float left_term;

// The first number of a pair, or the second.
TERSE_INLINE left_term left_of(int32_t pair, int step) {
    const uint32_t bits = step == 0 ? (uint32_t)pair << 16 : (uint32_t)pair & 0xffff0000u;
    float term;
    memcpy(&term, &bits, sizeof term);
    return term;
}

TERSE_INLINE v16 right_of(w16 pairs, int step) { return (v16)(step == 0 ? pairs << 16 : pairs & -0x10000); }

TERSE_INLINE v16 add_product(v16 sums, v16 right, left_term left) { return fused(splat(left), right, sums); }
