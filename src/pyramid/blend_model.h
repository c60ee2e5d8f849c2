/* SPDX-License-Identifier: MIT */
/*
 * The model of blended samples (blend.h): what it remembers of a plane. Encoder and decoder run the same code.
 *
 * Samples are in 1/64 of a level (MEAN_UNIT) where least squares see them, predictions in units (deep/errors.h).
 */
#ifndef BSWZ_BLEND_MODEL_H
#define BSWZ_BLEND_MODEL_H

#include "deep/place.h"
#include "deep/squares.h"
#include "model/lattice.h"

enum {
    BLEND_NEAR = 8,  /* samples around that contexts look at */
    BLEND_SEEN = 76, /* that least squares may look at */
    BLEND_CHANNELS = 3,
    BLEND_WINDOWS = 4,
    BLEND_TOP = 255
};

/* Least squares with their windows come first. The average is of these and the network; stacked is least squares of their
 * differences to it. */
enum { BY_NET = BLEND_WINDOWS, BLEND_AVERAGED, BY_AVERAGE = BLEND_AVERAGED, BY_STACKED, BLEND_PREDICTORS };

/* The three sets of pixels of a level (lattice.h), each coded as a picture of its own. */
enum blend_phase { PHASE_D, PHASE_B, PHASE_C, BLEND_PHASES };

/* What is known of a plane. */
struct blend_plane {
    /* of the phase under way: rows of its own pixels, the current row first */
    struct squares squares, stack;
    uint32_t *errors[2];        /* of each predictor, BLEND_PREDICTORS a pixel */
    int32_t *residuals[2];      /* of the whole prediction, in 1 / 2^ERROR_BITS */
    int32_t *net_residuals[2];  /* of the network's mean, in 1 / MEAN_UNIT */
    uint32_t *faded, faded_row; /* sums of magnitudes of residuals in each column and along the row; older ones fade */
    void *memory;
    /* from one phase to the next */
    struct scale scales[SCALE_STEPS][WIDES][SPREADS], wide_scales[LEVELS][SCALE_STEPS];
    struct scale scales_of[BLEND_PREDICTORS][SCALE_STEPS];
    struct bias biases[64 * SPREADS];
};

/* A sample that is being coded. */
struct blend_sample {
    struct given given;
    int32_t net;                                           /* its mean, in 1 / MEAN_UNIT */
    int32_t near[BLEND_NEAR];                              /* samples around it, nearest first */
    int32_t regressors[SQUARES_MOST], apart[SQUARES_MOST]; /* of least squares; after the last: zeros */
    int32_t value[BLEND_PREDICTORS];
    int32_t mean, biased;
    struct expected whole, wide, of[BLEND_PREDICTORS];
    uint32_t net_error, error; /* eight errors: expected by the network, and made nearby */
    unsigned spread, calm,
        trend; /* classes: how far predictors lie apart; errors nearby and further away, compared with
                                   * what the network expects */
    struct bias *bias;
};

void blend_plane_init(struct blend_plane *plane);
/* A phase with this number of columns. false: no memory */
bool blend_plane_open(struct blend_plane *plane, uint32_t columns);
void blend_plane_close(struct blend_plane *plane);
void blend_begin_row(struct blend_plane *plane, uint32_t y, uint32_t columns);

/* A pixel of the phase: where it is in the lattice, and which of the phase's pixels it is. */
struct blend_pixel {
    const struct lattice *lattice;
    enum blend_phase phase;
    uint32_t row, column; /* in x^i */
    uint32_t x;           /* column of the phase */
    unsigned channels;    /* planes that the level codes */
};

/* samples[index]: given is set. Fill in the rest, from what is known of the plane number index, of the planes before it at
 * the same pixel, and of the pixels around. value: the samples of the planes before it. */
void blend_predict(struct blend_plane *planes, unsigned index, const struct blend_pixel *pixel, const int32_t *value,
                   struct blend_sample *samples);
/* value: the sample. columns: of the phase. */
void blend_learn(struct blend_plane *plane, const struct blend_sample *sample, uint32_t x, uint32_t columns,
                 int32_t value);

#endif
