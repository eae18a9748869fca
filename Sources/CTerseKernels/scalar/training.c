// The reference: the same lanes without vector instructions, so that every instruction set must give its bits.
#define TERSE_TRAINING_TABLE terse_training_scalar
#define TERSE_TILE_ROWS 4
#define TERSE_TILE_VECTORS 1
#include "../training_body.h"
