// Products of tiles of 16 rows × 256 columns in cache with four columns of x at a time in registers. Included inside a
// region that targets NEON with dot products.
//
// Weights are signed in the tile, so the dot product instruction adds exact sums with nothing to correct.

enum {
    TILE_ROWS = 16,
    QUADS = TILE_ROWS / 4,
    COLUMNS = 4,  // columns of x in registers
    PANEL = TERSE_MATMUL_PANEL,
};

typedef struct {
    int8_t quants[64][TILE_ROWS][4];  // [k / 4][row][k % 4]
    float d[8][TILE_ROWS];            // of each 32 columns, or [0] of the unit
    float m[8][TILE_ROWS];            // minimums likewise
    int32_t sub_scales[16][TILE_ROWS];
    int32_t minimums[8][TILE_ROWS];
} tile;

// Sums of up to COLUMNS columns × 16 rows.
typedef struct {
    int32x4_t lanes[COLUMNS][QUADS];
} sums;

TERSE_INLINE void clear(sums *s, int columns) {
    for (int c = 0; c < columns; c++) {
        for (int q = 0; q < QUADS; q++) s->lanes[c][q] = vdupq_n_s32(0);
    }
}

// One step of four columns, which are lane LANE of a; the instruction takes the lane as an immediate operand.
#define ADD_STEP(LANE) \
    for (int q = 0; q < QUADS; q++) { \
        const int8x16_t v = vld1q_s8(w->quants[4 * group + LANE][4 * q]); \
        for (int c = 0; c < columns; c++) s->lanes[c][q] = vdotq_laneq_s32(s->lanes[c][q], v, a[c], LANE); \
    }

// Adds the products of 16 columns.
TERSE_INLINE void add_16(sums *s, const tile *w, int group, const terse_activation_block *const x[COLUMNS],
                         int columns) {
    int8x16_t a[COLUMNS];
    for (int c = 0; c < columns; c++) a[c] = vld1q_s8(x[c]->quants + 16 * group);
    ADD_STEP(0)
    ADD_STEP(1)
    ADD_STEP(2)
    ADD_STEP(3)
}

#undef ADD_STEP

// acc ← fma(sums, d · scale, acc), or with the product negated.
TERSE_INLINE void add_scaled(const sums *s, const float *d, const terse_activation_block *const x[COLUMNS], int g,
                             int columns, int negated, float *acc) {
    for (int c = 0; c < columns; c++) {
        for (int q = 0; q < QUADS; q++) {
            float *out = acc + c * PANEL + 4 * q;
            const float32x4_t factor = vmulq_n_f32(vld1q_f32(d + 4 * q), x[c]->scales[g]);
            const float32x4_t value = vcvtq_f32_s32(s->lanes[c][q]), old = vld1q_f32(out);
            vst1q_f32(out, negated ? vfmsq_f32(old, value, factor) : vfmaq_f32(old, value, factor));
        }
    }
}

TERSE_INLINE void multiply_tile_32(terse_type type, const tile *w, int groups,
                                   const terse_activation_block *const x[COLUMNS], int columns, float *acc) {
    for (int g = 0; g < groups; g++) {
        sums s;
        clear(&s, columns);
        add_16(&s, w, 2 * g, x, columns);
        add_16(&s, w, 2 * g + 1, x, columns);
        add_scaled(&s, w->d[g], x, g, columns, 0, acc);
        for (int c = 0; c < columns && terse_has_minimums(type); c++) {
            for (int q = 0; q < QUADS; q++) {
                float *out = acc + c * PANEL + 4 * q;
                vst1q_f32(out, vfmaq_n_f32(vld1q_f32(out), vld1q_f32(w->m[g] + 4 * q), x[c]->scaled_sums[g]));
            }
        }
    }
}

TERSE_INLINE void multiply_tile_k(terse_type type, const tile *w, const terse_activation_block *const x[COLUMNS],
                                  int columns, float *acc) {
    sums total;
    clear(&total, columns);
    for (int g = 0; g < 16; g++) {
        sums s;
        clear(&s, columns);
        add_16(&s, w, g, x, columns);
        for (int c = 0; c < columns; c++) {
            for (int q = 0; q < QUADS; q++) {
                total.lanes[c][q] = vmlaq_s32(total.lanes[c][q], s.lanes[c][q], vld1q_s32(w->sub_scales[g] + 4 * q));
            }
        }
    }
    add_scaled(&total, w->d[0], x, 0, columns, 0, acc);
    if (!terse_has_minimums(type)) return;
    clear(&total, columns);
    for (int g = 0; g < 8; g++) {
        for (int c = 0; c < columns; c++) {
            for (int q = 0; q < QUADS; q++) {
                const int32x4_t m = vld1q_s32(w->minimums[g] + 4 * q);
                total.lanes[c][q] = vmlaq_n_s32(total.lanes[c][q], m, x[c]->sums32[g]);
            }
        }
    }
    add_scaled(&total, w->m[0], x, 0, columns, 1, acc);
}

// One at a time: the sums of more do not fit the registers.
TERSE_INLINE int tiles_at_once(terse_type type, int columns) {
    (void)type, (void)columns;
    return 1;
}

TERSE_INLINE void multiply_tile(terse_type type, const tile *w, int tiles, int groups,
                                const terse_activation_block *const x[COLUMNS], int columns, float *acc) {
    (void)tiles;
    sums s;
    switch (terse_scaling_of(type)) {
    case TERSE_SCALES_32: multiply_tile_32(type, w, groups, x, columns, acc); break;
    case TERSE_SCALES_SUB: multiply_tile_k(type, w, x, columns, acc); break;
    default:
        clear(&s, columns);
        for (int g = 0; g < 2 * groups; g++) add_16(&s, w, g, x, columns);
        add_scaled(&s, w->d[0], x, 0, columns, 0, acc);
        break;
    }
}
