/* SPDX-License-Identifier: MIT */
/*
 * A group of JPEG coefficients of one block: a mixture of K logistics that share one index, coded by bits-back
 * like that of a pixel (mixture.h), but over a wider range.
 */
#ifndef BSWZ_GROUP_H
#define BSWZ_GROUP_H

#include "coder/logistic.h"
#include "coder/mixture_push.h"
#include "coder/weights.h"

enum {
    GROUP_LARGEST = 10,  /* most coefficients in a group */
    GROUP_MEAN_UNIT = 16 /* unit of the net's means: 1/16 of an amplitude */
};

/* The outputs for a group of C coefficients: C means, of amplitudes (coefficient times quantisation step); K x C
 * scales of amplitudes, in sixteenths of a scale index; K logits in 1/32 of a nat. */
#define GROUP_OUTPUTS(count) ((count) * (1 + MIXTURE_COMPONENTS) + MIXTURE_COMPONENTS)

/* The quantisation step of a coefficient, in the form that the coder needs. */
struct group_step {
    uint32_t to_mean;   /* 2^16 * MEAN_UNIT / GROUP_MEAN_UNIT / step, rounded */
    int32_t scale_bits; /* subtracted from a scale: 192 log2(step) */
};

/* The groups of a few blocks, one a lane of the stack. */
struct group_batch {
    unsigned blocks;        /* 1 ... GROUP_ROW */
    const int16_t *outputs; /* of block b from outputs[b * stride] on */
    size_t stride;
    const struct group_step *step; /* [count] */
    const int32_t *base;           /* NULL, or [blocks]: amplitudes added to the means of groups of one coefficient */
    unsigned count;                /* of coefficients */
};

enum { GROUP_ROW = CHOICES_ROW };

/* The groups of a batch made ready for pushing, value next to value: everything that needs no stack. */
struct prepared_groups {
    uint16_t posterior_start[MIXTURE_COMPONENTS][GROUP_ROW], prior_start[MIXTURE_COMPONENTS][GROUP_ROW];
    uint32_t start[GROUP_LARGEST][MIXTURE_COMPONENTS][GROUP_ROW],
        frequency[GROUP_LARGEST][MIXTURE_COMPONENTS][GROUP_ROW];
};

/* One implementation an instruction set, all giving the same numbers. coefficient [blocks][count]: -WIDE_LARGEST
 * ... WIDE_LARGEST. */
struct group_coder {
    void (*prepare)(const struct group_batch *batch, const int16_t (*coefficient)[GROUP_LARGEST],
                    struct prepared_groups *prepared);
    /* Push `blocks` of the prepared groups, from number `first` on, block first + l in lane l; at most one a lane. */
    void (*push)(struct ans *ans, unsigned first, unsigned blocks, unsigned count,
                 const struct prepared_groups *prepared);
    /* The inverse of prepare and push; batch->blocks: at most the lanes. Lane after lane gives an index; then,
     * coefficient after coefficient, each lane one; then lane after lane takes the index back: so that no lane waits
     * for another. */
    void (*pop)(struct ans *ans, const struct group_batch *batch, int16_t (*coefficient)[GROUP_LARGEST]);
};

extern const struct group_coder group_reference;

/* pop of the reference, which sets bits[b] to what block b cost: only for reports. */
void group_pop_counted(struct ans *ans, const struct group_batch *batch, int16_t (*coefficient)[GROUP_LARGEST],
                       double bits[ANS_MAX_LANES]);
#if defined(__x86_64__)
extern const struct group_coder group_avx2, group_avx512;
#elif defined(__aarch64__)
extern const struct group_coder group_neon;
#endif

/* The logistic of a coefficient under one component. */
struct group_shape {
    int32_t mean;   /* 1/MEAN_UNIT of a step */
    uint32_t index; /* of the scale */
};

static inline int32_t group_mean(int16_t output, const struct group_step *step, int32_t base) {
    const int64_t mean = (((int64_t)base * GROUP_MEAN_UNIT + output) * step->to_mean + (1 << 15)) >> 16;
    return (int32_t)(mean > WIDE_MEAN_LARGEST    ? WIDE_MEAN_LARGEST
                     : mean < -WIDE_MEAN_LARGEST ? -WIDE_MEAN_LARGEST
                                                 : mean);
}

static inline uint32_t group_index(int16_t output, const struct group_step *step) {
    const int32_t index = (output - step->scale_bits + 8) >> 4;
    return (uint32_t)(index < 0 ? 0 : index > WIDE_SCALE_COUNT - 1 ? WIDE_SCALE_COUNT - 1 : index);
}

#endif
