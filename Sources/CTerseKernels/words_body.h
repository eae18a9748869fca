// The products in fixed point for any instruction set, on sixteen lanes. A file per instruction set includes this
// after defining
//     TERSE_WORD_TABLE                     the table to define
//     TERSE_WORD_LEFTS, TERSE_WORD_RIGHTS  panels of rows and of columns whose sums registers hold together, at most 2
// and `add_pairs(sums, right, pair)`: to each of sixteen 32-bit sums the product of two pairs of 16-bit numbers, those
// of `right` and `pair`, which is the same for all.

#include "include/terse_words.h"

enum { ROWS = TERSE_WORD_ROWS, COLUMNS = TERSE_WORD_COLUMNS, STRIP = TERSE_WORD_STRIP };
enum { LEFTS = TERSE_WORD_LEFTS, RIGHTS = TERSE_WORD_RIGHTS };

// Nearest whole numbers, ties to even, of |x| < 2^22; of what is not finite any, without trapping.
TERSE_INLINE w16 whole_numbers(v16 x) {
    const v16 magic = splat(TERSE_ROUNDING_MAGIC);
    return (w16)(x + magic) - (w16)magic;
}

// Two numbers of 16 bits in each lane, the first in the low half.
TERSE_INLINE w16 paired(w16 first, w16 second) { return (first & 0xffff) | (second << 16); }

// 32767 over the greatest magnitude, 0 where that is 0; `check` is 0, or no number where an element is none.
TERSE_INLINE float inverse_scale(float greatest, float check, float *scale) {
    *scale = greatest / 32767.0f + check;
    return greatest > 0 ? 32767.0f / greatest : 0;
}

static float greatest(const float *x, size_t count) {
    v16 all = splat(0);
    for (size_t i = 0; i < count; i += 16) {
        const v16 size = magnitude(load_some(x + i, count - i, 0));
        all = choose(size > all, size, all);
    }
    return fold_greatest(all);
}

static void pack_rows(const float *x, size_t stride, size_t rows, size_t depth, const float *factors, int16_t *panel,
    float *scales) {
    const size_t pairs = (depth + 1) / 2;
    int32_t *slots = (int32_t *)(void *)panel;
    for (size_t r = 0; r < ROWS; r++) {
        if (r >= rows) {
            for (size_t p = 0; p < pairs; p++) slots[p * ROWS + r] = 0;
            scales[r] = 0;
            continue;
        }
        const float *row = x + r * stride;
        v16 largest = splat(0), check = splat(0);
        for (size_t i = 0; i < depth; i += 16) {
            const v16 v = load_some(row + i, depth - i, 0) * load_some(factors + i, depth - i, 0);
            const v16 size = magnitude(v);
            largest = choose(size > largest, size, largest);
            check += v * 0;
        }
        const v16 inverse = splat(inverse_scale(fold_greatest(largest), fold(check), &scales[r]));
        for (size_t i = 0; i < depth; i += 16) {
            const v16 v = load_some(row + i, depth - i, 0) * load_some(factors + i, depth - i, 0);
            int32_t words[16];
            const w16 whole16 = whole_numbers(v * inverse);
            memcpy(words, &whole16, sizeof words);
            for (size_t l = 0; l < 16 && i + l < depth; l += 2) {
                slots[(i + l) / 2 * ROWS + r] =
                    (int32_t)(((uint32_t)words[l] & 0xffff) | ((uint32_t)words[l + 1] << 16));
            }
        }
    }
}

static void pack_columns(const float *x, size_t stride, size_t columns, size_t depth, const float *factors,
    int16_t *panels, size_t panel_stride, float *scales) {
    enum { VECTORS = STRIP / 16 };
    size_t counts[VECTORS];
    v16 largest[VECTORS], check[VECTORS];
    for (size_t v = 0; v < VECTORS; v++) {
        counts[v] = columns > 16 * v ? columns - 16 * v : 0;
        largest[v] = check[v] = splat(0);
    }
    for (size_t i = 0; i < depth; i++) {
        for (size_t v = 0; v < VECTORS; v++) {
            const v16 scaled = load_some(x + i * stride + 16 * v, counts[v], 0) * splat(factors[i]);
            const v16 size = magnitude(scaled);
            largest[v] = choose(size > largest[v], size, largest[v]);
            check[v] += scaled * 0;
        }
    }
    v16 inverse[VECTORS];
    for (size_t v = 0; v < VECTORS; v++) {
        float inverses[16];
        for (size_t l = 0; l < 16; l++) inverses[l] = inverse_scale(largest[v][l], check[v][l], &scales[16 * v + l]);
        inverse[v] = load(inverses);
    }
    for (size_t i = 0; i < depth; i += 2) {
        int32_t pairs[STRIP];
        for (size_t v = 0; v < VECTORS; v++) {
            const float *row = x + i * stride + 16 * v;
            const w16 first = whole_numbers(load_some(row, counts[v], 0) * splat(factors[i]) * inverse[v]);
            w16 second = {0};
            if (i + 1 < depth) {
                second = whole_numbers(load_some(row + stride, counts[v], 0) * splat(factors[i + 1]) * inverse[v]);
            }
            const w16 both = paired(first, second);
            memcpy(pairs + 16 * v, &both, sizeof both);
        }
        for (size_t p = 0; p < STRIP / ROWS; p++) {
            memcpy(panels + p * panel_stride + i * ROWS, pairs + p * ROWS, ROWS * sizeof *pairs);
        }
    }
}

static void pack_levels(
    const float *x, size_t stride, size_t columns, size_t depth, const float *inverses, int16_t *panel) {
    for (size_t i = 0; i < depth; i += 2) {
        const w16 first = whole_numbers(load_some(x + i * stride, columns, 0) * splat(inverses[i]));
        w16 second = {0};
        if (i + 1 < depth) {
            second = whole_numbers(load_some(x + (i + 1) * stride, columns, 0) * splat(inverses[i + 1]));
        }
        const w16 both = paired(first, second);
        memcpy(panel + i * COLUMNS, &both, sizeof both);
    }
}

// `lefts` panels of rows by `rights` panels of columns, whose sums stay in registers.
TERSE_INLINE void multiply_block(const terse_word_product *p, size_t first_row, size_t first_column, const int lefts,
    const int rights) {
    const int16_t *left = p->left + first_row / ROWS * p->left_stride;
    const int16_t *right = p->right + first_column / COLUMNS * p->right_stride;
    const size_t pairs = (p->depth + 1) / 2;
    w16 sums[LEFTS * ROWS][RIGHTS];
#pragma clang loop unroll(full)
    for (int r = 0; r < lefts * ROWS; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < rights; v++) sums[r][v] = (w16){0};
    }
    for (size_t i = 0; i < pairs; i++) {
        w16 both[RIGHTS];
#pragma clang loop unroll(full)
        for (int v = 0; v < rights; v++) {
            memcpy(&both[v], right + (size_t)v * p->right_stride + i * 2 * COLUMNS, sizeof both[v]);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < lefts * ROWS; r++) {
            int32_t pair;
            memcpy(&pair, left + (size_t)(r / ROWS) * p->left_stride + (i * ROWS + (size_t)(r % ROWS)) * 2, sizeof pair);
#pragma clang loop unroll(full)
            for (int v = 0; v < rights; v++) sums[r][v] = add_pairs(sums[r][v], both[v], pair);
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

static void multiply(const terse_word_product *p) {
    for (size_t column = 0; column < p->columns; column += RIGHTS * COLUMNS) {
        const bool is_wide = p->columns - column > COLUMNS;
        for (size_t row = 0; row < p->rows; row += LEFTS * ROWS) {
            const bool is_tall = p->rows - row > ROWS;
            if (RIGHTS > 1 && is_wide) {
                if (LEFTS > 1 && is_tall) {
                    multiply_block(p, row, column, LEFTS, RIGHTS);
                } else {
                    multiply_block(p, row, column, 1, RIGHTS);
                }
            } else if (LEFTS > 1 && is_tall) {
                multiply_block(p, row, column, LEFTS, 1);
            } else {
                multiply_block(p, row, column, 1, 1);
            }
        }
    }
}

const terse_word_kernels TERSE_WORD_TABLE = {
    .greatest = greatest,
    .pack_rows = pack_rows,
    .pack_columns = pack_columns,
    .pack_levels = pack_levels,
    .multiply = multiply,
};
