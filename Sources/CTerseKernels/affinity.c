#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "terse_affinity.h"

#if defined(__linux__)
#include <sched.h>
#include <string.h>

_Static_assert(sizeof(uint64_t) % sizeof(unsigned long) == 0, "masks are arrays of unsigned long");

bool terse_affinity_set(const uint64_t *words, size_t count) {
    return sched_setaffinity(0, count * sizeof *words, (const cpu_set_t *)words) == 0;
}

bool terse_affinity_get(uint64_t *words, size_t count) {
    memset(words, 0, count * sizeof *words);
    return sched_getaffinity(0, count * sizeof *words, (cpu_set_t *)words) == 0;
}

#else

bool terse_affinity_set(const uint64_t *words, size_t count) {
    (void)words, (void)count;
    return false;
}

bool terse_affinity_get(uint64_t *words, size_t count) {
    (void)words, (void)count;
    return false;
}

#endif
