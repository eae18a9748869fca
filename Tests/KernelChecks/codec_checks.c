// Block codecs against the bytes and values of gguf-py and ggml (Tests/TerseTensorTests/Fixtures/codec_fixtures.py):
// the same on every processor.

#include "checks.h"

static const char fixture[] = "Tests/TerseTensorTests/Fixtures/codec.bin";

static const struct {
    const char *name;
    terse_type type;
} types[] = {
    {"f16", TERSE_F16},   {"bf16", TERSE_BF16}, {"q8_0", TERSE_Q8_0},   {"q4_0", TERSE_Q4_0},   {"q4_1", TERSE_Q4_1},
    {"q5_0", TERSE_Q5_0}, {"q5_1", TERSE_Q5_1}, {"q4_k", TERSE_Q4_K},   {"q5_k", TERSE_Q5_K},   {"q6_k", TERSE_Q6_K},
    {"tq1_0", TERSE_TQ1_0}, {"tq2_0", TERSE_TQ2_0}, {"i2_s", TERSE_I2_S},
};

static uint64_t hash(const void *data, size_t bytes) {
    uint64_t value = 0xcbf29ce484222325u;
    for (size_t i = 0; i < bytes; i++) value = (value ^ ((const uint8_t *)data)[i]) * 0x100000001b3u;
    return value;
}

typedef struct {
    char name[16];
    size_t rows, columns, bytes;
    unsigned long long decoded_hash;
    uint8_t *data;
} part;

static bool read_part(FILE *file, part *p) {
    if (fscanf(file, "%15s %zu %zu %zu %llx", p->name, &p->rows, &p->columns, &p->bytes, &p->decoded_hash) != 5) {
        return false;
    }
    fgetc(file);
    p->data = guarded_allocate(p->bytes);
    return fread(p->data, 1, p->bytes, file) == p->bytes;
}

static void check_part(const part *p, terse_type type, const float *values, int *failures) {
    const size_t count = p->rows * p->columns;
    float *decoded = guarded_allocate(count * sizeof(float));
    terse_dequantize(type, p->data, decoded, count);
    if (hash(decoded, count * sizeof(float)) != p->decoded_hash) fail(failures, "%s decodes to other values", p->name);
    guarded_free(decoded, count * sizeof(float));
    if (type == TERSE_I2_S) return;
    uint8_t *blocks = guarded_allocate(p->bytes);
    if (!terse_quantize(type, values, blocks, count) || memcmp(blocks, p->data, p->bytes) != 0) {
        fail(failures, "%s encodes to other bytes", p->name);
    }
    guarded_free(blocks, p->bytes);
}

int check_codec(terse_isa isa) {
    int failures = 0, checked = 0;
    if (isa != TERSE_ISA_SCALAR) return 0;  // Codecs are the same code for all.
    FILE *file = fopen(fixture, "rb");
    if (!file) {
        fail(&failures, "cannot open %s: run from the repository root", fixture);
        return failures;
    }
    while (fgetc(file) != '\n') {}
    part values = {0}, p = {0};
    if (!read_part(file, &values)) fail(&failures, "%s is no fixture", fixture);
    while (failures == 0 && read_part(file, &p)) {
        for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
            if (strcmp(types[t].name, p.name) != 0) continue;
            check_part(&p, types[t].type, (const float *)(const void *)values.data, &failures);
            checked++;
        }
        guarded_free(p.data, p.bytes);
    }
    if (checked != sizeof types / sizeof *types) fail(&failures, "%d types in %s", checked, fixture);
    if (values.data) guarded_free(values.data, values.bytes);
    fclose(file);
    return failures;
}
