/* SPDX-License-Identifier: MIT */
/*
 * The choice of an engine (engine.h).
 */
#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>

const struct engine *engine_choose(struct bswz_error *error) {
    /* fastest first */
    static const struct engine engines[] = {
#if defined(__x86_64__)
#ifdef KERNEL_HAS_AMX
        {&kernel_amx, &mixture_avx512, &group_avx512},
#endif
        {&kernel_vnni, &mixture_avx512, &group_avx512},
        {&kernel_avx2, &mixture_avx2, &group_avx2},
#elif defined(__aarch64__)
        {&kernel_neon_dot, &mixture_neon, &group_neon},
        {&kernel_neon, &mixture_neon, &group_neon},
#endif
#if defined(__wasm__)
        {&kernel_simd128, &mixture_reference, &group_reference},
#else
        {&kernel_blas, &mixture_reference, &group_reference},
#endif
        {&kernel_reference, &mixture_reference, &group_reference}
    };
    const char *wanted = getenv("BSWZ_KERNEL");
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
        const struct kernel *kernel = engines[i].kernel;
        if (wanted != NULL && *wanted != '\0' && strcmp(wanted, kernel->name) != 0) {
            continue;
        }
        if (kernel->available()) {
            return &engines[i];
        }
    }
    bswz_fail(error, BSWZ_ERROR_MACHINE, "kernel '%s' (BSWZ_KERNEL) is unknown or cannot run on this processor",
              wanted != NULL ? wanted : "");
    return NULL;
}
