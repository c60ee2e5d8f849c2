/* SPDX-License-Identifier: MIT */
/*
 * Samples of a pixel: what the code for their bits is given. It exists twice; both compute the same.
 */
#ifndef BSWZ_DRAWN_SAMPLES_H
#define BSWZ_DRAWN_SAMPLES_H

#include "drawn/drawn_model.h"

enum { OFFSETS = 64, ENERGIES = 8 };

/* What the prediction of a sample depends on. */
struct sample_view {
    unsigned channel;
    uint32_t exact[EXACT_CONTEXTS];
    int predictions[NEAR_PREDICTORS], learned[LEARNED_PREDICTORS];
    unsigned energy, error; /* the roughness of the surroundings, and the errors of predictions there */
    unsigned learned_errors[LEARNED_PREDICTORS];
    bool is_repeated; /* if so: */
    int repeated[REPEATED_PREDICTORS];
    unsigned strange;
};

/* Which weights a bit of a sample is mixed with, in addition to those of its node. */
static inline unsigned sample_select(const struct sample_view *view, unsigned level) {
    return (view->channel * 8 + level) * 2 * ENERGIES + (view->is_repeated ? ENERGIES + view->strange : view->error);
}

static inline unsigned sample_select_known(const struct sample_view *view, unsigned level, unsigned known) {
    return (view->channel * 8 + level) * 16 + known;
}

/* The cell of a node within its line: 1, 2 ... 3, 4 ... 7, 8 ... 15. */
static inline unsigned cell_of_node(unsigned node) {
    return node < 16 ? node
                     : (node < 32    ? 1
                        : node < 64  ? 2 | (node & 1)
                        : node < 128 ? 4 | (node & 3)
                                     : 8 | (node & 7));
}

/* Both are certain of the same value. */
static inline bool are_sure(uint32_t sure, cell a, cell b) {
    const uint32_t p = cell_probability(a), q = cell_probability(b);
    return (p < sure && q < sure) || (p > DECISION_ONE - sure && q > DECISION_ONE - sure);
}

static inline unsigned code_sure(struct model *model, cell *a, cell *b, unsigned bit) {
    bit = decide(model->decisions, bit, clamp_probability((cell_probability(*a) + cell_probability(*b)) >> 1));
    cell_update(a, bit, 255);
    cell_update(b, bit, 255);
    return bit;
}

/* Code the bits of a sample. */
sample_coder sample_code_plain;

/* The same with AVX2, which the processor must have. */
sample_coder *sample_code_avx2(enum drawn_setting setting, bool has_repeats);

#endif
