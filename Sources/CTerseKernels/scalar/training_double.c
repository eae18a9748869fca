// The kernels in float64: the judge of the others, and of gradients by central differences.
#define TERSE_TRAINING_DOUBLE
#define TERSE_TRAINING_TABLE terse_training_double
#define TERSE_TILE_ROWS 4
#define TERSE_TILE_VECTORS 1
#include "../training_body.h"
