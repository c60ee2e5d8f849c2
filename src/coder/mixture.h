/* SPDX-License-Identifier: MIT */
/*
 * A pixel as a mixture of K logistics that share one index over its channels, and the index as a latent variable
 * coded by bits-back.
 *
 * To push a pixel x: pop k from the exact posterior p(k | x), push x under component k, push k under its prior.
 * The net cost is -log2 sum_k p(k) p(x | k): that of the mixture, although the mixture is never summed for the
 * coder.
 *
 * The channels are coded in order. The residuals of the preceding channels shift the mean (couplings) and widen
 * the scale (growth).
 */
#ifndef BSWZ_MIXTURE_H
#define BSWZ_MIXTURE_H

#include "coder/given.h"
#include "coder/logistic.h"
#include "coder/mixture_push.h"
#include "coder/weights.h"

enum {
    MIXTURE_FIELDS = 10, /* per component: 3 means, 3 scales, 3 couplings, 1 logit */
    MIXTURE_OUTPUTS = MIXTURE_COMPONENTS * MIXTURE_FIELDS,
    SCALE_UNIT = 16,      /* unit of the net's scales: 1/16 of a scale index */
    COUPLING_UNIT = 1024, /* unit of the net's couplings: 1/1024 */
    GROWTH_UNIT = 256     /* unit of growth factors: 1/256 */
};

/* The net's outputs for a pixel: MIXTURE_OUTPUTS values, component by component, in the units above. Means are
 * offsets to the interpolation in 1/64 of a level, logits are in 1/32 of a nat (weights.h). */
typedef int16_t mixture_outputs[MIXTURE_OUTPUTS];

/* Growth of a channel's scale with the residual of an earlier one: [0] second by first, [1] third by first, [2]
 * third by second; in 1/GROWTH_UNIT. */
struct mixture_growth {
    int16_t factor[3];
};

/* A pixel prepared for pushing: everything that does not need the stack. Cumulative weights start at 0 and end at
 * 2^16, which is not stored, or stored as 0. */
struct prepared_pixel {
    uint16_t posterior_start[MIXTURE_COMPONENTS], prior_start[MIXTURE_COMPONENTS + 1];
    uint32_t start[3][MIXTURE_COMPONENTS], frequency[3][MIXTURE_COMPONENTS];
};

/* The same for a row of pixels, value next to value: pixel i of a run is column i % MIXTURE_ROW of row
 * i / MIXTURE_ROW. */
enum { MIXTURE_ROW = CHOICES_ROW };

struct prepared_row {
    uint16_t posterior_start[MIXTURE_COMPONENTS][MIXTURE_ROW], prior_start[MIXTURE_COMPONENTS][MIXTURE_ROW];
    uint32_t start[3][MIXTURE_COMPONENTS][MIXTURE_ROW], frequency[3][MIXTURE_COMPONENTS][MIXTURE_ROW];
};

/* A row of pixels made ready for popping: the outputs two by two, field 2 j of all components in the lower half of
 * pair[j], and what else needs neither the stack nor the pixels. */
struct awaited_row {
    uint32_t pair[MIXTURE_OUTPUTS / 2][MIXTURE_ROW];
    uint16_t prior_start[MIXTURE_COMPONENTS][MIXTURE_ROW];
    uint16_t base[3][MIXTURE_ROW];
};

/* Rows for `count` pixels. */
static inline size_t mixture_rows(size_t count) {
    return (count + MIXTURE_ROW - 1) / MIXTURE_ROW;
}

/* outputs -> the pixel's prepared form. base[c]: the interpolation, 0 ... 255;
 * pixel[c]: the true value; channels: 1 or 3. */
void mixture_prepare(const int16_t *outputs, const struct mixture_growth *growth, unsigned channels,
                     const uint8_t *base, const uint8_t *pixel, struct prepared_pixel *prepared);

/* Push a prepared pixel. */
void mixture_push(struct ans *ans, unsigned lane, unsigned channels, const struct prepared_pixel *prepared);

/* The exact inverse of mixture_prepare and mixture_push: pixel[c] is set. */
void mixture_pop(struct ans *ans, unsigned lane, unsigned channels, const int16_t *outputs,
                 const struct mixture_growth *growth, const uint8_t *base, uint8_t *pixel);

/* The mixture of a pixel as a whole, channel by channel: begin, then for each channel mixture_given, and given_learn
 * when its value is known. */
void mixture_given_begin(const int16_t *const *outputs, unsigned mixtures, struct given *given);
void mixture_given(const int16_t *const *outputs, const struct mixture_growth *growth, unsigned channel, uint8_t base,
                   struct given *given);

/* The nets' outputs for `count` pixels: those of pixel i begin at outputs[i * stride]. */
struct mixture_batch {
    const int16_t *outputs;
    size_t stride;
    const struct mixture_growth *growth;
    unsigned channels;        /* 1 or 3 */
    const uint8_t (*base)[3]; /* [count]: the interpolations; with one channel only [0] */
    size_t count;
};

/* The same operations on a run of pixels, one implementation an instruction set, all giving the same numbers.
 *
 * On the stack, the pixels of a run go in groups of as many as there are lanes, pixel i of a group in lane i. Popping a
 * group, lane after lane gives an index; then, channel after channel, each lane a value; then lane after lane takes its
 * index back: so that no lane waits for another. Pushing does all of that backwards, from the last group on. */
struct mixture_coder {
    /* As mixture_prepare, for pixel[0 ... count). */
    void (*prepare)(const struct mixture_batch *batch, const uint8_t (*pixel)[3], struct prepared_row *prepared);
    /* What popping needs; count as in prepare. */
    void (*await)(const struct mixture_batch *batch, struct awaited_row *awaited);
    void (*push_run)(struct ans *ans, unsigned channels, const struct prepared_row *prepared, size_t count);
    void (*pop_run)(struct ans *ans, unsigned channels, const struct mixture_growth *growth,
                    const struct awaited_row *awaited, size_t count, uint8_t (*pixel)[3]);
};

extern const struct mixture_coder mixture_reference;

/* What pixels cost when they are popped: only for reports. */
struct popped_bits {
    double index; /* the choice of components is added: log2 of the posterior over the prior, for each pixel */
    double *each; /* NULL, or for each pixel: all that it costs */
};

/* pop_run of the reference, which counts. */
void mixture_pop_run_counted(struct ans *ans, unsigned channels, const struct mixture_growth *growth,
                             const struct awaited_row *awaited, size_t count, uint8_t (*pixel)[3],
                             struct popped_bits *bits);

/* One group of at most ans->lanes pixels by the plain code, from column `first` of the row on. bits: NULL, or of these
 * pixels. */
void mixture_pop_group(struct ans *ans, unsigned channels, const struct mixture_growth *growth,
                       const struct awaited_row *awaited, unsigned first, unsigned count, uint8_t (*pixel)[3],
                       struct popped_bits *bits);
#if defined(__x86_64__)
extern const struct mixture_coder mixture_avx2, mixture_avx512;
#elif defined(__aarch64__)
extern const struct mixture_coder mixture_neon;
#endif

/* -log2 of the mixture's probability of the prepared pixel, in floating point: only for reports and tests. */
double mixture_bits(unsigned channels, const struct prepared_pixel *prepared);

#endif
