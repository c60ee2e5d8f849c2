/* SPDX-License-Identifier: MIT */
/*
 * Coding a sample relative to where it is expected, by decisions (place.c). Samples and their predictions may come from
 * anywhere: deep pictures (deep_model.h), or the finest levels of a pyramid (pyramid/blend.h), where a network gives a
 * distribution of its own.
 */
#ifndef BSWZ_DEEP_PLACE_H
#define BSWZ_DEEP_PLACE_H

#include "coder/given.h"
#include "deep/errors.h"
#include "deep/instructions.h"
#include "mixing/decisions.h"
#include "mixing/mixer.h"

enum {
    WITH_SCALE = 6,          /* predictors with a distribution around each, */
    CURVES = 2 + WITH_SCALE, /* and two around the mean */
    NODES = 32,
    CONTEXTS = 12, /* of places in terms of the error that is to be expected; the first is that of the threshold, too */
    EXACT = 3,     /* of exact values */
    EXACT_BITS = 16, /* at most */
    PLACE_SETS = 4,
    SET_NUMBERS = 128, /* of the second set of weights */
    LEVELS = 64,       /* of the fourth */
    INPUTS = CONTEXTS + EXACT + CURVES + 1,
    THRESHOLDS = 32 /* values of the first context for each number in it */
};

/* Logistic distributions, side by side. */
struct curves {
    int32_t mean[CURVES];
    int32_t inverse[CURVES]; /* of the scale */
};

/* How much of each lies below a value, and how much above, in 2^-30. */
struct edges {
    int32_t below[CURVES], above[CURVES];
};

/* The interval that is left, as the distributions see it. */
struct interval {
    int32_t low, high; /* both may still be it */
    unsigned bits;     /* values are this many bits apart */
    struct curves curves;
    struct edges lows, highs;
    uint64_t given_low, given_high; /* of a given mixture: how much lies below either end */
};

/* Just below the whole number at. */
void curves_edges(const struct curves *curves, int32_t at, struct edges *edges);

/* The same, and each one's share of what lies above at in what lies in the interval, 1 ... 65535. NULL: this machine
 * does not have the instruction set. */
typedef void curves_look(const struct interval *left, int32_t at, struct edges *edges, uint32_t shares[CURVES]);
curves_look *curves_look_by(enum instruction_set set);

struct placer {
    struct decisions *decisions;
    cell *cells; /* the values of all contexts * NODES */
    cell *exact; /* for each context of exact values, 2^exact_bits */
    unsigned exact_bits;
    bool is_given; /* there is a mixture, too: it is another input, and what cells start from */
    int16_t *weights[PLACE_SETS];
    int32_t last[NODES][PLACE_SETS];
    curves_look *look;
    int16_t stretched[4096]; /* of probabilities divided by 16 */
    cell curve[NODES * 16 * CURVE_POINTS];
};

/* context_values: of all contexts. samples: roughly how many will be coded. false: no memory */
bool placer_init(struct placer *placer, struct decisions *decisions, size_t context_values, bool is_given,
                 uint64_t samples);
void placer_free(struct placer *placer);

/* Where a sample is expected. */
struct aim {
    int32_t mean;                /* in units */
    uint32_t size;               /* of the expected error, in units, never zero */
    int32_t near;                /* a sample next to it */
    struct curves curves;        /* curves_set */
    const struct given *given;   /* NULL if the placer is not given mixtures */
    unsigned contexts[CONTEXTS]; /* numbers below the placer's context_values, with a range for each context */
    uint32_t exact[EXACT - 1];   /* hashes */
    unsigned spread;             /* below WIDES * SPREADS */
    unsigned set, level;         /* of weights: below SET_NUMBERS and LEVELS */
};

static inline void curves_set(struct curves *curves, unsigned i, int32_t mean, uint32_t size) {
    curves->mean[i] = mean;
    curves->inverse[i] = (int32_t)(5954088144.0 / size); /* 1.3863 * 2^32: 2 ln 2 is mean error by scale */
}

/* Code a value: one of those from low on that are 2^bits apart, and not above the top. */
int32_t place_value(struct placer *placer, const struct aim *aim, int32_t low, unsigned bits, int32_t top,
                    int32_t value);

/* What distances are measured in: half of a scale, and its inverse. */
struct ruler {
    double half, inverse;
};

/* The quarter keeps quotients that are whole from being rounded down, and does not make others whole: see errors.h. */
static inline struct ruler ruler_of(uint32_t scale) {
    return (struct ruler){scale / 2 + 0.25, 1.0 / scale};
}

/* Twice the distance of a value from the prediction, relative to the expected error, rounded: 0 ... 2 * largest */
static inline unsigned relative(int64_t off, const struct ruler *ruler, int largest) {
    const double steps = ((double)(off < 0 ? -off : off) * 2 + ruler->half) * ruler->inverse;
    const int whole = steps < largest ? (int)steps : largest;
    return (unsigned)((off < 0 ? -whole : whole) + largest);
}

#endif
