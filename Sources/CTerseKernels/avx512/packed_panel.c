// Packed ternary matrices with AVX-512 and VNNI, with many rows of x: trits are taken apart once for all of them.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "../packed.h"

TERSE_AVX512_BEGIN

#include "tiles.h"
#include "packed_trits.h"

enum {
    TILE_ROWS = TERSE_PACKED_ROWS,
    TILES = 3,    // of a panel: registers hold their sums for a group of rows of x
    GROUP = TERSE_PACKED_GROUP,
    FETCHED = 2,  // tiles whose next vectors products with a group ask for: more than one group follows
    BATCH = 256,  // rows of x for which a panel is taken apart, which takes as long as products with eight of them
    DEPTH = 16,   // vectors of each tile at a time, so that their trits stay in the first cache
    VECTOR = TERSE_PACKED_VECTOR,
};

_Static_assert((int)LINE == VECTOR, "a vector of a tile is a line");

// Weights + 1 of up to DEPTH vectors of a panel, and its sums of products so far. What each tile will need next is
// `next`: products with the first group of rows of x fetch that of two tiles, those with the second that of the third.
typedef struct {
    const uint8_t *next[TILES];
    _Alignas(64) uint8_t trits[DEPTH * FIELDS][TILES][VECTOR];
    _Alignas(64) int32_t sums[BATCH][TILES][TILE_ROWS];
} panel;

// Five vectors of trits from 64 bytes.
TERSE_INLINE void split_all(const uint8_t *bytes, trit_table table, __m512i fields[FIELDS]) {
    const __m512i mask = _mm512_set1_epi8(3);
    __m512i four, last;
    split(bytes, table, &four, &last);
    TERSE_EACH(f, 4) fields[f] = _mm512_and_si512(_mm512_srl_epi16(four, _mm_cvtsi32_si128(2 * f)), mask);
    fields[4] = _mm512_and_si512(_mm512_srli_epi16(last, 6), mask);  // 81 is 64 and some, 162 is 128 and some
}

// Vectors of tile i of a panel.
static void take_apart(const uint8_t *tile, int64_t vectors, int i, panel *p) {
    const trit_table table = load_table();
    for (int64_t v = 0; v < vectors; v++) {
        __m512i fields[FIELDS];
        split_all(tile + v * VECTOR, table, fields);
        TERSE_EACH(f, FIELDS) _mm512_store_si512((void *)p->trits[v * FIELDS + f][i], fields[f]);
    }
}

// Adds the products of a panel of `tiles` tiles with the group of `width` rows of x from `row` on.
TERSE_INLINE void add_products(panel *p, const int tiles, int64_t vectors, const int8_t *quants, const int width,
                               int64_t row) {
    line_cursor ahead[FETCHED];
    TERSE_EACH(i, FETCHED) {
        const int64_t tile = row / GROUP * FETCHED + i;
        ahead[i] = (line_cursor){(const char *)p->next[tile < tiles ? tile : 0], tile < tiles ? LINE : 0};
    }
    __m512i sums[TILES][GROUP];
    TERSE_EACH(c, width) TERSE_EACH(i, tiles) sums[i][c] = _mm512_load_si512((const void *)p->sums[row + c][i]);
    const uint8_t(*trits)[TILES][VECTOR] = (const void *)p->trits;
    for (int64_t v = 0; v < vectors; v++, trits += FIELDS) {
        TERSE_EACH(f, FIELDS) {
            if (f % 2 == 0 && f / 2 < FETCHED) fetch_line(&ahead[f / 2]);
            __m512i weights[TILES];
            TERSE_EACH(i, tiles) weights[i] = _mm512_load_si512((const void *)trits[f][i]);
            TERSE_EACH(c, width) {
                const __m512i four = broadcast(quants + 4 * c);
                TERSE_EACH(i, tiles) sums[i][c] = _mm512_dpbusd_epi32(sums[i][c], weights[i], four);
            }
            quants += 4 * width;
        }
    }
    TERSE_EACH(c, width) TERSE_EACH(i, tiles) _mm512_store_si512((void *)p->sums[row + c][i], sums[i][c]);
}

TERSE_INLINE void add_group(panel *p, int tiles, int64_t vectors, const int8_t *quants, const int width, int64_t row) {
    switch (tiles) {
    case 1: add_products(p, 1, vectors, quants, width, row); break;
    case 2: add_products(p, 2, vectors, quants, width, row); break;
    default: add_products(p, TILES, vectors, quants, width, row); break;
    }
}

// The vectors from v on, for the rows t … of x.
static void add_rows(panel *p, int tiles, int64_t v, int64_t vectors, const terse_packed_activations *x, int64_t t,
                     int64_t batch) {
    for (int64_t row = 0; row < batch; row += GROUP) {
        const int64_t width = batch - row < GROUP ? batch - row : GROUP;
        const int8_t *quants = x->quants + 4 * ((t + row) * x->quads + v * FIELDS * width);
#define CASE(WIDTH) \
    case WIDTH: add_group(p, tiles, vectors, quants, WIDTH, row); break;
        switch (width) {
            CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7)
        default: add_group(p, tiles, vectors, quants, GROUP, row); break;
        }
#undef CASE
    }
}

// `rows` rows from m on, up to TILES tiles of them.
static void multiply_panel(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t m, int64_t rows,
                           int64_t t, int64_t batch, float *y, int64_t y_stride) {
    panel p;
    const int tiles = (int)((rows + TILE_ROWS - 1) / TILE_ROWS);
    const int64_t vectors = x->quads / FIELDS;
    memset(p.sums, 0, (size_t)batch * sizeof *p.sums);
    for (int64_t v = 0; v < vectors; v += DEPTH) {
        const int64_t count = vectors - v < DEPTH ? vectors - v : DEPTH;
        for (int i = 0; i < tiles; i++) {
            const uint8_t *tile = w->data + ((m / TILE_ROWS + i) * vectors + v) * VECTOR;
            // The panel after this is likely to be next.
            p.next[i] = tile + (v + DEPTH < vectors ? DEPTH : tiles * vectors - v) * VECTOR;
            take_apart(tile, count, i, &p);
        }
        add_rows(&p, tiles, v, count, x, t, batch);
    }
    for (int64_t c = 0; c < batch; c++) {
        for (int i = 0; i < tiles; i++) {
            const int64_t left = rows - i * TILE_ROWS, first = m + i * TILE_ROWS;
            terse_packed_outputs(w, x, p.sums[c][i], first, left < TILE_ROWS ? left : TILE_ROWS, t + c, y, y_stride);
        }
    }
}

// Rows of the next panel of `left`: four last tiles go two and two, since one alone takes nearly as long.
static int64_t panel_rows(int64_t left) {
    if (left <= TILES * TILE_ROWS) return left;
    return left > (TILES + 1) * TILE_ROWS ? TILES * TILE_ROWS : 2 * TILE_ROWS;
}

void terse_avx512_packed_panel(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t row_begin,
                               int64_t row_end, float *y, int64_t y_stride) {
    for (int64_t t = 0; t < x->rows; t += BATCH) {
        const int64_t batch = x->rows - t < BATCH ? x->rows - t : BATCH;
        for (int64_t m = row_begin, rows; m < row_end; m += rows) {
            rows = panel_rows(row_end - m);
            multiply_panel(w, x, m, rows, t, batch, y, y_stride);
        }
    }
}

TERSE_AVX512_END

#endif
