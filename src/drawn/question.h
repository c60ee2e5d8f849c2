/* SPDX-License-Identifier: MIT */
/*
 * The question whether a pixel has the colour of a candidate. Contexts vote on it by how often they have seen this
 * colour and others; so do patterns of equal neighbours, and the distance of the colour from expected ones.
 *
 * The code exists twice; both compute the same.
 */
#ifndef BSWZ_DRAWN_QUESTION_H
#define BSWZ_DRAWN_QUESTION_H

#include "drawn/candidates.h"

/* What is looked at in addition to the contexts. */
struct question {
    unsigned rank;
    unsigned mask;               /* which of the nearest neighbours have the colour */
    cell *cells[QUESTION_CELLS]; /* a repeat comes last; NULL: it is not known */
    unsigned count;              /* of them */
    cell *by_colour;             /* a curve */
    unsigned weights;            /* the number of those in the third table */
};

/* Find it for the chosen candidate. */
void question_find(struct model *model, const struct place *place, struct question *question);

/* The numbers of weights in the first two tables. agree: how many contexts have the colour in the first place; long:
 * how many long ones; found: how many of the first four have seen anything. */
static inline unsigned question_weights_0(const struct question *question, unsigned agree, unsigned agree_long) {
    agree_long = agree_long < LONG_CONTEXTS ? agree_long : LONG_CONTEXTS - 1;
    return (question->rank * AGREEMENTS + agree) * LONG_CONTEXTS + agree_long;
}

static inline unsigned question_weights_1(const struct question *question, unsigned found, unsigned missed) {
    return ((question->rank * 16 + (question->mask & 15)) * 5 + found) * 5 + missed;
}

static inline cell *question_curve(struct model *model, const struct question *question, unsigned found) {
    return &model->curve_near[((question->rank * 4 + (found > 3 ? 3 : found)) * 16 + (question->mask & 15)) *
                              CURVE_POINTS];
}

/* Ask whether the pixel has the colour of the chosen candidate. */
question_asker question_ask_plain;

/* The same with AVX2, which the processor must have. */
question_asker *question_ask_avx2(enum drawn_setting setting, bool has_repeats, bool is_sequence);

#endif
