/* SPDX-License-Identifier: MIT */
/*
 * Predictors that learn (learned.h). Weights are bounded, and so is every product: an input is at most 255, a weight at
 * most 2^18, and a step times an input is largest if the norm consists of this input alone.
 */
#include "drawn/learned.h"

#include "drawn/drawn_model.h"

#include <stdlib.h>

enum { WEIGHT_ONE = 1 << 16, WEIGHT_LARGEST = 1 << 18, CALM = 30 };

void learned_init(struct learned *learned) {
    *learned = (struct learned){0};
    for (unsigned i = 0; i < LEARNED_PREDICTORS; i++) {
        for (unsigned c = 0; c < 4; c++) {
            int32_t *weights = learned->weights[i][c];
            weights[W] = weights[N] = WEIGHT_ONE * 11 / 16;
            weights[NW] = -WEIGHT_ONE * 10 / 16;
            weights[NE] = WEIGHT_ONE * 3 / 16;
        }
    }
}

void learned_predict(const struct learned *learned, const uint32_t *near, uint32_t known, const uint8_t *order,
                     unsigned i, struct learned_view *view) {
    const unsigned c = view->channel = order[i];
    const int middle = (sample_of(near[W], c) + sample_of(near[N], c)) / 2;
    for (unsigned k = 0; k < LEARNED_NEAR; k++) {
        view->inputs[k] = sample_of(near[k], c) - middle;
    }
    for (unsigned k = 0; k < 3; k++) {
        int32_t *inputs = view->inputs + LEARNED_NEAR + 2 * k;
        inputs[0] = inputs[1] = 0;
        if (k < i) {
            const int w = sample_of(near[W], order[k]), n = sample_of(near[N], order[k]);
            inputs[0] = sample_of(known, order[k]) - (w + n) / 2;
            inputs[1] = w - n;
        }
    }
    view->norm = 0;
    for (unsigned k = 0; k < LEARNED_INPUTS; k++) {
        view->norm += view->inputs[k] * view->inputs[k];
    }
    for (unsigned p = 0; p < LEARNED_PREDICTORS; p++) {
        const int32_t *weights = learned->weights[p][c];
        int32_t sum = 0;
        for (unsigned k = 0; k < LEARNED_INPUTS; k++) {
            sum += view->inputs[k] * weights[k] >> 4;
        }
        const int32_t value = 16 * middle + (sum >> 8);
        view->predicted[p] = value < 0 ? 0 : value > 16 * 255 ? 16 * 255 : value;
    }
}

void learned_update(struct learned *learned, const struct learned_view *view, int value) {
    static const uint8_t rates[LEARNED_PREDICTORS] = {15, 11};
    for (unsigned p = 0; p < LEARNED_PREDICTORS; p++) {
        const int32_t error = 16 * value - view->predicted[p];
        const int32_t step = error * (1 << rates[p]) / (view->norm + CALM);
        int32_t *weights = learned->weights[p][view->channel];
        for (unsigned k = 0; k < LEARNED_INPUTS; k++) {
            const int32_t w = weights[k] + ((step * view->inputs[k] + 8) >> 4);
            weights[k] = w < -WEIGHT_LARGEST ? -WEIGHT_LARGEST : w > WEIGHT_LARGEST ? WEIGHT_LARGEST : w;
        }
        uint8_t *average = &learned->errors[p][view->channel];
        const int size = abs(error) / 8;
        *average = (uint8_t)((3 * *average + (size > 255 ? 255 : size) + 2) / 4);
    }
}
