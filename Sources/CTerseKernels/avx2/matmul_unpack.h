// Unpacking of quantised weights with 256-bit registers; included inside a region that targets AVX2 or more.
#ifndef TERSE_AVX2_MATMUL_UNPACK_H
#define TERSE_AVX2_MATMUL_UNPACK_H

#if !defined(TERSE_EMULATE_AVX512)
#include <immintrin.h>
#endif

#include "../matmul_blocks.h"

TERSE_INLINE __m256i terse_load_256(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }

TERSE_INLINE __m128i terse_load_128(const void *p) { return _mm_loadu_si128((const __m128i *)p); }

// 32 nibbles from 16 bytes: the low ones, then the high ones.
TERSE_INLINE __m256i terse_nibbles(const uint8_t *p) {
    const __m256i both = _mm256_broadcastsi128_si256(terse_load_128(p));
    const __m256i shifted = _mm256_srlv_epi64(both, _mm256_set_epi64x(4, 4, 0, 0));
    return _mm256_and_si256(shifted, _mm256_set1_epi8(15));
}

// 16 in byte i where bit i of the 32-bit word is set.
TERSE_INLINE __m256i terse_fifth_bits(const uint8_t *p) {
    const __m256i word = _mm256_set1_epi32((int)terse_load_u32(p));
    const __m256i spread = _mm256_shuffle_epi8(
        word, _mm256_set_epi64x(0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0));
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201u);
    const __m256i is_set = _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit);
    return _mm256_and_si256(is_set, _mm256_set1_epi8(16));
}

// Bits shift … of every byte, those of `mask`.
TERSE_INLINE __m256i terse_bits(__m256i bytes, int shift, int mask) {
    return _mm256_and_si256(_mm256_srli_epi16(bytes, shift), _mm256_set1_epi8((char)mask));
}

// Bytes less 128 stay so when multiplied by 3 modulo 256, since 3 · 128 is 128 modulo 256; and signed they compare.
TERSE_INLINE __m256i terse_times_power_of_3(__m256i biased, int power) {
    for (int i = 0; i < power; i++) biased = _mm256_add_epi8(biased, _mm256_add_epi8(biased, biased));
    return biased;
}

// The leading base-3 digit of fractions of 256, (3 · byte) >> 8, of bytes less 128: from 86 on 1, from 171 on 2.
TERSE_INLINE __m256i terse_leading_trit(__m256i biased) {
    const __m256i one = _mm256_cmpgt_epi8(biased, _mm256_set1_epi8(85 - 128));
    const __m256i two = _mm256_cmpgt_epi8(biased, _mm256_set1_epi8(170 - 128));
    return _mm256_sub_epi8(_mm256_abs_epi8(one), two);
}

// Trits first and first + 1 of bytes 32…47, or with first = 4 trit 4 of those and the 16 of the four tail bytes.
TERSE_INLINE __m256i terse_tq1_0_short_group(const terse_block_tq1_0 *block, int first) {
    const __m256i bias = _mm256_set1_epi8((char)0x80);
    const __m128i bytes = _mm_xor_si128(terse_load_128(block->quants + 32), _mm256_castsi256_si128(bias));
    const __m128i tripled = _mm_add_epi8(bytes, _mm_add_epi8(bytes, bytes));
    if (first < 4) return terse_leading_trit(terse_times_power_of_3(_mm256_set_m128i(tripled, bytes), first));
    const __m256i words = _mm256_cvtepu8_epi16(_mm_set1_epi32((int)terse_load_u32(block->tail)));
    const __m256i powers = _mm256_set_epi16(27, 27, 27, 27, 9, 9, 9, 9, 3, 3, 3, 3, 1, 1, 1, 1);
    const __m256i products = _mm256_and_si256(_mm256_mullo_epi16(words, powers), _mm256_set1_epi16(255));
    const __m128i tail = _mm_packus_epi16(_mm256_castsi256_si128(products), _mm256_extracti128_si256(products, 1));
    const __m128i low = _mm256_castsi256_si128(terse_times_power_of_3(_mm256_castsi128_si256(bytes), 4));
    return terse_leading_trit(_mm256_set_m128i(_mm_xor_si128(tail, _mm256_castsi256_si128(bias)), low));
}

// Group g of 32 columns of the 256-column unit at `unit`, unsigned: the zero point is still in. Q8_0 comes signed.
TERSE_INLINE __m256i terse_unpack_32(terse_type type, const uint8_t *unit, int g) {
    const uint8_t *block = unit + g * terse_block_bytes(type);  // of the 32-column types
    switch (type) {
    case TERSE_Q8_0: return terse_load_256(block + 2);
    case TERSE_Q4_0: return terse_nibbles(block + 2);
    case TERSE_Q4_1: return terse_nibbles(block + 4);
    case TERSE_Q5_0: return _mm256_or_si256(terse_nibbles(block + 6), terse_fifth_bits(block + 2));
    case TERSE_Q5_1: return _mm256_or_si256(terse_nibbles(block + 8), terse_fifth_bits(block + 4));
    case TERSE_Q4_K: {
        const terse_block_q4_k *k = (const terse_block_q4_k *)unit;
        return terse_bits(terse_load_256(k->quants + g / 2 * 32), g % 2 * 4, 15);
    }
    case TERSE_Q5_K: {
        const terse_block_q5_k *k = (const terse_block_q5_k *)unit;
        const __m256i low = terse_bits(terse_load_256(k->quants + g / 2 * 32), g % 2 * 4, 15);
        const __m256i high = terse_load_256(k->high_bits);
        const __m256i placed = g < 4 ? _mm256_slli_epi16(high, 4 - g) : _mm256_srli_epi16(high, g - 4);
        return _mm256_or_si256(low, _mm256_and_si256(placed, _mm256_set1_epi8(16)));
    }
    case TERSE_Q6_K: {
        const terse_block_q6_k *k = (const terse_block_q6_k *)unit;
        const __m256i low = terse_bits(terse_load_256(k->low_bits + g / 4 * 64 + g % 2 * 32), g % 4 / 2 * 4, 15);
        const __m256i high = terse_load_256(k->high_bits + g / 4 * 32);
        const int place = g % 4 * 2 - 4;
        const __m256i placed = place < 0 ? _mm256_slli_epi16(high, -place) : _mm256_srli_epi16(high, place);
        return _mm256_or_si256(low, _mm256_and_si256(placed, _mm256_set1_epi8(48)));
    }
    case TERSE_TQ1_0: {
        const terse_block_tq1_0 *t = (const terse_block_tq1_0 *)unit;
        if (g >= 5) return terse_tq1_0_short_group(t, 2 * (g - 5));
        const __m256i biased = _mm256_xor_si256(terse_load_256(t->quants), _mm256_set1_epi8((char)0x80));
        return terse_leading_trit(terse_times_power_of_3(biased, g));
    }
    case TERSE_TQ2_0: return terse_bits(terse_load_256(unit + g / 4 * 32), g % 4 * 2, 3);
    default: return terse_bits(terse_load_256(unit + g / 4 * 32), 6 - g % 4 * 2, 3);  // I2_S
    }
}

// The float16 values at the same offset of eight rows.
TERSE_INLINE __m256 terse_gather_f16(const uint8_t *const rows[8], int64_t offset) {
    __m128i halves = _mm_setzero_si128();
    halves = _mm_insert_epi16(halves, terse_load_u16(rows[0] + offset), 0);
    halves = _mm_insert_epi16(halves, terse_load_u16(rows[1] + offset), 1);
    halves = _mm_insert_epi16(halves, terse_load_u16(rows[2] + offset), 2);
    halves = _mm_insert_epi16(halves, terse_load_u16(rows[3] + offset), 3);
    halves = _mm_insert_epi16(halves, terse_load_u16(rows[4] + offset), 4);
    halves = _mm_insert_epi16(halves, terse_load_u16(rows[5] + offset), 5);
    halves = _mm_insert_epi16(halves, terse_load_u16(rows[6] + offset), 6);
    halves = _mm_insert_epi16(halves, terse_load_u16(rows[7] + offset), 7);
    return _mm256_cvtph_ps(halves);
}

// The float16 scale of a unit of 256, or 1.
TERSE_INLINE __m256 terse_gather_unit_scale(terse_type type, const uint8_t *const rows[8], int64_t offset) {
    switch (type) {
    case TERSE_I2_S: return _mm256_set1_ps(1);
    case TERSE_Q4_K: case TERSE_Q5_K: return terse_gather_f16(rows, offset);
    default: return terse_gather_f16(rows, offset + terse_block_bytes(type) - 2);
    }
}

// Transposes an 8 × 8 matrix of 32-bit words.
TERSE_INLINE void terse_transpose_8x8(__m256i v[8]) {
    __m256i a[8], b[8];
    for (int i = 0; i < 4; i++) {
        a[2 * i] = _mm256_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
        a[2 * i + 1] = _mm256_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        b[4 * i] = _mm256_unpacklo_epi64(a[4 * i], a[4 * i + 2]);
        b[4 * i + 1] = _mm256_unpackhi_epi64(a[4 * i], a[4 * i + 2]);
        b[4 * i + 2] = _mm256_unpacklo_epi64(a[4 * i + 1], a[4 * i + 3]);
        b[4 * i + 3] = _mm256_unpackhi_epi64(a[4 * i + 1], a[4 * i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        v[i] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x20);
        v[i + 4] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x31);
    }
}

#endif
