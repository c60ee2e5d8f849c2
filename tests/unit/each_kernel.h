/* SPDX-License-Identifier: MIT */
/*
 * Iterates over the kernels that this processor can run: all must give the same streams.
 */
#ifndef EACH_KERNEL_H
#define EACH_KERNEL_H

#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

/* Set BSWZ_KERNEL to the next one; *number is initially 0. Returns its name, or NULL after the last, with
 * BSWZ_KERNEL unset. */
static inline const char *next_kernel(size_t *number) {
    static const char *const names[] = {"ref", "blas", "avx2", "vnni", "amx", "neon", "neondot"};
    while (*number < sizeof names / sizeof names[0]) {
        const char *name = names[(*number)++];
        setenv("BSWZ_KERNEL", name, 1);
        if (engine_choose(NULL) != NULL) {
            return name;
        }
        printf("# %s: not on this processor\n", name);
    }
    unsetenv("BSWZ_KERNEL");
    return NULL;
}

#endif
