#if defined(__aarch64__)

#define TERSE_TRAINING_TABLE terse_training_neon
#define TERSE_TILE_ROWS 4
#define TERSE_TILE_VECTORS 1
#include "../training_body.h"

#endif
