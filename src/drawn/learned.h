/* SPDX-License-Identifier: MIT */
/*
 * Predictors that learn: a sample is predicted as a weighted sum of its neighbours, of the samples of its pixel that
 * are already known, and of the neighbours of these samples. After each sample, the weights move towards those that
 * would have been right (normalised least mean squares), quickly in one predictor, slowly in the other.
 */
#ifndef BSWZ_DRAWN_LEARNED_H
#define BSWZ_DRAWN_LEARNED_H

#include <stdint.h>

enum {
    LEARNED_PREDICTORS = 2,
    LEARNED_NEAR = 12, /* neighbours */
    LEARNED_INPUTS = LEARNED_NEAR + 6
};

/* Weights: 65536 is one. */
struct learned {
    int32_t weights[LEARNED_PREDICTORS][4][LEARNED_INPUTS];
    uint8_t errors[LEARNED_PREDICTORS][4]; /* the average error, in halves of a level */
};

/* The current prediction. */
struct learned_view {
    unsigned channel;
    int32_t inputs[LEARNED_INPUTS];
    int32_t norm;                          /* the sum of their squares */
    int32_t predicted[LEARNED_PREDICTORS]; /* sixteenths of a level */
};

void learned_init(struct learned *learned);

/* near: LEARNED_NEAR neighbours; west and north come first. known: the samples of the channels order[0 ... i - 1]. */
void learned_predict(const struct learned *learned, const uint32_t *near, uint32_t known, const uint8_t *order,
                     unsigned i, struct learned_view *view);
void learned_update(struct learned *learned, const struct learned_view *view, int value);

#endif
