#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)

#define TERSE_VECTOR_TABLE terse_vector_avx512
#define TERSE_PANEL_VECTORS 2
#define TERSE_PANEL_ROWS 8
#include "../vector_body.h"

#pragma clang attribute pop
#endif
