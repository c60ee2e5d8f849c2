/*
 * Predictions of deep samples (model.h): least squares and simple means, weighed by how well they did around, a bias
 * that contexts know of, and the error that is to be expected.
 */
#include "allocate.h"
#include "deep/model.h"

#include <stdlib.h>
#include <string.h>

static const unsigned own_regressors[DEEP_SETTINGS] = {4, 10, 12};
static const unsigned other_regressors[DEEP_SETTINGS] = {2, 4, 6};

bool predictor_init(struct predictor *predictor, enum deep_setting setting, unsigned index, uint32_t width,
                    int32_t top) {
    const size_t row = (size_t)width + 2 * PAD;
    const unsigned count = own_regressors[setting] + index * other_regressors[setting];
    *predictor = (struct predictor){.top = top};
    for (unsigned i = 0; i < SCALE_STEPS; i++) {
        for (unsigned j = 0; j < SPREADS; j++) {
            predictor->scales[i][j].ratio = 4096;
        }
        predictor->square_scales[i].ratio = 4096;
    }
    predictor->memory = bswz_allocate_zero(row, (3 + 2 * PREDICTORS + 2) * sizeof(uint32_t));
    if (predictor->memory == NULL || !squares_init(&predictor->squares, count, width, 2)) {
        return false;
    }
    int32_t *at = (int32_t *)predictor->memory + PAD;
    for (unsigned i = 0; i < 3; i++, at += row) {
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
    squares_free(&predictor->squares);
    free(predictor->memory);
}

void predictor_begin_row(struct predictor *predictor, uint32_t y, uint32_t width) {
    struct plane_rows *rows = &predictor->rows;
    if (y == 0) {
        return;
    }
    int32_t *samples = rows->samples[2], *residuals = rows->residuals[1];
    uint32_t *errors = rows->errors[1];
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

/* What least squares see: differences to the mean of W and N. */
static void look_around(struct predictor predictors[CHANNELS], unsigned index, enum deep_setting setting, uint32_t x,
                        struct prediction *p) {
    const unsigned own = own_regressors[setting], other = other_regressors[setting];
    const int32_t *row = predictors[index].rows.samples[0] + x, *up = predictors[index].rows.samples[1] + x,
                  *top = predictors[index].rows.samples[2] + x;
    p->w = row[-1];
    p->n = up[0];
    p->nw = up[-1];
    p->ne = up[1];
    p->ww = row[-2];
    p->nn = top[0];
    p->base = (p->w + p->n) >> 1;
    const int32_t b = p->base;
    const int32_t around[] = {p->nw, p->ne, p->ww, p->nn, top[1], up[-2], up[2], top[-1], row[-3], top[2], up[3]};
    int32_t *at = p->regressors;
    *at++ = p->w - p->n;
    for (unsigned i = 0; i + 1 < own; i++) {
        *at++ = around[i] - b;
    }
    for (unsigned i = 0; i < index; i++) {
        const int32_t *r = predictors[i].rows.samples[0] + x, *u = predictors[i].rows.samples[1] + x;
        const int32_t other_base = (r[-1] + u[0]) >> 1;
        const int32_t there[] = {r[0] - other_base,  r[-1] - u[0],        u[-1] - other_base,
                                 u[1] - other_base, r[-2] - other_base, r[1 - 1] - other_base};
        for (unsigned j = 0; j < other; j++) {
            *at++ = there[j];
        }
    }
}

static int32_t in_range(int64_t value, int32_t top) {
    const int64_t largest = (int64_t)top << UNIT_BITS;
    return (int32_t)(value < 0 ? 0 : value > largest ? largest : value);
}

/* The errors that predictors made around, with the nearest counted twice: eight errors. */
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

void predict(struct predictor predictors[CHANNELS], unsigned index, enum deep_setting setting, uint32_t x,
             struct prediction predictions[CHANNELS]) {
    struct predictor *predictor = &predictors[index];
    struct prediction *p = &predictions[index];
    const int32_t top = predictor->top;
    look_around(predictors, index, setting, x, p);
    squares_begin_pixel(&predictor->squares, x);
    int64_t square = ((int64_t)p->base << UNIT_BITS) +
                     (squares_sum(&predictor->squares, p->regressors) >> (SQUARES_ONE_BITS - UNIT_BITS));
    p->value[0] = in_range(square, top);
    const int32_t w = p->w, n = p->n, nw = p->nw, ne = p->ne;
    p->value[1] = median(w, n, nw) << UNIT_BITS;
    p->value[2] = in_range((int64_t)(w + n - nw) << UNIT_BITS, top);
    p->value[3] = in_range((int64_t)(2 * (w + n) + ne - nw) << (UNIT_BITS - 2), top);
    if (index == 0) {
        p->value[4] = in_range((int64_t)(2 * w - p->ww) << UNIT_BITS, top);
        p->value[5] = in_range((int64_t)(2 * n - p->nn) << UNIT_BITS, top);
        p->value[6] = in_range((int64_t)(w + ne - n) << UNIT_BITS, top);
        p->value[7] = w << UNIT_BITS;
    } else {
        const int32_t now = predictors[index - 1].rows.samples[0][x] << UNIT_BITS;
        const int32_t *value = predictions[index - 1].value;
        p->value[4] = in_range((int64_t)p->value[1] + now - value[1], top);
        p->value[5] = in_range((int64_t)p->value[2] + now - value[2], top);
        p->value[6] = in_range((int64_t)p->value[3] + now - value[3], top);
        p->value[7] = in_range((int64_t)(w << UNIT_BITS) + now - (predictions[index - 1].w << UNIT_BITS), top);
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
        uint32_t weight = share * share >> 10;
        weight = weight * weight >> (i == 0 ? 8 : 10);
        sum += (int64_t)weight * (p->value[i] - p->value[0]);
        all += weight;
    }
    p->plain = p->value[0] + (int32_t)(sum / all);
    /* how much is to be expected */
    const int32_t *here = predictor->rows.residuals[0] + x, *up = predictor->rows.residuals[1] + x;
    const uint32_t around = 2 * (uint32_t)abs(here[-1]) + (uint32_t)abs(here[-2]) + 2 * (uint32_t)abs(up[0]) +
                            (uint32_t)abs(up[-1]) + (uint32_t)abs(up[1]) + (uint32_t)abs(up[2]);
    p->error = around;
    uint32_t apart = 0;
    for (int i = 1; i < 4; i++) {
        apart += distance(p->value[i], p->plain) >> (UNIT_BITS - ERROR_BITS);
    }
    apart += (distance(w, n) + distance(n, ne)) << ERROR_BITS >> 1;
    const unsigned steps = quarter_log(around), apart_steps = quarter_log(apart);
    const int relative = ((int)apart_steps - (int)steps + 16) / 4;
    p->spread = (unsigned)(relative < 0 ? 0 : relative >= SPREADS ? SPREADS - 1 : relative);
    p->scale_of = &predictor->scales[steps / 2][p->spread];
    const uint64_t scale = ((uint64_t)(around + 8) << (UNIT_BITS - ERROR_BITS - 3)) * p->scale_of->ratio >> 12;
    p->scale = (uint32_t)(scale < 64 ? 64 : scale);
    p->square_error = errors[0];
    p->square_scale_of = &predictor->square_scales[quarter_log(errors[0]) / 2];
    const uint64_t square_scale =
        ((uint64_t)errors[0] << (UNIT_BITS - ERROR_BITS - 3)) * p->square_scale_of->ratio >> 12;
    p->square_scale = (uint32_t)(square_scale < 64 ? 64 : square_scale);
    /* the bias */
    const int32_t level = p->plain >> UNIT_BITS;
    const unsigned pattern = (unsigned)(w > level) | (unsigned)(n > level) << 1 | (unsigned)(nw > level) << 2 |
                             (unsigned)(ne > level) << 3 | (unsigned)(p->ww > level) << 4 |
                             (unsigned)(p->nn > level) << 5;
    p->bias = &predictor->biases[pattern * 8 + p->spread];
    p->mean = in_range((int64_t)p->plain + p->bias->mean, top);
}

static void scale_learn(struct scale *scale, uint32_t error, uint32_t expected) {
    uint64_t ratio = ((uint64_t)error << 12) / expected;
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
            rows->samples[1][x + i] = rows->samples[2][x + i] = value;
        }
        if (x == 0) {
            for (int i = -PAD; i < 0; i++) {
                rows->samples[0][i] = rows->samples[1][i] = rows->samples[2][i] = value;
            }
        }
    }
    uint32_t *errors = rows->errors[0] + (size_t)x * PREDICTORS;
    for (unsigned i = 0; i < PREDICTORS; i++) {
        errors[i] = distance(exact, p->value[i]) >> (UNIT_BITS - ERROR_BITS);
    }
    rows->residuals[0][x] = (exact - p->mean) / (1 << (UNIT_BITS - ERROR_BITS));
    const uint32_t error = distance(exact, p->mean);
    scale_learn(p->scale_of, error, (p->error + 8) << (UNIT_BITS - ERROR_BITS - 3));
    scale_learn(p->square_scale_of, distance(exact, p->value[0]), p->square_error << (UNIT_BITS - ERROR_BITS - 3));
    struct bias *bias = p->bias;
    int64_t off = (int64_t)exact - p->plain - bias->mean;
    const int64_t limit = (int64_t)p->scale * 3;
    off = off < -limit ? -limit : off > limit ? limit : off;
    bias->mean += (int32_t)(off * drawn_reciprocal[bias->count + 6] >> 16);
    bias->count += bias->count < 200;
    /* least squares: what lies in noise or on edges counts less */
    const unsigned noise = quarter_log(p->error) / 4;
    const uint32_t weight = noise >= SQUARES_WEIGHT_BITS ? 1 : (uint32_t)1 << (SQUARES_WEIGHT_BITS - noise);
    squares_end_pixel(&predictor->squares, x, width, p->regressors, value - p->base, (int32_t)weight);
}
