/*
 * A pixel as a mixture of K logistics that share one index over its channels, and
 * the index as a latent variable coded by bits-back.
 *
 * To push a pixel x: pop k from the exact posterior p(k | x), push x under
 * component k, push k under its prior.  The net cost is -log2 sum_k p(k) p(x | k):
 * the mixture's own, although no mixture was ever summed up for the coder.
 *
 * The channels are coded in order, each with its mean shifted by the residuals of
 * the channels before (couplings) and its scale widened by them (growth).
 */
#ifndef BSWZ_MIXTURE_H
#define BSWZ_MIXTURE_H

#include "coder/ans.h"
#include "coder/logistic.h"

enum {
    MIXTURE_COMPONENTS = 4,
    MIXTURE_FIELDS = 10, /* a component: 3 means, 3 scales, 3 couplings, 1 logit */
    MIXTURE_OUTPUTS = MIXTURE_COMPONENTS * MIXTURE_FIELDS,
    WEIGHT_BITS = 16,      /* priors and posteriors of the index sum to 2^16 */
    SCALE_UNIT = 16,       /* scales from the net: 1/16 of a scale index */
    COUPLING_UNIT = 1024,  /* couplings from the net: 1/1024 */
    GROWTH_UNIT = 256      /* growth factors: 1/256 */
};

/* What the net says of a pixel: MIXTURE_OUTPUTS values, component after component,
 * in the units above; means are offsets to the interpolation in 1/64 of a level, logits
 * are in 1/32 of a nat (weight_of_logit). */
typedef int16_t mixture_outputs[MIXTURE_OUTPUTS];

/* Growth of a later channel's scale with an earlier one's residual: [0] second by
 * first, [1] third by first, [2] third by second; in 1/GROWTH_UNIT. */
struct mixture_growth {
    int16_t factor[3];
};

/* A pixel made ready for pushing: everything that needs no stack. */
struct prepared_pixel {
    uint16_t posterior_start[MIXTURE_COMPONENTS + 1]; /* the last entry, 2^16, is stored as 0 */
    uint16_t prior_start[MIXTURE_COMPONENTS + 1];
    uint32_t start[3][MIXTURE_COMPONENTS], frequency[3][MIXTURE_COMPONENTS];
};

/* outputs -> the pixel's prepared form. base[c]: the interpolation, 0 ... 255;
 * pixel[c]: the true value; channels: 1 or 3. */
void mixture_prepare(const int16_t *outputs, const struct mixture_growth *growth, unsigned channels,
                     const uint8_t *base, const uint8_t *pixel, struct prepared_pixel *prepared);

/* Push a prepared pixel. */
void mixture_push(struct ans *ans, unsigned lane, unsigned channels, const struct prepared_pixel *prepared);

/* The exact inverse of mixture_prepare and mixture_push: pixel[c] is set. */
void mixture_pop(struct ans *ans, unsigned lane, unsigned channels, const int16_t *outputs,
                 const struct mixture_growth *growth, const uint8_t *base, uint8_t *pixel);

/* -log2 of the mixture's probability of the prepared pixel, in floating point: for
 * reports and tests only. */
double mixture_bits(unsigned channels, const struct prepared_pixel *prepared);

#endif
