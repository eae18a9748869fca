// Instructions of the hot kernels, each run once on a small problem: a measure of them that no other load disturbs.
//
// A child runs the kernel between two stops, and is made to step from the one to the other, one instruction at a time.
// Profilers that emulate the processor would count the same, but know no AVX-512.

#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"

typedef struct {
    terse_isa isa;
    terse_type type;
    int rows, columns, batch;  // of attention: positions, dimension, rows of queries
} problem;

typedef struct {
    const char *name;
    // Prepares, calls `begin`, runs the kernel, calls `end`. False where the instruction set has no such kernel.
    bool (*run)(const problem *p);
    problem problem;
} counted_kernel;

static void begin(void) { raise(SIGSTOP); }
static void end(void) { raise(SIGSTOP); }

static void *zeroed(size_t bytes) {
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (memory == NULL) exit(1);
    memset(memory, 0, bytes);
    return memory;
}

static float *random_floats(size_t count) {
    random_stream random = {1};
    float *x = zeroed(count * sizeof *x);
    for (size_t i = 0; i < count; i++) x[i] = random_float(&random);
    return x;
}

static bool run_nothing(const problem *p) {
    (void)p;
    begin();
    end();
    return true;
}

static size_t row_bytes_of(terse_type type, size_t columns) {
    switch (type) {
    case TERSE_F16: return 2 * columns;
    case TERSE_Q8_0: return columns / 32 * sizeof(terse_block_q8_0);
    case TERSE_Q4_0: return columns / 32 * sizeof(terse_block_q4_0);
    case TERSE_Q4_K: return columns / 256 * sizeof(terse_block_q4_k);
    case TERSE_Q6_K: return columns / 256 * sizeof(terse_block_q6_k);
    default: return columns / 256 * sizeof(terse_block_tq2_0);
    }
}

// Float values by lane where the kernels are faster with them so.
static const float *values_for(const problem *p, const float *values) {
    const int64_t group = terse_float_group(terse_matmul_kernels_for(p->isa), p->batch);
    if (p->type != TERSE_F16 || group == 0) return values;
    float *by_lane = zeroed((size_t)p->batch * (size_t)p->columns * sizeof *by_lane);
    terse_lay_out_by_lane(values, p->columns, p->batch, p->columns, group, by_lane);
    return by_lane;
}

static terse_activations activations_for(const problem *p) {
    const int units = (p->columns + 255) / 256, group = p->type == TERSE_Q8_0 || p->type == TERSE_Q4_0 ? 32 : 256;
    const float *values = random_floats((size_t)p->batch * (size_t)p->columns);
    terse_activation_block *blocks = zeroed((size_t)(p->batch * units) * sizeof *blocks);
    float *scales = zeroed((size_t)p->batch * sizeof *scales);
    for (int t = 0; t < p->batch; t++) {
        scales[t] = 1;
        terse_matmul_kernels_for(p->isa)->quantize_groups(values + t * p->columns, p->columns, group,
                                                          blocks + t * units);
    }
    const float *laid_out = values_for(p, values);
    return (terse_activations){p->batch, p->columns, laid_out, p->columns, blocks, units, scales, laid_out != values};
}

static bool run_product(const problem *p, terse_multiply_function multiply, size_t row_bytes) {
    if (multiply == NULL) return false;
    const terse_matrix w = {p->type, p->rows, p->columns, zeroed((size_t)p->rows * row_bytes), row_bytes, 1};
    const terse_activations x = activations_for(p);
    float *y = zeroed((size_t)(p->rows * p->batch) * sizeof *y);
    begin();
    multiply(&w, &x, 0, p->rows, y, p->rows);
    end();
    return true;
}

static bool run_matmul(const problem *p) {
    return run_product(p, terse_matmul_kernel(terse_matmul_kernels_for(p->isa), p->type),
                       row_bytes_of(p->type, (size_t)p->columns));
}

static bool run_tiled(const problem *p) {
    return run_product(p, terse_tiled_kernel(p->isa, p->type), terse_tiled_row_bytes(p->type, p->columns));
}

static bool run_packed(const problem *p) {
    const terse_packed_kernels *kernels = terse_packed_kernels_for(p->isa);
    if (kernels == NULL) return false;
    const int64_t vectors = terse_packed_vectors(p->columns, kernels->fields), quads = vectors * kernels->fields;
    const int tiles = p->rows / TERSE_PACKED_ROWS;
    const terse_packed_matrix w = {p->rows, p->columns, kernels->fields,
                                   zeroed((size_t)(tiles * vectors) * TERSE_PACKED_VECTOR),
                                   zeroed((size_t)p->rows * sizeof(float))};
    const terse_packed_activations x = {p->batch, quads, zeroed((size_t)(4 * quads * p->batch)),
                                        zeroed((size_t)p->batch * sizeof(int32_t)),
                                        zeroed((size_t)p->batch * sizeof(float))};
    float *y = zeroed((size_t)(p->rows * p->batch) * sizeof *y);
    begin();
    kernels->multiply(&w, &x, 0, p->rows, y, p->rows);
    end();
    return true;
}

static bool run_packed_quantize(const problem *p) {
    const terse_packed_kernels *kernels = terse_packed_kernels_for(p->isa);
    if (kernels == NULL) return false;
    const int64_t quads = terse_packed_vectors(p->columns, kernels->fields) * kernels->fields;
    const float *x = random_floats((size_t)p->columns);
    int8_t *out = zeroed((size_t)(4 * quads));
    int32_t sum;
    begin();
    kernels->quantize(x, p->columns, quads, 1, out, &sum);
    end();
    return true;
}

static bool run_split(const problem *p, bool screens) {
    const terse_split_kernels *kernels = terse_split_kernels_for(p->isa);
    if (kernels == NULL) return false;
    const size_t units = (size_t)(p->rows / TERSE_SPLIT_ROWS) * (size_t)(p->columns / 256);
    const terse_split_matrix w = {p->rows, p->columns, zeroed(units * sizeof(terse_split_upper)),
                                  zeroed(units * sizeof(terse_split_lower)), zeroed((size_t)p->rows * sizeof(float)),
                                  1};
    const terse_activations x = activations_for(p);
    float *y = zeroed((size_t)(p->rows * p->batch) * sizeof *y);
    begin();
    (screens ? kernels->screen : kernels->multiply)(&w, &x, 0, p->rows, y, p->rows);
    end();
    return true;
}

static bool run_split_multiply(const problem *p) { return run_split(p, false); }
static bool run_split_screen(const problem *p) { return run_split(p, true); }

static bool run_attention(const problem *p, terse_kv_type type) {
    enum { HEADS = 4 };
    const size_t dimension = (size_t)p->columns, blocks = (size_t)p->rows / TERSE_KV_TILE;
    const size_t elements = TERSE_KV_TILE * dimension * (type == TERSE_KV_INT8 ? 1 : 2), scales = TERSE_KV_TILE * 4;
    const size_t block_bytes = 2 * (elements + scales), row = HEADS * dimension;
    uint32_t *table = zeroed(blocks * sizeof *table), *limits = zeroed((size_t)p->batch * sizeof *limits);
    for (size_t b = 0; b < blocks; b++) table[b] = (uint32_t)b;
    for (int r = 0; r < p->batch; r++) limits[r] = (uint32_t)(p->rows - p->batch + r + 1);
    const terse_attention_task task = {
        .queries = random_floats((size_t)p->batch * row), .query_row_stride = row, .rows = (uint32_t)p->batch,
        .heads = HEADS, .limits = limits, .blocks = table, .pool = zeroed(blocks * block_bytes),
        .block_stride = block_bytes,
        .head = {type, (uint32_t)dimension, 0, elements, 2 * elements, 2 * elements + scales}, .scale = 0.125f,
        .last_span = (uint32_t)(p->rows + TERSE_ATTENTION_SPAN - 1) / TERSE_ATTENTION_SPAN,
        .outputs = zeroed((size_t)p->batch * row * sizeof(float)), .output_row_stride = row};
    const size_t pairs = (size_t)p->batch * HEADS;
    float *scratch = zeroed(terse_attention_scratch_floats(pairs, dimension) * sizeof *scratch);
    begin();
    terse_vector_kernels_for(p->isa)->attend(&task, scratch);
    end();
    return true;
}

static bool run_merge(const problem *p) {
    const size_t dimension = (size_t)p->columns, stride = dimension + 2;
    float *states = random_floats((size_t)p->rows * stride), *result = zeroed(dimension * sizeof *result);
    for (int64_t s = 0; s < p->rows; s++) states[(size_t)s * stride + 1] = 1.0f;
    begin();
    terse_vector_kernels_for(p->isa)->merge_spans(states, stride, (uint32_t)p->rows, (uint32_t)dimension, result);
    end();
    return true;
}

static bool run_attention_f16(const problem *p) { return run_attention(p, TERSE_KV_F16); }
static bool run_attention_int8(const problem *p) { return run_attention(p, TERSE_KV_INT8); }

static bool run_rms_norm(const problem *p) {
    const float *x = random_floats((size_t)p->columns);
    float *y = zeroed((size_t)p->columns * sizeof *y);
    begin();
    terse_vector_kernels_for(p->isa)->rms_norm(x, (size_t)p->columns, x, 1e-5f, y);
    end();
    return true;
}

#define MATMUL(NAME, TYPE) \
    {"multiply " NAME " 16x1024, 1 row", run_matmul, {.type = TYPE, .rows = 16, .columns = 1024, .batch = 1}}, \
    {"multiply " NAME " 16x1024, 8 rows", run_matmul, {.type = TYPE, .rows = 16, .columns = 1024, .batch = 8}}
#define TILED(NAME, TYPE) \
    {"multiply tiled " NAME " 16x1024, 1 row", run_tiled, {.type = TYPE, .rows = 16, .columns = 1024, .batch = 1}}, \
    {"multiply tiled " NAME " 16x1024, 8 rows", run_tiled, {.type = TYPE, .rows = 16, .columns = 1024, .batch = 8}}, \
    {"multiply tiled " NAME " 16x1024, 16 rows", run_tiled, {.type = TYPE, .rows = 16, .columns = 1024, .batch = 16}}
#define ROWS(NAME, RUN, TYPE, ROWS, COLUMNS, BATCH) \
    {NAME, RUN, {.type = TYPE, .rows = ROWS, .columns = COLUMNS, .batch = BATCH}}

static const counted_kernel kernels[] = {
    MATMUL("f16", TERSE_F16), ROWS("multiply f16 16x1024, 48 rows", run_matmul, TERSE_F16, 16, 1024, 48),
    MATMUL("q8_0", TERSE_Q8_0), MATMUL("q4_0", TERSE_Q4_0), MATMUL("q4_k", TERSE_Q4_K),
    MATMUL("q6_k", TERSE_Q6_K), MATMUL("tq2_0", TERSE_TQ2_0),
    TILED("q8_0", TERSE_Q8_0), TILED("q4_0", TERSE_Q4_0), TILED("q4_k", TERSE_Q4_K), TILED("q5_k", TERSE_Q5_K),
    TILED("q6_k", TERSE_Q6_K),
    ROWS("multiply packed 32x1280, 1 row", run_packed, TERSE_TQ2_0, 32, 1280, 1),
    ROWS("multiply packed 32x1280, 4 rows", run_packed, TERSE_TQ2_0, 32, 1280, 4),
    ROWS("multiply packed 32x1280, 8 rows", run_packed, TERSE_TQ2_0, 32, 1280, 8),
    ROWS("multiply packed 32x1280, 16 rows", run_packed, TERSE_TQ2_0, 32, 1280, 16),
    ROWS("quantize packed 2560", run_packed_quantize, TERSE_TQ2_0, 1, 2560, 1),
    ROWS("multiply split 16x1280, 1 row", run_split_multiply, TERSE_Q6_K, 16, 1280, 1),
    ROWS("multiply split 16x1280, 8 rows", run_split_multiply, TERSE_Q6_K, 16, 1280, 8),
    ROWS("multiply split 16x1280, 16 rows", run_split_multiply, TERSE_Q6_K, 16, 1280, 16),
    ROWS("screen split 16x1280, 1 row", run_split_screen, TERSE_Q6_K, 16, 1280, 1),
    ROWS("screen split 16x1280, 8 rows", run_split_screen, TERSE_Q6_K, 16, 1280, 8),
    ROWS("attend f16 128x64, 1 row", run_attention_f16, TERSE_F16, 128, 64, 1),
    ROWS("attend f16 128x64, 8 rows", run_attention_f16, TERSE_F16, 128, 64, 8),
    ROWS("attend int8 128x64, 1 row", run_attention_int8, TERSE_F16, 128, 64, 1),
    ROWS("attend int8 128x64, 8 rows", run_attention_int8, TERSE_F16, 128, 64, 8),
    ROWS("merge 8 spans of 128", run_merge, TERSE_F16, 8, 128, 1),
    ROWS("rms norm 2560", run_rms_norm, TERSE_F16, 1, 2560, 1),
};


// Instructions between two stops, −1 where the kernel is not there, −2 where this process may not trace.
static int64_t count(const counted_kernel *kernel, terse_isa isa) {
    const pid_t child = fork();
    if (child == 0) {
        problem p = kernel->problem;
        p.isa = isa;
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(3);
        _exit(kernel->run(&p) ? 0 : 2);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) return -2;
    if (WIFEXITED(status)) return WEXITSTATUS(status) == 2 ? -1 : -2;
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) return -2;
    int64_t steps = 0;
    bool is_stepping = true;
    while (is_stepping) {
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0) break;
        if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) break;
        is_stepping = WSTOPSIG(status) == SIGTRAP;
        steps++;
    }
    const bool is_complete = WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return is_complete ? steps : -2;
}

int print_instruction_counts(void) {
    // On one processor the two hand over to each other without waking another.
    cpu_set_t processor;
    CPU_ZERO(&processor);
    CPU_SET(sched_getcpu(), &processor);
    sched_setaffinity(0, sizeof processor, &processor);
    const counted_kernel nothing = {"nothing", run_nothing, {0}};
    const int64_t overhead = count(&nothing, TERSE_ISA_SCALAR);
    if (overhead < 0) {
        fprintf(stderr, "this process may not trace another one: %s\n", strerror(errno));
        return 2;
    }
    for (terse_isa isa = TERSE_ISA_AVX2; isa <= TERSE_ISA_NEON; isa++) {
        if (!terse_isa_supported(isa)) continue;
        for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
            const int64_t steps = count(kernels + k, isa);
            if (steps == -2) {
                fprintf(stderr, "%s %s: it did not end\n", terse_isa_name(isa), kernels[k].name);
                return 1;
            }
            if (steps >= 0) printf("%s\t%s\t%lld\n", terse_isa_name(isa), kernels[k].name, (long long)(steps - overhead));
        }
    }
    return 0;
}
