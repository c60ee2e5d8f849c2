/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * The model of deep pictures: what it remembers. Encoder and decoder run the same code; only decide() differs.
 *
 * Samples are integers from 0 to the top of their channel. Predictions are in units of 1 / 2^UNIT_BITS, stored errors
 * in units of 1 / 2^ERROR_BITS.
 */
#ifndef BSWZ_DEEP_MODEL_H
#define BSWZ_DEEP_MODEL_H

#include "deep/squares.h"
#include "drawn/decisions.h"
#include "drawn/mixer.h"

enum deep_setting { DEEP_LIGHT, DEEP_FULL, DEEP_MOST, DEEP_SETTINGS };

enum {
    UNIT_BITS = 10,
    UNIT = 1 << UNIT_BITS,
    ERROR_BITS = 4,
    PAD = 4, /* made-up pixels at both ends of a row */
    PREDICTORS = 8,
    CHANNELS = 4
};

/* ---- predicting ---- */

/* The rows of a channel that predictions use, the current row first. */
struct plane_rows {
    int32_t *samples[4];
    uint32_t *errors[2];   /* of each predictor, PREDICTORS per pixel */
    int32_t *residuals[2]; /* of the whole prediction, signed */
    uint32_t *faded;       /* the sum of their magnitudes in each column, in which older ones fade */
};

enum { BIASES = 64 * 8, SCALE_STEPS = 56, SPREADS = 8, WIDES = 8, LEVELS = 64 };

struct bias {
    int32_t mean; /* in units */
    uint32_t count;
};

struct scale {
    uint32_t ratio; /* 4096 is one */
    uint32_t count;
};

/* The predictors of a channel. */
struct predictor {
    struct squares near, far; /* over few nearby samples, and over more for a longer time */
    int32_t top;
    struct plane_rows rows;
    struct bias biases[BIASES];
    struct scale scales[SCALE_STEPS][WIDES][SPREADS], far_scales[SCALE_STEPS], level_scales[LEVELS][SCALE_STEPS];
    uint32_t faded_row; /* the same along the row */
    unsigned level_shift;
    void *memory;
};

/* The prediction of a sample. */
struct prediction {
    int32_t value[PREDICTORS]; /* of each predictor */
    int32_t mean, biased;      /* of all predictors, and with the bias from contexts added */
    uint32_t scale;            /* the expected magnitude of the error, in units; never zero */
    uint32_t far_scale;        /* the same for far least squares alone */
    uint32_t level_scale;      /* the same for the whole prediction, by brightness */
    uint32_t error, wide;      /* errors of the whole prediction nearby */
    unsigned spread;           /* how much predictors differ, 0 ... SPREADS - 1 */
    int32_t w, n, nw, ne, ww, nn;
    int32_t regressors[SQUARES_MOST], base; /* of least squares */
    unsigned near_count, far_count;
    /* for learning */
    struct bias *bias;
    struct scale *scale_of, *far_scale_of, *level_scale_of;
    uint32_t far_error;
};

bool predictor_init(struct predictor *predictor, enum deep_setting setting, unsigned index, uint32_t width,
                    int32_t top);
void predictor_free(struct predictor *predictor);
/* Channels are predicted in order; each prediction uses the preceding channels at the same place. */
void predict(struct predictor predictors[CHANNELS], unsigned index, enum deep_setting setting, uint32_t x,
             struct prediction predictions[CHANNELS]);
void predictor_learn(struct predictor *predictor, enum deep_setting setting, uint32_t x, uint32_t y, uint32_t width,
                     const struct prediction *prediction, int32_t value);
void predictor_begin_row(struct predictor *predictor, uint32_t y, uint32_t width);

/* ---- coding ---- */

enum {
    NODES = 32,
    CONTEXTS = 8, /* of distances relative to the expected error */
    CONTEXT_VALUES = 1024 + 136 + 3 * 169 + 289 + 1024 + 289, /* of all contexts, one after another */
    EXACT = 3, /* of exact values */
    EXACT_BITS = 16, /* at most */
    CURVES = 3, /* distributions */
    INPUTS = CONTEXTS + EXACT + CURVES + 1
};

struct placer {
    struct decisions *decisions;
    cell *cells; /* CONTEXT_VALUES * NODES */
    cell *exact; /* for each context of exact values, 2^exact_bits */
    unsigned exact_bits;
    int16_t *weights[MIX_SETS];
    int32_t last[NODES][MIX_SETS];
    int16_t stretched[4096]; /* for probabilities divided by 16 */
    cell curve[NODES * 16 * CURVE_POINTS];
};

/* samples: roughly how many will be coded. */
bool placer_init(struct placer *placer, struct decisions *decisions, uint64_t samples);
void placer_free(struct placer *placer);

/* What is known about a sample. */
struct surroundings {
    unsigned contexts[CONTEXTS]; /* numbers below CONTEXT_VALUES, with a range for each context */
    uint32_t exact[EXACT - 1];   /* hashes */
    unsigned set;                /* of weights */
};

/* Code a value around its prediction. */
int32_t place_value(struct placer *placer, const struct prediction *prediction,
                    const struct surroundings *surroundings, int32_t top, int32_t value);

/* log2 of value + 1, in quarters: 0 for 0, 4 for 1 ... */
static inline unsigned quarter_log(uint32_t value) {
    uint64_t v = (uint64_t)value + 1;
    unsigned bits = 0;
    while (v >> bits > 1) {
        bits++;
    }
    return 4 * bits + (unsigned)((v << 2 >> bits) & 3);
}

#endif
