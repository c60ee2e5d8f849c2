/* SPDX-License-Identifier: MIT */
/*
 * Normalising the weights of a mixture (weights.h): integer arithmetic with defined rounding, since encoder and
 * decoder must agree to the last unit.
 */
#include "coder/weights.h"

void weights_normalise(const uint64_t *weight, uint16_t *start) {
    uint64_t sum = 0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        sum += weight[k];
    }
    /* bring the sum below 2^32, then divide once */
    unsigned shift = sum >> 32 ? 32 - (unsigned)__builtin_clzll(sum) : 0;
    uint64_t reciprocal = ((uint64_t)((1 << WEIGHT_BITS) - MIXTURE_COMPONENTS) << 32) / ((sum >> shift) + 1);
    uint32_t total = 0, given[MIXTURE_COMPONENTS];
    int largest = 0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        given[k] = 1 + (uint32_t)(((weight[k] >> shift) * reciprocal) >> 32);
        total += given[k];
        largest = weight[k] > weight[largest] ? k : largest;
    }
    given[largest] += (1u << WEIGHT_BITS) - total;
    uint32_t below = 0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        start[k] = (uint16_t)below;
        below += given[k];
    }
}

void weights_prior(const int16_t *logits, unsigned step, uint16_t *start) {
    int32_t top = INT32_MIN;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        int32_t logit = logits[step * (unsigned)k];
        top = logit > top ? logit : top;
    }
    uint64_t weight[MIXTURE_COMPONENTS];
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        int32_t below = top - logits[step * (unsigned)k];
        weight[k] = below < LOGIT_COUNT ? weight_of_logit[below] : 0;
    }
    weights_normalise(weight, start);
}

void weights_fit(uint64_t *weight, unsigned count, unsigned bits) {
    uint64_t largest = 1;
    for (unsigned k = 0; k < count; k++) {
        largest |= weight[k];
    }
    unsigned used = 64 - (unsigned)__builtin_clzll(largest), shift = used > bits ? used - bits : 0;
    for (unsigned k = 0; k < count; k++) {
        weight[k] >>= shift;
    }
}
