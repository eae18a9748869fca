// AVX-512 intrinsics, and the region of functions that may use them.
//
// With TERSE_EMULATE_AVX512 they are computed with AVX2: Tests/KernelChecks does that where no processor has them.
#ifndef TERSE_AVX512_INTRINSICS_H
#define TERSE_AVX512_INTRINSICS_H

#if defined(TERSE_EMULATE_AVX512)

#include "avx512_emulation.h"
#define TERSE_AVX512_BEGIN
#define TERSE_AVX512_END

#else

#include <immintrin.h>
// Tuned for no processor in particular, Clang makes two instructions of vpdpwssd.
#define TERSE_AVX512_TARGET "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi,tune=znver4"
#define TERSE_AVX512_BEGIN \
    _Pragma("clang attribute push(__attribute__((target(TERSE_AVX512_TARGET))), apply_to = function)")
#define TERSE_AVX512_END _Pragma("clang attribute pop")

#endif

#endif
