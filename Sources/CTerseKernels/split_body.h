// Products of split matrices for any instruction set. A file per instruction set includes this after defining
//     TERSE_SPLIT_GROUP        rows of x that are multiplied together: 4 or 8
//     TERSE_SPLIT_PANEL        the product with many rows of x, where there is one apart
//     TERSE_SPLIT_PANEL_MIN    the rows of x from which on it is taken
// and `multiply_tile(w, x, m, count, t, width, is_whole, y, y_stride)`: the tile that begins at row m, of which `count`
// rows are there, with `width` rows of x from row t on, by both halves or by the upper one alone.

TERSE_INLINE void multiply_directly(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin,
                                    int64_t row_end, const int is_whole, float *y, int64_t y_stride) {
    for (int64_t m = row_begin; m < row_end; m += TERSE_SPLIT_ROWS) {
        const int64_t count = row_end - m < TERSE_SPLIT_ROWS ? row_end - m : TERSE_SPLIT_ROWS;
        int64_t t = 0;
#define GROUPS(WIDTH) \
    for (; t + WIDTH <= x->rows; t += WIDTH) multiply_tile(w, x, m, count, t, WIDTH, is_whole, y, y_stride);
        GROUPS(TERSE_SPLIT_GROUP)
#if TERSE_SPLIT_GROUP > 4
        GROUPS(4)
#endif
        GROUPS(2)
        GROUPS(1)
#undef GROUPS
    }
}

static void multiply(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                     float *y, int64_t y_stride) {
#ifdef TERSE_SPLIT_PANEL
    if (x->rows >= TERSE_SPLIT_PANEL_MIN) {
        TERSE_SPLIT_PANEL(w, x, row_begin, row_end, y, y_stride);
        return;
    }
#endif
    multiply_directly(w, x, row_begin, row_end, 1, y, y_stride);
}

static void screen(const terse_split_matrix *w, const terse_activations *x, int64_t row_begin, int64_t row_end,
                   float *y, int64_t y_stride) {
    multiply_directly(w, x, row_begin, row_end, 0, y, y_stride);
}
