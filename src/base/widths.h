/* SPDX-License-Identifier: MIT */
/*
 * Loops that are compiled for wider vectors as well. Both variants come from the same source and compute the same: with
 * floating point, since nothing is reordered or fused (exact_float.h).
 */
#ifndef BSWZ_WIDTHS_H
#define BSWZ_WIDTHS_H

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Define name_plain, and name, which calls it or its twin, from the inline function name_body. linkage: static, or
 * nothing. */
#if defined(__x86_64__)
#define FOR_WIDTHS(linkage, type, name, parameters, arguments)                                                         \
    linkage type name##_plain parameters {                                                                             \
        return name##_body arguments;                                                                                  \
    }                                                                                                                  \
    __attribute__((target("avx2"))) static type name##_avx2 parameters {                                               \
        return name##_body arguments;                                                                                  \
    }                                                                                                                  \
    linkage type name parameters {                                                                                     \
        return __builtin_cpu_supports("avx2") ? name##_avx2 arguments : name##_plain arguments;                        \
    }
#else
#define FOR_WIDTHS(linkage, type, name, parameters, arguments)                                                         \
    linkage type name##_plain parameters {                                                                             \
        return name##_body arguments;                                                                                  \
    }                                                                                                                  \
    linkage type name parameters {                                                                                     \
        return name##_plain arguments;                                                                                 \
    }
#endif

#endif
