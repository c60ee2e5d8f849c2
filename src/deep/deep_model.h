/* SPDX-License-Identifier: MIT */
/*
 * The model of deep pictures: what it remembers. Encoder and decoder run the same code; only decide() differs.
 *
 * Samples are integers from 0 to the top of their channel. Predictions are in units of 1 / 2^UNIT_BITS, stored errors
 * in units of 1 / 2^ERROR_BITS.
 */
#ifndef BSWZ_DEEP_MODEL_H
#define BSWZ_DEEP_MODEL_H

#include "deep/coarse.h"
#include "deep/expert.h"
#include "deep/place.h"
#include "deep/squares.h"

enum deep_setting { DEEP_LIGHT, DEEP_FULL, DEEP_MOST, DEEP_SETTINGS };

enum {
    PAD = 8,      /* made-up pixels at both ends of a row */
    OWN_ROWS = 8, /* of samples are looked at */
    BEFORE_ROWS = 3,
    CHANNELS = 4
};

/* Least squares see few samples around, or more over a longer time (their windows, in this order). Others are simple.
 * The average is of all of them; stacked is least squares of their differences to it. */
enum {
    BY_NEAREST,
    BY_NEAR,
    BY_FAR,
    BY_FARTHER,
    BY_FARTHEST,
    BY_MEDIAN,
    BY_SMOOTH,
    BY_OTHERS,
    AVERAGED = BY_OTHERS + 4, /* the number of predictors above */
    BY_AVERAGE = AVERAGED,
    BY_STACKED,
    PREDICTORS
};

enum { BY_EXPERT = BY_OTHERS }; /* if there is one, in place of W + N - NW */

/* Distributions (place.h): two around the mean, and one around each of these; the first is that of an expert, if there
 * is one. */
extern const unsigned with_scale[WITH_SCALE];

/* ---- predicting ---- */

/* The rows of a channel that predictions use, the current row first. */
struct plane_rows {
    int32_t *samples[OWN_ROWS];
    uint32_t *errors[2];          /* of each predictor, PREDICTORS a pixel */
    int32_t *residuals[2];        /* of the whole prediction, signed */
    uint32_t *faded;              /* the sum of their magnitudes in each column, in which older ones fade */
    int32_t *before[BEFORE_ROWS]; /* of the earlier picture: the row above the current one, that row, the one below */
};

enum {
    BIASES = 64 * 8,
    CONTEXT_VALUES =
        1024 + 136 + 3 * 169 + 289 + 3 * 1024 + 289 + 2 * 2197 + 8 * 729 + 15625 /* of all contexts, in this order */
};

/* The predictors of a channel. */
struct predictor {
    struct squares squares, stack;
    int32_t top;
    struct plane_rows rows;
    struct bias biases[BIASES];
    struct scale scales[SCALE_STEPS][WIDES][SPREADS], level_scales[LEVELS][SCALE_STEPS];
    struct scale scales_of[WITH_SCALE][SCALE_STEPS];
    uint32_t faded_row; /* the same along the row */
    unsigned level_shift;
    const struct predictor *alpha; /* NULL, or what is known of alpha */
    bool has_before;               /* there is an earlier picture */
    expert_layer *expert;          /* NULL: there is none */
    void *memory;
};

/* A sample's prediction. */
struct prediction {
    int32_t value[PREDICTORS];
    int32_t mean, biased;         /* of all, and with the bias that contexts know of */
    struct expected whole, level; /* of the mean, by its surroundings and by how bright it is */
    struct expected of[WITH_SCALE];
    unsigned spread, wide; /* how far predictors lie apart, and are errors smaller nearby? Each below 8 */
    int32_t w, n, nw, ne, ww, nn;
    int32_t regressors[SQUARES_MOST], base; /* least squares' own */
    uint32_t expert_error;                  /* what the expert expects */
    int32_t apart[SQUARES_MOST];            /* what is stacked, and zeros */
    struct bias *bias;                      /* for learning */
};

/* alpha: the predictor of alpha, which the colours are predicted with, or NULL. */
bool predictor_init(struct predictor *predictor, enum deep_setting setting, unsigned index,
                    const struct predictor *alpha, bool has_before, uint32_t width, int32_t top);
void predictor_free(struct predictor *predictor);
/* Channels are predicted in order; each prediction uses the preceding channels at the same place. */
void predict(struct predictor predictors[CHANNELS], unsigned index, enum deep_setting setting, uint32_t x,
             struct prediction predictions[CHANNELS]);
void predictor_learn(struct predictor *predictor, uint32_t x, uint32_t y, uint32_t width,
                     const struct prediction *prediction, int32_t value);
/* The same for a value that was not predicted: it repeats the one above or the one to the left, with its errors. */
void predictor_learn_repeat(struct predictor *predictor, uint32_t x, uint32_t width, bool is_up);
/* What distribution i is around. */
static inline unsigned source_of_scale(const struct predictor *predictor, unsigned i) {
    return i == 0 && predictor->expert != NULL ? BY_EXPERT : with_scale[i];
}

/* Has there been hardly any error around? */
static inline bool predictor_is_calm(const struct predictor *predictor, uint32_t x) {
    return predictor->faded_row + predictor->rows.faded[x] + predictor->rows.faded[(int64_t)x + 1] <
           (1 << ERROR_BITS) / 2;
}
void predictor_begin_row(struct predictor *predictor, uint32_t y, uint32_t width);
/* Repeat the first and the last number of a row before and after it. */
void predictor_pad(int32_t *row, uint32_t width);

#endif
