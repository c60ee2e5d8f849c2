/*
 * Coding the coefficients of one group of one block: a mixture of K logistics that share one index,
 * coded by bits-back, as a pixel's (coder/mixture.h), over a wider range.
 */
#ifndef BSWZ_GROUP_CODE_H
#define BSWZ_GROUP_CODE_H

#include "coder/ans.h"
#include "coder/logistic.h"
#include "coder/weights.h"
#include "coefficients/groups.h"

/*
 * What the nets say of a group of C coefficients: C means in amplitude, in 1/16; K x C scales, in sixteenths of a
 * scale index, of amplitudes; K logits in 1/32 of a nat.
 */
enum { GROUP_MEAN_UNIT = 16 };

/* A coefficient's step, ready for use. */
struct group_step {
    uint32_t to_mean;   /* 2^16 * MEAN_UNIT / GROUP_MEAN_UNIT / step, rounded */
    int32_t scale_bits; /* what the step takes off a scale, and the lowest scale's offset */
};

void group_step_set(struct group_step *to, unsigned step);

/* A group made ready for pushing: everything that needs no stack. */
struct prepared_group {
    uint16_t posterior_start[MIXTURE_COMPONENTS], prior_start[MIXTURE_COMPONENTS];
    uint32_t start[GROUP_LARGEST][MIXTURE_COMPONENTS], frequency[GROUP_LARGEST][MIXTURE_COMPONENTS];
};

/* base [count]: amplitudes to add to the means, or NULL. coefficient [count]: -WIDE_LARGEST ... WIDE_LARGEST. */
void group_prepare(const int16_t *outputs, const struct group_step *step, const int32_t *base, unsigned count,
                   const int16_t *coefficient, struct prepared_group *prepared);
void group_push(struct ans *ans, unsigned lane, unsigned count, const struct prepared_group *prepared);

/* The inverse of both: coefficient [count] is set. */
void group_pop(struct ans *ans, unsigned lane, const int16_t *outputs, const struct group_step *step,
               const int32_t *base, unsigned count, int16_t *coefficient);

#endif
