// Which instruction set the kernels use: probed once, with the operating system's consent (XCR0) checked.
#ifndef TERSE_ISA_H
#define TERSE_ISA_H

#include <stdbool.h>

typedef enum terse_isa {
    TERSE_ISA_SCALAR = 0,
    TERSE_ISA_AVX2 = 1,    // AVX2, FMA, F16C
    TERSE_ISA_AVX512 = 2,  // AVX-512 F, BW, VL, VNNI, VBMI, and all of TERSE_ISA_AVX2
    TERSE_ISA_NEON = 3,    // Armv8.2 with dot product
} terse_isa;

// Whether this processor and operating system can run kernels of `isa`.
bool terse_isa_supported(terse_isa isa);

// Whether this processor has AVX-512 with products of pairs of bfloat16 numbers (AVX512_BF16) that are faster than two
// products of float32 numbers: AMD's start one in a cycle, Intel's (measured on Emerald Rapids) one in two, and two
// products of float32 numbers in each.
bool terse_isa_has_fast_bf16(void);

// The best supported instruction set, or the one that the environment variable TERSE_ISA names
// (scalar, avx2, avx512, neon) if this processor supports it, or what terse_isa_prefer was given before. Probed once;
// constant afterwards.
terse_isa terse_isa_selected(void);

// What terse_isa_selected says where nothing else is preferred; decides nothing.
terse_isa terse_isa_standard(void);

// Makes `isa` the selected one, if this processor supports it and none has been selected yet: kernels that ran, and
// weights that were laid out, have one for good. Whether it is the selected one now.
bool terse_isa_prefer(terse_isa isa);

// "scalar", "avx2", "avx512" or "neon".
const char *terse_isa_name(terse_isa isa);

#endif
