/* SPDX-License-Identifier: MIT */
/*
 * The distributions that a sample may come from (curves.h), in plain loops. Integers, so the code for other instruction
 * sets computes the same; the one division is of numbers below 2^46 and rounded down, and doubles that hold those give the
 * same quotient.
 */
#include "deep/curves.h"

#include "deep/deep_tables.h"

#include <stddef.h>

static void find_edges(const struct curves *curves, int32_t at, struct edges *edges) {
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

static void look(const struct interval *left, int32_t at, struct edges *edges, uint32_t shares[CURVES]) {
    find_edges(left->curves, at, edges);
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

static const struct curves_code plain = {find_edges, look};
#if defined(__x86_64__)
static const struct curves_code avx2 = {curves_edges_avx2, curves_look_avx2};
#endif

/* AVX-512 would divide no faster, and the rest fits into the lanes of AVX2. */
const struct curves_code *curves_code_by(enum instruction_set set) {
    switch (set) {
    case INSTRUCTIONS_PLAIN: return &plain;
#if defined(__x86_64__)
    case INSTRUCTIONS_AVX2:
    case INSTRUCTIONS_AVX512: return instructions_are_here(set) ? &avx2 : NULL;
#else
    case INSTRUCTIONS_AVX2:
    case INSTRUCTIONS_AVX512:
#endif
    case INSTRUCTION_SETS:
    default: return NULL;
    }
}
