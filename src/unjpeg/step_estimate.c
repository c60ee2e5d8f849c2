/* SPDX-License-Identifier: MIT */
/*
 * Quantisation steps (step_estimate.h).
 *
 * The likelihood of step q for a nonzero coefficient c: q times the density of the noise at c's distance from the
 * nearest multiple, compared with coefficients that are spread evenly; a few per cent of the coefficients may be
 * anything. Zeros are uninformative: they are zero with every step.
 *
 * Logarithms are our own: those of the C library need not be the same everywhere.
 */
#include "unjpeg/step_estimate.h"

#include "base/exact_float.h" /* + - * /, sums over coefficients in order */
#include "unjpeg/quality_tables.h"

#include <string.h>

#define STEPS 256 /* 1 ... 255 */
#define BIN 16.0f /* resolution of distances: parts of one */
#define BINS 64   /* larger distances are not distinguished */
#define FARTHEST (2 * BINS)
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
#define IMPOSSIBLE (-1e9f)
#define CLEAR_LEAD 12.0f
#define MISSED_SHARE 40       /* one coefficient in this many may be anything if a step is clear */
#define ANYTHING_ROUGHLY 0.3f /* that share may be anything where single steps are reconsidered */
enum { MOST_JUDGED = 1500, FEWEST_JUDGED = 4 };
/* The evidence needed to depart from the table of the best quality, in natural logarithms. */
#define DEPARTURE 4.0f

/* Natural logarithm of x > 0. */
static float logarithm(float x) {
    float twos = 0;
    for (; x > 1.4142135f; x *= 0.5f) {
        twos += 1.0f;
    }
    for (; x < 0.70710678f; x *= 2.0f) {
        twos -= 1.0f;
    }
    const float t = (x - 1.0f) / (x + 1.0f), s = t * t;
    return twos * 0.69314718f + 2.0f * t * (1.0f + s * (1.0f / 3 + s * (1.0f / 5 + s * (1.0f / 7 + s / 9))));
}

/* e^-x, 0 <= x. */
static float fall(float x) {
    float y = 1.0f;
    int halvings = 0;
    if (x > 60.0f) {
        return 0.0f;
    }
    for (; x > 0.125f; x *= 0.5f) {
        halvings++;
    }
    y = 1.0f - x * (1.0f - x / 2 * (1.0f - x / 3 * (1.0f - x / 4 * (1.0f - x / 5))));
    for (; halvings > 0; halvings--) {
        y *= y;
    }
    return y;
}

/* density[b]: of the noise at distance b / BIN. */
static void fill_density(float noise, float density[BINS]) {
    for (int b = 0; b < BINS; b++) {
        const float distance = (float)b / (BIN * noise);
        density[b] = 0.39894228f / noise * fall(0.5f * distance * distance);
    }
}

static float density_at(const float density[BINS], float distance) {
    const int bin = (int)(distance * BIN + 0.5f);
    return bin < BINS ? density[bin] : 0.0f;
}

/* The log-likelihood of a coefficient that is this many bins away from the nearest multiple of the step. */
static float judge_bin(const float density[BINS], float size, float anything, int bin) {
    const float distance = (float)bin / BIN;
    const float before = size - distance < 0 ? distance - size : size - distance;
    const float second = 2 * size - distance < 0 ? distance : 2 * size - distance;
    const float all = density_at(density, distance) + density_at(density, before) +
                      density_at(density, size + distance) + density_at(density, second);
    return logarithm((1.0f - anything) * size * all + anything);
}

/* The log-likelihood of each step; steps above *largest are impossible. */
static void judge_steps(const float *magnitude, unsigned count, float noise, size_t belief, float likelihood[STEPS],
                        unsigned *largest) {
    const float anything = beliefs[belief].anything;
    const float outside_from = beliefs[belief].outside * noise;
    const unsigned outside_share = beliefs[belief].outside_share;
    const bool is_few = count < FARTHEST / 2; /* a tiny picture, for which a table is not worthwhile */
    float density[BINS], least;
    fill_density(noise, density);
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
    for (unsigned step = 1; step <= *largest; step++) {
        const float size = (float)step, inverse = 1.0f / size;
        float cached[FARTHEST + 1], sum = 0;
        for (int b = 0; b <= FARTHEST && !is_few; b++) {
            cached[b] = judge_bin(density, size, anything, b);
        }
        unsigned outside = 0;
        for (unsigned i = 0; i < count; i++) {
            const float multiple = (float)(int)(magnitude[i] * inverse + 0.5f);
            const float off = magnitude[i] - multiple * size, distance = off < 0 ? -off : off;
            const int bin = (int)(distance * BIN + 0.5f);
            const int near = bin < FARTHEST ? bin : FARTHEST;
            sum += is_few ? judge_bin(density, size, anything, near) : cached[near];
            outside += distance > outside_from;
        }
        likelihood[step] = outside * outside_share > count + 2 * outside_share ? IMPOSSIBLE : sum;
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

/* The coefficients of a frequency that are not zero; returns their number. */
static unsigned find_magnitudes(const float (*const *coefficients)[JPEG_BLOCK], unsigned count, unsigned f, float noise,
                                float magnitude[MOST_JUDGED]) {
    const float least = estimate_least(noise);
    unsigned known = 0;
    for (unsigned i = 0; i < count && known < MOST_JUDGED; i++) {
        const float value = (*coefficients[i])[f] < 0 ? -(*coefficients[i])[f] : (*coefficients[i])[f];
        if (value > least) {
            magnitude[known++] = value;
        }
    }
    return known;
}

/* All frequencies. */
static void judge_all(const float (*const *coefficients)[JPEG_BLOCK], unsigned count, const float noise[JPEG_BLOCK],
                      size_t belief, struct verdict verdicts[JPEG_BLOCK]) {
    float magnitude[MOST_JUDGED];
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        struct verdict *verdict = &verdicts[f];
        const unsigned known = find_magnitudes(coefficients, count, f, noise[f], magnitude);
        verdict->largest = 0;
        verdict->best = 1;
        if (known > 0) {
            judge_steps(magnitude, known, noise[f], belief, verdict->likelihood, &verdict->largest);
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

/* The log-likelihood of a step if many coefficients may be anything. */
static float judge_roughly(const float *magnitude, unsigned count, const float density[BINS], unsigned step) {
    const float size = (float)step, inverse = 1.0f / size;
    float cached[FARTHEST + 1], sum = 0;
    for (int b = 0; b <= FARTHEST; b++) {
        cached[b] = judge_bin(density, size, ANYTHING_ROUGHLY, b);
    }
    for (unsigned i = 0; i < count; i++) {
        const float off = magnitude[i] - (float)(int)(magnitude[i] * inverse + 0.5f) * size;
        const int bin = (int)((off < 0 ? -off : off) * BIN + 0.5f);
        sum += cached[bin < FARTHEST ? bin : FARTHEST];
    }
    return sum;
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
    float magnitude[MOST_JUDGED], density[BINS];
    unsigned found = 0;
    for (unsigned f = 1; f < JPEG_BLOCK; f++) {
        const unsigned known = find_magnitudes(coefficients, count, f, noise[f], magnitude);
        unsigned best = table[f];
        fill_density(noise[f], density);
        const float usual = judge_roughly(magnitude, known, density, table[f]);
        float most = usual;
        for (unsigned step = 1; step < STEPS && known >= FEWEST_JUDGED; step++) {
            const float likelihood = judge_roughly(magnitude, known, density, step);
            if (likelihood > most) {
                most = likelihood;
                best = step;
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
