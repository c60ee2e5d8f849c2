/* SPDX-License-Identifier: MIT */
/*
 * The distributions that a sample may come from (place.h): logistic ones, looked at side by side. Plain loops,
 * compiled for each instruction set. Integers, so all compute the same; the one division is of numbers below 2^46 and rounded
 * down, and doubles that hold those give the same quotient.
 */
#include "deep/deep_tables.h"
#include "deep/place.h"

#define INLINE static inline __attribute__((always_inline))

INLINE void edges_body(const struct curves *curves, int32_t at, struct edges *edges) {
    for (unsigned i = 0; i < CURVES; i++) {
        const int32_t off = at * UNIT - UNIT / 2 - curves->mean[i];
        const uint32_t away = (uint32_t)(off < 0 ? -off : off);
        const uint64_t far = (uint64_t)away * (uint32_t)curves->inverse[i] >> 20; /* 4096 is one */
        const uint32_t x = far > TAIL_LARGEST * 64 ? TAIL_LARGEST * 64 : (uint32_t)far;
        const uint32_t index = x >> 6, part = x & 63;
        const uint32_t low = deep_tail[index], high = deep_tail[index + 1];
        const int32_t tail = (int32_t)(low - ((low - high) * part >> 6)), rest = (1 << 30) - tail;
        edges->below[i] = off < 0 ? tail : rest;
        edges->above[i] = off < 0 ? rest : tail;
    }
}

INLINE void look_body(const struct interval *left, int32_t at, struct edges *restrict edges,
                      uint32_t shares[restrict CURVES]) {
    edges_body(&left->curves, at, edges);
    for (unsigned i = 0; i < CURVES; i++) {
        /* of the smaller tail, for precision */
        const bool is_high = left->lows.above[i] <= left->lows.below[i];
        const int32_t part = is_high ? edges->above[i] - left->highs.above[i] : left->highs.below[i] - edges->below[i];
        const int32_t all =
            is_high ? left->lows.above[i] - left->highs.above[i] : left->highs.below[i] - left->lows.below[i];
        const int32_t share = (int32_t)((double)part * 65536.0 / (double)(all > 0 ? all : 1));
        const int32_t known = all > 0 ? share : is_high ? 8192 : 65536 - 8192;
        shares[i] = (uint32_t)(known < 1 ? 1 : known > 65535 ? 65535 : known);
    }
}

void curves_edges(const struct curves *curves, int32_t at, struct edges *edges) {
    edges_body(curves, at, edges);
}

/* The same code, compiled for each instruction set. */
#define LOOK(name, attribute)                                                                                          \
    attribute static void name(const struct interval *left, int32_t at, struct edges *edges,                           \
                               uint32_t shares[CURVES]) {                                                              \
        look_body(left, at, edges, shares);                                                                            \
    }

LOOK(look_plain, )
#if defined(__x86_64__)
LOOK(look_avx2, __attribute__((target("avx2"))))
LOOK(look_avx512, __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))))
#endif

curves_look *curves_look_by(enum instruction_set set) {
    switch (set) {
    case INSTRUCTIONS_PLAIN: return look_plain;
#if defined(__x86_64__)
    case INSTRUCTIONS_AVX2: return instructions_are_here(set) ? look_avx2 : NULL;
    case INSTRUCTIONS_AVX512: return instructions_are_here(set) ? look_avx512 : NULL;
#else
    case INSTRUCTIONS_AVX2:
    case INSTRUCTIONS_AVX512:
#endif
    case INSTRUCTION_SETS:
    default: return NULL;
    }
}
