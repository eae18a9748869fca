// Compares the kernels of instruction sets with the scalar reference, in plain C, so that they can be checked under an
// emulator and without SwiftPM. Arguments: names of instruction sets; by default all that this processor supports.
// With --emulated the processor is not asked. With --count, the instructions of the hot kernels are counted instead.

#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "checks.h"

static const struct {
    const char *name;
    int (*check)(terse_isa isa);
} families[] = {
    {"matmul", check_matmul},
    {"packed", check_packed},
    {"split", check_split},
    {"vector", check_vector},
    {"codec", check_codec},
    {"training", check_training},
    {"fixed", check_fixed},
    {"bf16", check_bf16},
};

enum { FAILURES_PRINTED = 20 };

void fail(int *failures, const char *format, ...) {
    if (++*failures > FAILURES_PRINTED) return;
    va_list arguments;
    va_start(arguments, format);
    printf("  FAILED ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
}

uint64_t random_bits(random_stream *stream) {
    uint64_t z = stream->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t random_below(random_stream *stream, uint32_t bound) { return (uint32_t)(random_bits(stream) >> 32) % bound; }

float random_float(random_stream *stream) { return (float)((double)(int64_t)random_bits(stream) * 0x1p-63); }

static size_t page_round(size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (bytes + page - 1) / page * page;
}

void *guarded_allocate(size_t bytes) {
    const size_t body = page_round(bytes), page = page_round(1);
    char *memory = mmap(NULL, body + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + body, page, PROT_NONE) != 0) {
        perror("guarded_allocate");
        exit(1);
    }
    return memory + body - bytes;
}

void guarded_free(void *pointer, size_t bytes) {
    const size_t body = page_round(bytes);
    munmap((char *)pointer + bytes - body, body + page_round(1));
}

bool same_float(float a, float b) { return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)); }

static bool is_requested(terse_isa isa, int count, char **names) {
    if (count == 0) return terse_isa_supported(isa);
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], terse_isa_name(isa)) == 0) return true;
    }
    return false;
}

int main(int count, char **arguments) {
    arguments++, count--;
    if (count > 0 && strcmp(arguments[0], "--count") == 0) return print_instruction_counts();
    const bool is_emulated = count > 0 && strcmp(arguments[0], "--emulated") == 0;
    if (is_emulated) arguments++, count--;
    int failures = 0;
    for (terse_isa isa = TERSE_ISA_SCALAR; isa <= TERSE_ISA_NEON; isa++) {
        if (!is_requested(isa, count, arguments)) continue;
        if (!is_emulated && !terse_isa_supported(isa)) {
            printf("%s: this processor does not support it\n", terse_isa_name(isa));
            return 1;
        }
        for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
            const int found = families[f].check(isa);
            printf("%s %s: %s", terse_isa_name(isa), families[f].name, found == 0 ? "passed\n" : "");
            if (found != 0) printf("%d FAILED\n", found);
            failures += found;
        }
    }
    return failures == 0 ? 0 : 1;
}
