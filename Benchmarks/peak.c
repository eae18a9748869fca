/* The most multiplications a second that threads can make of bytes and of floats, from registers: the roof of prompts.
 * Usage: peak THREADS. Prints one line of JSON. Compile: cc -O2 -march=native -pthread peak.c -o peak */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#define REGISTER "v"
#elif defined(__aarch64__)
#include <arm_neon.h>
#define REGISTER "w"
#endif

/* Twelve chains hide the latency of any instruction used here, and fit the sixteen registers of AVX2. */
#define CHAINS 12
#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
/* The compiler may neither join nor drop the steps of a chain. */
#define KEEP(x) __asm__ volatile("" : "+" REGISTER(x));

#if defined(__AVX512VNNI__)
#define BYTE_KERNEL "avx512-vnni vpdpbusd"
#define BYTE_MACS 64
typedef __m512i byte_sums;
#define BYTE_ONE _mm512_set1_epi8(1)
#define BYTE_STEP(a) a = _mm512_dpbusd_epi32(a, one, one);
#elif defined(__AVXVNNI__)
#define BYTE_KERNEL "avx-vnni vpdpbusd"
#define BYTE_MACS 32
typedef __m256i byte_sums;
#define BYTE_ONE _mm256_set1_epi8(1)
#define BYTE_STEP(a) a = _mm256_dpbusd_avx_epi32(a, one, one);
/* Sums of 16 bits; that they must be widened now and then is left out, so that this is an upper bound. */
#elif defined(__AVX512BW__)
#define BYTE_KERNEL "avx512 vpmaddubsw, vpaddw"
#define BYTE_MACS 64
typedef __m512i byte_sums;
#define BYTE_ONE _mm512_set1_epi8(1)
#define BYTE_STEP(a) KEEP(one) a = _mm512_add_epi16(a, _mm512_maddubs_epi16(one, one));
#elif defined(__AVX2__)
#define BYTE_KERNEL "avx2 vpmaddubsw, vpaddw"
#define BYTE_MACS 32
typedef __m256i byte_sums;
#define BYTE_ONE _mm256_set1_epi8(1)
#define BYTE_STEP(a) KEEP(one) a = _mm256_add_epi16(a, _mm256_maddubs_epi16(one, one));
#elif defined(__ARM_FEATURE_MATMUL_INT8)
#define BYTE_KERNEL "neon smmla"
#define BYTE_MACS 32
typedef int32x4_t byte_sums;
typedef int8x16_t byte_ones;
#define BYTE_ONE vdupq_n_s8(1)
#define BYTE_STEP(a) a = vmmlaq_s32(a, one, one);
#elif defined(__ARM_FEATURE_DOTPROD)
#define BYTE_KERNEL "neon sdot"
#define BYTE_MACS 16
typedef int32x4_t byte_sums;
typedef int8x16_t byte_ones;
#define BYTE_ONE vdupq_n_s8(1)
#define BYTE_STEP(a) a = vdotq_s32(a, one, one);
#elif defined(__aarch64__)
#define BYTE_KERNEL "neon smlal"
#define BYTE_MACS 8
typedef int16x8_t byte_sums;
typedef int8x8_t byte_ones;
#define BYTE_ONE vdup_n_s8(1)
#define BYTE_STEP(a) a = vmlal_s8(a, one, one);
#else
#error "no byte products are known for this processor"
#endif
#if defined(__x86_64__)
typedef byte_sums byte_ones;
#endif

#if defined(__AVX512F__)
#define FLOAT_KERNEL "avx512 vfmadd231ps"
#define FLOAT_MACS 16
typedef __m512 float_sums;
#define FLOAT_ONE _mm512_set1_ps(1)
#define FLOAT_STEP(a) a = _mm512_fmadd_ps(one, one, a);
#elif defined(__x86_64__)
#define FLOAT_KERNEL "avx2 vfmadd231ps"
#define FLOAT_MACS 8
typedef __m256 float_sums;
#define FLOAT_ONE _mm256_set1_ps(1)
#define FLOAT_STEP(a) a = _mm256_fmadd_ps(one, one, a);
#else
#define FLOAT_KERNEL "neon fmla"
#define FLOAT_MACS 4
typedef float32x4_t float_sums;
#define FLOAT_ONE vdupq_n_f32(1)
#define FLOAT_STEP(a) a = vfmaq_f32(a, one, one);
#endif

#define BYTES_DECLARE(i) byte_sums a##i = {0};
#define BYTES_DO(i) BYTE_STEP(a##i) KEEP(a##i)
static void multiply_bytes(long rounds) {
    byte_ones one = BYTE_ONE;
    EACH(BYTES_DECLARE)
    for (long i = 0; i < rounds; i++) { EACH(BYTES_DO) }
}

#define FLOATS_DECLARE(i) float_sums a##i = {0};
#define FLOATS_DO(i) FLOAT_STEP(a##i) KEEP(a##i)
static void multiply_floats(long rounds) {
    float_sums one = FLOAT_ONE;
    EACH(FLOATS_DECLARE)
    for (long i = 0; i < rounds; i++) { EACH(FLOATS_DO) }
}

struct job {
    void (*work)(long rounds);
    long rounds;
    pthread_barrier_t *start;
    double begin, end;  /* Seconds, by this thread's own watch: the one that waits may be woken late. */
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void *run(void *argument) {
    struct job *job = argument;
    job->work(10000);  /* Wakes the wide units. */
    pthread_barrier_wait(job->start);
    job->begin = now();
    job->work(job->rounds);
    job->end = now();
    return NULL;
}

/* Seconds that `threads` threads take together for `rounds` rounds each. */
static double seconds(void (*work)(long), long rounds, int threads) {
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, threads);
    struct job jobs[threads];
    pthread_t ids[threads];
    for (int i = 0; i < threads; i++) {
        jobs[i] = (struct job){.work = work, .rounds = rounds, .start = &start};
        if (pthread_create(&ids[i], NULL, run, &jobs[i])) { perror("peak: a thread cannot be made"); exit(1); }
    }
    double begin = 1e300, end = 0;
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        if (jobs[i].begin < begin) { begin = jobs[i].begin; }
        if (jobs[i].end > end) { end = jobs[i].end; }
    }
    pthread_barrier_destroy(&start);
    return end - begin;
}

/* Chains' steps a second of all threads, the best of five runs of about 50 ms. */
static double steps_per_second(void (*work)(long), int threads) {
    long rounds = 1000000;
    rounds = rounds * 0.05 / seconds(work, rounds, threads) + 1;
    double best = 1e30;
    for (int i = 0; i < 5; i++) {
        double elapsed = seconds(work, rounds, threads);
        if (elapsed < best) { best = elapsed; }
    }
    return (double)rounds * CHAINS * threads / best;
}

int main(int count, char **arguments) {
    int threads = count == 2 ? atoi(arguments[1]) : 0;
    if (threads < 1 || threads > 4096) {
        fprintf(stderr, "usage: peak THREADS (1 to 4096)\n");
        return 2;
    }
    printf("{\"threads\": %d, \"byte_kernel\": \"%s\", \"byte_macs_per_second\": %.6g, "
           "\"float_kernel\": \"%s\", \"float_macs_per_second\": %.6g}\n",
           threads, BYTE_KERNEL, steps_per_second(multiply_bytes, threads) * BYTE_MACS,
           FLOAT_KERNEL, steps_per_second(multiply_floats, threads) * FLOAT_MACS);
    return 0;
}
