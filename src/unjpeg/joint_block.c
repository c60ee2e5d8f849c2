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

#include <stdlib.h>
#include <string.h>

/* Squares: of a coefficient's error by rounding; of what may be hidden. */
#define NOISE 0.12f
#define NO_NEWS 1.01f /* times that */
#define HIDDEN_SPREAD 4e4f
#define MOST_HIDDEN 1000.0f /* larger numbers are errors by rounding */
/* The square of a coefficient's expected size is this over (1 + u^2 + v^2)^(3/2); a quarter of it in colour. */
static const float contents[JOINT_TRUSTS] = {6e3f, 4e2f};
#define MEAN_CONTENT 1e6f /* and of a mean's */
#define COLOUR_SHARE 0.25f
/* A number that is further on the wrong side than WRONG_SIDE is drawn back to RIGHT_SIDE, with the square DOUBT of the
 * error: in FIRST_ROUNDS rounds at first, then after every ROUND_EVERY decisions. */
#define WRONG_SIDE 1.0f
#define RIGHT_SIDE 0.5f
#define DOUBT 1.0f
#define FIRST_ROUNDS 2
#define ROUND_EVERY 16

struct joint_scratch {
    struct gaussian gaussian; /* of the hidden numbers; sums: the coefficients that are left */
    float share[JOINT_HIDDEN][JOINT_SIZE], covariance[JOINT_HIDDEN][JOINT_HIDDEN], mean[JOINT_HIDDEN];
    float expected[JOINT_SIZE], variance[JOINT_SIZE];
    float step[JOINT_SIZE], inverse[JOINT_SIZE]; /* of the coefficients that are left */
};

_Static_assert((int)JOINT_HIDDEN <= (int)GAUSSIAN_HIDDEN && (int)JOINT_SIZE <= (int)GAUSSIAN_SUMS, "they fit");

enum bswz_status joint_scratch_create(struct joint_scratch **scratch, struct bswz_error *error) {
    *scratch = bswz_allocate(1, sizeof **scratch);
    return *scratch != NULL ? BSWZ_OK : bswz_no_memory(error);
}

void joint_scratch_free(struct joint_scratch *scratch) {
    free(scratch);
}

/* What follows from the usual sizes of coefficients. */
static ALWAYS_INLINE void begin(struct joint_scratch *s, const struct block_steps *steps, unsigned trust,
                                const struct joint_block *block) {
    const unsigned size = block->count * JPEG_BLOCK, hidden = block->hidden_count;
    float weight[JOINT_SIZE], right[JOINT_HIDDEN] = {0};
    for (unsigned h = 0; h < size; h++) {
        const unsigned c = h / JPEG_BLOCK, f = h % JPEG_BLOCK;
        const float content = f == 0 ? MEAN_CONTENT : usual_content(contents[trust], f);
        weight[h] = 1.0f / (content * (c == 0 ? 1.0f : COLOUR_SHARE) + NOISE);
        for (unsigned k = 0; k < hidden; k++) {
            s->share[k][h] = block->hidden[k].direction[c] * steps[c].basis[f][block->hidden[k].at];
        }
        s->step[h] = steps[c].size[f];
        s->inverse[h] = steps[c].inverse[f];
    }
    for (unsigned c = 0; c < block->count; c++) {
        transform_forward(block->value[c], s->expected + c * JPEG_BLOCK);
    }
    for (unsigned k = 0; k < hidden; k++) {
        memset(s->covariance[k], 0, sizeof s->covariance[k]);
        s->covariance[k][k] = 1.0f / HIDDEN_SPREAD;
    }
    s->gaussian = (struct gaussian){.hidden = hidden,
                                    .sums = size,
                                    .stride = JOINT_HIDDEN,
                                    .sums_stride = JOINT_SIZE,
                                    .covariance = s->covariance[0],
                                    .mean = s->mean,
                                    .share = s->share[0],
                                    .expected = s->expected,
                                    .variance = s->variance,
                                    .noise = NOISE};
    gaussian_begin(&s->gaussian, weight, right);
}

/* Draw back what is on the wrong side. */
static ALWAYS_INLINE void draw_back(struct joint_scratch *s, const struct joint_block *block) {
    for (unsigned k = 0; k < block->hidden_count; k++) {
        const float sign = block->hidden[k].is_high ? 1.0f : -1.0f;
        if (sign * s->mean[k] < -WRONG_SIDE) {
            gaussian_observe_hidden(&s->gaussian, k, sign * RIGHT_SIDE, DOUBT);
        }
    }
}

/* The last one that is left takes its place. */
static ALWAYS_INLINE void leave_out(struct joint_scratch *s, unsigned h) {
    const unsigned last = --s->gaussian.sums;
    for (unsigned k = 0; k < s->gaussian.hidden; k++) {
        s->share[k][h] = s->share[k][last];
    }
    s->expected[h] = s->expected[last];
    s->variance[h] = s->variance[last];
    s->step[h] = s->step[last];
    s->inverse[h] = s->inverse[last];
}

/* The coefficient whose error is smallest, in steps. Those are left out that would say nothing about the hidden numbers; if
 * none is left: 0. */
static ALWAYS_INLINE unsigned known_best(struct joint_scratch *s) {
    unsigned best = 0;
    float least = FLT_MAX;
    for (unsigned h = 0; h < s->gaussian.sums;) {
        const float doubt = s->variance[h] * (s->inverse[h] * s->inverse[h]);
        if (!(s->variance[h] > NO_NEWS * NOISE)) {
            leave_out(s, h);
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
        const unsigned best = known_best(s);
        if (s->gaussian.sums == 0) {
            break;
        }
        const float whole = nearest_whole(s->expected[best] * s->inverse[best], JPEG_LARGEST);
        gaussian_observe_sum(&s->gaussian, best, whole * s->step[best]);
        leave_out(s, best);
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
