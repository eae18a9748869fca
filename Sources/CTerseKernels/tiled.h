// What the kernels of tiled matrices share.
#ifndef TERSE_TILED_SHARED_H
#define TERSE_TILED_SHARED_H

#include "include/terse_tiled.h"
#include "matmul_blocks.h"

// Bytes that a tile takes for each of its rows and 256 columns.
TERSE_INLINE int terse_tiled_unit_bytes(terse_type type) {
    return type == TERSE_Q6_K ? 212 : terse_unit_bytes(type);
}

#endif
