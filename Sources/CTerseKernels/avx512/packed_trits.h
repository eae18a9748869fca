// Five trits of each of 64 bytes of a packed tile. A part of the files packed*.c.

enum { FIELDS = 5 };

// The first four trits of a byte, of which they are the value in base 3, as fields of two bits.
#define FOUR(A, B, C, D) (A) | (B) << 2 | (C) << 4 | (D) << 6
#define ROW(B, C, D) FOUR(0, B, C, D), FOUR(1, B, C, D), FOUR(2, B, C, D)
#define ROWS(C, D) ROW(0, C, D), ROW(1, C, D), ROW(2, C, D)
static const uint8_t two_bit_fields[128] = {
    ROWS(0, 0), ROWS(1, 0), ROWS(2, 0), ROWS(0, 1), ROWS(1, 1), ROWS(2, 1), ROWS(0, 2), ROWS(1, 2), ROWS(2, 2),
};

typedef struct {
    __m512i low, high;
} trit_table;

TERSE_INLINE trit_table load_table(void) {
    return (trit_table){_mm512_loadu_si512(two_bit_fields), _mm512_loadu_si512(two_bit_fields + 64)};
}

// Of 64 bytes the first four trits as fields of two bits, and 81 times the last one.
TERSE_INLINE void split(const uint8_t *bytes, trit_table table, __m512i *four, __m512i *last) {
    const __m512i power = _mm512_set1_epi8(81), all = _mm512_load_si512((const void *)bytes);
    // What is below 81 wraps around when 81 is taken off, and is the smaller one.
    __m512i rest = _mm512_min_epu8(all, _mm512_sub_epi8(all, power));
    rest = _mm512_min_epu8(rest, _mm512_sub_epi8(rest, power));
    *four = _mm512_permutex2var_epi8(table.low, rest, table.high);
    *last = _mm512_sub_epi8(all, rest);
}
