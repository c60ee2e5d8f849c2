/* SPDX-License-Identifier: MIT */
/*
 * A mixture as a whole (given.h), in integers, since encoder and decoder must agree to the last unit.
 */
#include "coder/given.h"

int32_t given_mean(const struct given *given) {
    uint64_t sum = 0, all = 0;
    for (unsigned k = 0; k < given->count; k++) {
        sum += given->weight[k] * (uint64_t)(given->mean[k] - MEAN_LOWEST);
        all += given->weight[k];
    }
    return (int32_t)(sum / all) + MEAN_LOWEST;
}

uint32_t given_error(const struct given *given, int32_t mean) {
    uint64_t sum = 0, all = 0;
    for (unsigned k = 0; k < given->count; k++) {
        const int32_t off = given->mean[k] - mean;
        /* 2 ln 2 times the scale is a logistic's mean error */
        const uint64_t size = (uint64_t)(off < 0 ? -off : off) * (1024 / MEAN_UNIT) +
                              ((uint64_t)(uint32_t)scale_of_index[given->scale[k]] * 1420 >> 10);
        sum += given->weight[k] * size;
        all += given->weight[k];
    }
    return (uint32_t)(sum / all);
}

void given_learn(struct given *given, unsigned channel, int value) {
    for (unsigned k = 0; k < given->count; k++) {
        const int32_t inverse = inverse_scale[given->scale[k]];
        given->weight[k] *=
            logistic_below(given->mean[k], inverse, value + 1) - logistic_below(given->mean[k], inverse, value);
        if (channel < 2) {
            given->residual[k][channel] = value * MEAN_UNIT - given->mean[k];
        }
    }
    weights_fit(given->weight, given->count, 31);
    for (unsigned k = 0; k < given->count; k++) {
        given->weight[k]++;
    }
}
