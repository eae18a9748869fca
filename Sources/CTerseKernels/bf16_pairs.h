// Pairs of bfloat16 numbers as float32 ones, where no instruction multiplies them. Part of the files bf16.c.

TERSE_INLINE v16 add_bf16_pairs(v16 sums, w16 right, int32_t pair) {
    const w16 left = (w16){0} + pair;
    sums = fused((v16)(left << 16), (v16)(right << 16), sums);
    return fused((v16)(left & -0x10000), (v16)(right & -0x10000), sums);
}
