/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Predictions of deep samples (deep_model.h): least squares and simple predictors, weighted by their success nearby; a
 * bias that depends on contexts; and the expected error.
 */
#include "base/allocate.h"
#include "deep/deep_model.h"

#include <stdlib.h>
#include <string.h>

/* How many samples least squares use: from the channel itself, and from each preceding channel. */
static const unsigned near_own[DEEP_SETTINGS] = {6, 10, 12}, near_other[DEEP_SETTINGS] = {3, 4, 5};
static const unsigned far_own[DEEP_SETTINGS] = {6, 20, 22}, far_other[DEEP_SETTINGS] = {3, 4, 5};
enum { NEAR_FADING = 2, FAR_FADING = 4, FAR_EVERY = 4 };

bool predictor_init(struct predictor *predictor, enum deep_setting setting, unsigned index, uint32_t width,
                    int32_t top) {
    const size_t row = (size_t)width + 2 * PAD;
    *predictor = (struct predictor){.top = top};
    for (unsigned i = 0; i < SCALE_STEPS; i++) {
        for (unsigned j = 0; j < WIDES * SPREADS; j++) {
            predictor->scales[i][j / SPREADS][j % SPREADS].ratio = 4096;
        }
        for (unsigned j = 0; j < LEVELS; j++) {
            predictor->level_scales[j][i].ratio = 4096;
        }
        predictor->far_scales[i].ratio = 4096;
    }
    while (top >> predictor->level_shift >= LEVELS) {
        predictor->level_shift++;
    }
    predictor->memory = bswz_allocate_zero(row, (4 + 2 * PREDICTORS + 3) * sizeof(uint32_t));
    if (predictor->memory == NULL ||
        !squares_init(&predictor->near, near_own[setting] + index * near_other[setting], width, NEAR_FADING, 1) ||
        !squares_init(&predictor->far, far_own[setting] + index * far_other[setting], width, FAR_FADING,
                      setting == DEEP_MOST ? 1 : FAR_EVERY)) {
        return false;
    }
    int32_t *at = (int32_t *)predictor->memory + PAD;
    predictor->rows.faded = (uint32_t *)at;
    at += row;
    for (unsigned i = 0; i < 4; i++, at += row) {
        predictor->rows.samples[i] = at;
    }
    for (unsigned i = 0; i < 2; i++, at += row) {
        predictor->rows.residuals[i] = at;
    }
    at -= PAD;
    for (unsigned i = 0; i < 2; i++, at += row * PREDICTORS) {
        predictor->rows.errors[i] = (uint32_t *)at + PAD * PREDICTORS;
    }
    return true;
}

void predictor_free(struct predictor *predictor) {
    squares_free(&predictor->near);
    squares_free(&predictor->far);
    free(predictor->memory);
}

void predictor_begin_row(struct predictor *predictor, uint32_t y, uint32_t width) {
    struct plane_rows *rows = &predictor->rows;
    if (y == 0) {
        return;
    }
    int32_t *samples = rows->samples[3], *residuals = rows->residuals[1];
    uint32_t *errors = rows->errors[1];
    rows->samples[3] = rows->samples[2];
    rows->samples[2] = rows->samples[1];
    rows->samples[1] = rows->samples[0];
    rows->samples[0] = samples;
    rows->residuals[1] = rows->residuals[0];
    rows->residuals[0] = residuals;
    rows->errors[1] = rows->errors[0];
    rows->errors[0] = errors;
    for (unsigned i = 0; i < PAD; i++) {
        rows->samples[1][width + i] = rows->samples[1][width - 1];
        rows->residuals[1][width + i] = rows->residuals[1][width - 1];
        rows->faded[width + i] = rows->faded[width - 1];
        rows->faded[(int)i - PAD] = rows->faded[0];
        samples[(int)i - PAD] = rows->samples[1][0];
        residuals[(int)i - PAD] = rows->residuals[1][0];
        memcpy(rows->errors[1] + (width + i) * (size_t)PREDICTORS, rows->errors[1] + (width - 1) * (size_t)PREDICTORS,
               PREDICTORS * sizeof *errors);
        memcpy(errors + ((int)i - PAD) * PREDICTORS, rows->errors[1], PREDICTORS * sizeof *errors);
    }
}

static int32_t median(int32_t w, int32_t n, int32_t nw) {
    const int32_t low = w < n ? w : n, high = w < n ? n : w;
    return nw >= high ? low : nw <= low ? high : w + n - nw;
}

/* The regressors of least squares: differences from the mean of W and N. The nearest samples come first, then those of
 * preceding channels, then the others, so near least squares use the beginning of what far ones use. */
static void look_around(struct predictor predictors[CHANNELS], unsigned index, enum deep_setting setting, uint32_t x,
                        struct prediction *p) {
    int32_t *const *rows = predictors[index].rows.samples;
    const int32_t *row = rows[0] + x, *up = rows[1] + x, *up2 = rows[2] + x, *up3 = rows[3] + x;
    p->w = row[-1];
    p->n = up[0];
    p->nw = up[-1];
    p->ne = up[1];
    p->ww = row[-2];
    p->nn = up2[0];
    p->base = (p->w + p->n) >> 1;
    const int32_t b = p->base;
    const int32_t around[] = {p->nw,  p->ne,   p->ww,   p->nn,   up2[1], up[-2], up[2],  up2[-1], row[-3], up3[0], up2[2],
                              up2[-2], up[3], up[-3], up3[1], up3[-1], up[4], row[-4], up2[3], up2[-3], up3[2], up3[-2]};
    const unsigned nearest = near_own[setting] - 1, farthest = far_own[setting] - 1;
    int32_t *at = p->regressors;
    *at++ = p->w - p->n;
    for (unsigned i = 0; i < nearest; i++) {
        *at++ = around[i] - b;
    }
    for (unsigned i = 0; i < index; i++) {
        const int32_t *r = predictors[i].rows.samples[0] + x, *u = predictors[i].rows.samples[1] + x;
        const int32_t other_base = (r[-1] + u[0]) >> 1;
        const int32_t there[] = {r[0] - other_base, r[-1] - u[0], u[-1] - other_base, u[1] - other_base,
                                 r[-2] - other_base};
        for (unsigned j = 0; j < near_other[setting]; j++) {
            *at++ = there[j];
        }
    }
    for (unsigned i = nearest; i < farthest; i++) {
        *at++ = around[i] - b;
    }
}

static int32_t in_range(int64_t value, int32_t top) {
    const int64_t largest = (int64_t)top << UNIT_BITS;
    return (int32_t)(value < 0 ? 0 : value > largest ? largest : value);
}

/* The errors of the predictors nearby, with the nearest counted twice: eight errors. */
static void sum_errors(const struct plane_rows *rows, uint32_t x, uint32_t sums[PREDICTORS]) {
    const uint32_t *here = rows->errors[0] + (size_t)x * PREDICTORS, *up = rows->errors[1] + (size_t)x * PREDICTORS;
    for (int i = 0; i < PREDICTORS; i++) {
        sums[i] = 2 * here[i - PREDICTORS] + here[i - 2 * PREDICTORS] + 2 * up[i] + up[i - PREDICTORS] +
                  up[i + PREDICTORS] + up[i + 2 * PREDICTORS];
    }
}

static uint32_t distance(int32_t a, int32_t b) {
    return (uint32_t)(a > b ? a - b : b - a);
}

static uint64_t scaled(uint32_t error, const struct scale *scale) {
    const uint64_t found = ((uint64_t)error << (UNIT_BITS - ERROR_BITS - 3)) * scale->ratio >> 12;
    return found < 64 ? 64 : found;
}

static unsigned limit_steps(unsigned steps) {
    return steps < SCALE_STEPS ? steps : SCALE_STEPS - 1;
}

static unsigned relative_class(int steps, int other, unsigned classes) {
    const int relative = (steps - other + 2 * (int)classes) / 4;
    return (unsigned)(relative < 0 ? 0 : relative >= (int)classes ? (int)classes - 1 : relative);
}

/* The expected size of the error: from errors nearby and further away, from how much predictors differ, and from
 * brightness. */
static void expect_error(struct predictor *predictor, uint32_t x, struct prediction *p,
                         const uint32_t errors[PREDICTORS]) {
    const int32_t *here = predictor->rows.residuals[0] + x, *up = predictor->rows.residuals[1] + x;
    p->error = 2 * (uint32_t)abs(here[-1]) + (uint32_t)abs(here[-2]) + 2 * (uint32_t)abs(up[0]) +
               (uint32_t)abs(up[-1]) + (uint32_t)abs(up[1]) + (uint32_t)abs(up[2]) + 8;
    uint32_t wide = predictor->faded_row * 2;
    for (int i = -4; i < 4; i++) {
        wide += predictor->rows.faded[(int64_t)x + i];
    }
    p->wide = wide / 16 + 8;
    uint32_t apart = 0;
    for (int i = 0; i < 4; i++) {
        apart += distance(p->value[i], p->mean) >> (UNIT_BITS - ERROR_BITS);
    }
    apart += (distance(p->w, p->n) + distance(p->n, p->ne)) << ERROR_BITS >> 1;
    const unsigned steps = quarter_log(p->error), wide_steps = quarter_log(p->wide);
    const unsigned other = relative_class((int)wide_steps, (int)steps, WIDES);
    p->spread = relative_class((int)quarter_log(apart), (int)steps, SPREADS);
    p->scale_of = &predictor->scales[limit_steps(steps / 2)][other][p->spread];
    p->scale = (uint32_t)scaled(p->error, p->scale_of);
    p->far_error = errors[1];
    p->far_scale_of = &predictor->far_scales[limit_steps(quarter_log(errors[1]) / 2)];
    p->far_scale = (uint32_t)scaled(errors[1], p->far_scale_of);
    p->level_scale_of =
        &predictor->level_scales[p->mean >> UNIT_BITS >> predictor->level_shift][limit_steps(wide_steps / 2)];
    p->level_scale = (uint32_t)scaled(p->wide, p->level_scale_of);
}

void predict(struct predictor predictors[CHANNELS], unsigned index, enum deep_setting setting, uint32_t x,
             struct prediction predictions[CHANNELS]) {
    struct predictor *predictor = &predictors[index];
    struct prediction *p = &predictions[index];
    const int32_t top = predictor->top;
    look_around(predictors, index, setting, x, p);
    squares_begin_pixel(&predictor->near, x);
    squares_begin_pixel(&predictor->far, x);
    const int64_t base = (int64_t)p->base << UNIT_BITS;
    p->value[0] = in_range(base + (squares_sum(&predictor->near, p->regressors) >> (SQUARES_ONE_BITS - UNIT_BITS)), top);
    p->value[1] = in_range(base + (squares_sum(&predictor->far, p->regressors) >> (SQUARES_ONE_BITS - UNIT_BITS)), top);
    const int32_t w = p->w, n = p->n, nw = p->nw, ne = p->ne;
    p->value[2] = median(w, n, nw) << UNIT_BITS;
    p->value[3] = in_range((int64_t)(2 * (w + n) + ne - nw) * (UNIT / 4), top);
    if (index == 0) {
        p->value[4] = in_range((int64_t)(w + n - nw) * UNIT, top);
        p->value[5] = in_range((int64_t)(w + ne - n) * UNIT, top);
        p->value[6] = in_range((int64_t)(2 * n - p->nn) * UNIT, top);
        p->value[7] = w << UNIT_BITS;
    } else {
        const struct prediction *before = &predictions[index - 1];
        const int64_t now = (int64_t)predictors[index - 1].rows.samples[0][x] << UNIT_BITS;
        p->value[4] = in_range(p->value[2] + now - before->value[2], top);
        p->value[5] = in_range(p->value[3] + now - before->value[3], top);
        p->value[6] = in_range((int64_t)(w << UNIT_BITS) + now - (before->w << UNIT_BITS), top);
        p->value[7] = in_range((int64_t)(n << UNIT_BITS) + now - (before->n << UNIT_BITS), top);
    }
    uint32_t errors[PREDICTORS], least = UINT32_MAX;
    sum_errors(&predictor->rows, x, errors);
    for (int i = 0; i < PREDICTORS; i++) {
        errors[i] += 8;
        least = errors[i] < least ? errors[i] : least;
    }
    int64_t sum = 0;
    uint32_t all = 0;
    for (int i = 0; i < PREDICTORS; i++) {
        const uint32_t share = (uint32_t)(((uint64_t)least << 10) / errors[i]);
        const uint32_t weight = (share * share >> 10) * (share * share >> 10) >> (i < 2 ? 8 : 10);
        sum += (int64_t)weight * (p->value[i] - p->value[0]);
        all += weight;
    }
    p->mean = p->value[0] + (int32_t)(sum / all);
    expect_error(predictor, x, p, errors);
    /* the bias */
    const int32_t level = p->mean >> UNIT_BITS;
    const unsigned pattern = (unsigned)(w > level) | (unsigned)(n > level) << 1 | (unsigned)(nw > level) << 2 |
                             (unsigned)(ne > level) << 3 | (unsigned)(p->ww > level) << 4 |
                             (unsigned)(p->nn > level) << 5;
    p->bias = &predictor->biases[pattern * 8 + p->spread];
    p->biased = in_range((int64_t)p->mean + p->bias->mean, top);
}

static void scale_learn(struct scale *scale, uint32_t error, uint32_t expected) {
    uint64_t ratio = ((uint64_t)error << 12) / ((uint64_t)expected << (UNIT_BITS - ERROR_BITS - 3));
    ratio = ratio > 16 << 12 ? 16 << 12 : ratio;
    const int64_t step = ((int64_t)ratio - (int64_t)scale->ratio) * drawn_reciprocal[scale->count + 8] >> 16;
    scale->ratio = (uint32_t)((int64_t)scale->ratio + step);
    scale->ratio = scale->ratio < 64 ? 64 : scale->ratio;
    scale->count += scale->count < 400;
}

void predictor_learn(struct predictor *predictor, enum deep_setting setting, uint32_t x, uint32_t y, uint32_t width,
                     const struct prediction *p, int32_t value) {
    struct plane_rows *rows = &predictor->rows;
    const int32_t exact = value << UNIT_BITS;
    (void)setting;
    rows->samples[0][x] = value;
    if (y == 0) {
        for (unsigned i = 0; i < PAD; i++) {
            rows->samples[1][x + i] = rows->samples[2][x + i] = rows->samples[3][x + i] = value;
        }
        if (x == 0) {
            for (int i = -PAD; i < 0; i++) {
                rows->samples[0][i] = rows->samples[1][i] = rows->samples[2][i] = rows->samples[3][i] = value;
            }
        }
    }
    uint32_t *errors = rows->errors[0] + (size_t)x * PREDICTORS;
    for (unsigned i = 0; i < PREDICTORS; i++) {
        errors[i] = distance(exact, p->value[i]) >> (UNIT_BITS - ERROR_BITS);
    }
    rows->residuals[0][x] = (exact - p->mean) / (1 << (UNIT_BITS - ERROR_BITS));
    const uint32_t error = distance(exact, p->mean);
    scale_learn(p->scale_of, error, p->error);
    scale_learn(p->far_scale_of, distance(exact, p->value[1]), p->far_error);
    scale_learn(p->level_scale_of, error, p->wide);
    const uint32_t magnitude = (uint32_t)abs(rows->residuals[0][x]);
    rows->faded[x] += (magnitude >> 0) - (rows->faded[x] >> 3) * 1;
    predictor->faded_row += magnitude - (predictor->faded_row >> 3);
    struct bias *bias = p->bias;
    int64_t off = (int64_t)exact - p->mean - bias->mean;
    const int64_t limit = (int64_t)p->scale / 2;
    off = off < -limit ? -limit : off > limit ? limit : off;
    bias->mean += (int32_t)(off * drawn_reciprocal[bias->count + 6] >> 16);
    bias->count += bias->count < 200;
    /* least squares: samples in noise or on edges count less */
    const unsigned noise = quarter_log(p->error) / 4;
    const uint32_t weight = noise >= SQUARES_WEIGHT_BITS ? 1 : (uint32_t)1 << (SQUARES_WEIGHT_BITS - noise);
    squares_end_pixel(&predictor->near, x, y, width, p->regressors, value - p->base, (int32_t)weight);
    squares_end_pixel(&predictor->far, x, y, width, p->regressors, value - p->base, (int32_t)weight);
}
