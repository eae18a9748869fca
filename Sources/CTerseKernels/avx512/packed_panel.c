// Packed ternary matrices with AVX-512 and VNNI, with many rows of x: trits are taken apart once for all of them.

#if defined(__x86_64__)

#include "intrinsics.h"
#include "packed_avx512.h"

TERSE_AVX512_BEGIN

#include "packed_trits.h"

enum {
    TILES = 2,     // whose sums for a group of rows of x registers hold
    PANEL = 4,     // tiles that are taken apart together, a multiple of that
    DEPTH = 16,    // vectors of each
    BATCH = 256,   // rows of x
    GROUP = TERSE_PACKED_GROUP,
    TILE_ROWS = TERSE_PACKED_ROWS,
    VECTOR = TERSE_PACKED_VECTOR,
};

// A panel's weights + 1 of up to DEPTH vectors, pairs of tiles side by side, and its sums of products so far. `next` is
// what each tile will need next, which products with the first rows of x fetch, a line at a time: more at once than the
// processor can wait for would hold it up.
typedef struct {
    const uint8_t *next[PANEL];
    _Alignas(64) uint8_t trits[PANEL / TILES][DEPTH * FIELDS][TILES][VECTOR];
    _Alignas(64) int32_t sums[BATCH][PANEL][TILE_ROWS];
} panel;

// Vectors of tile i of a panel.
static void take_apart(const uint8_t *tile, int64_t vectors, int i, panel *p) {
    const trit_table table = load_table();
    for (int64_t v = 0; v < vectors; v++) {
        __m512i fields[FIELDS];
        split_all(tile + v * VECTOR, table, fields);
        TERSE_EACH(f, FIELDS) {
            _mm512_store_si512((void *)p->trits[i / TILES][v * FIELDS + f][i % TILES], fields[f]);
        }
    }
}

// Adds the products of the vectors of `tiles` tiles with a group of `width` rows of x.
TERSE_INLINE void add_products(uint8_t (*trits)[TILES][VECTOR], int64_t vectors, const int8_t *quants, const int tiles,
                               const int width, const uint8_t *next, int32_t (*out)[PANEL][TILE_ROWS]) {
    const int64_t step = next == NULL ? 0 : VECTOR;
    __m512i sums[TILES][GROUP];
    TERSE_EACH(c, width) TERSE_EACH(i, tiles) sums[i][c] = _mm512_load_si512((const void *)out[c][i]);
    for (int64_t v = 0; v < vectors; v++, trits += FIELDS, next += step) {
        _mm_prefetch((const char *)next, _MM_HINT_T0);
        TERSE_EACH(f, FIELDS) {
            __m512i weights[TILES];
            TERSE_EACH(i, tiles) weights[i] = _mm512_load_si512((const void *)trits[f][i]);
            TERSE_EACH(c, width) {
                const __m512i four = quad(quants + 4 * c);
                TERSE_EACH(i, tiles) sums[i][c] = _mm512_dpbusd_epi32(sums[i][c], weights[i], four);
            }
            quants += 4 * width;
        }
    }
    TERSE_EACH(c, width) TERSE_EACH(i, tiles) _mm512_store_si512((void *)out[c][i], sums[i][c]);
}

// A panel of `tiles` tiles with a group.
TERSE_INLINE void add_group(panel *p, int tiles, int64_t vectors, const int8_t *quants, const int width, int64_t row) {
    const int64_t group = row / GROUP;
    for (int i = 0; i < tiles; i += TILES) {
        const uint8_t *next = group < TILES ? p->next[i + group] : NULL;
        int32_t(*out)[PANEL][TILE_ROWS] = (void *)&p->sums[row][i];
        if (tiles - i >= TILES) {
            add_products(p->trits[i / TILES], vectors, quants, TILES, width, next, out);
        } else {
            add_products(p->trits[i / TILES], vectors, quants, 1, width, next, out);
        }
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
            CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)
        }
#undef CASE
    }
}

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
            p.next[i] = tile + (v + DEPTH < vectors ? DEPTH : PANEL * vectors - v) * VECTOR;
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

void terse_packed_multiply_panels(const terse_packed_matrix *w, const terse_packed_activations *x, int64_t row_begin,
                                  int64_t row_end, float *y, int64_t y_stride) {
    for (int64_t t = 0; t < x->rows; t += BATCH) {
        const int64_t batch = x->rows - t < BATCH ? x->rows - t : BATCH;
        for (int64_t m = row_begin; m < row_end; m += PANEL * TILE_ROWS) {
            const int64_t rows = row_end - m < PANEL * TILE_ROWS ? row_end - m : PANEL * TILE_ROWS;
            multiply_panel(w, x, m, rows, t, batch, y, y_stride);
        }
    }
}

TERSE_AVX512_END

#endif
