#include "terse_isa.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

static unsigned long long read_xcr0(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((unsigned long long)high << 32) | low;
}

enum {
    XCR0_SSE_AVX = 0x06,
    XCR0_AVX512 = 0xe0,  // opmask, upper halves of ZMM0…15, ZMM16…31
};

static terse_isa probe(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return TERSE_ISA_SCALAR;
    const bool osxsave = c >> 27 & 1, avx = c >> 28 & 1, fma = c >> 12 & 1, f16c = c >> 29 & 1;
    if (!osxsave || !avx || !fma || !f16c) return TERSE_ISA_SCALAR;
    const unsigned long long xcr0 = read_xcr0();
    if ((xcr0 & XCR0_SSE_AVX) != XCR0_SSE_AVX) return TERSE_ISA_SCALAR;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return TERSE_ISA_SCALAR;
    if (!(b >> 5 & 1)) return TERSE_ISA_SCALAR;  // AVX2
    const bool f = b >> 16 & 1, dq = b >> 17 & 1, bw = b >> 30 & 1, vl = b >> 31 & 1;
    const bool vbmi = c >> 1 & 1, vnni = c >> 11 & 1;
    if (f && dq && bw && vl && vbmi && vnni && (xcr0 & XCR0_AVX512) == XCR0_AVX512) return TERSE_ISA_AVX512;
    return TERSE_ISA_AVX2;
}

static bool is_of_amd(void) {
    unsigned most, b, c, d;
    if (!__get_cpuid(0, &most, &b, &c, &d)) return false;
    return b == signature_AMD_ebx && c == signature_AMD_ecx && d == signature_AMD_edx;
}

#elif defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>
#ifndef HWCAP_ASIMDDP
#define HWCAP_ASIMDDP (1UL << 20)
#endif
static terse_isa probe(void) { return getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? TERSE_ISA_NEON : TERSE_ISA_SCALAR; }
#else
static terse_isa probe(void) { return TERSE_ISA_NEON; }  // Every Apple processor of this kind has the dot product.
#endif

#else
static terse_isa probe(void) { return TERSE_ISA_SCALAR; }
#endif

bool terse_isa_has_fast_bf16(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d;
    return probe() == TERSE_ISA_AVX512 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 5 & 1) && is_of_amd();
#else
    return false;
#endif
}

bool terse_isa_supported(terse_isa isa) {
    const terse_isa best = probe();
    return isa == TERSE_ISA_SCALAR || isa == best || (isa == TERSE_ISA_AVX2 && best == TERSE_ISA_AVX512);
}

const char *terse_isa_name(terse_isa isa) {
    static const char *const names[] = {"scalar", "avx2", "avx512", "neon"};
    return names[isa];
}

terse_isa terse_isa_standard(void) {
    const char *forced = getenv("TERSE_ISA");
    if (forced != NULL) {
        for (terse_isa isa = TERSE_ISA_SCALAR; isa <= TERSE_ISA_NEON; isa++) {
            if (strcmp(forced, terse_isa_name(isa)) == 0 && terse_isa_supported(isa)) return isa;
        }
    }
    return probe();
}

static _Atomic int selected_isa = -1;  // Set once.

static terse_isa select_once(terse_isa isa) {
    int none = -1;
    atomic_compare_exchange_strong(&selected_isa, &none, (int)isa);
    return (terse_isa)selected_isa;
}

terse_isa terse_isa_selected(void) {
    const int isa = selected_isa;
    return isa < 0 ? select_once(terse_isa_standard()) : (terse_isa)isa;
}

bool terse_isa_prefer(terse_isa isa) { return terse_isa_supported(isa) && select_once(isa) == isa; }
