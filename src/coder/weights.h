/* SPDX-License-Identifier: MIT */
/*
 * Weights of the components of a mixture: priors and posteriors of its index, in integers that sum to 2^16.
 */
#ifndef BSWZ_WEIGHTS_H
#define BSWZ_WEIGHTS_H

#include "coder/mixture_tables.h"

enum {
    MIXTURE_COMPONENTS = 4,
    WEIGHT_BITS = 16 /* priors and posteriors of the index sum to 2^16 */
};

/* Turn K positive weights into a cumulative table with a total of 2^16, in which each has at least 1. */
void weights_normalise(const uint64_t *weight, uint16_t *start);

/* The prior: a softmax of K logits in 1/32 of a nat, `step` apart. */
void weights_prior(const int16_t *logits, unsigned step, uint16_t *start);

/* Shift `count` weights right until the largest fits in `bits` bits. */
void weights_fit(uint64_t *weight, unsigned count, unsigned bits);

/* The share of component k. The last interval ends at 2^16, which is start[0] modulo 2^16. */
static inline uint32_t weights_width(const uint16_t *start, int k) {
    return (uint16_t)(start[(k + 1) % MIXTURE_COMPONENTS] - start[k]);
}

/* The component whose interval contains slot. */
static inline int weights_find(const uint16_t *start, uint32_t slot) {
    return (slot >= start[1]) + (slot >= start[2]) + (slot >= start[3]);
}

#endif
