// The products in fixed point for any instruction set, on sixteen lanes. A file per instruction set includes this
// after training_lanes.h and after defining
//     TERSE_FIXED_WORDS, TERSE_FIXED_BYTES   the tables to define, for left factors of 16 and of 8 bits
//     TERSE_FIXED_LEFTS, TERSE_FIXED_RIGHTS  panels of rows and of columns whose sums registers hold together, 1 or 2
//     TERSE_FIXED_OFFSET                     what is added to the bytes of right panels: 128 makes them unsigned
// and `add_slot(sums, right, left, terms)`: to each of sixteen 32-bit sums the products of the two or four terms of its
// slot in `right` with those of `left`, which is the same for all.

#include "include/terse_fixed.h"

enum { ROWS = TERSE_FIXED_ROWS, COLUMNS = TERSE_FIXED_COLUMNS, STRIP = TERSE_FIXED_STRIP };
enum { LEFTS = TERSE_FIXED_LEFTS, RIGHTS = TERSE_FIXED_RIGHTS, TERMS_MAX = 4 };

typedef int16_t words16 __attribute__((vector_size(32)));
typedef int8_t bytes16 __attribute__((vector_size(16)));

TERSE_INLINE int32_t offset_of(const int terms) { return terms == 4 ? TERSE_FIXED_OFFSET : 0; }

// Nearest whole numbers, ties to even, of |x| < 2^22; of what is not finite any, without trapping.
TERSE_INLINE w16 whole_numbers(v16 x) {
    const v16 magic = splat(TERSE_REAL_ROUND_MAGIC);
    return (w16)(x + magic) - (w16)magic;
}

// Slots of the terms that lie in the lanes of `whole`, the first in the lowest bits.
TERSE_INLINE w16 slots_of(const w16 whole[TERMS_MAX], const int terms) {
    if (terms == 2) return (whole[0] & 0xffff) | (whole[1] << 16);
    return (whole[0] & 0xff) | ((whole[1] & 0xff) << 8) | ((whole[2] & 0xff) << 16) | (whole[3] << 24);
}

// The greatest whole number over the greatest magnitude, 0 where that is 0 or too small for the quotient; `check` is 0,
// or no number where an element is none.
TERSE_INLINE float inverse_scale(float greatest, float check, const int terms, float *scale) {
    const float limit = terms == 2 ? 32767.0f : 127.0f;
    *scale = greatest / limit + check;
    const float inverse = greatest > 0 ? limit / greatest : 0;
    return inverse < INFINITY ? inverse : 0;
}

static float greatest(const float *x, size_t count) {
    v16 all = splat(0);
    for (size_t i = 0; i < count; i += 16) {
        const v16 size = magnitude(load_some(x + i, count - i, 0));
        all = choose(size > all, size, all);
    }
    return fold_greatest(all);
}

TERSE_INLINE int32_t fold_whole(w16 lanes) {
    int32_t sum = 0;
    for (int l = 0; l < 16; l++) sum += lanes[l];
    return sum;
}

// A row of `depth` terms as whole numbers side by side; returns their sum.
TERSE_INLINE int32_t round_row(const float *row, size_t depth, const float *factors, v16 inverse, const int terms,
    int32_t *slots) {
    w16 sum = {0};
    for (size_t i = 0; i < depth; i += 16) {
        const v16 v = load_some(row + i, depth - i, 0) * load_some(factors + i, depth - i, 0);
        const w16 whole = whole_numbers(v * inverse);
        sum += whole;
        if (terms == 2) {
            const words16 narrow = __builtin_convertvector(whole, words16);
            memcpy((int16_t *)(void *)slots + i, &narrow, sizeof narrow);
        } else {
            const bytes16 narrow = __builtin_convertvector(whole, bytes16);
            memcpy((int8_t *)(void *)slots + i, &narrow, sizeof narrow);
        }
    }
    return fold_whole(sum);
}

TERSE_INLINE void pack_rows(const float *x, size_t stride, size_t rows, size_t depth, const float *factors,
    const terse_fixed_left *left, const int terms) {
    const size_t count = (depth + (size_t)terms - 1) / (size_t)terms;
    for (size_t r = 0; r < ROWS; r++) {
        int32_t slots[TERSE_FIXED_DEPTH / 2] = {0};
        left->scales[r] = 0, left->starts[r] = 0;
        if (r < rows) {
            const float *row = x + r * stride;
            v16 largest = splat(0), check = splat(0);
            for (size_t i = 0; i < depth; i += 16) {
                const v16 v = load_some(row + i, depth - i, 0) * load_some(factors + i, depth - i, 0);
                const v16 size = magnitude(v);
                largest = choose(size > largest, size, largest);
                check += v * 0;
            }
            const v16 inverse = splat(inverse_scale(fold_greatest(largest), fold(check), terms, &left->scales[r]));
            left->starts[r] = -offset_of(terms) * round_row(row, depth, factors, inverse, terms, slots);
        }
        for (size_t s = 0; s < count; s++) left->panels[s * ROWS + r] = slots[s];
    }
}

TERSE_INLINE void pack_columns(const float *x, size_t stride, size_t columns, size_t depth, const float *factors,
    const terse_fixed_left *left, const int terms) {
    enum { VECTORS = STRIP / 16 };
    size_t counts[VECTORS];
    v16 largest[VECTORS], check[VECTORS], inverse[VECTORS];
    w16 sums[VECTORS];
    for (size_t v = 0; v < VECTORS; v++) {
        counts[v] = columns > 16 * v ? columns - 16 * v : 0;
        largest[v] = check[v] = splat(0);
        sums[v] = (w16){0};
    }
    for (size_t i = 0; i < depth; i++) {
        for (size_t v = 0; v < VECTORS; v++) {
            const v16 scaled = load_some(x + i * stride + 16 * v, counts[v], 0) * splat(factors[i]);
            const v16 size = magnitude(scaled);
            largest[v] = choose(size > largest[v], size, largest[v]);
            check[v] += scaled * 0;
        }
    }
    for (size_t v = 0; v < VECTORS; v++) {
        float inverses[16];
        for (size_t l = 0; l < 16; l++) {
            inverses[l] = inverse_scale(largest[v][l], check[v][l], terms, &left->scales[16 * v + l]);
        }
        inverse[v] = load(inverses);
    }
    for (size_t i = 0; i < depth; i += (size_t)terms) {
        int32_t slots[STRIP];
        for (size_t v = 0; v < VECTORS; v++) {
            w16 whole[TERMS_MAX];
#pragma clang loop unroll(full)
            for (int t = 0; t < terms; t++) {
                const size_t term = i + (size_t)t;
                whole[t] = (w16){0};
                if (term >= depth) continue;
                const v16 scaled = load_some(x + term * stride + 16 * v, counts[v], 0) * splat(factors[term]);
                whole[t] = whole_numbers(scaled * inverse[v]);
                sums[v] += whole[t];
            }
            const w16 both = slots_of(whole, terms);
            memcpy(slots + 16 * v, &both, sizeof both);
        }
        for (size_t p = 0; p < STRIP / ROWS; p++) {
            memcpy(left->panels + p * left->stride + i / (size_t)terms * ROWS, slots + p * ROWS, ROWS * sizeof *slots);
        }
    }
    for (size_t v = 0; v < VECTORS; v++) {
        const w16 starts = sums[v] * -offset_of(terms);
        memcpy(left->starts + 16 * v, &starts, sizeof starts);
    }
}

TERSE_INLINE void pack_levels(const float *x, size_t stride, size_t columns, size_t depth, const float *inverses,
    int32_t *panel, const int terms) {
    for (size_t i = 0; i < depth; i += (size_t)terms) {
        w16 whole[TERMS_MAX];
#pragma clang loop unroll(full)
        for (int t = 0; t < terms; t++) {
            const size_t term = i + (size_t)t;
            whole[t] = (w16){0} + offset_of(terms);
            if (term >= depth) continue;
            whole[t] += whole_numbers(load_some(x + term * stride, columns, 0) * splat(inverses[term]));
        }
        const w16 slots = slots_of(whole, terms);
        memcpy(panel + i / (size_t)terms * COLUMNS, &slots, sizeof slots);
    }
}

// `lefts` panels of rows by `rights` panels of columns, whose sums stay in registers.
TERSE_INLINE void multiply_block(const terse_fixed_product *p, size_t first_row, size_t first_column, const int lefts,
    const int rights, const int terms) {
    const int32_t *left = p->left + first_row / ROWS * p->left_stride;
    const int32_t *right = p->right + first_column / COLUMNS * p->right_stride;
    const size_t slots = (p->depth + (size_t)terms - 1) / (size_t)terms;
    w16 sums[LEFTS * ROWS][RIGHTS];
#pragma clang loop unroll(full)
    for (int r = 0; r < lefts * ROWS; r++) {
        const int32_t start = p->starts[first_row + (size_t)r];
#pragma clang loop unroll(full)
        for (int v = 0; v < rights; v++) sums[r][v] = (w16){0} + start;
    }
    for (size_t s = 0; s < slots; s++) {
        w16 columns[RIGHTS];
#pragma clang loop unroll(full)
        for (int v = 0; v < rights; v++) {
            memcpy(&columns[v], right + (size_t)v * p->right_stride + s * COLUMNS, sizeof columns[v]);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < lefts * ROWS; r++) {
            const int32_t row = left[(size_t)(r / ROWS) * p->left_stride + s * ROWS + (size_t)(r % ROWS)];
#pragma clang loop unroll(full)
            for (int v = 0; v < rights; v++) sums[r][v] = add_slot(sums[r][v], columns[v], row, terms);
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < lefts * ROWS; r++) {
        const size_t row = first_row + (size_t)r;
        if (row >= p->rows) break;
        const v16 scale = splat(p->scales[row]);
#pragma clang loop unroll(full)
        for (int v = 0; v < rights; v++) {
            const size_t column = first_column + (size_t)v * COLUMNS;
            if (column >= p->columns) break;
            float *target = p->c + row * p->c_stride + column;
            const v16 value = __builtin_convertvector(sums[r][v], v16);
            const v16 before = p->adding ? load_some(target, p->columns - column, 0) : splat(0);
            store_some(target, p->columns - column, fused(value, scale, before));
        }
    }
}

TERSE_INLINE void multiply(const terse_fixed_product *p, const int terms) {
    for (size_t column = 0; column < p->columns; column += RIGHTS * COLUMNS) {
        const bool is_wide = p->columns - column > COLUMNS;
        for (size_t row = 0; row < p->rows; row += LEFTS * ROWS) {
            const bool is_tall = p->rows - row > ROWS;
            if (RIGHTS > 1 && is_wide) {
                if (LEFTS > 1 && is_tall) {
                    multiply_block(p, row, column, LEFTS, RIGHTS, terms);
                } else {
                    multiply_block(p, row, column, 1, RIGHTS, terms);
                }
            } else if (LEFTS > 1 && is_tall) {
                multiply_block(p, row, column, LEFTS, 1, terms);
            } else {
                multiply_block(p, row, column, 1, 1, terms);
            }
        }
    }
}

// The functions of a table with so many terms in a slot.
#define TERSE_FIXED_FUNCTIONS(NAME, TERMS) \
    static void pack_rows_##NAME(const float *x, size_t stride, size_t rows, size_t depth, const float *factors, \
        const terse_fixed_left *left) { \
        pack_rows(x, stride, rows, depth, factors, left, TERMS); \
    } \
    static void pack_columns_##NAME(const float *x, size_t stride, size_t columns, size_t depth, \
        const float *factors, const terse_fixed_left *left) { \
        pack_columns(x, stride, columns, depth, factors, left, TERMS); \
    } \
    static void pack_levels_##NAME(const float *x, size_t stride, size_t columns, size_t depth, \
        const float *inverses, int32_t *panel) { \
        pack_levels(x, stride, columns, depth, inverses, panel, TERMS); \
    } \
    static void multiply_##NAME(const terse_fixed_product *p) { multiply(p, TERMS); }

TERSE_FIXED_FUNCTIONS(words, 2)
TERSE_FIXED_FUNCTIONS(bytes, 4)

const terse_fixed_kernels TERSE_FIXED_WORDS = {
    .terms = 2,
    .greatest = greatest,
    .pack_rows = pack_rows_words,
    .pack_columns = pack_columns_words,
    .pack_levels = pack_levels_words,
    .multiply = multiply_words,
};

const terse_fixed_kernels TERSE_FIXED_BYTES = {
    .terms = 4,
    .greatest = greatest,
    .pack_rows = pack_rows_bytes,
    .pack_columns = pack_columns_bytes,
    .pack_levels = pack_levels_bytes,
    .multiply = multiply_bytes,
};
