/* SPDX-License-Identifier: MIT */
/*
 * Coding a sample relative to where it is expected, by decisions (place.c). Samples and their predictions may come from
 * anywhere: deep pictures (deep_model.h), or the finest levels of a pyramid (pyramid/blend.h), where a network gives a
 * distribution of its own.
 */
#ifndef BSWZ_DEEP_PLACE_H
#define BSWZ_DEEP_PLACE_H

#include "coder/given.h"
#include "deep/curves.h"
#include "mixing/decisions.h"
#include "mixing/mixer.h"

#include <math.h>

enum {
    NODES = 32,
    CONTEXTS = 12, /* of places in terms of the error that is to be expected; the first is that of the threshold, too */
    EXACT = 3,     /* of exact values */
    CELLS = CONTEXTS + EXACT,
    EXACT_BITS = 16, /* at most */
    PLACE_SETS = 4,
    SET_NUMBERS = 128,           /* of the second set of weights */
    LEVELS = 64,                 /* of the fourth */
    INPUTS = CELLS + CURVES + 1, /* a multiple of MIX_STEP; a given mixture comes after them */
    THRESHOLDS = 32              /* values of the first context for each number in it */
};

struct placer {
    struct decisions *decisions;
    cell *cells; /* the values of all contexts * NODES */
    cell *exact; /* for each context of exact values, 2^exact_bits */
    unsigned exact_bits;
    bool is_given; /* there is a mixture, too: it is another input, and what cells start from */
    int16_t *weights[PLACE_SETS];
    int32_t last[NODES][PLACE_SETS];
    const struct curves_code *code;
    int16_t stretched[4096]; /* of probabilities divided by 16 */
    uint16_t trust[1024];    /* mix_trust of counts */
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

enum { RELATIVE_LARGEST = 8 };

/* Twice each of four distances from the prediction, relative to the expected error, rounded: at most RELATIVE_LARGEST in
 * magnitude. Distances are below 2^31. */
static inline void relative_plain(const struct ruler *ruler, const int32_t off[4], int32_t steps[4]) {
    for (unsigned i = 0; i < 4; i++) {
        const double exact = (fabs((double)off[i]) * 2 + ruler->half) * ruler->inverse;
        const int32_t whole = (int32_t)(exact < RELATIVE_LARGEST ? exact : RELATIVE_LARGEST);
        steps[i] = off[i] < 0 ? -whole : whole;
    }
}

/* Without branches, since the processor could rarely predict them. */
static inline void relative(const struct ruler *ruler, int32_t a, int32_t b, int32_t c, int32_t d, int32_t steps[4]) {
#ifdef __SSE2__
    const __m128i off = _mm_setr_epi32(a, b, c, d), sign = _mm_srai_epi32(off, 31);
    const __m128i away = _mm_sub_epi32(_mm_xor_si128(off, sign), sign);
    const __m128d half = _mm_set1_pd(ruler->half), inverse = _mm_set1_pd(ruler->inverse);
    __m128d low = _mm_cvtepi32_pd(away), high = _mm_cvtepi32_pd(_mm_unpackhi_epi64(away, away));
    low = _mm_min_pd(_mm_mul_pd(_mm_add_pd(_mm_add_pd(low, low), half), inverse), _mm_set1_pd(RELATIVE_LARGEST));
    high = _mm_min_pd(_mm_mul_pd(_mm_add_pd(_mm_add_pd(high, high), half), inverse), _mm_set1_pd(RELATIVE_LARGEST));
    const __m128i whole = _mm_unpacklo_epi64(_mm_cvttpd_epi32(low), _mm_cvttpd_epi32(high));
    _mm_storeu_si128((__m128i *)(void *)steps, _mm_sub_epi32(_mm_xor_si128(whole, sign), sign));
#else
    relative_plain(ruler, (const int32_t[]){a, b, c, d}, steps);
#endif
}

/* At most that in magnitude: 0 ... 2 * largest */
static inline unsigned steps_within(int32_t steps, int32_t largest) {
    return (unsigned)((steps < -largest ? -largest : steps > largest ? largest : steps) + largest);
}

#endif
