/* SPDX-License-Identifier: MIT */
/*
 * Predictions of deep samples (deep_model.h): least squares and simple predictors, weighted by their success nearby; a
 * bias that depends on contexts; and the expected error.
 */
#include "base/allocate.h"
#include "deep/deep_model.h"

#include <stdlib.h>
#include <string.h>

/* Where least squares look in the channel itself, after W and N: columns to the right, rows up. */
static const int8_t around[][2] = {
    {-1, 1}, {1, 1},  {-2, 0}, {0, 2},  {1, 2},  {-2, 1}, {2, 1},  {-1, 2}, {-3, 0}, {0, 3},  {2, 2},  {-2, 2}, {3, 1},
    {-3, 1}, {1, 3},  {-1, 3}, {4, 1},  {-4, 0}, {3, 2},  {-3, 2}, {2, 3},  {-2, 3}, {0, 4},  {-4, 1}, {-1, 4}, {1, 4},
    {-3, 3}, {3, 3},  {-4, 2}, {4, 2},  {-2, 4}, {2, 4},  {-5, 0}, {-4, 3}, {4, 3},  {-3, 4}, {3, 4},  {0, 5},  {-5, 1},
    {5, 1},  {-1, 5}, {1, 5},  {-5, 2}, {5, 2},  {-2, 5}, {2, 5},  {-4, 4}, {4, 4},  {-5, 3}, {5, 3},  {3, 5},  {-3, 5},
    {-6, 0}, {0, 6},  {6, 1},  {-6, 1}, {1, 6},  {-1, 6}, {6, 2},  {-6, 2}, {2, 6},  {-2, 6}, {5, 4},  {-5, 4}, {4, 5},
    {-4, 5}, {6, 3},  {-6, 3}, {3, 6},  {-3, 6}, {-7, 0}, {0, 7},  {7, 1},  {-7, 1}, {5, 5},  {-5, 5}, {1, 7},  {-1, 7},
    {6, 4},  {-6, 4}, {4, 6},  {-4, 6}, {7, 2},  {-7, 2}, {2, 7},  {-2, 7}, {7, 3}};

/* How many samples they see of the channel itself, how fast they forget, how often their weights are solved, and how many
 * strips share sums. */
static const struct squares_window windows[DEEP_SETTINGS][SQUARES_WINDOWS] = {
    {{4, 1, 2, 1}, {6, 2, 2, 2}, {8, 4, 4, 4}, {10, 5, 8, 8}, {12, 8, 8, 8}},
    {{6, 1, 1, 1}, {10, 2, 1, 1}, {20, 3, 2, 2}, {30, 5, 8, 8}, {40, 8, 16, 16}},
    {{6, 1, 1, 1}, {12, 2, 1, 1}, {24, 3, 2, 2}, {40, 5, 4, 4}, {88, 8, 8, 8}},
};
static const unsigned from_others[DEEP_SETTINGS] = {3, 4, 4}; /* and of each that came before, alpha first */
static const struct squares_window stack_windows[DEEP_SETTINGS] = {
    {AVERAGED, 4, 4, 1}, {AVERAGED, 4, 1, 1}, {AVERAGED, 4, 1, 1}};
enum { FROM_BEFORE = 8 }; /* and of the earlier picture */
enum { STACK_FINER = 6 }; /* extra bits of precision of what is stacked, compared with samples */

const unsigned with_scale[WITH_SCALE] = {BY_NEAREST, BY_NEAR, BY_FAR, BY_FARTHEST, BY_AVERAGE, BY_STACKED};

static bool squares_prepare(struct predictor *predictor, enum deep_setting setting, unsigned index, uint32_t width) {
    const unsigned others = index + (predictor->alpha != NULL);
    const unsigned from_before = predictor->has_before ? FROM_BEFORE : 0;
    struct squares_window with_others[SQUARES_WINDOWS];
    for (unsigned i = 0; i < SQUARES_WINDOWS; i++) {
        with_others[i] = windows[setting][i];
        with_others[i].count += others * from_others[setting] + from_before;
    }
    return squares_init(&predictor->squares, with_others, SQUARES_WINDOWS, width) &&
           squares_init(&predictor->stack, &stack_windows[setting], 1, width);
}

bool predictor_init(struct predictor *predictor, enum deep_setting setting, unsigned index,
                    const struct predictor *alpha, bool has_before, uint32_t width, int32_t top) {
    const size_t row = (size_t)width + 2 * PAD;
    *predictor = (struct predictor){.top = top, .alpha = alpha, .has_before = has_before};
    if (setting != DEEP_LIGHT && index == 0 && !has_before) {
        predictor->expert = expert_layer_by(instructions_widest());
    }
    scales_begin(&predictor->scales[0][0][0], SCALE_STEPS * WIDES * SPREADS);
    scales_begin(&predictor->level_scales[0][0], LEVELS * SCALE_STEPS);
    scales_begin(&predictor->scales_of[0][0], WITH_SCALE * SCALE_STEPS);
    while (top >> predictor->level_shift >= LEVELS) {
        predictor->level_shift++;
    }
    predictor->memory = bswz_allocate_zero(row, (OWN_ROWS + BEFORE_ROWS + 2 * PREDICTORS + 3) * sizeof(uint32_t));
    if (predictor->memory == NULL || !squares_prepare(predictor, setting, index, width)) {
        return false;
    }
    int32_t *at = (int32_t *)predictor->memory + PAD;
    predictor->rows.faded = (uint32_t *)at;
    at += row;
    for (unsigned i = 0; i < OWN_ROWS; i++, at += row) {
        predictor->rows.samples[i] = at;
    }
    for (unsigned i = 0; i < 2; i++, at += row) {
        predictor->rows.residuals[i] = at;
    }
    for (unsigned i = 0; i < BEFORE_ROWS; i++, at += row) {
        predictor->rows.before[i] = at;
    }
    at -= PAD;
    for (unsigned i = 0; i < 2; i++, at += row * PREDICTORS) {
        predictor->rows.errors[i] = (uint32_t *)at + PAD * PREDICTORS;
    }
    return true;
}

void predictor_free(struct predictor *predictor) {
    squares_free(&predictor->squares);
    squares_free(&predictor->stack);
    free(predictor->memory);
}

void predictor_begin_row(struct predictor *predictor, uint32_t y, uint32_t width) {
    struct plane_rows *rows = &predictor->rows;
    if (y == 0) {
        return;
    }
    int32_t *samples = rows->samples[OWN_ROWS - 1], *residuals = rows->residuals[1];
    uint32_t *errors = rows->errors[1];
    for (unsigned i = OWN_ROWS - 1; i > 0; i--) {
        rows->samples[i] = rows->samples[i - 1];
    }
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

void predictor_pad(int32_t *row, uint32_t width) {
    for (unsigned i = 0; i < PAD; i++) {
        row[(int)i - PAD] = row[0];
        row[width + i] = row[width - 1];
    }
}

static int32_t median(int32_t w, int32_t n, int32_t nw) {
    const int32_t low = w < n ? w : n, high = w < n ? n : w;
    return nw >= high ? low : nw <= low ? high : w + n - nw;
}

/* What they see of the earlier picture. */
static int32_t *look_before(const struct predictor *predictor, uint32_t x, int32_t *at) {
    const int32_t *up = predictor->rows.before[0] + x, *row = predictor->rows.before[1] + x;
    const int32_t *down = predictor->rows.before[2] + x, base = (row[-1] + up[0]) >> 1;
    const int32_t there[FROM_BEFORE] = {row[0] - base, row[-1] - up[0], row[1] - base,   down[0] - base,
                                        up[-1] - base, up[1] - base,    down[-1] - base, down[1] - base};
    for (unsigned i = 0; i < FROM_BEFORE; i++) {
        *at++ = there[i];
    }
    return at;
}

/* What they see of another channel. */
static int32_t *look_at_other(const struct predictor *other, enum deep_setting setting, uint32_t x, int32_t *at) {
    const int32_t *row = other->rows.samples[0] + x, *up = other->rows.samples[1] + x, base = (row[-1] + up[0]) >> 1;
    const int32_t there[] = {row[0] - base, row[-1] - up[0], up[-1] - base, up[1] - base};
    for (unsigned i = 0; i < from_others[setting]; i++) {
        *at++ = there[i];
    }
    return at;
}

/* What least squares see: differences to the mean of W and N. The nearest come first, then those of channels before,
 * then the others: so each window sees the beginning of what wider ones see. */
static void look_around(struct predictor predictors[CHANNELS], unsigned index, enum deep_setting setting, uint32_t x,
                        struct prediction *p) {
    int32_t *const *rows = predictors[index].rows.samples;
    const int32_t *row = rows[0] + x, *up = rows[1] + x;
    p->w = row[-1];
    p->n = up[0];
    p->nw = up[-1];
    p->ne = up[1];
    p->ww = row[-2];
    p->nn = rows[2][x];
    p->base = (p->w + p->n) >> 1;
    const unsigned nearest = windows[setting][0].count - 1, all = windows[setting][SQUARES_WINDOWS - 1].count - 1;
    int32_t *at = p->regressors;
    *at++ = p->w - p->n;
    for (unsigned i = 0; i < nearest; i++) {
        *at++ = rows[around[i][1]][(int64_t)x + around[i][0]] - p->base;
    }
    if (predictors[index].alpha != NULL) {
        at = look_at_other(predictors[index].alpha, setting, x, at);
    }
    for (unsigned i = 0; i < index; i++) {
        at = look_at_other(&predictors[i], setting, x, at);
    }
    if (predictors[index].has_before) {
        at = look_before(&predictors[index], x, at);
    }
    for (unsigned i = nearest; i < all; i++) {
        *at++ = rows[around[i][1]][(int64_t)x + around[i][0]] - p->base;
    }
}

static int32_t in_range(int64_t value, int32_t top) {
    const int64_t largest = (int64_t)top << UNIT_BITS;
    return (int32_t)(value < 0 ? 0 : value > largest ? largest : value);
}

/* How large is the error going to be? From errors nearby, errors further away, how far predictors lie apart, and how
 * bright it is. */
static void expect_error(struct predictor *predictor, uint32_t x, struct prediction *p,
                         const uint32_t errors[PREDICTORS]) {
    const uint32_t error = error_near(predictor->rows.residuals[0] + x, predictor->rows.residuals[1] + x);
    const uint32_t wide = error_wide(predictor->faded_row, predictor->rows.faded + x);
    static const unsigned compared[] = {BY_NEAR, BY_FAR, BY_MEDIAN, BY_SMOOTH};
    uint32_t apart = 0;
    for (int i = 0; i < 4; i++) {
        apart += distance(p->value[compared[i]], p->mean) >> (UNIT_BITS - ERROR_BITS);
    }
    apart += (distance(p->w, p->n) + distance(p->n, p->ne)) << ERROR_BITS >> 1;
    const unsigned steps = quarter_log(error), wide_steps = quarter_log(wide);
    p->wide = relative_class((int)wide_steps, (int)steps, WIDES);
    p->spread = relative_class((int)quarter_log(apart), (int)steps, SPREADS);
    p->whole = expect(error, &predictor->scales[scale_step(steps)][p->wide][p->spread]);
    const int32_t level = p->mean >> UNIT_BITS >> predictor->level_shift;
    p->level = expect(wide, &predictor->level_scales[level][scale_step(wide_steps)]);
    for (unsigned i = 0; i < WITH_SCALE; i++) {
        const uint32_t own = i == 0 && predictor->expert != NULL ? p->expert_error : errors[with_scale[i]];
        p->of[i] = expect(own, &predictor->scales_of[i][scale_step(quarter_log(own))]);
    }
}

/* With the error that they made in the earlier picture, and its sample. */
static void predict_from_before(const struct plane_rows *rows, uint32_t x, int32_t top, struct prediction *p) {
    const int32_t *up = rows->before[0] + x, *row = rows->before[1] + x, now = row[0];
    int32_t *others = p->value + BY_OTHERS;
    others[0] = in_range(p->value[BY_MEDIAN] + (int64_t)(now - median(row[-1], up[0], up[-1])) * UNIT, top);
    others[1] =
        in_range(p->value[BY_SMOOTH] + (int64_t)(4 * now - 2 * (row[-1] + up[0]) - up[1] + up[-1]) * (UNIT / 4), top);
    others[2] = in_range((int64_t)(2 * now + p->w - row[-1] + p->n - up[0]) * (UNIT / 2), top);
    others[3] = now << UNIT_BITS;
}

/* The expert sees what least squares do, but nothing of other channels. */
static int32_t predict_by_expert(const struct predictor *predictor, enum deep_setting setting, struct prediction *p) {
    const unsigned nearest = windows[setting][0].count, others = predictor->alpha != NULL ? from_others[setting] : 0;
    int32_t sees[EXPERT_SEES];
    memcpy(sees, p->regressors, nearest * sizeof *sees);
    memcpy(sees + nearest, p->regressors + nearest + others, (EXPERT_SEES - nearest) * sizeof *sees);
    const struct expert_answer answer = expert_ask(predictor->expert, sees);
    p->expert_error = answer.error;
    return in_range(((int64_t)p->base << UNIT_BITS) + answer.mean, predictor->top);
}

static void predict_simply(struct predictor predictors[CHANNELS], unsigned index, enum deep_setting setting, uint32_t x,
                           struct prediction predictions[CHANNELS]) {
    struct prediction *p = &predictions[index];
    const int32_t w = p->w, n = p->n, nw = p->nw, ne = p->ne, top = predictors[index].top;
    int32_t *others = p->value + BY_OTHERS;
    p->value[BY_MEDIAN] = median(w, n, nw) << UNIT_BITS;
    p->value[BY_SMOOTH] = in_range((int64_t)(2 * (w + n) + ne - nw) * (UNIT / 4), top);
    if (predictors[index].has_before) {
        predict_from_before(&predictors[index].rows, x, top, p);
    } else if (index == 0) {
        others[0] = predictors[index].expert != NULL ? predict_by_expert(&predictors[index], setting, p)
                                                     : in_range((int64_t)(w + n - nw) * UNIT, top);
        others[1] = in_range((int64_t)(w + ne - n) * UNIT, top);
        others[2] = in_range((int64_t)(2 * n - p->nn) * UNIT, top);
        others[3] = w << UNIT_BITS;
    } else {
        const struct prediction *before = &predictions[index - 1];
        const int64_t now = (int64_t)predictors[index - 1].rows.samples[0][x] << UNIT_BITS;
        others[0] = in_range(p->value[BY_MEDIAN] + now - before->value[BY_MEDIAN], top);
        others[1] = in_range(p->value[BY_SMOOTH] + now - before->value[BY_SMOOTH], top);
        others[2] = in_range((int64_t)(w << UNIT_BITS) + now - (before->w << UNIT_BITS), top);
        others[3] = in_range((int64_t)(n << UNIT_BITS) + now - (before->n << UNIT_BITS), top);
    }
}

void predict(struct predictor predictors[CHANNELS], unsigned index, enum deep_setting setting, uint32_t x,
             struct prediction predictions[CHANNELS]) {
    struct predictor *predictor = &predictors[index];
    struct prediction *p = &predictions[index];
    const int32_t top = predictor->top;
    uint32_t errors[PREDICTORS];
    look_around(predictors, index, setting, x, p);
    predict_simply(predictors, index, setting, x, predictions);
    errors_near(predictor->rows.errors[0] + (size_t)x * PREDICTORS, predictor->rows.errors[1] + (size_t)x * PREDICTORS,
                PREDICTORS, errors);
    squares_begin_pixel(&predictor->squares, x);
    for (unsigned i = 0; i < SQUARES_WINDOWS; i++) {
        const int64_t sum = squares_sum(&predictor->squares, i, p->regressors);
        p->value[i] = in_range(((int64_t)p->base << UNIT_BITS) + (sum >> (SQUARES_ONE_BITS - UNIT_BITS)), top);
    }
    p->value[BY_AVERAGE] = weighted_average(p->value, errors, AVERAGED, SQUARES_WINDOWS);
    for (unsigned i = 0; i < AVERAGED; i++) {
        p->apart[i] = (p->value[i] - p->value[BY_AVERAGE]) >> (UNIT_BITS - STACK_FINER);
    }
    squares_begin_pixel(&predictor->stack, x);
    p->value[BY_STACKED] = in_range(p->value[BY_AVERAGE] + (squares_sum(&predictor->stack, 0, p->apart) >>
                                                            (SQUARES_ONE_BITS - UNIT_BITS + STACK_FINER)),
                                    top);
    p->mean = weighted_between(p->value[BY_AVERAGE], errors[BY_AVERAGE], p->value[BY_STACKED], errors[BY_STACKED]);
    expect_error(predictor, x, p, errors);
    /* the bias */
    const int32_t level = p->mean >> UNIT_BITS;
    const unsigned pattern = (unsigned)(p->w > level) | (unsigned)(p->n > level) << 1 | (unsigned)(p->nw > level) << 2 |
                             (unsigned)(p->ne > level) << 3 | (unsigned)(p->ww > level) << 4 |
                             (unsigned)(p->nn > level) << 5;
    p->bias = &predictor->biases[pattern * 8 + p->spread];
    p->biased = in_range((int64_t)p->mean + p->bias->mean, top);
}

/* The first sample of the first row stands for all before it, and each of that row for those above. */
static void pretend_rows(struct plane_rows *rows, uint32_t x, int32_t value) {
    for (unsigned row = 1; row < OWN_ROWS; row++) {
        for (unsigned i = 0; i < PAD; i++) {
            rows->samples[row][x + i] = value;
        }
    }
    for (unsigned row = 0; row < OWN_ROWS && x == 0; row++) {
        for (int i = -PAD; i < 0; i++) {
            rows->samples[row][i] = value;
        }
    }
}

static void keep_error(struct predictor *predictor, uint32_t x, int32_t residual) {
    struct plane_rows *rows = &predictor->rows;
    const uint32_t magnitude = (uint32_t)abs(residual);
    rows->residuals[0][x] = residual;
    rows->faded[x] += magnitude - (rows->faded[x] >> 3);
    predictor->faded_row += magnitude - (predictor->faded_row >> 3);
}

void predictor_learn(struct predictor *predictor, uint32_t x, uint32_t y, uint32_t width, const struct prediction *p,
                     int32_t value) {
    struct plane_rows *rows = &predictor->rows;
    const int32_t exact = value << UNIT_BITS;
    rows->samples[0][x] = value;
    if (y == 0) {
        pretend_rows(rows, x, value);
    }
    uint32_t *errors = rows->errors[0] + (size_t)x * PREDICTORS;
    for (unsigned i = 0; i < PREDICTORS; i++) {
        errors[i] = distance(exact, p->value[i]) >> (UNIT_BITS - ERROR_BITS);
    }
    keep_error(predictor, x, (exact - p->mean) / (1 << (UNIT_BITS - ERROR_BITS)));
    scale_learn(&p->whole, distance(exact, p->mean));
    scale_learn(&p->level, distance(exact, p->mean));
    for (unsigned i = 0; i < WITH_SCALE; i++) {
        scale_learn(&p->of[i], distance(exact, p->value[source_of_scale(predictor, i)]));
    }
    bias_learn(p->bias, (int64_t)exact - p->mean - p->bias->mean, p->whole.size);
    /* least squares: what lies in noise or on edges counts less */
    const unsigned noise = quarter_log(p->whole.error) / 4;
    squares_end_pixel(&predictor->squares, x, width, p->regressors, value - p->base, noise, 0);
    squares_end_pixel(&predictor->stack, x, width, p->apart,
                      (exact - p->value[BY_AVERAGE]) >> (UNIT_BITS - STACK_FINER), noise, STACK_FINER);
}

void predictor_learn_repeat(struct predictor *predictor, uint32_t x, uint32_t width, bool is_up) {
    struct plane_rows *rows = &predictor->rows;
    const size_t from = is_up ? x : x - 1;
    rows->samples[0][x] = rows->samples[is_up][from];
    memcpy(rows->errors[0] + (size_t)x * PREDICTORS, rows->errors[is_up] + from * PREDICTORS,
           PREDICTORS * sizeof **rows->errors);
    rows->residuals[0][x] = rows->residuals[is_up][from];
    squares_skip_pixel(&predictor->squares, x, width);
    squares_skip_pixel(&predictor->stack, x, width);
}
