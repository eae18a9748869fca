// The reference: the same lanes without vector instructions.
#include "../training_lanes.h"

#include "../bf16_pairs.h"

#define TERSE_BF16_TABLE terse_bf16_scalar
#define TERSE_BF16_ROWS 4
#define TERSE_BF16_RIGHTS 1
#include "../bf16_body.h"
