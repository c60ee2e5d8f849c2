/* SPDX-License-Identifier: MIT */
/*
 * Likelihoods of steps (step_judge.h). Each step has a table by distances, and the sums over the coefficients, which
 * are in order, go on for several steps side by side.
 */
#include "unjpeg/step_judge.h"

#include "base/exact_float.h" /* + - * /, sums over coefficients in order */
#include "base/widths.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BIN 16.0f /* resolution of distances: parts of one */
#define FARTHEST (2 * JUDGE_BINS)
#define LANES JUDGED_AT_A_TIME
#define PIECE 64u /* coefficients after which it is asked whether to go on */
/* More than the rounding errors of a sum of 1500 logarithms. */
#define MARGIN 4.0f

/* Natural logarithm of x > 0, which must not be denormal. */
static float logarithm(float x) {
    int twos = 0;
    if (x > 1.4142135f || x < 0.70710678f) { /* x = 2^twos * m, with m in between */
        const bool is_below = x < 1.0f;
        uint32_t bits;
        memcpy(&bits, &x, sizeof bits);
        twos = (int)(bits >> 23) - 127;
        bits = (bits & 0x7fffff) | (uint32_t)127 << 23; /* 1 <= m < 2 */
        memcpy(&x, &bits, sizeof x);
        if (is_below ? 0.5f * x >= 0.70710678f : x > 1.4142135f) {
            x *= 0.5f;
            twos++;
        }
    }
    const float t = (x - 1.0f) / (x + 1.0f), s = t * t;
    return (float)twos * 0.69314718f + 2.0f * t * (1.0f + s * (1.0f / 3 + s * (1.0f / 5 + s * (1.0f / 7 + s / 9))));
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

void step_judge_init(struct step_judge *judge, float noise, float anything, float outside) {
    for (int b = 0; b < JUDGE_BINS; b++) {
        const float distance = (float)b / (BIN * noise);
        judge->density[b] = 0.39894228f / noise * fall(0.5f * distance * distance);
    }
    judge->anything = anything;
    judge->outside_from = outside * noise;
}

static float density_at(const struct step_judge *judge, float distance) {
    const int bin = (int)(distance * BIN + 0.5f);
    return bin < JUDGE_BINS ? judge->density[bin] : 0.0f;
}

/* The log-likelihood of a coefficient that is this many bins away from the nearest multiple of the step. */
static float judge_bin(const struct step_judge *judge, float size, int bin) {
    const float distance = (float)bin / BIN;
    const float before = size - distance < 0 ? distance - size : size - distance;
    const float second = 2 * size - distance < 0 ? distance : 2 * size - distance;
    const float all = density_at(judge, distance) + density_at(judge, before) + density_at(judge, size + distance) +
                      density_at(judge, second);
    return logarithm((1.0f - judge->anything) * size * all + judge->anything);
}

/* Of all bins; returns the largest. */
static float fill_table(const struct step_judge *judge, unsigned step, float table[FARTHEST + 1]) {
    const float size = (float)step;
    /* distances are half a step at most, with room for rounding; and far from multiples of a large step, nothing is
     * distinguished */
    const int half = (int)(size * BIN * 0.5f) + 4, bins = half < FARTHEST ? half : FARTHEST;
    const int most = step >= 16 && bins > JUDGE_BINS ? JUDGE_BINS : bins;
    float largest = STEP_IMPOSSIBLE;
    for (int b = 0; b <= most; b++) {
        table[b] = judge_bin(judge, size, b);
        largest = table[b] > largest ? table[b] : largest;
    }
    for (int b = most + 1; b <= FARTHEST; b++) {
        table[b] = table[most];
    }
    return largest;
}

float step_judge_one(const struct step_judge *judge, const float *magnitude, unsigned count, unsigned step,
                     unsigned *outside) {
    const float size = (float)step, inverse = 1.0f / size;
    float sum = 0;
    *outside = 0;
    for (unsigned i = 0; i < count; i++) {
        const float multiple = (float)(int)(magnitude[i] * inverse + 0.5f);
        const float off = magnitude[i] - multiple * size, distance = off < 0 ? -off : off;
        const int bin = (int)(distance * BIN + 0.5f);
        sum += judge_bin(judge, size, bin < FARTHEST ? bin : FARTHEST);
        *outside += distance > judge->outside_from;
    }
    return sum;
}

/* The steps of a call. */
struct lanes {
    float size[LANES], inverse[LANES], sum[LANES];
    unsigned outside[LANES];
    float table[LANES][FARTHEST + 1];
};

static ALWAYS_INLINE void add_piece_body(struct lanes *restrict lanes, const float *restrict magnitude, unsigned count,
                                         float outside_from) {
    for (unsigned i = 0; i < count; i++) {
        int near[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            const float multiple = (float)(int)(magnitude[i] * lanes->inverse[lane] + 0.5f);
            const float off = magnitude[i] - multiple * lanes->size[lane], distance = off < 0 ? -off : off;
            const int bin = (int)(distance * BIN + 0.5f);
            near[lane] = bin < FARTHEST ? bin : FARTHEST;
            lanes->outside[lane] += distance > outside_from;
        }
        for (int lane = 0; lane < LANES; lane++) {
            lanes->sum[lane] += lanes->table[lane][near[lane]];
        }
    }
}

FOR_WIDTHS(static, void, add_piece,
           (struct lanes *restrict lanes, const float *restrict magnitude, unsigned count, float outside_from),
           (lanes, magnitude, count, outside_from))

void step_judge_several(const struct step_judge *judge, const float *magnitude, unsigned count, unsigned first,
                        float wanted, float likelihood[LANES], unsigned outside[LANES]) {
    struct lanes lanes;
    float largest[LANES];
    for (unsigned lane = 0; lane < LANES; lane++) {
        lanes.size[lane] = (float)(first + lane);
        lanes.inverse[lane] = 1.0f / lanes.size[lane];
        lanes.sum[lane] = 0;
        lanes.outside[lane] = 0;
        largest[lane] = fill_table(judge, first + lane, lanes.table[lane]);
    }
    bool can_be = true;
    for (unsigned done = 0; done < count && can_be;) {
        const unsigned piece = count - done < PIECE ? count - done : PIECE;
        add_piece(&lanes, magnitude + done, piece, judge->outside_from);
        done += piece;
        can_be = false;
        for (unsigned lane = 0; lane < LANES; lane++) {
            can_be |= lanes.sum[lane] + (float)(count - done) * largest[lane] + MARGIN > wanted;
        }
    }
    for (unsigned lane = 0; lane < LANES; lane++) {
        likelihood[lane] = can_be ? lanes.sum[lane] : STEP_IMPOSSIBLE;
        outside[lane] = can_be ? lanes.outside[lane] : 0;
    }
}
