/* SPDX-License-Identifier: MIT */
/*
 * Weights of the components to cumulative tables, for a vector of pixels or blocks.  weights.c says what is computed;
 * this gives the same numbers.  Quotients come from doubles: dividend and divisor are exact in a double, and a
 * quotient of up to 48 bits whose divisor has up to 33 differs from the next integer by more than a double's rounding,
 * so its floor is the integer quotient.
 */
#ifndef BSWZ_WEIGHTS_LANES_H
#define BSWZ_WEIGHTS_LANES_H

#include "coder/vector.h"
#include "coder/weights.h"

/* start[k]: of weights whose sum was shifted under 2^32, already doubles; is_largest
 * says which component takes what is left over. */
static inline void share_out(HALF_DOUBLE weight[2][MIXTURE_COMPONENTS], const HALF_DOUBLE *sum,
                             const VECTOR *given_to_largest, VECTOR *start) {
    const HALF_DOUBLE all = SET1_DOUBLE((double)((1 << WEIGHT_BITS) - MIXTURE_COMPONENTS) * 4294967296.0);
    const HALF_DOUBLE one = SET1_DOUBLE(1.0), unit = SET1_DOUBLE(1.0 / 4294967296.0);
    VECTOR given[MIXTURE_COMPONENTS];
    HALF_DOUBLE reciprocal[2];
    for (unsigned h = 0; h < 2; h++) {
        reciprocal[h] = MULTIPLY_DOUBLE(FLOOR(DIVIDE_DOUBLE(all, ADD_DOUBLE(sum[h], one))), unit);
    }
    VECTOR left = SET1((1 << WEIGHT_BITS) - MIXTURE_COMPONENTS);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        given[k] =
            JOIN_TRUNCATED(MULTIPLY_DOUBLE(weight[0][k], reciprocal[0]), MULTIPLY_DOUBLE(weight[1][k], reciprocal[1]));
        left = SUB(left, given[k]);
    }
    VECTOR below = SET1(0);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        start[k] = below;
        below = ADD(below, ADD(ADD(given[k], SET1(1)), AND(given_to_largest[k], left)));
    }
}

/* weights_prior */
static inline void prior_lanes(const VECTOR *logit, VECTOR *start) {
    VECTOR weight[MIXTURE_COMPONENTS], largest[MIXTURE_COMPONENTS];
    VECTOR top = MAXIMUM(MAXIMUM(logit[0], logit[1]), MAXIMUM(logit[2], logit[3]));
    VECTOR sum = SET1(0), taken = SET1(0);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        /* the table ends with 0, which stands for all beyond it */
        weight[k] = LOOK_UP(weight_of_logit, MINIMUM(SUB(top, logit[k]), SET1(LOGIT_COUNT - 1)), 4);
        sum = ADD(sum, weight[k]);
    }
    VECTOR most = MAXIMUM(MAXIMUM(weight[0], weight[1]), MAXIMUM(weight[2], weight[3]));
    HALF_DOUBLE share[2][MIXTURE_COMPONENTS];
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        VECTOR is = EQUAL_LANES(weight[k], most);
        largest[k] = AND_NOT(taken, is); /* the first of equals */
        taken = OR(taken, is);
        share[0][k] = DOUBLE_OF_SIGNED(weight[k], 0);
        share[1][k] = DOUBLE_OF_SIGNED(weight[k], 1);
    }
    const HALF_DOUBLE sums[2] = {DOUBLE_OF_SIGNED(sum, 0), DOUBLE_OF_SIGNED(sum, 1)};
    share_out(share, sums, largest, start);
}

/* weights_fit, of values below 2^60 to more than 8 bits. */
static inline void fit_lanes(HALF *value, int bits) {
    const HALF all = OR_HALF(OR_HALF(value[0], value[1]), OR_HALF(value[2], value[3]));
    const HALF shift = BITS_OVER(RIGHT_HALF(all, 8), bits - 8);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        value[k] = RIGHT_BY_HALF(value[k], shift);
    }
}

/* weights_normalise; weight[h][k]: of half h. */
static inline void normalise_lanes(HALF weight[2][MIXTURE_COMPONENTS], VECTOR *start) {
    HALF_DOUBLE share[2][MIXTURE_COMPONENTS], sums[2];
    HALF most[2];
    for (unsigned h = 0; h < 2; h++) {
        const HALF sum = ADD_HALF(ADD_HALF(weight[h][0], weight[h][1]), ADD_HALF(weight[h][2], weight[h][3]));
        const HALF shift = BITS_OVER(RIGHT_HALF(sum, 32), 0);
        most[h] = MAXIMUM_HALF(MAXIMUM_HALF(weight[h][0], weight[h][1]), MAXIMUM_HALF(weight[h][2], weight[h][3]));
        sums[h] = DOUBLE_OF(RIGHT_BY_HALF(sum, shift));
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            share[h][k] = DOUBLE_OF(RIGHT_BY_HALF(weight[h][k], shift));
        }
    }
    VECTOR largest[MIXTURE_COMPONENTS], taken = SET1(0);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        VECTOR is = JOIN_EQUAL(weight[0][k], most[0], weight[1][k], most[1]);
        largest[k] = AND_NOT(taken, is);
        taken = OR(taken, is);
    }
    share_out(share, sums, largest, start);
}

#endif
