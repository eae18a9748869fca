// Split matrices with AVX-512 and VNNI, with many rows of x: halves are put together once for all of them.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "../split.h"

TERSE_AVX512_BEGIN

#include "tiles.h"
#include "split_lines.h"

enum {
    TILE_ROWS = TERSE_SPLIT_ROWS,
    PANEL = TERSE_MATMUL_PANEL,
    TILES = PANEL / TILE_ROWS,
    TOGETHER = 2,  // tiles whose sums for a group of rows of x registers hold
    GROUP = 8,     // rows of x
    BATCH = 64,    // rows of x for which a panel is put together
    QUADS = TERSE_ACTIVATION_COLUMNS / 4,
    EIGHTS = TERSE_ACTIVATION_COLUMNS / 8,
};

// One unit of a panel: weights, tiles that are multiplied together side by side, scales of sixteen columns, each beside
// a 0, and what has been added up so far of each row of x. A sum over eight columns, zero points taken off, is at most
// 8 · 32 · 127 and fits into 16 bits, so that one instruction multiplies it with its scale and adds it up. What each
// tile will need next is the unit `next`: products with group g of the rows of x fetch that of tile g of those
// together.
typedef struct {
    int64_t next[TILES];
    _Alignas(64) uint8_t weights[TILES / TOGETHER][QUADS][TOGETHER][TILE_ROWS][4];
    _Alignas(64) int32_t scales[TILES / TOGETHER][EIGHTS / 2][TOGETHER][TILE_ROWS];
    _Alignas(64) float d[TILES][TILE_ROWS];
    _Alignas(64) int32_t zeros[BATCH][EIGHTS];  // what zero points make of each eight activations, to be added
    _Alignas(64) float sums[BATCH][TILES][TILE_ROWS];
} panel;

static void put_together(const terse_split_upper *upper, const terse_split_lower *lower, int i, panel *p) {
    for (int pair = 0; pair < TERSE_SPLIT_PAIRS; pair++) {
        __m512i upper_triple[3], lower_triple[3];
        load_triple(upper->triples[pair], upper_triple);
        load_triple(lower->triples[pair], lower_triple);
        TERSE_EACH(f, 8) {
            const __m512i weights = four_columns(upper_triple, lower_triple, 1, f);
            _mm512_store_si512((void *)p->weights[i / TOGETHER][8 * pair + f][i % TOGETHER], weights);
        }
        const __m512i scales = load_pair_scales(upper->scales[pair]);
        TERSE_EACH(group, 2) {
            int32_t *out = p->scales[i / TOGETHER][2 * pair + group][i % TOGETHER];
            _mm512_store_si512((void *)out, beside_zero(scales, group));
        }
    }
    memcpy(p->d[i], upper->d, sizeof upper->d);
}

static void take_zeros(const terse_activation_block *x, int32_t zeros[EIGHTS]) {
    const __m512i zero_points = _mm512_set1_epi8((char)terse_zero_point(TERSE_Q6_K));
    TERSE_EACH(i, EIGHTS / 8) {
        const __m512i quants = _mm512_loadu_si512(x->quants + 64 * i);
        const __m512i fours = _mm512_dpbusd_epi32(_mm512_setzero_si512(), zero_points, quants);
        const __m512i eights = _mm512_add_epi32(fours, _mm512_srli_epi64(fours, 32));
        const __m256i positive = _mm512_cvtepi64_epi32(eights);
        _mm256_store_si256((__m256i *)(zeros + 8 * i), _mm256_sub_epi32(_mm256_setzero_si256(), positive));
    }
}

// A unit of `tiles` tiles, from tile `first` of the panel on, with the `width` rows of x from `row` on. A tile has
// fewer lines than EIGHTS in either half: the last that are fetched are of the unit behind.
TERSE_INLINE void add_products(panel *p, int first, const terse_activation_block *x, int64_t stride, const int tiles,
                               const int width, int64_t row, line_cursor upper, line_cursor lower) {
    const int pair = first / TOGETHER;
    const int8_t *quants[GROUP];
    __m512i totals[TOGETHER][GROUP];
    TERSE_EACH(c, width) quants[c] = x[c * stride].quants;
    TERSE_EACH(c, width) TERSE_EACH(i, tiles) totals[i][c] = _mm512_setzero_si512();
#pragma clang loop unroll(disable)
    for (int k = 0; k < EIGHTS; k++) {
        __m512i weights[2][TOGETHER], scales[TOGETHER];
        fetch_line(&upper), fetch_line(&lower);
        TERSE_EACH(i, tiles) {
            TERSE_EACH(j, 2) weights[j][i] = _mm512_load_si512((const void *)p->weights[pair][2 * k + j][i]);
            scales[i] = _mm512_load_si512((const void *)p->scales[pair][k / 2][i]);
        }
        TERSE_EACH(c, width) {
            const __m512i zero = broadcast(p->zeros[row + c] + k);
            const __m512i four = broadcast(quants[c] + 8 * k), next = broadcast(quants[c] + 8 * k + 4);
            TERSE_EACH(i, tiles) {
                const __m512i half = _mm512_dpbusd_epi32(zero, weights[0][i], four);
                const __m512i sum = _mm512_dpbusd_epi32(half, weights[1][i], next);
                totals[i][c] = _mm512_dpwssd_epi32(totals[i][c], sum, scales[i]);
            }
        }
    }
    TERSE_EACH(c, width) TERSE_EACH(i, tiles) {
        float *out = p->sums[row + c][first + i];
        const __m512 d = _mm512_mul_ps(_mm512_load_ps(p->d[first + i]), _mm512_set1_ps(x[c * stride].scales[0]));
        _mm512_store_ps(out, _mm512_fmadd_ps(_mm512_cvtepi32_ps(totals[i][c]), d, _mm512_load_ps(out)));
    }
}

// A panel of `tiles` tiles.
TERSE_INLINE void add_group(panel *p, const terse_split_matrix *w, int tiles, const terse_activation_block *x,
                            int64_t stride, const int width, int64_t row) {
    const int64_t group = row / GROUP;
    for (int i = 0; i < tiles; i += TOGETHER) {
        const bool fetches = group < TOGETHER && i + group < tiles;
        const int64_t next = p->next[fetches ? i + group : i], step = fetches ? LINE : 0;
        const line_cursor upper = {(const char *)(w->upper + next), step};
        const line_cursor lower = {(const char *)(w->lower + next), step};
        if (tiles - i >= TOGETHER) {
            add_products(p, i, x, stride, TOGETHER, width, row, upper, lower);
        } else {
            add_products(p, i, x, stride, 1, width, row, upper, lower);
        }
    }
}

static void add_rows(panel *p, const terse_split_matrix *w, int tiles, const terse_activation_block *x, int64_t stride,
                     int64_t batch) {
    int64_t row = 0;
#define GROUPS(WIDTH) \
    for (; row + WIDTH <= batch; row += WIDTH) add_group(p, w, tiles, x + row * stride, stride, WIDTH, row);
    GROUPS(GROUP) GROUPS(4) GROUPS(2) GROUPS(1)
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
            p.next[i] = u + 1 < units ? unit + 1 : unit + 1 + (TILES - 1) * units;
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
    for (int64_t t = 0; t < x->rows; t += BATCH) {
        const int64_t batch = x->rows - t < BATCH ? x->rows - t : BATCH;
        for (int64_t m = row_begin; m < row_end; m += PANEL) {
            const int64_t rows = row_end - m < PANEL ? row_end - m : PANEL;
            multiply_panel(w, x, m, rows, t, batch, y, y_stride);
        }
    }
}

TERSE_AVX512_END

#endif
