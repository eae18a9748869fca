// Packing: from the blocks of a file to tiles.

#include "packed.h"
#include "scalar/matmul_decode.h"

enum {
    SEGMENT = 1280,  // columns that are whole units of a file and whole vectors of every layout
    UNIT = TERSE_ACTIVATION_COLUMNS,
    ROWS = TERSE_PACKED_ROWS,
};

// The trits of a segment of a tile, 0 … 2.
typedef struct {
    uint8_t trits[ROWS][SEGMENT];
} segment;

// Takes up a unit of a row of which `scale` is known so far, or 0. False where the row is no row of trits of one scale.
static bool take_unit(const terse_decoded_unit *unit, int columns, uint8_t *trits, float *scale) {
    const float d = unit->d[0];
    if (!(d - d == 0)) return false;
    uint8_t threes = 0, others_than_one = 0;  // Of two bits each, so both bits of a 3.
    for (int k = 0; k < columns; k++) {
        const uint8_t trit = (uint8_t)(unit->quants[k] + 1);
        threes |= trit & trit >> 1;
        others_than_one |= trit ^ 1;
        trits[k] = trit;
    }
    if (threes != 0) return false;
    if (others_than_one == 0) return true;
    if (d == 0) {
        memset(trits, 1, (size_t)columns);
        return true;
    }
    if (*scale == 0) *scale = d;
    return d == *scale;
}

// The columns `begin` … of a row.
static bool take_row(const terse_matrix *w, int64_t row, int64_t begin, uint8_t trits[SEGMENT], float *scale) {
    const uint8_t *data = (const uint8_t *)w->data + (size_t)row * w->row_bytes;
    for (int64_t at = begin; at < w->columns && at < begin + SEGMENT; at += UNIT) {
        terse_decoded_unit unit;
        const int groups = terse_unit_groups(w->columns, at / UNIT);
        terse_decode_unit(w->type, data + at / UNIT * terse_unit_bytes(w->type), groups, &unit);
        if (!take_unit(&unit, 32 * groups, trits + (at - begin), scale)) return false;
    }
    return true;
}

// Four neighbouring trits are one number: bytes of at most 242 do not run over into each other.
TERSE_INLINE void write_vectors(const segment *s, const int fields, int64_t vectors, uint8_t *out) {
    const uint32_t base = fields == 5 ? 3 : 4;
    for (int r = 0; r < ROWS; r++) {
        for (int64_t v = 0; v < vectors; v++) {
            uint32_t quad = 0;
            const uint8_t *trits = s->trits[r] + 4 * fields * v;
            for (int f = fields - 1; f >= 0; f--) quad = base * quad + terse_load_u32(trits + 4 * f);
            memcpy(out + v * TERSE_PACKED_VECTOR + 4 * r, &quad, 4);
        }
    }
}

bool terse_packed_pack(const terse_matrix *w, int fields, int64_t row_begin, int64_t row_end, uint8_t *data,
                       float *scales) {
    segment s;
    const int64_t vectors = terse_packed_vectors(w->columns, fields), step = SEGMENT / (4 * fields);
    for (int64_t tile = row_begin; tile < row_end; tile += ROWS, scales += ROWS) {
        memset(scales, 0, ROWS * sizeof *scales);
        for (int64_t v = 0; v < vectors; v += step) {
            const int64_t count = vectors - v < step ? vectors - v : step;
            memset(&s, 1, sizeof s);
            for (int r = 0; r < ROWS && tile + r < row_end; r++) {
                if (!take_row(w, tile + r, v * 4 * fields, s.trits[r], scales + r)) return false;
            }
            if (fields == 5) {
                write_vectors(&s, 5, count, data);
            } else {
                write_vectors(&s, 4, count, data);
            }
            data += count * TERSE_PACKED_VECTOR;
        }
        for (int r = 0; r < ROWS; r++) scales[r] *= w->scale;
    }
    return true;
}
