// The product with tiles for any instruction set. A file per instruction set includes this after defining
//     TERSE_TILED_GROUP    rows of x that are multiplied together: 4 or 8
// and `multiply_tile(type, w, x, m, count, t, width, y, y_stride)`: the tile that begins at row m, of which `count`
// rows are there, with `width` rows of x from row t on.

enum { PANEL_TILES = 4 };  // tiles that a group meets while it is near

TERSE_INLINE void multiply_group(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t m,
                                 int count, int64_t t, float *y, int64_t y_stride) {
    const int64_t left = x->rows - t;
#define CASE(WIDTH) \
    case WIDTH: multiply_tile(type, w, x, m, count, t, WIDTH, y, y_stride); break;
    switch (left < TERSE_TILED_GROUP ? left : TERSE_TILED_GROUP) {
        CASE(1) CASE(2) CASE(3)
#if TERSE_TILED_GROUP > 4
        CASE(4) CASE(5) CASE(6) CASE(7)
#endif
    default: multiply_tile(type, w, x, m, count, t, TERSE_TILED_GROUP, y, y_stride); break;
    }
#undef CASE
}

TERSE_INLINE void multiply_type(terse_type type, const terse_matrix *w, const terse_activations *x, int64_t row_begin,
                                int64_t row_end, float *y, int64_t y_stride) {
    const int64_t panel = PANEL_TILES * TERSE_TILED_ROWS;
    for (int64_t begin = row_begin; begin < row_end; begin += panel) {
        const int64_t end = row_end - begin < panel ? row_end : begin + panel;
        for (int64_t t = 0; t < x->rows; t += TERSE_TILED_GROUP) {
            for (int64_t m = begin; m < end; m += TERSE_TILED_ROWS) {
                const int64_t count = end - m < TERSE_TILED_ROWS ? end - m : TERSE_TILED_ROWS;
                multiply_group(type, w, x, m, (int)count, t, y, y_stride);
            }
        }
    }
}

static void multiply_directly(const terse_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                              float *y, int64_t y_stride) {
#define CASE(TYPE) \
    case TYPE: multiply_type(TYPE, w, x, row_begin, row_end, y, y_stride); break;
    switch (w->type) {
        TERSE_EACH_TILED_TYPE(CASE)
    default: break;
    }
#undef CASE
}
