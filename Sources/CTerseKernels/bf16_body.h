// The products in bfloat16 for any instruction set, on sixteen lanes. A file per instruction set includes this after
// training_lanes.h and after defining
//     TERSE_BF16_TABLE   the table to define
//     TERSE_BF16_ROWS    rows, a divisor of a panel's, and
//     TERSE_BF16_RIGHTS  panels of columns, at most 3, whose sums registers hold together
// and how it multiplies pairs of bfloat16 numbers:
//     STEPS              steps that a pair takes
//     left_term          what a step takes of a pair of the left factor
//     left_of(pair, step), right_of(pairs, step)
//     add_product(sums, right, left)   to each of sixteen sums the product of its part of `right` with `left`

#include "include/terse_bf16.h"

enum {
    PANEL = TERSE_BF16_PANEL,
    ROWS = TERSE_BF16_ROWS,
    RIGHTS = TERSE_BF16_RIGHTS,
    // That rows meet once they are ready: their panels, 192 KiB, stay in the second cache.
    COLUMNS_AT_ONCE = 12 * PANEL,
};

_Static_assert(COLUMNS_AT_ONCE % (RIGHTS * PANEL) == 0, "blocks are whole but for the last one");

// To the nearest bfloat16, ties to even, in the high half of each lane; the low half is to be ignored.
TERSE_INLINE w16 rounded_to_bf16(v16 x) {
    const w16 bits = (w16)x, even = (bits >> 16) & 1;
    const w16 result = bits + 0x7fff + even;
    const w16 is_number = x == x;
    return (result & is_number) | (0x7fc00000 & ~is_number);
}

// Pairs of bfloat16 numbers, the first in the low half.
TERSE_INLINE w16 bf16_pairs(v16 first, v16 second) {
    const w16 low = rounded_to_bf16(first), high = rounded_to_bf16(second);
    return ((low >> 16) & 0xffff) | (high & -0x10000);
}

static void pack_columns(const float *x, size_t stride, size_t count, size_t depth, uint16_t *panel) {
    for (size_t i = 0; i < depth; i += 2) {
        const v16 first = load_some(x + i * stride, count, 0);
        const v16 second = i + 1 < depth ? load_some(x + (i + 1) * stride, count, 0) : splat(0);
        const w16 pairs = bf16_pairs(first, second);
        memcpy(panel + i * PANEL, &pairs, sizeof pairs);
    }
}

// Sixteen rows of 32 terms at a time: each becomes sixteen pairs, and the square of pairs is transposed.
static void pack_rows(const float *x, size_t stride, size_t count, size_t depth, uint16_t *panel) {
    for (size_t i = 0; i < depth; i += 32) {
        int32_t pairs[PANEL][PANEL];
        for (size_t r = 0; r < PANEL; r++) {
            if (r >= count) {
                memset(pairs[r], 0, sizeof pairs[r]);
                continue;
            }
            const float *row = x + r * stride + i;
            const v16 low = load_some(row, depth - i, 0);
            const v16 high = depth - i > 16 ? load_some(row + 16, depth - i - 16, 0) : splat(0);
            const v16 first = __builtin_shufflevector(
                low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            const v16 second = __builtin_shufflevector(
                low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
            const w16 both = bf16_pairs(first, second);
            memcpy(pairs[r], &both, sizeof both);
        }
        const size_t left = (depth - i + 1) / 2, filled = left < PANEL ? left : PANEL;
        int32_t *slots = (int32_t *)(void *)panel + i / 2 * PANEL;
        for (size_t p = 0; p < filled; p++) {
            for (size_t r = 0; r < PANEL; r++) slots[p * PANEL + r] = pairs[r][p];
        }
    }
}

// Made ready once for many columns: widening a pair in the loop would take two instructions for six products.
typedef struct {
    left_term terms[TERSE_BF16_DEPTH / 2][STEPS][ROWS];
} left_rows;

TERSE_INLINE void take_left_rows(const terse_bf16_product *p, size_t row, left_rows *rows) {
    const uint16_t *left = p->left + row / PANEL * p->left_stride + row % PANEL * 2;
#pragma clang loop vectorize(disable)  // It would scatter: rows are what lies side by side.
    for (size_t i = 0; i < (p->depth + 1) / 2; i++) {
        int32_t pairs[ROWS];
        memcpy(pairs, left + i * PANEL * 2, sizeof pairs);
#pragma clang loop unroll(full)
        for (int step = 0; step < STEPS; step++) {
#pragma clang loop unroll(full)
            for (int r = 0; r < ROWS; r++) rows->terms[i][step][r] = left_of(pairs[r], step);
        }
    }
}

// A step of a pair, for ROWS rows by `rights` panels.
TERSE_INLINE void add_step(const uint16_t *right, size_t stride, const left_term left[ROWS], const int step,
                           const int rights, v16 sums[ROWS][RIGHTS]) {
    v16 parts[RIGHTS];
#pragma clang loop unroll(full)
    for (int v = 0; v < rights; v++) {
        w16 pairs;
        memcpy(&pairs, right + (size_t)v * stride, sizeof pairs);
        parts[v] = right_of(pairs, step);
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < rights; v++) sums[r][v] = add_product(sums[r][v], parts[v], left[r]);
    }
}

// ROWS rows from `row` by `rights` panels of columns, whose sums stay in registers.
TERSE_INLINE void multiply_block(const terse_bf16_product *p, const left_rows *rows, size_t row, size_t column,
                                 const int rights) {
    const uint16_t *right = p->right + column / PANEL * p->right_stride;
    const size_t pairs = (p->depth + 1) / 2;
    v16 sums[ROWS][RIGHTS];
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < rights; v++) sums[r][v] = splat(0);
    }
    for (size_t i = 0; i < pairs; i++) {
#pragma clang loop unroll(full)
        for (int step = 0; step < STEPS; step++) {
            add_step(right + i * 2 * PANEL, p->right_stride, rows->terms[i][step], step, rights, sums);
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
        if (row + (size_t)r >= p->rows) break;
#pragma clang loop unroll(full)
        for (int v = 0; v < rights; v++) {
            const size_t first = column + (size_t)v * PANEL;
            if (first >= p->columns) break;
            float *target = p->c + (row + (size_t)r) * p->c_stride + first;
            const v16 before = p->adding ? load_some(target, p->columns - first, 0) : splat(0);
            store_some(target, p->columns - first, fused(sums[r][v], splat(p->alpha), before));
        }
    }
}

// Rows from `row` by the columns of a block.
static void multiply_rows(const terse_bf16_product *p, const left_rows *rows, size_t row, size_t begin, size_t end) {
    for (size_t column = begin; column < end; column += RIGHTS * PANEL) {
        const size_t panels = (end - column + PANEL - 1) / PANEL;
        if (RIGHTS >= 3 && panels >= 3) {
            multiply_block(p, rows, row, column, 3);
        } else if (RIGHTS >= 2 && panels >= 2) {
            multiply_block(p, rows, row, column, 2);
        } else {
            multiply_block(p, rows, row, column, 1);
        }
    }
}

static void multiply(const terse_bf16_product *p) {
    _Alignas(64) left_rows rows;
    for (size_t begin = 0; begin < p->columns; begin += COLUMNS_AT_ONCE) {
        const size_t end = p->columns - begin < COLUMNS_AT_ONCE ? p->columns : begin + COLUMNS_AT_ONCE;
        for (size_t row = 0; row < p->rows; row += ROWS) {
            take_left_rows(p, row, &rows);
            multiply_rows(p, &rows, row, begin, end);
        }
    }
}

const terse_bf16_kernels TERSE_BF16_TABLE = {
    .pack_rows = pack_rows,
    .pack_columns = pack_columns,
    .multiply = multiply,
};
