/* SPDX-License-Identifier: MIT */
/*
 * How likely a quantisation step is, from the magnitudes of coefficients that are not zero.
 *
 * The likelihood of step q for a coefficient c: q times the density of the noise at c's distance from the nearest
 * multiple, compared with coefficients that are spread evenly; a few per cent of the coefficients may be anything.
 *
 * Logarithms are our own: those of the C library need not be the same everywhere.
 */
#ifndef BSWZ_STEP_JUDGE_H
#define BSWZ_STEP_JUDGE_H

enum { JUDGE_BINS = 64 /* larger distances are not distinguished */, JUDGED_AT_A_TIME = 8 };

#define STEP_IMPOSSIBLE (-1e9f)

struct step_judge {
    float density[JUDGE_BINS]; /* of the noise, by distance */
    float anything;            /* the share of coefficients that may be anything */
    float outside_from;        /* distance from which a coefficient is counted as outside */
};

/* noise: its standard deviation. */
void step_judge_init(struct step_judge *judge, float noise, float anything, float outside);

/* The log-likelihoods of the steps from `first` on, and how many coefficients are outside. If none of them can be more
 * than `wanted`, all are STEP_IMPOSSIBLE, and nothing is counted. */
void step_judge_several(const struct step_judge *judge, const float *magnitude, unsigned count, unsigned first,
                        float wanted, float likelihood[JUDGED_AT_A_TIME], unsigned outside[JUDGED_AT_A_TIME]);

/* The same for one step, coefficient by coefficient: for a few, and for tests. */
float step_judge_one(const struct step_judge *judge, const float *magnitude, unsigned count, unsigned step,
                     unsigned *outside);

#endif
