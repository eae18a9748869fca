// Products of tiles of 16 rows × 256 columns in cache with four columns of x at a time in registers. Included after
// matmul_tile_unpack.h inside a region that targets AVX2.
//
// Without VNNI the product of unsigned and signed bytes saturates at 16 bits, so no pair may exceed them. Sums stay in
// 16 bits, modulo 2^16, as long as the true sum with the zero point removed fits: it does, whatever the order, since
// |q − zero point| · 127 · 16 ≤ 32512 for up to 16 and 5 bits, and likewise for the others. The activations' sums per
// lane (pair_sums) times the zero point are what the sums start from.

enum {
    COLUMNS = 4,  // columns of x in registers
    PANEL = TERSE_MATMUL_PANEL,
};

typedef terse_tile tile;

// Sums of `columns` columns × 16 rows.
typedef struct {
    __m256i lanes[COLUMNS][2];
} sums;

// Adds the products of `steps` steps of four columns, from `step` of the unit on.
TERSE_INLINE void add_products(sums *s, uint8_t (*plane)[TILE_ROWS][4], const terse_activation_block *const x[COLUMNS],
                               int columns, int step, int steps) {
#pragma clang loop unroll_count(4)
    for (int k = step; k < step + steps; k++) {
        const __m256i w0 = _mm256_load_si256((const __m256i *)plane[k]);
        const __m256i w1 = _mm256_load_si256((const __m256i *)plane[k] + 1);
        for (int c = 0; c < columns; c++) {
            const __m256i a = _mm256_set1_epi32((int)terse_load_u32((const uint8_t *)x[c]->quants + 4 * k));
            s->lanes[c][0] = _mm256_add_epi16(s->lanes[c][0], _mm256_maddubs_epi16(w0, a));
            s->lanes[c][1] = _mm256_add_epi16(s->lanes[c][1], _mm256_maddubs_epi16(w1, a));
            // Else the compiler adds the products of several steps first, and runs out of registers.
            __asm__("" : "+x"(s->lanes[c][0]), "+x"(s->lanes[c][1]));
        }
    }
}

// The starting point of 16-bit sums: −zero_point · pair, with zero_point a power of two or 0.
TERSE_INLINE void start(sums *s, int c, __m256i pair, int zero_point) {
    const __m256i product = _mm256_mullo_epi16(pair, _mm256_set1_epi16((short)-zero_point));
    s->lanes[c][0] = s->lanes[c][1] = zero_point == 0 ? _mm256_setzero_si256() : product;
}

// The exact products of group g of a 32-column type.
TERSE_INLINE void group_products(terse_type type, tile *w, const terse_activation_block *const x[COLUMNS],
                                 int columns, int g, sums *out) {
    const int zero_point = type == TERSE_Q8_0 ? 8 : terse_zero_point(type);
    const __m256i ones = _mm256_set1_epi16(1);
    sums s;
    // Q5_1 has no zero point to take off, so only half a group fits 16 bits.
    const int steps = type == TERSE_Q5_1 ? 4 : 8;
    for (int half = 0; half < 8; half += steps) {
        for (int c = 0; c < columns; c++) {
            const __m256i pair = _mm256_add_epi16(pair_at(x[c]->pair_sums[2 * g]), pair_at(x[c]->pair_sums[2 * g + 1]));
            start(&s, c, pair, zero_point);
        }
        add_products(&s, w->planes[type == TERSE_Q8_0], x, columns, 8 * g + half, steps);
        for (int i = 0; i < 2 * columns; i++) {
            const __m256i scale = type == TERSE_Q8_0 ? _mm256_set1_epi16(16) : ones;
            const __m256i sum = _mm256_madd_epi16(s.lanes[i / 2][i % 2], scale);
            out->lanes[i / 2][i % 2] = half == 0 ? sum : _mm256_add_epi32(out->lanes[i / 2][i % 2], sum);
        }
    }
    if (type == TERSE_Q8_0) {
        for (int c = 0; c < columns; c++) start(&s, c, ones, 0);
        add_products(&s, w->planes[0], x, columns, 8 * g, 8);
        for (int i = 0; i < 2 * columns; i++) {
            const __m256i sum = _mm256_madd_epi16(s.lanes[i / 2][i % 2], ones);
            out->lanes[i / 2][i % 2] = _mm256_add_epi32(out->lanes[i / 2][i % 2], sum);
        }
    }
}

TERSE_INLINE void multiply_tile_32(terse_type type, tile *w, int groups,
                                   const terse_activation_block *const x[COLUMNS], int columns, float *acc) {
    __m256 out[COLUMNS][2];
    for (int i = 0; i < 2 * columns; i++) out[i / 2][i % 2] = _mm256_load_ps(acc + i / 2 * PANEL + i % 2 * 8);
#pragma clang loop unroll(disable)
    for (int g = 0; g < groups; g++) {
        sums exact;
        group_products(type, w, x, columns, g, &exact);
        for (int i = 0; i < 2 * columns; i++) {
            const int c = i / 2, half = i % 2;
            const __m256 d = _mm256_mul_ps(_mm256_load_ps(w->d[g] + 8 * half), _mm256_broadcast_ss(x[c]->scales + g));
            out[c][half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(exact.lanes[c][half]), d, out[c][half]);
            if (terse_has_minimums(type)) {
                const __m256 scaled_sum = _mm256_broadcast_ss(x[c]->scaled_sums + g);
                out[c][half] = _mm256_fmadd_ps(_mm256_load_ps(w->m[g] + 8 * half), scaled_sum, out[c][half]);
            }
        }
    }
    for (int i = 0; i < 2 * columns; i++) _mm256_store_ps(acc + i / 2 * PANEL + i % 2 * 8, out[i / 2][i % 2]);
}

// acc ← fma(sum, d · scale, acc), or with the product negated.
TERSE_INLINE void add_unit(const __m256i sum, const float *d, float scale, int negated, float *acc) {
    const __m256 factor = _mm256_mul_ps(_mm256_load_ps(d), _mm256_set1_ps(scale));
    const __m256 old = _mm256_load_ps(acc), value = _mm256_cvtepi32_ps(sum);
    _mm256_store_ps(acc, negated ? _mm256_fnmadd_ps(value, factor, old) : _mm256_fmadd_ps(value, factor, old));
}

TERSE_INLINE void multiply_tile_k(terse_type type, tile *w, const terse_activation_block *const x[COLUMNS],
                                  int columns, float *acc) {
    // Q4_K's sums fit 16 bits over 32 columns, those of Q5_K and Q6_K over 16.
    const int stride = type == TERSE_Q4_K ? 2 : 1;
    sums total;
    for (int i = 0; i < 2 * columns; i++) total.lanes[i / 2][i % 2] = _mm256_setzero_si256();
#pragma clang loop unroll(disable)
    for (int g = 0; g < 16; g += stride) {
        sums s;
        for (int c = 0; c < columns; c++) start(&s, c, pair_at(x[c]->pair_sums[g]), terse_zero_point(type));
        add_products(&s, w->planes[0], x, columns, 4 * g, 4 * stride);
        for (int i = 0; i < 2 * columns; i++) {
            const __m256i scale = _mm256_load_si256((const __m256i *)w->sub_scales[g] + i % 2);
            const __m256i sum = _mm256_madd_epi16(s.lanes[i / 2][i % 2], scale);
            total.lanes[i / 2][i % 2] = _mm256_add_epi32(total.lanes[i / 2][i % 2], sum);
        }
    }
    for (int i = 0; i < 2 * columns; i++) {
        const int c = i / 2, half = i % 2;
        float *out = acc + c * PANEL + 8 * half;
        add_unit(total.lanes[c][half], w->d[0] + 8 * half, x[c]->scales[0], 0, out);
        if (!terse_has_minimums(type)) continue;
        __m256i minimums = _mm256_setzero_si256();
        for (int p = 0; p < 4; p++) {
            const __m256i pair = _mm256_load_si256((const __m256i *)w->minimums[p] + half);
            minimums = _mm256_add_epi32(minimums, _mm256_madd_epi16(pair, pair_at(x[c]->sums32 + 2 * p)));
        }
        add_unit(minimums, w->m[0] + 8 * half, x[c]->scales[0], 1, out);
    }
}

TERSE_INLINE void multiply_tile_ternary(tile *w, int groups, const terse_activation_block *const x[COLUMNS],
                                        int columns, float *acc) {
    sums s;
    for (int c = 0; c < columns; c++) start(&s, c, pair_at(x[c]->pair_sums_256), 1);
    add_products(&s, w->planes[0], x, columns, 0, 8 * groups);
    for (int i = 0; i < 2 * columns; i++) {
        const int c = i / 2, half = i % 2;
        const __m256i sum = _mm256_madd_epi16(s.lanes[c][half], _mm256_set1_epi16(1));
        add_unit(sum, w->d[0] + 8 * half, x[c]->scales[0], 0, acc + c * PANEL + 8 * half);
    }
}

// One at a time: the sums of more do not fit the registers.
TERSE_INLINE int tiles_at_once(terse_type type, int columns) {
    (void)type, (void)columns;
    return 1;
}

TERSE_INLINE void multiply_tile(terse_type type, tile *w, int tiles, int groups,
                                const terse_activation_block *const x[COLUMNS], int columns, float *acc) {
    (void)tiles;
    switch (terse_scaling_of(type)) {
    case TERSE_SCALES_32: multiply_tile_32(type, w, groups, x, columns, acc); break;
    case TERSE_SCALES_SUB: multiply_tile_k(type, w, x, columns, acc); break;
    default: multiply_tile_ternary(w, groups, x, columns, acc); break;
    }
}
