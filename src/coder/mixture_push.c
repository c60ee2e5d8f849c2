/* SPDX-License-Identifier: MIT */
/*
 * Pushing mixtures lane by lane (mixture_push.h): the plain code, which defines the format. stack_lanes.h does the same with
 * vectors.
 */
#include "coder/mixture_push.h"

#include "coder/logistic.h"

static void column_of(const uint16_t (*row)[CHOICES_ROW], unsigned column, uint16_t *start) {
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        start[k] = row[k][column];
    }
}

void choices_push(struct ans *ans, const struct prepared_choices *choices, unsigned first, unsigned count) {
    int index[ANS_MAX_LANES];
    uint16_t start[MIXTURE_COMPONENTS];
    for (unsigned lane = count; lane-- > 0;) {
        column_of(choices->posterior_start, first + lane, start);
        const int k = index[lane] = weights_find(start, ans_pop(ans, lane, WEIGHT_BITS));
        ans_pop_commit(ans, lane, start[k], weights_width(start, k), WEIGHT_BITS);
    }
    for (unsigned c = choices->values; c-- > 0;) {
        for (unsigned lane = count; lane-- > 0;) {
            const int k = index[lane];
            ans_push(ans, lane, choices->start[c][k][first + lane], choices->frequency[c][k][first + lane],
                     LOGISTIC_BITS);
        }
    }
    for (unsigned lane = count; lane-- > 0;) {
        column_of(choices->prior_start, first + lane, start);
        ans_push(ans, lane, start[index[lane]], weights_width(start, index[lane]), WEIGHT_BITS);
    }
}
