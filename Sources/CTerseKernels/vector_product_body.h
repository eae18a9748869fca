// Products of rows with a matrix as the KV cache holds it, or of floats, on sixteen lanes; part of vector_body.h.
//
// Bytes are multiplied by whole numbers of 16 bits, two terms at a time, and added up exactly in 32 bits: half as many
// instructions as floats take, which have to be made of them first.

// What a matrix consists of: what the cache does, or floats.
typedef enum {
    ELEMENTS_F16 = TERSE_KV_F16,
    ELEMENTS_INT8 = TERSE_KV_INT8,
    ELEMENTS_F32,
} elements;

// Sixteen halves or floats, as floats.
TERSE_INLINE v16 unpack(const void *data, elements type, size_t index) {
    if (type == ELEMENTS_F32) return load((const float *)data + index);
    h16 halves;
    memcpy(&halves, (const uint8_t *)data + 2 * index, sizeof halves);
    return __builtin_convertvector(halves, v16);
}

// Sixteen pairs of bytes, as pairs of 16 bits.
TERSE_INLINE i16 unpack_pairs(const int8_t *data) {
    b32 bytes;
    memcpy(&bytes, data, sizeof bytes);
    return (i16)__builtin_convertvector(bytes, s32);
}

// c[r] = c[r] · factors[r] + Σ_k (term k of row r of a) · b[k], fused in order of k; without factors from 0. Of bytes a
// row of b is pairs of terms, and c[r] = fma(Σ_k quants[r][k] · b[k], scales[r], c[r] · factors[r]).
typedef struct {
    uint32_t rows, depth, columns;  // columns are a multiple of 16
    const float *a;   // [depth / 32, rounded up][row][32], so that a term of any row is a constant away from the first
    size_t a_stride;  // from 32 terms to the next; nothing where there are no more
    const int32_t *quants;  // in place of a: pairs of 16 bits, quant_stride from row to row
    size_t quant_stride;
    const float *scales;
    const void *b;
    elements type;
    size_t b_stride;  // elements from row to row
    float *c;
    size_t c_stride;
    const float *factors;
    // What will be read next, to be fetched into the L2 cache meanwhile: more can be under way there than in L1.
    const uint8_t *next;
    size_t next_bytes;
} product;

// `rows` rows from `row` on and 16 · `vectors` columns from `column` on.
TERSE_INLINE void multiply_floats_block(
    const product *p, elements type, int rows, int vectors, uint32_t row, uint32_t column, const uint8_t *next,
    size_t next_step) {
    const size_t element = type == ELEMENTS_F32 ? sizeof(float) : sizeof(uint16_t);
    const uint8_t *b_row = (const uint8_t *)p->b + column * element;
    float *c = p->c + row * p->c_stride + column;
    v16 sums[TERSE_PANEL_ROWS][TERSE_WIDE_VECTORS];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) {
            sums[r][v] = p->factors ? load(c + r * p->c_stride + 16 * v) * splat(p->factors[row + r]) : splat(0.0f);
        }
    }
    for (uint32_t first = 0; first < p->depth; first += TERSE_KV_TILE) {
        const float *a = p->a + first / TERSE_KV_TILE * p->a_stride + row * TERSE_KV_TILE;
        const uint32_t terms = p->depth - first < TERSE_KV_TILE ? p->depth - first : TERSE_KV_TILE;
        for (uint32_t k = 0; k < terms; k++) {
            for (size_t i = 0; i < next_step; i += 64) __builtin_prefetch(next + i, 0, 2);
            v16 b[TERSE_WIDE_VECTORS];
            for (int v = 0; v < vectors; v++) b[v] = unpack(b_row, type, 16 * v);
            for (int r = 0; r < rows; r++) {
                const v16 factor = splat(a[r * TERSE_KV_TILE + k]);
                for (int v = 0; v < vectors; v++) sums[r][v] = fused(factor, b[v], sums[r][v]);
            }
            b_row += p->b_stride * element;
            next += next_step;
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) store(c + r * p->c_stride + 16 * v, sums[r][v]);
    }
}

TERSE_INLINE void multiply_int8_block(
    const product *p, int rows, int vectors, uint32_t row, uint32_t column, const uint8_t *next, size_t next_step) {
    const int32_t *quants = p->quants + row * p->quant_stride;
    const int8_t *b = (const int8_t *)p->b + 2 * (size_t)column;
    i16 sums[TERSE_PANEL_ROWS][TERSE_WIDE_VECTORS];
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < vectors; v++) sums[r][v] = (i16){0};
    }
    for (uint32_t k = 0; k < p->depth; k++) {
        for (size_t i = 0; i < next_step; i += 64) __builtin_prefetch(next + k * next_step + i, 0, 2);
        i16 pairs[TERSE_WIDE_VECTORS];
        for (int v = 0; v < vectors; v++) pairs[v] = unpack_pairs(b + k * p->b_stride + 32 * v);
        for (int r = 0; r < rows; r++) {
            const int32_t pair = quants[r * p->quant_stride + k];
            for (int v = 0; v < vectors; v++) sums[r][v] = add_pairs(sums[r][v], pairs[v], pair);
        }
    }
    for (int r = 0; r < rows; r++) {
        float *c = p->c + (row + r) * p->c_stride + column;
        const v16 scale = splat(p->scales[row + r]);
        for (int v = 0; v < vectors; v++) {
            const v16 before = p->factors ? load(c + 16 * v) * splat(p->factors[row + r]) : splat(0.0f);
            store(c + 16 * v, fused(__builtin_convertvector(sums[r][v], v16), scale, before));
        }
    }
}

TERSE_INLINE void multiply_block(
    const product *p, elements type, int rows, int vectors, uint32_t row, uint32_t column, const uint8_t *next,
    size_t next_step) {
    if (type == ELEMENTS_INT8) {
        multiply_int8_block(p, rows, vectors, row, column, next, next_step);
    } else {
        multiply_floats_block(p, type, rows, vectors, row, column, next, next_step);
    }
}

TERSE_INLINE void multiply_columns(const product *p, elements type, int rows, int vectors, uint32_t row) {
    const uint32_t blocks = p->columns / (16 * vectors);
    const size_t step = blocks > 0 ? p->next_bytes / (blocks * p->depth) : 0;
    uint32_t column = 0;
    for (uint32_t block = 0; block < blocks; block++) {
        multiply_block(p, type, rows, vectors, row, column, p->next + block * p->depth * step, row == 0 ? step : 0);
        column += 16 * vectors;
    }
    for (; column < p->columns; column += 16) multiply_block(p, type, rows, 1, row, column, NULL, 0);
}

TERSE_INLINE void multiply_rows(const product *p, elements type, int rows, uint32_t row) {
    if (rows <= TERSE_WIDE_ROWS && p->columns >= 16 * TERSE_WIDE_VECTORS) {
        multiply_columns(p, type, rows, TERSE_WIDE_VECTORS, row);
    } else {
        multiply_columns(p, type, rows, TERSE_PANEL_VECTORS, row);
    }
}

// Blocks of `rows` rows from `row` on, while there are so many. Returns the row behind them.
TERSE_INLINE uint32_t multiply_blocks(const product *p, elements type, const int rows, uint32_t row) {
    for (; p->rows - row >= (uint32_t)rows; row += (uint32_t)rows) multiply_rows(p, type, rows, row);
    return row;
}

// Any number of rows; where there are columns enough, in blocks of so few that registers hold the sums of four vectors:
// those take the fewest loads for each product.
TERSE_INLINE void multiply_elements(const product *p, elements type) {
    uint32_t row = 0;
    if (TERSE_WIDE_ROWS > 1 && p->columns >= 16 * TERSE_WIDE_VECTORS) {
        row = multiply_blocks(p, type, TERSE_WIDE_ROWS, row);
    } else {
        row = multiply_blocks(p, type, TERSE_PANEL_ROWS, row);
        if (TERSE_PANEL_ROWS > 8) row = multiply_blocks(p, type, 8, row);
    }
    row = multiply_blocks(p, type, 4, row);
    row = multiply_blocks(p, type, 2, row);
    multiply_blocks(p, type, 1, row);
}

static void multiply(const product *p) {
    switch (p->type) {
    case ELEMENTS_F16: multiply_elements(p, ELEMENTS_F16); break;
    case ELEMENTS_INT8: multiply_elements(p, ELEMENTS_INT8); break;
    case ELEMENTS_F32: multiply_elements(p, ELEMENTS_F32); break;
    }
}
