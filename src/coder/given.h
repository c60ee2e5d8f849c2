/* SPDX-License-Identifier: MIT */
/*
 * What a network says about a sample, given the channels before it, as a whole: how much of its mixture lies below a
 * value. Coders that do not choose a component by bits-back, but weigh the mixture against other evidence, ask for
 * that.
 */
#ifndef BSWZ_GIVEN_H
#define BSWZ_GIVEN_H

#include "coder/logistic.h"
#include "coder/weights.h"

enum { GIVEN_MIXTURES = 4 /* at most: of equal weight at first */, GIVEN_MOST = GIVEN_MIXTURES * MIXTURE_COMPONENTS };

struct given {
    unsigned count;                  /* of components, of all mixtures */
    uint64_t weight[GIVEN_MOST];     /* each below 2^32, never zero */
    int32_t mean[GIVEN_MOST];        /* in 1 / MEAN_UNIT */
    uint32_t scale[GIVEN_MOST];      /* indices */
    int32_t residual[GIVEN_MOST][2]; /* of the channels before, in 1 / MEAN_UNIT */
};

/* edge: 0 ... 256. Below 2^60. */
static inline uint64_t given_below(const struct given *given, int edge) {
    uint64_t sum = 0;
    for (unsigned k = 0; k < given->count; k++) {
        sum += given->weight[k] * logistic_below(given->mean[k], inverse_scale[given->scale[k]], edge);
    }
    return sum;
}

/* part / all as a probability, in 1/65536. */
static inline uint32_t given_share(uint64_t part, uint64_t all) {
    if (all == 0) {
        return 1 << 15;
    }
    const int bits = 64 - __builtin_clzll(all), shift = bits > 47 ? bits - 47 : 0;
    const uint64_t p = (part >> shift << 16) / (all >> shift);
    return p < 1 ? 1 : p > 65535 ? 65535 : (uint32_t)p;
}

/* The network's mean, in 1 / MEAN_UNIT, rounded down. */
int32_t given_mean(const struct given *given);

/* The error that the network expects of this mean, in 1/1024 of a level, about. */
uint32_t given_error(const struct given *given, int32_t mean);

/* The value of the channel is known: what is left of the weights. */
void given_learn(struct given *given, unsigned channel, int value);

#endif
