// The products in bfloat16 for any instruction set, on sixteen lanes. A file per instruction set includes this after
// training_lanes.h and after defining
//     TERSE_BF16_TABLE   the table to define
//     TERSE_BF16_ROWS    rows, a divisor of a panel's, and
//     TERSE_BF16_RIGHTS  panels of columns, at most 3, whose sums registers hold together
// and `add_bf16_pairs(sums, right, pair)`: to each of sixteen sums the product of two pairs of bfloat16 numbers, those
// of `right` and `pair`, which is the same for all.

#include "include/terse_bf16.h"

enum { PANEL = TERSE_BF16_PANEL, ROWS = TERSE_BF16_ROWS, RIGHTS = TERSE_BF16_RIGHTS };

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

// ROWS rows from `row` by `rights` panels of columns, whose sums stay in registers.
TERSE_INLINE void multiply_block(const terse_bf16_product *p, size_t row, size_t column, const int rights) {
    const uint16_t *left = p->left + row / PANEL * p->left_stride + row % PANEL * 2;
    const uint16_t *right = p->right + column / PANEL * p->right_stride;
    const size_t pairs = (p->depth + 1) / 2;
    v16 sums[ROWS][RIGHTS];
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < rights; v++) sums[r][v] = splat(0);
    }
    for (size_t i = 0; i < pairs; i++) {
        w16 both[RIGHTS];
#pragma clang loop unroll(full)
        for (int v = 0; v < rights; v++) {
            memcpy(&both[v], right + (size_t)v * p->right_stride + i * 2 * PANEL, sizeof both[v]);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; r++) {
            int32_t pair;
            memcpy(&pair, left + (i * PANEL + (size_t)r) * 2, sizeof pair);
#pragma clang loop unroll(full)
            for (int v = 0; v < rights; v++) sums[r][v] = add_bf16_pairs(sums[r][v], both[v], pair);
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

static void multiply(const terse_bf16_product *p) {
    for (size_t column = 0; column < p->columns; column += RIGHTS * PANEL) {
        const size_t panels = (p->columns - column + PANEL - 1) / PANEL;
        for (size_t row = 0; row < p->rows; row += ROWS) {
            if (RIGHTS >= 3 && panels >= 3) {
                multiply_block(p, row, column, 3);
            } else if (RIGHTS >= 2 && panels >= 2) {
                multiply_block(p, row, column, 2);
            } else {
                multiply_block(p, row, column, 1);
            }
        }
    }
}

const terse_bf16_kernels TERSE_BF16_TABLE = {
    .pack_rows = pack_rows,
    .pack_columns = pack_columns,
    .multiply = multiply,
};
