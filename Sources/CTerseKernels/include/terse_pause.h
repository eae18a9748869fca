// A hint to the processor that the caller is spinning.
#ifndef TERSE_PAUSE_H
#define TERSE_PAUSE_H

static inline void terse_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");  // Waits tens of cycles, where `yield` is a no-op on most cores.
#endif
}

#endif
