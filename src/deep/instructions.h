/* SPDX-License-Identifier: MIT */
/*
 * The instruction sets that loops of the model of deep pictures are compiled for. All compute the same.
 */
#ifndef BSWZ_DEEP_INSTRUCTIONS_H
#define BSWZ_DEEP_INSTRUCTIONS_H

#include <stdbool.h>

enum instruction_set { INSTRUCTIONS_PLAIN, INSTRUCTIONS_AVX2, INSTRUCTIONS_AVX512, INSTRUCTION_SETS };

static inline bool instructions_are_here(enum instruction_set set) {
#if defined(__x86_64__)
    if (set == INSTRUCTIONS_AVX2) {
        return __builtin_cpu_supports("avx2");
    }
    if (set == INSTRUCTIONS_AVX512) {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    }
#endif
    return set == INSTRUCTIONS_PLAIN;
}

static inline enum instruction_set instructions_widest(void) {
    enum instruction_set set = INSTRUCTIONS_AVX512;
    while (!instructions_are_here(set)) {
        set--;
    }
    return set;
}

#endif
