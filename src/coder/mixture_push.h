/* SPDX-License-Identifier: MIT */
/*
 * Pushing rows of mixtures, of pixels (mixture.h) or of groups of coefficients (group.h), each in a lane of the stack.
 *
 * To push the values of a mixture: pop the index of a component from its posterior, push the values under that
 * component, push the index under its prior. Each step is done for all lanes, the last one first, before the next step
 * begins.
 */
#ifndef BSWZ_CHOICES_H
#define BSWZ_CHOICES_H

#include "coder/ans.h"
#include "coder/weights.h"

enum { CHOICES_ROW = ANS_MAX_LANES };

/* A row of mixtures made ready, value next to value, so that a vector takes the same value of all of them at once.
 * Cumulative weights start at 0 and end at 2^16, which is not stored. start, frequency: [values], the interval of each
 * value under each component. */
struct prepared_choices {
    const uint16_t (*posterior_start)[CHOICES_ROW], (*prior_start)[CHOICES_ROW];
    const uint32_t (*start)[MIXTURE_COMPONENTS][CHOICES_ROW], (*frequency)[MIXTURE_COMPONENTS][CHOICES_ROW];
    unsigned values;
};

/* Of a struct prepared_row or prepared_groups. */
#define CHOICES_OF(prepared, count)                                                                                    \
    ((struct prepared_choices){(prepared)->posterior_start, (prepared)->prior_start, (prepared)->start,                \
                               (prepared)->frequency, (count)})

/* Push the mixtures in columns first ... first + count - 1, in lanes 0 ... count - 1. */
void choices_push(struct ans *ans, const struct prepared_choices *choices, unsigned first, unsigned count);

#endif
