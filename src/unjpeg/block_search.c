/* SPDX-License-Identifier: MIT */
/*
 * Coefficients from samples (block_search.h).
 */
#include "unjpeg/block_search.h"

#include "base/allocate.h"
#include "base/exact_float.h" /* + - *, and a sum of squares in lanes, in an order fixed by add_lanes */
#include "unjpeg/changes.h"
#include "unjpeg/transform.h"
#include "base/widths.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LANES 8
#define FAR 1e6f
/* The number of changes tried for a candidate: the most promising ones. */
#define TRIED 7
/* An exact block violates its bounds only by the rounding between columns and rows: by about 0.03, and rarely. */
#define NEARLY_EXACT 0.12f
#define MOST_CHANGES 14
/* If only small steps may change, those that are found at all are found in a few turns, and from no great excess. */
#define MOST_CHANGES_CERTAIN 6
#define MOST_CERTAIN_EXCESS 2.0f
#define CERTAIN_STEP 3.0f
/* From this turn on, the excess must have fallen by this factor in each turn but the first. Nine in ten of the searches
 * that are given up would have failed, and these take most of the time. */
#define VAIN_TURNS 3
#define LEAST_FALL 0.98f
#define MOST_CHANGES_ALONE 8 /* without a beam */
/* The cost of being further from the measured coefficient, relative to the squares of excesses; and where samples are
 * guesses. */
#define DISTANCE_WEIGHT 0.03f
#define WEIGHT_IN_DOUBT 0.06f

struct candidate {
    float value[JPEG_BLOCK]; /* of the samples, 0 ... 255 */
    int16_t block[JPEG_BLOCK];
    float excess, cost; /* squares beyond the bounds; and the criterion of the search */
    uint64_t changes;   /* hash of the changes made */
};

struct block_scratch {
    struct candidate beam[2][BLOCK_WIDEST];
    float low[JPEG_BLOCK], high[JPEG_BLOCK];
};

enum bswz_status block_scratch_create(struct block_scratch **scratch, struct bswz_error *error) {
    *scratch = bswz_allocate(1, sizeof **scratch);
    return *scratch != NULL ? BSWZ_OK : bswz_no_memory(error);
}

void block_scratch_free(struct block_scratch *scratch) {
    free(scratch);
}

void block_steps_set(struct block_steps *steps, const uint16_t step[JPEG_BLOCK]) {
    memcpy(steps->step, step, sizeof steps->step);
    transform_fill_basis(steps->basis);
    for (int i = 0; i < JPEG_BLOCK; i++) {
        steps->size[i] = (float)step[i];
        steps->inverse[i] = 1.0f / (float)step[i];
    }
}

static int16_t limit(float value) {
    const float largest = JPEG_LARGEST, bounded = value < -largest ? -largest : value > largest ? largest : value;
    return (int16_t)(bounded < 0 ? -(int)(0.5f - bounded) : (int)(bounded + 0.5f));
}

void block_round(const struct block_steps *steps, const float coefficients[JPEG_BLOCK], int16_t out[JPEG_BLOCK]) {
    for (int i = 0; i < JPEG_BLOCK; i++) {
        out[i] = limit(coefficients[i] * steps->inverse[i]);
    }
}

/* The sum of the lanes, in a fixed order. */
static ALWAYS_INLINE float add_lanes(const float sum[LANES]) {
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

/* The sum of squares by which value + by * basis violates the bounds. */
static ALWAYS_INLINE float excess_of(const float *restrict value, float by, const float *restrict basis,
                                     const float *restrict low, const float *restrict high) {
    float sum[LANES] = {0};
    for (int i = 0; i < JPEG_BLOCK; i += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            const float v = value[i + lane] + by * basis[i + lane];
            const float under = low[i + lane] - v, over = v - high[i + lane];
            const float beyond = under > over ? under : over;
            const float counted = beyond > 0.0f ? beyond : 0.0f;
            sum[lane] += counted * counted;
        }
    }
    return add_lanes(sum);
}

static ALWAYS_INLINE void signed_excess(const float *restrict value, const float *restrict low,
                                        const float *restrict high, float *restrict out) {
    for (int i = 0; i < JPEG_BLOCK; i++) {
        const float within = value[i] < low[i] ? low[i] : value[i] > high[i] ? high[i] : value[i];
        out[i] = value[i] - within;
    }
}

/* How many samples the decoder would get wrong. */
static unsigned wrong_samples(const struct block_steps *steps, const int16_t block[JPEG_BLOCK],
                              const struct block_bounds *bounds) {
    uint8_t samples[JPEG_BLOCK];
    unsigned wrong = 0;
    transform_to_samples(block, steps->step, samples);
    for (int i = 0; i < JPEG_BLOCK; i++) {
        wrong += samples[i] < bounds->low[i] || samples[i] > bounds->high[i];
    }
    return wrong;
}

/* Put a candidate with that change into the beam if it is good enough and new. */
static ALWAYS_INLINE void offer(struct candidate *beam, unsigned *count, unsigned width,
                                const struct block_steps *steps, const struct candidate *from,
                                const struct change *change, float excess, float cost) {
    const uint64_t changes = change_hash(from->changes, from->block, change->at, change->by);
    unsigned worst = 0;
    for (unsigned i = 0; i < *count; i++) {
        if (beam[i].changes == changes) {
            return;
        }
        worst = beam[i].cost > beam[worst].cost ? i : worst;
    }
    if (*count == width && beam[worst].cost <= cost) {
        return;
    }
    struct candidate *to = &beam[*count < width ? (*count)++ : worst];
    const float by = (float)change->by * steps->size[change->at], *basis = steps->basis[change->at];
    for (int i = 0; i < JPEG_BLOCK; i++) {
        to->value[i] = from->value[i] + by * basis[i];
    }
    memcpy(to->block, from->block, sizeof to->block);
    to->block[change->at] = (int16_t)(to->block[change->at] + change->by);
    to->excess = excess;
    to->cost = cost;
    to->changes = changes;
}

/* Remember the block if it is the best so far. */
static ALWAYS_INLINE void note(const struct block_steps *steps, const struct candidate *candidate,
                               const struct block_bounds *bounds, unsigned *fewest, int16_t out[JPEG_BLOCK]) {
    const unsigned wrong = wrong_samples(steps, candidate->block, bounds);
    if (wrong < *fewest) {
        *fewest = wrong;
        memcpy(out, candidate->block, sizeof candidate->block);
    }
}

static ALWAYS_INLINE void begin(struct block_scratch *scratch, const struct block_steps *steps,
                                const int16_t block[JPEG_BLOCK], const struct block_bounds *bounds) {
    struct candidate *first = &scratch->beam[0][0];
    float whole[JPEG_BLOCK];
    for (int i = 0; i < JPEG_BLOCK; i++) {
        scratch->low[i] = bounds->low[i] == 0 ? -FAR : (float)bounds->low[i] - 0.5f;
        scratch->high[i] = bounds->high[i] == 255 ? FAR : (float)bounds->high[i] + 0.5f;
        whole[i] = (float)block[i] * steps->size[i];
    }
    transform_inverse(whole, first->value);
    for (int i = 0; i < JPEG_BLOCK; i++) {
        first->value[i] += 128.0f;
    }
    memcpy(first->block, block, sizeof first->block);
    first->changes = 0;
    first->excess = first->cost = excess_of(first->value, 0.0f, steps->basis[0], scratch->low, scratch->high);
}

/* How many changes in a row are tried. */
static ALWAYS_INLINE unsigned most_turns(unsigned beam, float largest_step, float excess) {
    if (largest_step <= CERTAIN_STEP) {
        return excess > MOST_CERTAIN_EXCESS ? 1 : MOST_CHANGES_CERTAIN;
    }
    return beam > 1 ? MOST_CHANGES : MOST_CHANGES_ALONE;
}

static ALWAYS_INLINE unsigned block_search_body(struct block_scratch *scratch, const struct block_steps *steps,
                                                const float coefficients[JPEG_BLOCK], const struct block_bounds *bounds,
                                                unsigned beam, float largest_step, int16_t out[JPEG_BLOCK]) {
    block_round(steps, coefficients, out);
    unsigned fewest = wrong_samples(steps, out, bounds), count = 1;
    if (fewest == 0 || beam == 0) {
        return fewest;
    }
    begin(scratch, steps, out, bounds);
    const struct change_weights weights = {TRIED, largest_step,
                                           largest_step > CERTAIN_STEP ? WEIGHT_IN_DOUBT : DISTANCE_WEIGHT};
    const unsigned most = most_turns(beam, largest_step, scratch->beam[0][0].excess);
    float least = scratch->beam[0][0].excess;
    unsigned vain = 0;
    for (unsigned turn = 0; turn < most && count > 0 && fewest > 0 && vain < VAIN_TURNS; turn++) {
        const struct candidate *from = scratch->beam[turn % 2];
        struct candidate *to = scratch->beam[1 - turn % 2];
        unsigned next = 0;
        float best = FAR;
        for (unsigned i = 0; i < count; i++) {
            struct change changes[TRIED];
            float beyond[JPEG_BLOCK], slope[JPEG_BLOCK];
            signed_excess(from[i].value, scratch->low, scratch->high, beyond);
            transform_forward(beyond, slope);
            const unsigned tried = changes_find(&weights, steps, slope, coefficients, from[i].block, changes);
            for (unsigned t = 0; t < tried; t++) {
                const struct change *change = &changes[t];
                if (!change_is_possible(from[i].block, change)) {
                    continue;
                }
                const float distance =
                    change_distance(&weights, steps, coefficients, from[i].block, change->at, change->by);
                const float excess = excess_of(from[i].value, (float)change->by * steps->size[change->at],
                                               steps->basis[change->at], scratch->low, scratch->high);
                offer(to, &next, beam, steps, &from[i], change, excess,
                      excess + (from[i].cost - from[i].excess) + distance);
                best = excess < best ? excess : best;
            }
        }
        for (unsigned i = 0; i < next && fewest > 0; i++) {
            if (to[i].excess < NEARLY_EXACT || to[i].excess == best) {
                note(steps, &to[i], bounds, &fewest, out);
            }
        }
        count = next;
        vain = best < LEAST_FALL * least ? 0 : vain + 1;
        least = best < least ? best : least;
    }
    return fewest;
}

FOR_WIDTHS(, unsigned, block_search,
           (struct block_scratch * scratch, const struct block_steps *steps, const float coefficients[JPEG_BLOCK],
            const struct block_bounds *bounds, unsigned beam, float largest_step, int16_t out[JPEG_BLOCK]),
           (scratch, steps, coefficients, bounds, beam, largest_step, out))
