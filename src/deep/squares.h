/* SPDX-License-Identifier: MIT */
/*
 * Least squares in integers: which weighted sum of neighbours would have predicted the surrounding samples best?
 *
 * Products of regressors are summed over strips of STRIP pixels of a row. Several windows see them, each the first few
 * regressors, and each forgets at its own rate from row to row. Where a window sees many regressors, several strips share
 * its sums: they take less memory, and the samples that they are made of are nearer. A window's weights for a strip are solved from the sums
 * there, those to the left (which have this row already) and those to the right.
 *
 * A pixel's regressors and target are shifted to at most SQUARES_SAMPLE_BITS bits first, so that those in noise, on
 * edges, and everything large counts less. Bounds: a product is below 2^28, those of a strip are below 2^31, fading
 * multiplies by at most 2^8, adding strips by 2^2: 2^41.
 *
 * What takes the time (struct squares_code) is compiled for several instruction sets, and computes the same in each.
 */
#ifndef BSWZ_DEEP_SQUARES_H
#define BSWZ_DEEP_SQUARES_H

#include "deep/instructions.h"

#include <stddef.h>
#include <stdint.h>

enum {
    SQUARES_MOST = 128, /* regressors */
    SQUARES_WINDOWS = 5,
    SQUARES_SAMPLE_BITS = 14,
    SQUARES_FADING_MOST = 8,
    SQUARES_RAISED = 8, /* a regressor in no noise at all is shifted up by that */
    SQUARES_LOWERED = 24,
    STRIP = 8,
    STRIPS_MOST = 2048,
    SQUARES_ALIGNMENT = 64,
    SQUARES_ONE_BITS = 16 /* weights of regressors: 1 << 16 is one */
};

static inline size_t squares_padded(size_t count) {
    return (count + 7) & ~(size_t)7;
}

/*
 * Sums are a row of products with the target, padded to a multiple of 8, then the triangle of products in panels of 8
 * columns. A panel has the rows down to its last column, so those of fewer regressors come first:
 *
 *     panel 0: [row 0 ... 7][column 0 ... 7], panel 1: [row 0 ... 15][column 8 ... 15], ...
 */
static inline size_t squares_panel(size_t panel) {
    return 32 * panel * (panel + 1);
}

/* Where the product of two regressors is, i <= j, counted from the first panel. */
static inline size_t squares_product(size_t i, size_t j) {
    return squares_panel(j / 8) + 8 * i + j % 8;
}

/* How many sums there are. */
static inline size_t squares_sums(size_t count) {
    return squares_padded(count) + squares_panel(squares_padded(count) / 8);
}

enum { SQUARES_PANELS = SQUARES_MOST / 8, SQUARES_SUMS = 32 * SQUARES_PANELS * (SQUARES_PANELS + 1) + SQUARES_MOST };

struct squares_strip {
    int16_t regressors[STRIP][SQUARES_MOST]; /* shifted */
    int16_t targets[STRIP];
};

/* What a system is solved in; too large for a stack. */
struct squares_matrix {
    /* The triangle above the diagonal and the column of the target, which comes after the last regressor's: in rows, or
     * in panels like those of sums. Then L', in the same places. */
    int64_t rest[SQUARES_MOST * (SQUARES_MOST + 1)];
    int32_t l[SQUARES_MOST * (SQUARES_MOST + 1)];
};

struct squares_code {
    /* The sums of a strip's products for the first count regressors. */
    void (*multiply)(const struct squares_strip *strip, unsigned count, int32_t *sums);
    /* all = all - all / 2^fading + sums, for size of them, a multiple of 8 */
    void (*fade)(int64_t *all, const int32_t *sums, size_t size, unsigned fading);
    /* Of weights times regressors, for size of them, a multiple of 8. */
    int64_t (*sum)(const int32_t *weights, const int32_t *regressors, size_t size);
    /* The weights that the sum of three sums asks for; those from count to the next multiple of 8 are zero. sums, matrix: aligned to
     * SQUARES_ALIGNMENT; matrix: room for it to work in */
    void (*solve)(const int64_t *const sums[3], unsigned count, struct squares_matrix *matrix, int32_t *weights);
};

/* NULL: this machine does not have it. */
const struct squares_code *squares_code_by(enum instruction_set set);

struct squares_window {
    unsigned count;  /* regressors */
    unsigned fading; /* sums lose 1 / 2^fading from one strip that they get to the next */
    unsigned every;  /* weights are solved for that many strips at once */
    unsigned shared; /* that many strips next to each other have the same sums */
};

struct squares {
    const struct squares_code *code;
    unsigned windows;
    struct squares_window window[SQUARES_WINDOWS];  /* the one that sees most comes last */
    int64_t *sums[SQUARES_WINDOWS];                 /* of strips, aligned */
    void *memory[SQUARES_WINDOWS + 1];              /* of sums and of the matrix */
    int32_t weights[SQUARES_WINDOWS][SQUARES_MOST]; /* for the strip under way */
    uint32_t strips;                                /* a wide picture's share what is remembered */
    bool is_empty;                                  /* nothing was seen in the strip so far */
    struct squares_strip strip;
    struct squares_matrix *matrix;
};

/* false: no memory. */
bool squares_init(struct squares *squares, const struct squares_window *windows, unsigned count, uint32_t width);
void squares_free(struct squares *squares);

/* Called before the pixel at x. */
void squares_begin_pixel(struct squares *squares, uint32_t x);
/* After it: what it was, for its regressors; all are below 2^22 in magnitude. noise: log2 of the noise around it, and
 * how many bits regressors are finer than samples. */
void squares_end_pixel(struct squares *squares, uint32_t x, uint32_t width, const int32_t *regressors, int32_t target,
                       unsigned noise, unsigned finer);
/* Instead of both, for a pixel that is not to be learned from. */
void squares_skip_pixel(struct squares *squares, uint32_t x, uint32_t width);

/* What a window makes of the regressors, 1 << SQUARES_ONE_BITS for one. regressors: SQUARES_MOST of them, or at
 * least squares_padded(count of the window), of which those after the first count are below 2^22. */
static inline int64_t squares_sum(const struct squares *squares, unsigned window, const int32_t *regressors) {
    return squares->code->sum(squares->weights[window], regressors, squares_padded(squares->window[window].count));
}

#endif
