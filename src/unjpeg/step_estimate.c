/* SPDX-License-Identifier: MIT */
/*
 * Quantisation steps (step_estimate.h), from their likelihoods (step_judge.h). Zeros are uninformative: they are zero
 * with every step.
 */
#include "unjpeg/step_estimate.h"

#include "base/exact_float.h" /* + - * /, sums over coefficients in order */
#include "unjpeg/quality_tables.h"
#include "unjpeg/step_judge.h"

#include <string.h>

#define STEPS 256 /* 1 ... 255 */
/* Coefficients below this many standard deviations of the noise, plus 1, may be zero. */
#define CERTAINLY_NOT_ZERO 4.0f
/* How strictly outliers are treated. A share of the coefficients may be anything; but a step is impossible if more
 * than two of them, and more than one in outside_share, are further than `outside` standard deviations from its multiples. A step
 * that is too small costs a little, one that is too large costs blocks: so in pictures part of which was a coarser
 * JPEG before, the most likely step is not the best. */
static const struct {
    float anything, outside;
    unsigned outside_share;
} beliefs[] = {{0.02f, 4.5f, 30}, {0.000001f, 2.75f, 40}};
#define CLEAR_LEAD 12.0f
#define MISSED_SHARE 40       /* one coefficient in this many may be anything if a step is clear */
#define ANYTHING_ROUGHLY 0.3f /* that share may be anything where single steps are reconsidered */
enum { MOST_JUDGED = 1500, FEWEST_JUDGED = 4, FEWEST_FOR_TABLES = 64, TOGETHER = 4 /* frequencies */ };
/* The evidence needed to depart from the table of the best quality, in natural logarithms. */
#define DEPARTURE 4.0f

/* The likelihoods of some steps, up to `end`: see step_judge_several. A few coefficients are judged one by one. */
static void judge_some(const struct step_judge *judge, const float *magnitude, unsigned count, unsigned first,
                       unsigned end, float wanted, float likelihood[JUDGED_AT_A_TIME],
                       unsigned outside[JUDGED_AT_A_TIME]) {
    if (count >= FEWEST_FOR_TABLES) {
        step_judge_several(judge, magnitude, count, first, wanted, likelihood, outside);
        return;
    }
    for (unsigned i = 0; i < JUDGED_AT_A_TIME && first + i <= end; i++) {
        likelihood[i] = step_judge_one(judge, magnitude, count, first + i, &outside[i]);
    }
}

/* The log-likelihood of each step; steps above *largest are impossible. */
static void judge_steps(const float *magnitude, unsigned count, float noise, size_t belief, float likelihood[STEPS],
                        unsigned *largest) {
    const unsigned outside_share = beliefs[belief].outside_share;
    struct step_judge judge;
    float least;
    step_judge_init(&judge, noise, beliefs[belief].anything, beliefs[belief].outside);
    /* The smallest may be noise from a block that is not what it seems; the next ones are not. */
    float smallest[4] = {1e6f, 1e6f, 1e6f, 1e6f};
    for (unsigned i = 0; i < count; i++) {
        float value = magnitude[i];
        for (int k = 0; k < 4; k++) {
            if (value < smallest[k]) {
                const float moved = smallest[k];
                smallest[k] = value;
                value = moved;
            }
        }
    }
    least = smallest[count >= 400 ? 3 : count >= 100 ? 2 : count >= 30 ? 1 : 0] + 4.0f * noise;
    *largest = least < 255.0f ? (unsigned)least : 255;
    for (unsigned first = 1; first <= *largest; first += JUDGED_AT_A_TIME) {
        float sum[JUDGED_AT_A_TIME];
        unsigned outside[JUDGED_AT_A_TIME];
        judge_some(&judge, magnitude, count, first, *largest, 2 * STEP_IMPOSSIBLE, sum, outside);
        for (unsigned i = 0; i < JUDGED_AT_A_TIME && first + i <= *largest; i++) {
            const bool is_possible = outside[i] * outside_share <= count + 2 * outside_share;
            likelihood[first + i] = is_possible ? sum[i] : STEP_IMPOSSIBLE;
        }
    }
}

/* Add a table if it is new. */
static void add_table(uint16_t tables[ESTIMATES_MAX][JPEG_BLOCK], unsigned *count, const uint16_t table[JPEG_BLOCK]) {
    for (unsigned i = 0; i < *count; i++) {
        if (memcmp(tables[i], table, JPEG_BLOCK * sizeof *table) == 0) {
            return;
        }
    }
    if (*count < ESTIMATES_MAX) {
        memcpy(tables[(*count)++], table, JPEG_BLOCK * sizeof *table);
    }
}

/* For one frequency. */
struct verdict {
    float likelihood[STEPS];
    unsigned largest; /* largest possible step; 0: nothing is known */
    unsigned best;
};

static float judge_table(const struct verdict verdicts[JPEG_BLOCK], const uint16_t table[JPEG_BLOCK]) {
    float sum = 0;
    for (int f = 0; f < JPEG_BLOCK; f++) {
        const struct verdict *verdict = &verdicts[f];
        if (verdict->largest > 0) {
            sum += table[f] <= verdict->largest ? verdict->likelihood[table[f]]
                                                : verdict->likelihood[verdict->best] - 40.0f;
        }
    }
    return sum;
}

float estimate_least(float noise) {
    return CERTAINLY_NOT_ZERO * noise > 1.2f ? CERTAINLY_NOT_ZERO * noise : 1.2f;
}

/* The coefficients of some frequencies next to each other that are not zero. */
struct magnitudes {
    unsigned count[TOGETHER];
    float magnitude[TOGETHER][MOST_JUDGED + 1];
};

/* They share cache lines, and whether one is zero cannot be foreseen: so each is written, and counted if it is not. */
static void find_magnitudes(const float (*const *coefficients)[JPEG_BLOCK], unsigned count, unsigned first,
                            const float noise[JPEG_BLOCK], struct magnitudes *found) {
    float least[TOGETHER];
    for (unsigned k = 0; k < TOGETHER; k++) {
        least[k] = estimate_least(noise[first + k]);
        found->count[k] = 0;
    }
    for (unsigned i = 0; i < count; i++) {
        const float *from = *coefficients[i] + first;
        for (unsigned k = 0; k < TOGETHER; k++) {
            const float value = from[k] < 0 ? -from[k] : from[k];
            const unsigned known = found->count[k];
            found->magnitude[k][known] = value;
            found->count[k] = known + ((value > least[k]) & (known < MOST_JUDGED));
        }
    }
}

/* All frequencies. */
static void judge_all(const float (*const *coefficients)[JPEG_BLOCK], unsigned count, const float noise[JPEG_BLOCK],
                      size_t belief, struct verdict verdicts[JPEG_BLOCK]) {
    struct magnitudes found;
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        struct verdict *verdict = &verdicts[f];
        if (f % TOGETHER == 0) {
            find_magnitudes(coefficients, count, f, noise, &found);
        }
        const unsigned known = found.count[f % TOGETHER];
        verdict->largest = 0;
        verdict->best = 1;
        if (known > 0) {
            judge_steps(found.magnitude[f % TOGETHER], known, noise[f], belief, verdict->likelihood, &verdict->largest);
            for (unsigned step = 2; step <= verdict->largest; step++) {
                verdict->best = verdict->likelihood[step] > verdict->likelihood[verdict->best] ? step : verdict->best;
            }
        }
    }
}

/* libjpeg's table for the most likely quality. */
static void find_usual(const struct verdict verdicts[JPEG_BLOCK], bool is_colour, uint16_t usual[JPEG_BLOCK]) {
    float best = 0;
    for (unsigned quality = 1; quality <= TABLE_QUALITIES; quality++) {
        uint16_t table[JPEG_BLOCK];
        table_of_quality(quality, is_colour, table);
        const float sum = judge_table(verdicts, table);
        if (quality == 1 || sum >= best) {
            best = sum;
            memcpy(usual, table, sizeof table);
        }
    }
}

unsigned estimate_steps(const float (*const *coefficients)[JPEG_BLOCK], unsigned count, const float noise[JPEG_BLOCK],
                        bool is_colour, uint16_t tables[ESTIMATES_MAX][JPEG_BLOCK]) {
    struct verdict verdicts[JPEG_BLOCK];
    unsigned found = 0;
    for (size_t belief = 0; belief < sizeof beliefs / sizeof beliefs[0]; belief++) {
        uint16_t usual[JPEG_BLOCK], table[JPEG_BLOCK];
        judge_all(coefficients, count, noise, belief, verdicts);
        find_usual(verdicts, is_colour, usual);
        add_table(tables, &found, usual);
        for (int strict = 1; strict >= 0; strict--) { /* certain departures; then all */
            for (int f = 0; f < JPEG_BLOCK; f++) {
                const struct verdict *verdict = &verdicts[f];
                const float lead = verdict->largest == 0 || usual[f] > verdict->largest
                                       ? 0
                                       : verdict->likelihood[verdict->best] - verdict->likelihood[usual[f]];
                const bool stays =
                    verdict->largest == 0 || (usual[f] <= verdict->largest && lead <= (strict ? DEPARTURE : 0.0f));
                table[f] = stays ? usual[f] : (uint16_t)verdict->best;
            }
            add_table(tables, &found, table);
        }
    }
    return found;
}

/* Insert one, in the order of leads. */
static void add_departure(struct step_departure *departures, unsigned count, struct step_departure departure) {
    for (; count > 0 && departures[count - 1].lead < departure.lead; count--) {
        departures[count] = departures[count - 1];
    }
    departures[count] = departure;
}

/* Is hardly any coefficient far from a multiple of the step? */
static bool fits_clearly(const float *magnitude, unsigned count, float noise, unsigned step) {
    const float size = (float)step, inverse = 1.0f / size, far = CERTAINLY_NOT_ZERO * noise;
    unsigned missed = 0;
    for (unsigned i = 0; i < count; i++) {
        const float off = magnitude[i] - (float)(int)(magnitude[i] * inverse + 0.5f) * size;
        missed += off > far || off < -far;
    }
    return 2.0f * far < size && missed * MISSED_SHARE <= count;
}

unsigned estimate_departures(const float (*const *coefficients)[JPEG_BLOCK], unsigned count,
                             const float noise[JPEG_BLOCK], const uint16_t table[JPEG_BLOCK],
                             struct step_departure departures[DEPARTURES_MAX]) {
    struct magnitudes magnitudes;
    float sum[JUDGED_AT_A_TIME];
    unsigned found = 0, outside[JUDGED_AT_A_TIME];
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        if (f % TOGETHER == 0) {
            find_magnitudes(coefficients, count, f, noise, &magnitudes);
        }
        const float *magnitude = magnitudes.magnitude[f % TOGETHER];
        const unsigned known = magnitudes.count[f % TOGETHER];
        unsigned best = table[f];
        struct step_judge judge;
        if (f == 0 || known < FEWEST_JUDGED) {
            continue;
        }
        step_judge_init(&judge, noise[f], ANYTHING_ROUGHLY, 0.0f);
        const float usual = step_judge_one(&judge, magnitude, known, table[f], outside);
        float most = usual;
        for (unsigned first = 1; first < STEPS; first += JUDGED_AT_A_TIME) {
            judge_some(&judge, magnitude, known, first, STEPS - 1, most, sum, outside);
            for (unsigned i = 0; i < JUDGED_AT_A_TIME && first + i < STEPS; i++) {
                best = sum[i] > most ? first + i : best;
                most = sum[i] > most ? sum[i] : most;
            }
        }
        if (most - usual > DEPARTURE) {
            const bool is_clear = most - usual > CLEAR_LEAD && fits_clearly(magnitude, known, noise[f], best);
            const struct step_departure departure = {f, (uint16_t)best, most - usual, is_clear};
            add_departure(departures, found++, departure);
        }
    }
    return found;
}
