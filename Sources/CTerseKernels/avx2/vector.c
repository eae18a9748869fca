#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define TERSE_VECTOR_TABLE terse_vector_avx2
#define TERSE_PANEL_VECTORS 1
#define TERSE_PANEL_ROWS 6
#include "../vector_body.h"

#pragma clang attribute pop
#endif
