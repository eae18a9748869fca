// Split matrices with AVX-512 and VNNI, with many rows of x: halves are put together once for all of them.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "../split.h"

TERSE_AVX512_BEGIN

#include "split_fields.h"

enum {
    TILES = 2,   // whose sums for a group of rows of x registers hold
    PANEL = 4,   // tiles that are put together at a time, a multiple of that
    GROUP = 8,   // rows of x
    BATCH = 64,  // and those that a panel meets
    QUADS = TERSE_ACTIVATION_COLUMNS / 4,
    EIGHTS = TERSE_ACTIVATION_COLUMNS / 8,
    TILE_ROWS = TERSE_SPLIT_ROWS,
    ZERO_POINT = 32,
};

// One unit of a panel: weights, scales of sixteen columns, each beside a 0, and what has been added up so far of each
// row of x. A sum over eight columns, zero points taken off, fits into 16 bits, so that one instruction multiplies it
// with its scale and adds it up. `next` is what each tile will need next, which products with the first rows of x fetch,
// a few lines at a time: more at once than the processor can wait for would hold it up.
typedef struct {
    int64_t next[PANEL];  // units
    _Alignas(64) uint8_t weights[PANEL / TILES][QUADS][TILES][TILE_ROWS][4];
    _Alignas(64) int32_t scales[PANEL / TILES][EIGHTS / 2][TILES][TILE_ROWS];
    _Alignas(64) float d[PANEL][TILE_ROWS];
    _Alignas(64) int32_t zeros[BATCH][EIGHTS];  // −32 times the sum of each eight activations
    _Alignas(64) float sums[BATCH][PANEL][TILE_ROWS];
} panel;

static void put_together(const terse_split_upper *upper, const terse_split_lower *lower, int i, panel *p) {
    const __m512i mask = _mm512_set1_epi32(0xffff);
    for (int pair = 0; pair < TERSE_SPLIT_PAIRS; pair++) {
        __m512i upper_triple[3], lower_triple[3];
        load_triple(upper->triples[pair], upper_triple);
        load_triple(lower->triples[pair], lower_triple);
        TERSE_EACH(f, 8) {
            const __m512i quad = four_columns(upper_triple, lower_triple, 1, f);
            _mm512_store_si512((void *)p->weights[i / TILES][8 * pair + f][i % TILES], quad);
        }
        const __m512i scales = _mm512_cvtepi8_epi16(_mm256_load_si256((const __m256i *)upper->scales[pair]));
        int32_t(*out)[TILES][TILE_ROWS] = &p->scales[i / TILES][2 * pair];
        _mm512_store_si512((void *)out[0][i % TILES], _mm512_and_si512(scales, mask));
        _mm512_store_si512((void *)out[1][i % TILES], _mm512_srli_epi32(scales, 16));
    }
    memcpy(p->d[i], upper->d, sizeof upper->d);
}

static void take_zeros(const terse_activation_block *x, int32_t zeros[EIGHTS]) {
    const __m512i zero_points = _mm512_set1_epi8(ZERO_POINT);
    TERSE_EACH(i, EIGHTS / 8) {
        const __m512i quants = _mm512_loadu_si512(x->quants + 64 * i);
        const __m512i fours = _mm512_dpbusd_epi32(_mm512_setzero_si512(), zero_points, quants);
        const __m512i eights = _mm512_add_epi32(fours, _mm512_srli_epi64(fours, 32));
        const __m256i positive = _mm512_cvtepi64_epi32(eights);
        _mm256_store_si256((__m256i *)(zeros + 8 * i), _mm256_sub_epi32(_mm256_setzero_si256(), positive));
    }
}

TERSE_INLINE __m512i broadcast(const void *four) { return _mm512_set1_epi32((int)terse_load_u32(four)); }

// What a unit of a tile has, a line of each half after another, up to EIGHTS of them.
typedef struct {
    const char *upper, *lower;
    int64_t step;
} lines;

_Static_assert(sizeof(terse_split_upper) <= 64 * EIGHTS, "a line for each eight columns");

TERSE_INLINE void fetch(lines *l) {
    _mm_prefetch(l->upper, _MM_HINT_T0);
    _mm_prefetch(l->lower, _MM_HINT_T0);
    l->upper += l->step, l->lower += l->step;
}

// A unit of `tiles` tiles with `width` rows of x.
TERSE_INLINE void add_products(const panel *p, int pair, const terse_activation_block *x, int64_t stride,
                               const int tiles, const int width, int64_t row, lines ahead,
                               float (*out)[PANEL][TILE_ROWS]) {
    const int8_t *quants[GROUP];
    __m512i totals[TILES][GROUP];
    TERSE_EACH(c, width) quants[c] = x[c * stride].quants;
    TERSE_EACH(c, width) TERSE_EACH(i, tiles) totals[i][c] = _mm512_setzero_si512();
#pragma clang loop unroll(disable)
    for (int k = 0; k < EIGHTS; k++) {
        __m512i first[TILES], second[TILES], scales[TILES];
        fetch(&ahead);
        TERSE_EACH(i, tiles) {
            first[i] = _mm512_load_si512((const void *)p->weights[pair][2 * k][i]);
            second[i] = _mm512_load_si512((const void *)p->weights[pair][2 * k + 1][i]);
            scales[i] = _mm512_load_si512((const void *)p->scales[pair][k / 2][i]);
        }
        TERSE_EACH(c, width) {
            const __m512i zero = broadcast(p->zeros[row + c] + k);
            const __m512i four = broadcast(quants[c] + 8 * k), next = broadcast(quants[c] + 8 * k + 4);
            TERSE_EACH(i, tiles) {
                const __m512i sum = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(zero, first[i], four), second[i], next);
                totals[i][c] = _mm512_dpwssd_epi32(totals[i][c], sum, scales[i]);
            }
        }
    }
    TERSE_EACH(c, width) TERSE_EACH(i, tiles) {
        const __m512 d = _mm512_mul_ps(_mm512_load_ps(p->d[TILES * pair + i]), _mm512_set1_ps(x[c * stride].scales[0]));
        const __m512 sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(totals[i][c]), d, _mm512_load_ps(out[c][i]));
        _mm512_store_ps(out[c][i], sum);
    }
}

TERSE_INLINE void add_group(panel *p, const terse_split_matrix *w, int tiles, const terse_activation_block *x,
                            int64_t stride, const int width, int64_t row) {
    const int64_t group = row / GROUP;
    for (int i = 0; i < tiles; i += TILES) {
        const int64_t next = p->next[group < TILES ? i + group : i];
        const lines ahead = {(const char *)(w->upper + next), (const char *)(w->lower + next), group < TILES ? 64 : 0};
        float(*out)[PANEL][TILE_ROWS] = (void *)&p->sums[row][i];
        if (tiles - i >= TILES) {
            add_products(p, i / TILES, x, stride, TILES, width, row, ahead, out);
        } else {
            add_products(p, i / TILES, x, stride, 1, width, row, ahead, out);
        }
    }
}

static void add_rows(panel *p, const terse_split_matrix *w, int tiles, const terse_activation_block *x, int64_t stride,
                     int64_t batch) {
    int64_t row = 0;
#define GROUPS(WIDTH) \
    for (; row + WIDTH <= batch; row += WIDTH) add_group(p, w, tiles, x + row * stride, stride, WIDTH, row);
    GROUPS(8) GROUPS(4) GROUPS(2) GROUPS(1)
#undef GROUPS
}

static void multiply_panel(const terse_split_matrix *w, const terse_activations *x, int64_t m, int64_t rows, int64_t t,
                           int64_t batch, float *y, int64_t y_stride) {
    panel p;
    const int tiles = (int)((rows + TILE_ROWS - 1) / TILE_ROWS);
    const int64_t units = w->columns / TERSE_ACTIVATION_COLUMNS;
    memset(p.sums, 0, (size_t)batch * sizeof *p.sums);
    for (int64_t u = 0; u < units; u++) {
        for (int i = 0; i < tiles; i++) {
            const int64_t unit = (m / TILE_ROWS + i) * units + u;
            // The panel after this is likely to be next.
            p.next[i] = u + 1 < units ? unit + 1 : unit + 1 + (PANEL - 1) * units;
            put_together(w->upper + unit, w->lower + unit, i, &p);
        }
        const terse_activation_block *blocks = x->blocks + t * x->block_stride + u;
        for (int64_t c = 0; c < batch; c++) take_zeros(blocks + c * x->block_stride, p.zeros[c]);
        add_rows(&p, w, tiles, blocks, x->block_stride, batch);
    }
    for (int64_t c = 0; c < batch; c++) {
        const float scale = x->row_scales[t + c] * w->scale;
        float *out = y + (t + c) * y_stride + m;
        for (int64_t r = 0; r < rows; r++) out[r] = p.sums[c][r / TILE_ROWS][r % TILE_ROWS] * scale;
    }
}

void terse_avx512_split_panel(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin,
                              int64_t row_end, float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += PANEL * TILE_ROWS) {
        const int64_t rows = row_end - m < PANEL * TILE_ROWS ? row_end - m : PANEL * TILE_ROWS;
        for (int64_t t = 0; t < x->rows; t += BATCH) {
            const int64_t batch = x->rows - t < BATCH ? x->rows - t : BATCH;
            multiply_panel(w, x, m, rows, t, batch, y, y_stride);
        }
    }
}

TERSE_AVX512_END

#endif
