/* SPDX-License-Identifier: MIT */
/*
 * Predictions of blended samples (blend_model.h): least squares, which correct the mean of the network by what is around
 * the sample and by the network's errors nearby; their average; a bias; and the errors that are to be expected.
 */
#include "base/allocate.h"
#include "pyramid/blend_model.h"

#include <stdlib.h>
#include <string.h>

enum { PAD = 8 }; /* made-up pixels at both ends of a row */

/* Where the known samples around are: rows and columns of x^i, nearest first; of equally near ones those of earlier
 * phases, then those further up and to the left. */
static const int8_t around[BLEND_PHASES][BLEND_SEEN][2] = {
    {{-1, -1}, {-1, 1},  {1, -1},  {1, 1},   {-2, 0},  {0, -2},  {-2, -2}, {-2, 2},  {-3, -1}, {-1, -3}, {-3, 1},
     {-1, 3},  {1, -3},  {3, -1},  {1, 3},   {3, 1},   {-4, 0},  {0, -4},  {-3, -3}, {-3, 3},  {3, -3},  {3, 3},
     {-4, -2}, {-2, -4}, {-4, 2},  {-2, 4},  {-5, -1}, {-1, -5}, {-5, 1},  {-1, 5},  {1, -5},  {5, -1},  {1, 5},
     {5, 1},   {-4, -4}, {-4, 4},  {-5, -3}, {-3, -5}, {-5, 3},  {-3, 5},  {3, -5},  {5, -3},  {3, 5},   {5, 3},
     {-6, 0},  {0, -6},  {-6, -2}, {-2, -6}, {-6, 2},  {-2, 6},  {-7, -1}, {-5, -5}, {-1, -7}, {-7, 1},  {-5, 5},
     {-1, 7},  {1, -7},  {5, -5},  {7, -1},  {1, 7},   {5, 5},   {7, 1},   {-6, -4}, {-4, -6}, {-6, 4},  {-4, 6},
     {-7, -3}, {-3, -7}, {-7, 3},  {-3, 7},  {3, -7},  {7, -3},  {3, 7},   {7, 3},   {-8, 0},  {0, -8}},
    {{-1, 0},  {0, -1},  {0, 1},  {1, 0},   {-2, 0}, {0, -2},  {-2, -1}, {-1, -2}, {-2, 1},  {-1, 2},  {1, -2},
     {2, -1},  {1, 2},   {2, 1},  {-2, -2}, {-2, 2}, {-3, 0},  {0, -3},  {0, 3},   {3, 0},   {-3, -2}, {-2, -3},
     {-3, 2},  {-2, 3},  {2, -3}, {3, -2},  {2, 3},  {3, 2},   {-4, 0},  {0, -4},  {-4, -1}, {-1, -4}, {-4, 1},
     {-1, 4},  {1, -4},  {4, -1}, {1, 4},   {4, 1},  {-4, -2}, {-2, -4}, {-4, 2},  {-2, 4},  {-5, 0},  {-4, -3},
     {-3, -4}, {0, -5},  {-4, 3}, {-3, 4},  {0, 5},  {3, -4},  {4, -3},  {5, 0},   {3, 4},   {4, 3},   {-5, -2},
     {-2, -5}, {-5, 2},  {-2, 5}, {2, -5},  {5, -2}, {2, 5},   {5, 2},   {-4, -4}, {-4, 4},  {-6, 0},  {0, -6},
     {-6, -1}, {-1, -6}, {-6, 1}, {-1, 6},  {1, -6}, {6, -1},  {1, 6},   {6, 1},   {-6, -2}, {-2, -6}},
    {{-1, 0},  {0, -1}, {0, 1},   {1, 0},   {-1, -1}, {-1, 1},  {1, -1},  {1, 1},   {-2, 0}, {0, -2},  {-2, -1},
     {-1, -2}, {-2, 1}, {-1, 2},  {1, -2},  {2, -1},  {1, 2},   {2, 1},   {-2, -2}, {-2, 2}, {-3, 0},  {0, -3},
     {0, 3},   {3, 0},  {-3, -1}, {-1, -3}, {-3, 1},  {-1, 3},  {1, -3},  {3, -1},  {1, 3},  {3, 1},   {-3, -2},
     {-2, -3}, {-3, 2}, {-2, 3},  {2, -3},  {3, -2},  {2, 3},   {3, 2},   {-4, 0},  {0, -4}, {-4, -1}, {-1, -4},
     {-4, 1},  {-1, 4}, {1, -4},  {4, -1},  {1, 4},   {4, 1},   {-3, -3}, {-3, 3},  {3, -3}, {3, 3},   {-4, -2},
     {-2, -4}, {-4, 2}, {-2, 4},  {-5, 0},  {-4, -3}, {-3, -4}, {0, -5},  {-4, 3},  {-3, 4}, {0, 5},   {3, -4},
     {4, -3},  {5, 0},  {3, 4},   {4, 3},   {-5, -1}, {-1, -5}, {-5, 1},  {-1, 5},  {1, -5}, {5, -1}},
};

/* How many regressors windows see, how fast they forget, how often their weights are solved, and how many strips share
 * sums. */
static const struct squares_window windows[BLEND_WINDOWS] = {
    {12, 1, 1, 1}, {24, 2, 1, 1}, {40, 4, 2, 2}, {80, 8, 2, 4}};
static const struct squares_window stack_window = {BLEND_AVERAGED, 4, 1, 1};
enum {
    FINER = 6,       /* extra bits of precision of regressors, compared with samples */
    STACK_FINER = 6, /* and of what is stacked */
    FROM_OTHERS = 8, /* samples that least squares see of each other plane */
    FIRST_SEEN = 4   /* of the own plane that come before them */
};

void blend_plane_init(struct blend_plane *plane) {
    *plane = (struct blend_plane){.memory = NULL};
    scales_begin(&plane->scales[0][0][0], SCALE_STEPS * WIDES * SPREADS);
    scales_begin(&plane->wide_scales[0][0], LEVELS * SCALE_STEPS);
    scales_begin(&plane->scales_of[0][0], BLEND_PREDICTORS * SCALE_STEPS);
}

bool blend_plane_open(struct blend_plane *plane, uint32_t columns) {
    const size_t row = (size_t)columns + 2 * PAD;
    const bool has_squares = squares_init(&plane->squares, windows, BLEND_WINDOWS, columns) &&
                             squares_init(&plane->stack, &stack_window, 1, columns);
    plane->memory = bswz_allocate_zero(row, (2 * BLEND_PREDICTORS + 5) * sizeof(uint32_t));
    plane->faded_row = 0;
    if (plane->memory == NULL || !has_squares) {
        return false;
    }
    int32_t *at = (int32_t *)plane->memory + PAD;
    plane->faded = (uint32_t *)at;
    for (unsigned i = 0; i < 2; i++) {
        plane->residuals[i] = at += row;
        plane->net_residuals[i] = at += row;
    }
    at += row - PAD;
    for (unsigned i = 0; i < 2; i++, at += row * BLEND_PREDICTORS) {
        plane->errors[i] = (uint32_t *)at + PAD * BLEND_PREDICTORS;
    }
    return true;
}

void blend_plane_close(struct blend_plane *plane) {
    squares_free(&plane->squares);
    squares_free(&plane->stack);
    free(plane->memory);
    plane->memory = NULL;
}

static void swap_rows(int32_t *rows[2], uint32_t columns) {
    int32_t *row = rows[1];
    rows[1] = rows[0];
    rows[0] = row;
    for (unsigned i = 0; i < PAD; i++) {
        rows[1][columns + i] = rows[1][columns - 1];
        row[(int)i - PAD] = rows[1][0];
    }
}

void blend_begin_row(struct blend_plane *plane, uint32_t y, uint32_t columns) {
    if (y == 0) {
        return;
    }
    swap_rows(plane->residuals, columns);
    swap_rows(plane->net_residuals, columns);
    uint32_t *errors = plane->errors[1];
    plane->errors[1] = plane->errors[0];
    plane->errors[0] = errors;
    for (unsigned i = 0; i < PAD; i++) {
        plane->faded[columns + i] = plane->faded[columns - 1];
        plane->faded[(int)i - PAD] = plane->faded[0];
        memcpy(plane->errors[1] + (columns + i) * (size_t)BLEND_PREDICTORS,
               plane->errors[1] + (columns - 1) * (size_t)BLEND_PREDICTORS, BLEND_PREDICTORS * sizeof *errors);
        memcpy(errors + ((int)i - PAD) * BLEND_PREDICTORS, plane->errors[1], BLEND_PREDICTORS * sizeof *errors);
    }
}

/* ---- what is around ---- */

/* A known sample around the pixel, or, outside the picture, the other value. */
static int32_t seen(const struct blend_pixel *pixel, unsigned plane, unsigned number, int32_t other) {
    const struct lattice *lattice = pixel->lattice;
    const int8_t *off = around[pixel->phase][number];
    const int64_t row = (int64_t)pixel->row + off[0], column = (int64_t)pixel->column + off[1];
    return row >= 0 && column >= 0 && row < lattice->height && column < lattice->width
               ? *lattice_sample(lattice, plane, (uint32_t)row, (uint32_t)column)
               : other;
}

/* What a plane that comes later is like around the pixel: its samples, compared with their mean, and its last errors. */
static int32_t *look_at_later(const struct blend_plane *plane, unsigned number, const struct blend_pixel *pixel,
                              int32_t *at) {
    const int32_t first = seen(pixel, number, 0, 128);
    int32_t all = 0;
    for (unsigned i = 0; i < FROM_OTHERS; i++) {
        at[i] = seen(pixel, number, i, first);
        all += at[i];
    }
    for (unsigned i = 0; i < FROM_OTHERS; i++, at++) {
        *at = *at * MEAN_UNIT - all * (MEAN_UNIT / FROM_OTHERS);
    }
    *at++ = plane->net_residuals[0][(int64_t)pixel->x - 1];
    *at++ = plane->net_residuals[1][pixel->x];
    return at;
}

/* Samples of the plane are differences to the network's mean, which so is what least squares begin with; those of a plane
 * before, to its sample in the same place. */
static void look_around(const struct blend_plane *planes, unsigned index, const struct blend_pixel *pixel,
                        const int32_t *value, struct blend_sample *samples) {
    struct blend_sample *sample = &samples[index];
    const int32_t *here = planes[index].net_residuals[0] + pixel->x, *up = planes[index].net_residuals[1] + pixel->x;
    const int32_t middle = (sample->net + MEAN_UNIT / 2) >> 6;
    int32_t *at = sample->regressors, *const end = at + windows[BLEND_WINDOWS - 1].count;
    for (unsigned i = 0; i < index; i++) {
        *at++ = value[i] * MEAN_UNIT - samples[i].net;
    }
    for (unsigned i = 0; i < BLEND_NEAR; i++) {
        sample->near[i] = seen(pixel, index, i, middle);
    }
    unsigned own = 0;
    for (; own < FIRST_SEEN; own++) {
        *at++ = sample->near[own] * MEAN_UNIT - sample->net;
    }
    *at++ = here[-1];
    *at++ = up[0];
    for (unsigned i = 0; i < index; i++) {
        for (unsigned j = 0; j < FROM_OTHERS; j++) {
            *at++ = (seen(pixel, i, j, value[i]) - value[i]) * MEAN_UNIT;
        }
    }
    *at++ = up[-1];
    *at++ = up[1];
    for (unsigned i = index + 1; i < pixel->channels; i++) {
        at = look_at_later(&planes[i], i, pixel, at);
    }
    for (unsigned i = 0; i < index; i++) {
        *at++ = planes[i].net_residuals[0][(int64_t)pixel->x - 1];
        *at++ = planes[i].net_residuals[1][pixel->x];
    }
    for (; at < end; own++) {
        *at++ = seen(pixel, index, own, middle) * MEAN_UNIT - sample->net;
    }
    memset(end, 0, (SQUARES_MOST - windows[BLEND_WINDOWS - 1].count) * sizeof *end);
}

static int32_t in_range(int64_t value) {
    return (int32_t)(value < 0 ? 0 : value > (int64_t)BLEND_TOP * UNIT ? (int64_t)BLEND_TOP * UNIT : value);
}

/* ---- errors ---- */

/* From errors nearby and further away, and from what the network expects. */
static void expect_errors(struct blend_plane *plane, uint32_t x, const uint32_t errors[BLEND_PREDICTORS],
                          struct blend_sample *sample) {
    const uint32_t error = error_near(plane->residuals[0] + x, plane->residuals[1] + x);
    const uint32_t net = (given_error(&sample->given, sample->net) >> 2) + 8; /* sixteen errors, in 1 / 2^ERROR_BITS */
    const uint32_t both = (error + 3 * net) / 4;
    uint32_t wide = error_wide(plane->faded_row, plane->faded + x), apart = 0;
    for (unsigned i = 0; i < BLEND_AVERAGED; i++) {
        apart += distance(sample->value[i], sample->mean) >> (UNIT_BITS - ERROR_BITS);
    }
    for (unsigned i = 0; i < 4; i++) {
        apart += distance(sample->near[i] * UNIT, sample->mean) >> (UNIT_BITS - ERROR_BITS + 2);
    }
    const unsigned steps = quarter_log(both);
    sample->error = error;
    sample->net_error = net;
    sample->calm = relative_class((int)quarter_log(error), (int)steps, WIDES);
    sample->trend = relative_class((int)quarter_log(wide), (int)steps, WIDES);
    sample->spread = relative_class((int)quarter_log(apart), (int)steps, SPREADS);
    sample->whole = expect(both, &plane->scales[scale_step(steps)][sample->calm][sample->spread]);
    wide = (wide + net) / 2;
    sample->wide = expect(wide, &plane->wide_scales[sample->mean >> (UNIT_BITS + 2)][scale_step(quarter_log(wide))]);
    for (unsigned i = 0; i < BLEND_PREDICTORS; i++) {
        const uint32_t own = (errors[i] + net) / 2;
        sample->of[i] = expect(own, &plane->scales_of[i][scale_step(quarter_log(own))]);
    }
}

void blend_predict(struct blend_plane *planes, unsigned index, const struct blend_pixel *pixel, const int32_t *value,
                   struct blend_sample *samples) {
    struct blend_plane *plane = &planes[index];
    struct blend_sample *sample = &samples[index];
    const uint32_t x = pixel->x;
    uint32_t errors[BLEND_PREDICTORS];
    sample->net = given_mean(&sample->given);
    look_around(planes, index, pixel, value, samples);
    const int64_t net = (int64_t)sample->net * (UNIT / MEAN_UNIT);
    squares_begin_pixel(&plane->squares, x);
    for (unsigned i = 0; i < BLEND_WINDOWS; i++) {
        const int64_t sum = squares_sum(&plane->squares, i, sample->regressors);
        sample->value[i] = in_range(net + (sum >> (SQUARES_ONE_BITS + FINER - UNIT_BITS)));
    }
    sample->value[BY_NET] = in_range(net);
    errors_near(plane->errors[0] + (size_t)x * BLEND_PREDICTORS, plane->errors[1] + (size_t)x * BLEND_PREDICTORS,
                BLEND_PREDICTORS, errors);
    const int32_t average = weighted_average(sample->value, errors, BLEND_AVERAGED, BLEND_AVERAGED);
    for (unsigned i = 0; i < BLEND_AVERAGED; i++) {
        sample->apart[i] = (sample->value[i] - average) >> (UNIT_BITS - STACK_FINER);
    }
    memset(sample->apart + BLEND_AVERAGED, 0, (SQUARES_MOST - BLEND_AVERAGED) * sizeof *sample->apart);
    squares_begin_pixel(&plane->stack, x);
    sample->value[BY_AVERAGE] = average;
    sample->value[BY_STACKED] = in_range(
        average + (squares_sum(&plane->stack, 0, sample->apart) >> (SQUARES_ONE_BITS + STACK_FINER - UNIT_BITS)));
    sample->mean = weighted_between(average, errors[BY_AVERAGE], sample->value[BY_STACKED], errors[BY_STACKED]);
    expect_errors(plane, x, errors, sample);
    unsigned pattern = 0;
    for (unsigned i = 0; i < 6; i++) {
        pattern |= (unsigned)(sample->near[i] > sample->mean >> UNIT_BITS) << i;
    }
    sample->bias = &plane->biases[pattern * SPREADS + sample->spread];
    sample->biased = in_range((int64_t)sample->mean + sample->bias->mean);
}

void blend_learn(struct blend_plane *plane, const struct blend_sample *sample, uint32_t x, uint32_t columns,
                 int32_t value) {
    const int32_t exact = value * UNIT, residual = (exact - sample->mean) / (1 << (UNIT_BITS - ERROR_BITS));
    const uint32_t off = distance(exact, sample->mean), magnitude = (uint32_t)abs(residual);
    uint32_t *errors = plane->errors[0] + (size_t)x * BLEND_PREDICTORS;
    plane->residuals[0][x] = residual;
    plane->net_residuals[0][x] = value * MEAN_UNIT - sample->net;
    plane->faded[x] += magnitude - (plane->faded[x] >> 3);
    plane->faded_row += magnitude - (plane->faded_row >> 3);
    scale_learn(&sample->whole, off);
    scale_learn(&sample->wide, off);
    for (unsigned i = 0; i < BLEND_PREDICTORS; i++) {
        const uint32_t own = distance(exact, sample->value[i]);
        errors[i] = own >> (UNIT_BITS - ERROR_BITS);
        scale_learn(&sample->of[i], own);
    }
    bias_learn(sample->bias, (int64_t)exact - sample->mean - sample->bias->mean, sample->whole.size);
    /* least squares: what lies in noise or on edges counts less */
    const unsigned noise = quarter_log(sample->whole.error) / 4;
    squares_end_pixel(&plane->squares, x, columns, sample->regressors, value * MEAN_UNIT - sample->net, noise, FINER);
    squares_end_pixel(&plane->stack, x, columns, sample->apart,
                      (exact - sample->value[BY_AVERAGE]) >> (UNIT_BITS - STACK_FINER), noise, STACK_FINER);
}
