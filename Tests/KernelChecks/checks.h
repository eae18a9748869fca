// Checks of the kernels of one instruction set against the scalar reference.
#ifndef CHECKS_H
#define CHECKS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CTerseKernels.h"

// A family of kernels; main.c lists them. Returns the number of failures, having reported each with `fail`.
int check_matmul(terse_isa isa);
int check_packed(terse_isa isa);
int check_split(terse_isa isa);
int check_vector(terse_isa isa);
int check_codec(terse_isa isa);
int check_training(terse_isa isa);
int check_fixed(terse_isa isa);
int check_bf16(terse_isa isa);

// Prints the instructions of each hot kernel, a line "instruction set, kernel, instructions" each, with tabs between.
// Returns what the process is to exit with.
int print_instruction_counts(void);

// Counts and prints a failure; after the first few of a family only counts.
void fail(int *failures, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A reproducible stream of numbers (splitmix64).
typedef struct {
    uint64_t state;
} random_stream;

uint64_t random_bits(random_stream *stream);
// 0 … bound − 1
uint32_t random_below(random_stream *stream, uint32_t bound);
// Uniform in −1 … 1
float random_float(random_stream *stream);

// Zeroed memory that ends where an unreadable page begins, so that reading past the end is a fault.
void *guarded_allocate(size_t bytes);
void guarded_free(void *pointer, size_t bytes);

// The same bits, or both not a number.
bool same_float(float a, float b);

#endif
