// The one umbrella header of the kernels.
#ifndef CTERSEKERNELS_H
#define CTERSEKERNELS_H

#include "terse_affinity.h"
#include "terse_bandwidth.h"
#include "terse_bf16.h"
#include "terse_codec.h"
#include "terse_fixed.h"
#include "terse_isa.h"
#include "terse_matmul.h"
#include "terse_packed.h"
#include "terse_pause.h"
#include "terse_split.h"
#include "terse_tiled.h"
#include "terse_training.h"
#include "terse_types.h"
#include "terse_vector.h"

#endif
