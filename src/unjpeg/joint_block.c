/* SPDX-License-Identifier: MIT */
/*
 * Clipped pixels (joint_block.h).
 *
 * All that is known about the hidden numbers is a Gaussian, and so is what follows for the coefficients, which are linear
 * in them. First it comes from what coefficients usually are. Then coefficients are decided one by one: always the one
 * that is known best for the size of its step becomes the nearest multiple, which says something about the hidden numbers
 * and so about the other coefficients. (Receivers of radio signals that arrive on several antennas do this, too:
 * "successive interference cancellation".) Numbers that come out on the wrong side of the clipping are drawn back to it.
 */
#include "unjpeg/joint_block.h"

#include "base/allocate.h"
#include "base/exact_float.h" /* + - * / and square roots, in a fixed order */
#include "unjpeg/gaussian.h"
#include "unjpeg/transform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 8
/* Squares: of a coefficient's error by rounding; of what may be hidden. */
#define NOISE 0.12f
#define NO_NEWS 1.01f /* times that */
#define HIDDEN_SPREAD 4e4f
#define MOST_HIDDEN 1000.0f /* larger numbers are errors by rounding */
/* The square of a coefficient's expected size is this over (1 + u^2 + v^2)^(3/2); a quarter of it in colour. */
static const float contents[JOINT_TRUSTS] = {6e3f, 4e2f};
#define MEAN_CONTENT 1e6f /* and of a mean's */
#define COLOUR_SHARE 0.25f
/* A number is drawn back that is further on the wrong side than that, to a little on the right side, with this square of
 * the doubt about it; at first in so many rounds, then after so many decisions. */
#define WRONG_SIDE 1.0f
#define RIGHT_SIDE 0.5f
#define DOUBT 1.0f
#define FIRST_ROUNDS 2
#define ROUND_EVERY 16

struct joint_scratch {
    float share[JOINT_HIDDEN][JOINT_SIZE];        /* of a hidden number, in each coefficient */
    float covariance[JOINT_HIDDEN][JOINT_HIDDEN]; /* of the hidden numbers, */
    float mean[JOINT_HIDDEN];                     /* and what they are expected to be */
    /* The coefficients that are left: what they are expected to be, and its variance, with NOISE; their steps. */
    unsigned left;
    float expected[JOINT_SIZE], variance[JOINT_SIZE], step[JOINT_SIZE], inverse[JOINT_SIZE];
};

enum bswz_status joint_scratch_create(struct joint_scratch **scratch, struct bswz_error *error) {
    *scratch = bswz_allocate(1, sizeof **scratch);
    return *scratch != NULL ? BSWZ_OK : bswz_no_memory(error);
}

void joint_scratch_free(struct joint_scratch *scratch) {
    free(scratch);
}

/* The reciprocal of the square of what is expected of a coefficient. */
static ALWAYS_INLINE float weight_of(unsigned trust, unsigned component, unsigned f) {
    const float u = (float)(f % SIDE), v = (float)(f / SIDE), distance = 1.0f + u * u + v * v;
    const float content = f == 0 ? MEAN_CONTENT : contents[trust] / (distance * sqrtf(distance));
    return 1.0f / (content * (component == 0 ? 1.0f : COLOUR_SHARE) + NOISE);
}

/* What follows from the usual sizes of coefficients. */
static ALWAYS_INLINE void begin(struct joint_scratch *s, const struct block_steps *steps, unsigned trust,
                                const struct joint_block *block) {
    const unsigned size = block->count * JPEG_BLOCK, hidden = block->hidden_count;
    s->left = size;
    float weight[JOINT_SIZE], weighted[JOINT_SIZE], right[JOINT_HIDDEN];
    for (unsigned h = 0; h < size; h++) {
        const unsigned c = h / JPEG_BLOCK, f = h % JPEG_BLOCK;
        weight[h] = weight_of(trust, c, f);
        for (unsigned k = 0; k < hidden; k++) {
            s->share[k][h] = block->hidden[k].direction[c] * steps[c].basis[f][block->hidden[k].at];
        }
        s->variance[h] = NOISE;
        s->step[h] = steps[c].size[f];
        s->inverse[h] = steps[c].inverse[f];
    }
    for (unsigned c = 0; c < block->count; c++) {
        transform_forward(block->value[c], s->expected + c * JPEG_BLOCK);
    }
    for (unsigned k = 0; k < hidden; k++) {
        for (unsigned h = 0; h < size; h++) {
            weighted[h] = s->share[k][h] * weight[h];
        }
        for (unsigned l = 0; l <= k; l++) {
            s->covariance[k][l] = s->covariance[l][k] = vector_dot(weighted, s->share[l], size);
        }
        s->covariance[k][k] += 1.0f / HIDDEN_SPREAD;
        right[k] = -vector_dot(weighted, s->expected, size);
    }
    matrix_invert(s->covariance[0], JOINT_HIDDEN, hidden);
    for (unsigned k = 0; k < hidden; k++) {
        float moved[JOINT_SIZE] = {0};
        s->mean[k] = 0.0f;
        for (unsigned l = 0; l < hidden; l++) {
            s->mean[k] += s->covariance[k][l] * right[l];
            vector_add(moved, s->covariance[k][l], s->share[l], size);
        }
        for (unsigned h = 0; h < size; h++) {
            s->variance[h] += s->share[k][h] * moved[h];
        }
    }
    for (unsigned k = 0; k < hidden; k++) {
        vector_add(s->expected, s->mean[k], s->share[k], size);
    }
}

/* Something was observed that differs by this from what was expected. covariance: of it with the hidden numbers; variance:
 * of it. */
static ALWAYS_INLINE void observe(struct joint_scratch *s, const struct joint_block *block,
                                  const float covariance[JOINT_HIDDEN], float variance, float difference) {
    const unsigned hidden = block->hidden_count;
    const float inverse = 1.0f / variance, by = difference * inverse;
    float moved[JOINT_SIZE] = {0};
    for (unsigned k = 0; k < hidden; k++) {
        vector_add(s->covariance[k], -covariance[k] * inverse, covariance, hidden);
        vector_add(moved, covariance[k], s->share[k], s->left);
        s->mean[k] += covariance[k] * by;
    }
    for (unsigned h = 0; h < s->left; h++) {
        const float left = s->variance[h] - moved[h] * moved[h] * inverse;
        s->expected[h] += moved[h] * by;
        s->variance[h] = left < NOISE ? NOISE : left;
    }
}

/* Draw back what is on the wrong side. */
static ALWAYS_INLINE void draw_back(struct joint_scratch *s, const struct joint_block *block) {
    for (unsigned k = 0; k < block->hidden_count; k++) {
        const float sign = block->hidden[k].is_high ? 1.0f : -1.0f;
        if (sign * s->mean[k] < -WRONG_SIDE) {
            float covariance[JOINT_HIDDEN];
            memcpy(covariance, s->covariance[k], sizeof covariance);
            observe(s, block, covariance, (covariance[k] > 0.0f ? covariance[k] : 0.0f) + DOUBT,
                    sign * RIGHT_SIDE - s->mean[k]);
        }
    }
}

/* The coefficient is the nearest multiple of its step. */
static ALWAYS_INLINE void decide_on(struct joint_scratch *s, const struct joint_block *block, unsigned h) {
    const float value = nearest_whole(s->expected[h] * s->inverse[h], JPEG_LARGEST) * s->step[h];
    float covariance[JOINT_HIDDEN] = {0};
    for (unsigned k = 0; k < block->hidden_count; k++) {
        vector_add(covariance, s->share[k][h], s->covariance[k], block->hidden_count);
    }
    observe(s, block, covariance, s->variance[h], value - s->expected[h]);
}

/* The last one that is left takes its place. */
static ALWAYS_INLINE void leave_out(struct joint_scratch *s, const struct joint_block *block, unsigned h) {
    const unsigned last = --s->left;
    for (unsigned k = 0; k < block->hidden_count; k++) {
        s->share[k][h] = s->share[k][last];
    }
    s->expected[h] = s->expected[last];
    s->variance[h] = s->variance[last];
    s->step[h] = s->step[last];
    s->inverse[h] = s->inverse[last];
}

/* The coefficient whose error is smallest, in steps. Those are left out that would say nothing about the hidden numbers; if
 * none is left: 0. */
static ALWAYS_INLINE unsigned known_best(struct joint_scratch *s, const struct joint_block *block) {
    unsigned best = 0;
    float least = FLT_MAX;
    for (unsigned h = 0; h < s->left;) {
        const float doubt = s->variance[h] * (s->inverse[h] * s->inverse[h]);
        if (!(s->variance[h] > NO_NEWS * NOISE)) {
            leave_out(s, block, h);
            continue;
        }
        if (doubt < least) {
            least = doubt;
            best = h;
        }
        h++;
    }
    return best;
}

static ALWAYS_INLINE void joint_block_guess_body(struct joint_scratch *s, const struct block_steps *steps,
                                                 unsigned trust, struct joint_block *block) {
    begin(s, steps, trust, block);
    for (unsigned round = 0; round < FIRST_ROUNDS; round++) {
        draw_back(s, block);
    }
    for (unsigned decided = 1;; decided++) {
        const unsigned best = known_best(s, block);
        if (s->left == 0) {
            break;
        }
        decide_on(s, block, best);
        leave_out(s, block, best);
        if (decided % ROUND_EVERY == 0) {
            draw_back(s, block);
        }
    }
    for (unsigned k = 0; k < block->hidden_count; k++) {
        const struct joint_hidden *hidden = &block->hidden[k];
        const float number = s->mean[k];
        const bool is_possible = number > -MOST_HIDDEN && number < MOST_HIDDEN;
        for (unsigned c = 0; c < block->count && is_possible; c++) {
            block->value[c][hidden->at] += hidden->direction[c] * number;
        }
    }
}

FOR_WIDTHS(, void, joint_block_guess,
           (struct joint_scratch * s, const struct block_steps *steps, unsigned trust, struct joint_block *block),
           (s, steps, trust, block))
