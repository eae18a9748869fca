// One unit of a panel with many rows of x. The file that includes this has defined what matmul_panel.h lists.
#ifndef TERSE_MATMUL_PANEL_UNIT_H
#define TERSE_MATMUL_PANEL_UNIT_H

#include "matmul_blocks.h"

enum {
    TILES = PANEL / TILE_ROWS,
    BATCH = 128,  // rows of x for which weights are read once
};

// What comes next from memory. It is asked for a few lines at a time between products, which keep the processor busy
// until it is there: more at once than the processor can wait for would hold it up.
typedef struct {
    const char *next, *end;
    int64_t step;  // bytes at a time
} fetch_cursor;

TERSE_INLINE void fetch_some(fetch_cursor *cursor) {
    const char *end = cursor->end - cursor->next < cursor->step ? cursor->end : cursor->next + cursor->step;
    for (; cursor->next < end; cursor->next += 64) __builtin_prefetch(cursor->next, 0, 2);
}

// One unit of all tiles with `columns` rows of x.
TERSE_INLINE void multiply_columns(terse_type type, tile *tiles, int tile_count, int groups,
                                   const terse_activation_block *const x[COLUMNS], const int columns, float *acc,
                                   fetch_cursor *cursor) {
    const int together = tiles_at_once(type, columns);
    int i = 0;
    for (; together > 1 && i + together <= tile_count; i += together) {
        fetch_some(cursor);
        multiply_tile(type, tiles + i, together, groups, x, columns, acc + i * TILE_ROWS);
    }
    for (; i < tile_count; i++) {
        fetch_some(cursor);
        multiply_tile(type, tiles + i, 1, groups, x, columns, acc + i * TILE_ROWS);
    }
}

// One unit of a panel with `batch` rows of x, whose blocks for the unit start at x, block_stride apart.
TERSE_INLINE void multiply_unit(terse_type type, tile *tiles, int tile_count, int groups,
                                const terse_activation_block *x, int64_t block_stride, int batch, float *acc,
                                fetch_cursor *cursor) {
    int columns;
    for (int t = 0; t < batch; t += columns) {
        const int left = batch - t;
        columns = left >= COLUMNS ? COLUMNS : left >= 4 ? 4 : left;
        const terse_activation_block *blocks[COLUMNS];
        for (int c = 0; c < COLUMNS; c++) blocks[c] = x + (t + (c < columns ? c : 0)) * block_stride;
        float *sums = acc + t * PANEL;
        switch (columns) {
        case 1: multiply_columns(type, tiles, tile_count, groups, blocks, 1, sums, cursor); break;
        case 2: multiply_columns(type, tiles, tile_count, groups, blocks, 2, sums, cursor); break;
        case 3: multiply_columns(type, tiles, tile_count, groups, blocks, 3, sums, cursor); break;
#if TERSE_COLUMNS_ABOVE_4
        case 4: multiply_columns(type, tiles, tile_count, groups, blocks, 4, sums, cursor); break;
#endif
        default: multiply_columns(type, tiles, tile_count, groups, blocks, COLUMNS, sums, cursor); break;
        }
    }
}

// The outputs of up to PANEL rows from row m on and `batch` rows of x from row t on.
TERSE_INLINE void store_outputs(const float *acc, float scale, const terse_activations *x, int64_t m, int rows,
                                int64_t t, int batch, float *y, int64_t y_stride) {
    for (int c = 0; c < batch; c++) {
        const float factor = x->row_scales[t + c] * scale;
        for (int r = 0; r < rows; r++) y[(t + c) * y_stride + m + r] = acc[c * PANEL + r] * factor;
    }
}

#endif
