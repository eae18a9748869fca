// Which processors a thread may run on.
#ifndef TERSE_AFFINITY_H
#define TERSE_AFFINITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Lets the calling thread run on the processors whose bits are set, bit n of the array being processor n; false where
// the system refuses, or has no such call.
bool terse_affinity_set(const uint64_t *words, size_t count);

// Writes the processors that the calling thread may run on; false where the system does not say, or `count` words are
// too few for it.
bool terse_affinity_get(uint64_t *words, size_t count);

#endif
