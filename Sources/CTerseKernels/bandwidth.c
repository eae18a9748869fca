#include "terse_bandwidth.h"

// Four streams hide the latency of a load behind the others. The compiler makes vector loads of this; wider ones than
// the baseline's gain nothing, since the memory is what is waited for.
uint64_t terse_read_through(const void *bytes, size_t count) {
    const uint64_t *const words = bytes;
    const size_t quarter = count / sizeof(uint64_t) / 4;
    uint64_t a[8] = {0}, b[8] = {0}, c[8] = {0}, d[8] = {0};
    for (size_t i = 0; i + 8 <= quarter; i += 8) {
        for (size_t lane = 0; lane < 8; lane++) {
            a[lane] ^= words[i + lane];
            b[lane] ^= words[quarter + i + lane];
            c[lane] ^= words[2 * quarter + i + lane];
            d[lane] ^= words[3 * quarter + i + lane];
        }
    }
    uint64_t all = 0;
    for (size_t lane = 0; lane < 8; lane++) all ^= a[lane] ^ b[lane] ^ c[lane] ^ d[lane];
    return all;
}
