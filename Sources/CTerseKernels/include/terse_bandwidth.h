// Reading memory and doing as little else as can be: what the memory gives at best.
#ifndef TERSE_BANDWIDTH_H
#define TERSE_BANDWIDTH_H

#include <stddef.h>
#include <stdint.h>

// Reads `count` bytes (a multiple of 256, 64-byte aligned) and returns a value that depends on all of them.
uint64_t terse_read_through(const void *bytes, size_t count);

#endif
