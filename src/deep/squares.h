/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Least squares in integers: which weighted sum of neighbours would have predicted the surrounding samples best?
 *
 * Products are summed over strips of STRIP pixels of a row, which fade from row to row. The weights for a strip follow
 * from its own sums, those to its left (which include this row already) and those to its right.
 *
 * Bounds: regressors and targets are below 2^16 in magnitude and a pixel's weight at most 2^SQUARES_WEIGHT_BITS, so a
 * product is below 2^52; a strip has 2^3 of them, fading multiplies by at most 2^4, adding strips by 2^2: 2^61.
 */
#ifndef BSWZ_DEEP_SQUARES_H
#define BSWZ_DEEP_SQUARES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SQUARES_MOST = 40, /* regressors */
    STRIP = 8,
    STRIPS_MOST = 2048,
    SQUARES_WEIGHT_BITS = 20,
    SQUARES_ONE_BITS = 16 /* weights of regressors: 1 << 16 is one */
};

struct squares {
    unsigned count;    /* regressors */
    unsigned products; /* sums per strip */
    unsigned fading;   /* sums lose 1 / 2^fading from row to row */
    unsigned every;    /* weights are computed once for that many strips; if more than one, only every other pixel is
                        * used */
    uint32_t strips;   /* in a wide picture, strips share sums */
    int64_t *sums;                 /* for each strip: the triangle of products, then the products with the target */
    int64_t *now;                  /* of the current strip */
    int32_t weights[SQUARES_MOST]; /* for the current strip */
};

/* false: no memory. */
bool squares_init(struct squares *squares, unsigned count, uint32_t width, unsigned fading, unsigned every);
void squares_free(struct squares *squares);

/* Called before the pixel at x. */
void squares_begin_pixel(struct squares *squares, uint32_t x);
/* Called after it, with its value and its regressors. */
void squares_end_pixel(struct squares *squares, uint32_t x, uint32_t y, uint32_t width, const int32_t *regressors,
                       int32_t target, int32_t weight);

static inline int64_t squares_sum(const struct squares *squares, const int32_t *regressors) {
    int64_t sum = 0;
    for (unsigned i = 0; i < squares->count; i++) {
        sum += (int64_t)squares->weights[i] * regressors[i];
    }
    return sum;
}

#endif
