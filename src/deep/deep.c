/* SPDX-License-Identifier: MIT */
/*
 * The payload of a deep picture: setting, the values of each channel and which of them are coarse, samples.
 */
#include "deep/deep.h"

#include "base/allocate.h"
#include "deep/deep_model.h"
#include "deep/values.h"

#include <stdlib.h>
#include <string.h>

/* How many rows are tried with an earlier picture, at least; how many samples are compared to choose one. */
enum { TRIED_ROWS = 24, LOOKS = 4096 };

enum { ALPHA_STATES = 3, REPEAT_CONTEXTS = ALPHA_STATES * 64 };

/* A picture under way, on either side. */
struct deep {
    struct decisions decisions;
    const struct deep_picture *picture;
    const uint8_t *source; /* encoder */
    uint8_t *samples;      /* decoder */
    enum deep_setting setting;
    struct values values[CHANNELS];
    struct coarse coarse[CHANNELS];
    struct predictor predictors[CHANNELS];
    struct prediction predictions[CHANNELS];
    unsigned channel_of[CHANNELS]; /* of each slot: colours in the order in which they are coded, then alpha */
    unsigned colours;              /* slots of colours */
    bool has_alpha;                /* in the slot after them */
    struct placer placer, alpha_placer;
    cell repeats[REPEAT_CONTEXTS];
    cell coarse_cells[CHANNELS * 16]; /* of each slot: is a number coarse? */
    uint32_t known_rows;
    uint32_t refers;          /* to the earlier picture with this number, counted from 1; 0: to none */
    uint16_t *near[CHANNELS]; /* if so, for each slot: the number of the next value at or below a sample of that */
    bool is_proved;           /* encoder: samples are made of the decisions, as a decoder does, */
    bool differs;             /* and are not those of the source */
};

static enum deep_setting setting_of_level(int level) {
    return level <= 3 ? DEEP_LIGHT : level <= 7 ? DEEP_FULL : DEEP_MOST;
}

static unsigned sample_at(const struct deep_picture *picture, const uint8_t *samples, size_t at) {
    return picture->bytes == 1 ? samples[at] : samples[2 * at] | (unsigned)samples[2 * at + 1] << 8;
}

static void put_sample(const struct deep_picture *picture, uint8_t *samples, size_t at, unsigned sample) {
    if (picture->bytes == 1) {
        samples[at] = (uint8_t)sample;
    } else {
        samples[2 * at] = (uint8_t)sample;
        samples[2 * at + 1] = (uint8_t)(sample >> 8);
    }
}

static unsigned equality(const struct prediction *p) {
    return (unsigned)(p->w == p->n) | (unsigned)(p->n == p->ne) << 1 | (unsigned)(p->n == p->nw) << 2 |
           (unsigned)(p->w == p->ww) << 3;
}

/* A sample's number; the encoder's alone. */
static int32_t number_at(const struct deep *deep, unsigned slot, size_t pixel) {
    const unsigned channel = deep->channel_of[slot];
    return deep->values[channel]
        .index[sample_at(deep->picture, deep->source, pixel * deep->picture->channels + channel)];
}

/* A sample is known: the decoder puts it into the picture, the encoder checks that a decoder would. */
static void put_known(struct deep *deep, size_t at, unsigned sample) {
    if (deep->samples != NULL) {
        put_sample(deep->picture, deep->samples, at, sample);
    } else if (deep->is_proved) {
        deep->differs |= sample_at(deep->picture, deep->source, at) != sample;
    }
}

static void put_number(struct deep *deep, unsigned slot, size_t pixel, int32_t number) {
    const unsigned channel = deep->channel_of[slot];
    put_known(deep, pixel * deep->picture->channels + channel, deep->values[channel].value[number]);
}

/* Is a sample's number coarse? */
static bool code_coarse(struct deep *deep, unsigned slot, const struct prediction *p, int32_t value) {
    const struct coarse *coarse = &deep->coarse[deep->channel_of[slot]];
    const unsigned context = slot * 16 + is_coarse(coarse, p->w) * 8u + is_coarse(coarse, p->n) * 4u +
                             is_coarse(coarse, p->nw) * 2u + is_coarse(coarse, p->ne);
    cell *c = &deep->coarse_cells[context];
    const unsigned is_it = decide(&deep->decisions, is_coarse(coarse, value), clamp_probability(cell_probability(*c)));
    cell_update(c, is_it, 250);
    return is_it;
}

/* The error of the prediction of earlier channels at this place, the first and the last one. */
static void earlier_residuals(const struct deep *deep, unsigned index, uint32_t x, int32_t residuals[2]) {
    for (unsigned i = 0; i < 2; i++) {
        const unsigned earlier = i == 0 ? 0 : index - 1;
        const struct ruler finer = ruler_of((deep->predictions[earlier].whole.size >> (UNIT_BITS - ERROR_BITS)) + 1);
        int32_t steps[4];
        relative(&finer, deep->predictors[earlier].rows.residuals[0][x], 0, 0, 0, steps);
        residuals[i] = steps[0];
    }
}

/* Where neighbours and other predictions are, relative to the mean, and errors nearby, relative to what is expected. */
static void find_contexts(const struct deep *deep, unsigned slot, unsigned index, unsigned alpha, uint32_t x,
                          struct aim *aim) {
    const struct predictor *predictor = &deep->predictors[slot];
    const struct prediction *p = &deep->predictions[slot];
    const int32_t *here = predictor->rows.residuals[0] + x, *up = predictor->rows.residuals[1] + x;
    int32_t *const *rows = predictor->rows.samples;
    const struct ruler ruler = ruler_of(p->whole.size);
    const struct ruler finer = ruler_of((p->whole.size >> (UNIT_BITS - ERROR_BITS)) + 1);
    const int32_t mean = p->mean, *other = p->value + BY_OTHERS;
    const unsigned quarters = quarter_log(p->whole.size), all = quarters / 4 < 6 ? 0 : quarters / 2 - 12;
    const unsigned steps = all > 31 ? 31 : all;
    int32_t near[8], other_near[8], residuals[8], earlier[2];
#define OFF(value) ((value)*UNIT - mean)
    relative(&ruler, OFF(p->w), OFF(p->n), OFF(p->nw), OFF(p->ne), near);
    relative(&ruler, OFF(p->ww), OFF(p->nn), p->value[BY_NEAR] - mean, p->value[BY_MEDIAN] - mean, near + 4);
    relative(&ruler, OFF(2 * p->n - p->nn), OFF(2 * p->w - p->ww), OFF(p->w + p->ne - p->n), OFF(rows[3][x]),
             other_near);
    relative(&ruler, OFF(rows[0][(int64_t)x - 3]), OFF(rows[1][(int64_t)x - 2]), other[0] - mean, other[3] - mean,
             other_near + 4);
#undef OFF
    relative(&finer, here[-1], here[-2], up[0], up[-1], residuals);
    relative(&finer, up[1], up[2], 0, 0, residuals + 4);
    if (!predictor->has_before && index > 0) {
        earlier_residuals(deep, index, x, earlier);
    }
    /* numbers in base 13 and 17 */
#define BY_13(a, b) (steps_within(a, 6) * 13 + steps_within(b, 6))
#define BY_17(a, b) (steps_within(a, 8) * 17 + steps_within(b, 8))
    unsigned *contexts = aim->contexts;
    contexts[0] = steps * 32; /* plus the position of the threshold */
    contexts[1] = 1024 + p->spread * 17 + steps_within(near[0], 8);
    contexts[2] = 1160 + BY_13(near[1], near[3]);
    contexts[3] = 1329 + BY_13(residuals[0], residuals[2]);
    contexts[4] = 1498 + BY_13(residuals[3], residuals[4]);
    contexts[5] = 1667 + BY_17(near[6], near[7]);
    contexts[6] = 1956 + (alpha * 16 + equality(p)) * 64 + (unsigned)(mean >> (UNIT_BITS - 2) & 3) * 16 +
                  steps_within(near[0], 4);
    contexts[7] = 5028 + (predictor->has_before ? BY_17(other_near[6], other_near[7])
                          : index == 0          ? BY_13(near[5], near[4])
                                                : BY_17(earlier[0], earlier[1]));
    contexts[8] = 5317 + BY_13(other_near[0], other_near[1]) * 13 + steps_within(other_near[2], 6);
    contexts[9] = 7514 + BY_13(other_near[3], other_near[4]) * 13 + steps_within(other_near[5], 6);
#undef BY_13
#undef BY_17
    contexts[10] = contexts[11] = 0;
    for (unsigned i = 0; i < 6; i++) {
        contexts[10] = contexts[10] * 3 + steps_within(residuals[i], 1);
        contexts[11] = contexts[11] * 5 + steps_within(near[i], 2);
    }
    contexts[10] = 9711 + contexts[10] * WIDES + p->wide;
    contexts[11] += 15543;
    aim->spread = p->spread * WIDES + p->wide;
    aim->set = index * 32 + steps;
    aim->level = (unsigned)(mean >> UNIT_BITS >> predictor->level_shift);
    aim->exact[0] = hash_2((uint32_t)(p->w - p->n), hash_2((uint32_t)(p->ne - p->n), (uint32_t)(p->nw - p->n)));
    aim->exact[1] = hash_2((uint32_t)p->w, hash_2((uint32_t)p->n, index));
}

/* index: how many slots before are channels to learn from */
static void code_sample(struct deep *deep, struct placer *placer, unsigned slot, unsigned index, unsigned alpha,
                        uint32_t x, uint32_t y, size_t pixel) {
    struct predictor *predictor = &deep->predictors[slot];
    struct prediction *p = &deep->predictions[slot];
    predict(predictor - index, index, deep->setting, x, p - index);
    int32_t value = deep->source != NULL ? number_at(deep, slot, pixel) : 0;
    struct aim aim = {.mean = p->mean, .size = p->whole.size, .near = p->w};
    curves_set(&aim.curves, 0, p->mean, p->whole.size);
    curves_set(&aim.curves, 1, p->biased, p->level.size);
    for (unsigned i = 0; i < WITH_SCALE; i++) {
        curves_set(&aim.curves, 2 + i, p->value[source_of_scale(predictor, i)], p->of[i].size);
    }
    find_contexts(deep, slot, index, alpha, x, &aim);
    const struct coarse *coarse = &deep->coarse[deep->channel_of[slot]];
    const bool is_one = coarse->bits > 0 && code_coarse(deep, slot, p, value);
    value =
        place_value(placer, &aim, is_one ? (int32_t)coarse->rest : 0, is_one ? coarse->bits : 0, predictor->top, value);
    predictor_learn(predictor, x, y, deep->picture->width, p, value);
    put_number(deep, slot, pixel, value);
}

/* Are the colours of two known pixels the same? */
static bool is_same(const struct deep *deep, unsigned row, int64_t at, unsigned other_row, int64_t other) {
    for (unsigned i = 0; i < deep->colours; i++) {
        int32_t *const *rows = deep->predictors[i].rows.samples;
        if (rows[row][at] != rows[other_row][other]) {
            return false;
        }
    }
    return true;
}

/* Are the pixel's colours those of the one to the left, or of the one above? Asked where that is likely: then most of
 * the work is saved. */
static bool code_repeat(struct deep *deep, unsigned alpha, uint32_t x, uint32_t y, size_t pixel) {
    const int64_t at = x;
    if (x == 0 || y == 0) {
        return false;
    }
    const bool w_n = is_same(deep, 0, at - 1, 1, at), n_nw = is_same(deep, 1, at, 1, at - 1);
    const bool n_ne = is_same(deep, 1, at, 1, at + 1);
    const bool is_likely =
        deep->colours == 1 ? w_n && n_nw && n_ne && predictor_is_calm(&deep->predictors[0], x) : w_n || alpha == 1;
    if (!is_likely) {
        return false;
    }
    const unsigned context = (alpha * 2 + w_n) * 32 + (unsigned)n_nw * 16 + (unsigned)n_ne * 8 +
                             (unsigned)is_same(deep, 0, at - 1, 0, at - 2) * 4 +
                             (unsigned)is_same(deep, 1, at, 2, at) * 2;
    for (unsigned up = 0; up < (w_n ? 1 : 2); up++) {
        bool is_it = deep->source != NULL;
        for (unsigned i = 0; i < deep->colours && is_it; i++) {
            int32_t *const *rows = deep->predictors[i].rows.samples;
            is_it = number_at(deep, i, pixel) == (up == 0 ? rows[0][at - 1] : rows[1][at]);
        }
        cell *c = &deep->repeats[context + up];
        is_it = decide(&deep->decisions, is_it, clamp_probability(cell_probability(*c)));
        cell_update(c, is_it, 250);
        if (is_it) {
            for (unsigned i = 0; i < deep->colours; i++) {
                predictor_learn_repeat(&deep->predictors[i], x, deep->picture->width, up == 1);
                put_number(deep, i, pixel, deep->predictors[i].rows.samples[0][x]);
            }
            return true;
        }
    }
    return false;
}

static void code_pixel(struct deep *deep, uint32_t x, uint32_t y, size_t pixel) {
    unsigned alpha = 0;
    if (deep->has_alpha) {
        const struct predictor *predictor = &deep->predictors[deep->colours];
        code_sample(deep, &deep->alpha_placer, deep->colours, 0, 0, x, y, pixel);
        const int32_t number = predictor->rows.samples[0][x];
        alpha = number == 0 ? 1 : number == predictor->top ? 0 : 2;
    }
    if (deep->colours == 0 || code_repeat(deep, alpha, x, y, pixel)) {
        return;
    }
    for (unsigned i = 0; i < deep->colours; i++) {
        code_sample(deep, &deep->placer, i, i, alpha, x, y, pixel);
    }
}

/* The picture before has other values: each sample stands for the next one at or below it. */
static bool prepare_before(struct deep *deep, unsigned slots) {
    for (unsigned i = 0; i < slots; i++) {
        const struct values *values = &deep->values[deep->channel_of[i]];
        uint32_t number = 0;
        deep->near[i] = bswz_allocate(VALUES_MOST, sizeof *deep->near[i]);
        for (uint32_t value = 0; value < VALUES_MOST && deep->near[i] != NULL; value++) {
            number += number + 1 < values->count && values->value[number + 1] == value;
            deep->near[i][value] = (uint16_t)number;
        }
        if (deep->near[i] == NULL) {
            return false;
        }
    }
    return true;
}

static bool prepare(struct deep *deep) {
    const uint64_t pixels = (uint64_t)deep->picture->width * deep->picture->height;
    const unsigned slots = deep->colours + deep->has_alpha;
    bool has_memory =
        placer_init(&deep->placer, &deep->decisions, CONTEXT_VALUES, false, pixels * deep->colours) &&
        (!deep->has_alpha || placer_init(&deep->alpha_placer, &deep->decisions, CONTEXT_VALUES, false, pixels));
    for (unsigned i = 0; i < slots && has_memory; i++) {
        const bool is_colour = i < deep->colours;
        const struct predictor *alpha = is_colour && deep->has_alpha ? &deep->predictors[deep->colours] : NULL;
        has_memory = predictor_init(&deep->predictors[i], deep->setting, is_colour ? i : 0, alpha, deep->refers > 0,
                                    deep->picture->width, (int32_t)deep->values[deep->channel_of[i]].count - 1);
    }
    has_memory = has_memory && (deep->refers == 0 || prepare_before(deep, slots));
    for (unsigned i = 0; i < REPEAT_CONTEXTS; i++) {
        deep->repeats[i] = CELL_EVEN;
    }
    for (unsigned i = 0; i < CHANNELS * 16; i++) {
        deep->coarse_cells[i] = CELL_EVEN;
    }
    return has_memory;
}

static void fill_constants(struct deep *deep) {
    const struct deep_picture *picture = deep->picture;
    const size_t pixels = (size_t)picture->width * picture->height;
    for (unsigned c = 0; c < picture->channels; c++) {
        for (size_t i = 0; i < pixels && deep->values[c].count == 1; i++) {
            put_known(deep, i * picture->channels + c, deep->values[c].value[0]);
        }
    }
}

/* The rows of the earlier picture: the one above, the same, and the one below, which repeat at the edges. */
static void begin_row_before(struct deep *deep, unsigned slot, uint32_t y) {
    const struct deep_picture *picture = deep->picture;
    for (unsigned i = 0; i < BEFORE_ROWS; i++) {
        const uint32_t row = y + i < 1 ? 0 : y + i - 1 < picture->height ? y + i - 1 : picture->height - 1;
        size_t at = (size_t)row * picture->width * picture->channels + deep->channel_of[slot];
        int32_t *numbers = deep->predictors[slot].rows.before[i];
        for (uint32_t x = 0; x < picture->width; x++, at += picture->channels) {
            numbers[x] = deep->near[slot][sample_at(picture, picture->before[deep->refers - 1], at)];
        }
        predictor_pad(numbers, picture->width);
    }
}

static enum bswz_status code_samples(struct deep *deep, struct bswz_error *error) {
    const struct deep_picture *picture = deep->picture;
    static const unsigned colours[] = {1, 0, 2}, grey[] = {0};
    for (unsigned i = 0; i < (picture->channels < 3 ? 1 : 3); i++) {
        const unsigned channel = picture->channels < 3 ? grey[i] : colours[i];
        if (deep->values[channel].count > 1) {
            deep->channel_of[deep->colours++] = channel;
        }
    }
    deep->has_alpha = picture->channels % 2 == 0 && deep->values[picture->channels - 1].count > 1;
    deep->channel_of[deep->colours] = picture->channels - 1;
    if (!prepare(deep)) {
        return bswz_no_memory(error);
    }
    fill_constants(deep);
    size_t pixel = 0;
    decisions_pass(&deep->decisions);
    for (uint32_t y = 0; y < picture->height && !decisions_are_useless(&deep->decisions); y++) {
        deep->decisions.row = y;
        for (unsigned i = 0; i < deep->colours + deep->has_alpha; i++) {
            predictor_begin_row(&deep->predictors[i], y, picture->width);
            if (deep->refers > 0) {
                begin_row_before(deep, i, y);
            }
        }
        for (uint32_t x = 0; x < picture->width; x += COST_TILE) {
            const uint32_t left = picture->width - x, count = left < COST_TILE ? left : COST_TILE;
            for (uint32_t i = 0; i < count; i++, pixel++) {
                code_pixel(deep, x + i, y, pixel);
            }
            if (deep->decisions.place != NULL) {
                decisions_place(&deep->decisions, x, count, COST_DEEP);
            }
        }
        deep->known_rows += !deep->decisions.is_dry;
    }
    return BSWZ_OK;
}

static void free_models(struct deep *deep) {
    placer_free(&deep->placer);
    placer_free(&deep->alpha_placer);
    for (unsigned i = 0; i < CHANNELS; i++) {
        predictor_free(&deep->predictors[i]);
        free(deep->near[i]);
    }
}

/* The setting (2 bits), the earlier picture that it refers to, each channel's values, samples. */
static enum bswz_status code_picture(struct deep *deep, struct bswz_error *error) {
    struct decisions *decisions = &deep->decisions;
    const uint32_t setting = decide_number(decisions, deep->setting, 2);
    if (setting >= DEEP_SETTINGS) {
        decisions->is_damaged = true;
        return BSWZ_OK;
    }
    deep->setting = (enum deep_setting)setting;
    deep->refers = decide_reference(decisions, deep->refers, deep->picture->before_count);
    for (unsigned c = 0; c < deep->picture->channels && !decisions->is_damaged; c++) {
        values_code(&deep->values[c], decisions, deep->picture->bytes);
        if (deep->picture->bytes > 1 && !deep->values[c].is_list && !decisions->is_damaged) {
            coarse_code(&deep->coarse[c], decisions, deep->values[c].count);
        }
    }
    if (decisions->is_damaged) {
        return BSWZ_OK;
    }
    const enum bswz_status status = code_samples(deep, error);
    free_models(deep);
    return status;
}

/* Would a decoder read the same setting and values from the beginning of the payload? */
static enum bswz_status check_beginning(struct deep *deep, const uint8_t *payload, size_t size,
                                        struct bswz_error *error) {
    const struct deep_picture *picture = deep->picture;
    struct decisions popped;
    decisions_begin_decoding(&popped, payload, size);
    deep->differs |= decide_number(&popped, 0, 2) != (uint32_t)deep->setting;
    deep->differs |= decide_reference(&popped, 0, deep->picture->before_count) != deep->refers;
    struct values *again = bswz_allocate_zero(1, sizeof *again);
    for (unsigned c = 0; c < deep->picture->channels && again != NULL && !deep->differs; c++) {
        const struct values *values = &deep->values[c];
        again->count = 0;
        values_code(again, &popped, deep->picture->bytes);
        deep->differs |= popped.is_damaged || again->count != values->count ||
                         memcmp(again->value, values->value, values->count * sizeof *values->value) != 0;
        if (picture->bytes > 1 && !values->is_list && !deep->differs) {
            struct coarse coarse = {0, 0};
            coarse_code(&coarse, &popped, values->count);
            deep->differs |=
                popped.is_damaged || coarse.bits != deep->coarse[c].bits || coarse.rest != deep->coarse[c].rest;
        }
    }
    free(again);
    return again != NULL ? BSWZ_OK : bswz_no_memory(error);
}

/* The payload has been coded. */
static enum bswz_status finish_proof(struct deep *deep, const uint8_t *payload, size_t size, struct bswz_error *error) {
    const enum bswz_status status = deep->decisions.is_damaged ? BSWZ_OK : check_beginning(deep, payload, size, error);
    const bool is_wrong = deep->differs || deep->decisions.is_damaged;
    *deep->picture->proof = (struct payload_proof){.is_wrong = is_wrong};
    if (status == BSWZ_OK && !is_wrong) {
        payload_proof_make(deep->picture->proof, payload, size);
    }
    return status;
}

/* A list of values and coarse numbers exclude each other: whichever saves more. false: no memory */
static bool find_values(struct deep *deep, unsigned channel) {
    const struct deep_picture *picture = deep->picture;
    const size_t pixels = (size_t)picture->width * picture->height;
    struct values *values = &deep->values[channel];
    uint32_t *counts = bswz_allocate(VALUES_MOST, sizeof *counts);
    int64_t saved = 0;
    if (counts == NULL) {
        return false;
    }
    if (picture->bytes > 1) {
        values_find(values, deep->source, pixels, channel, picture->channels, picture->bytes, INT64_MAX, counts);
        saved = coarse_find(&deep->coarse[channel], values, deep->source, picture->width, picture->height, channel,
                            picture->channels);
    }
    values_find(values, deep->source, pixels, channel, picture->channels, picture->bytes, saved, counts);
    if (values->is_list) {
        deep->coarse[channel] = (struct coarse){0, 0};
    }
    free(counts);
    return true;
}

static enum bswz_status encode(const struct deep_picture *picture, const uint8_t *samples, int level, unsigned refers,
                               size_t limit, struct byte_buffer *out, bool *is_coded, struct bswz_error *error) {
    const size_t start = out->size;
    *is_coded = false;
    struct deep *deep = bswz_allocate_zero(1, sizeof *deep);
    if (deep == NULL) {
        return bswz_no_memory(error);
    }
    deep->picture = picture;
    deep->source = samples;
    deep->setting = setting_of_level(level);
    deep->refers = refers;
    for (unsigned c = 0; c < picture->channels; c++) {
        if (!find_values(deep, c)) {
            free(deep);
            return bswz_no_memory(error);
        }
    }
    decisions_begin_encoding(&deep->decisions, out, limit, NULL);
    deep->is_proved = deep->decisions.are_proven = picture->proof != NULL;
    enum bswz_status status = code_picture(deep, error);
    if (!decisions_end(&deep->decisions) && status == BSWZ_OK) {
        status = bswz_no_memory(error);
    }
    *is_coded = status == BSWZ_OK && !deep->decisions.is_over;
    if (*is_coded && deep->is_proved) {
        status = finish_proof(deep, out->data + start, out->size - start, error);
        *is_coded = picture->proof->is_made;
    }
    out->size = *is_coded ? out->size : start;
    free(deep);
    return status;
}

/* How much an earlier picture differs, apart from its brightness: how the difference changes from sample to sample. */
static uint64_t difference(const struct deep_picture *picture, const uint8_t *samples, const uint8_t *before) {
    const size_t count = (size_t)picture->width * picture->height * picture->channels;
    const size_t step = (count / LOOKS + picture->channels) / picture->channels * picture->channels;
    uint64_t sum = 0;
    for (size_t at = 0; at + picture->channels < count; at += step) {
        const int here = (int)sample_at(picture, samples, at) - (int)sample_at(picture, before, at);
        const size_t next = at + picture->channels;
        const int there = (int)sample_at(picture, samples, next) - (int)sample_at(picture, before, next);
        sum += (uint64_t)abs(here - there);
    }
    return sum;
}

/* The earlier picture that differs least, counted from 1; 0: there is none. */
static unsigned find_before(const struct deep_picture *picture, const uint8_t *samples) {
    uint64_t least = UINT64_MAX;
    unsigned found = 0;
    for (unsigned i = 0; i < picture->before_count; i++) {
        const uint64_t sum = difference(picture, samples, picture->before[i]);
        if (sum < least) {
            least = sum;
            found = i + 1;
        }
    }
    return found;
}

/* Does it pay to refer to one? Some rows from the middle are coded in both ways. */
static enum bswz_status try_before(const struct deep_picture *picture, const uint8_t *samples, int level,
                                   unsigned refers, bool *pays, struct bswz_error *error) {
    const uint32_t part = picture->height / (setting_of_level(level) == DEEP_MOST ? 3 : 6);
    const uint32_t least = picture->height < TRIED_ROWS ? picture->height : TRIED_ROWS;
    struct deep_picture rows = *picture;
    rows.height = part < least ? least : part;
    const size_t skipped =
        (size_t)(picture->height - rows.height) / 2 * picture->width * picture->channels * picture->bytes;
    const uint8_t *const before = picture->before[refers - 1] + skipped;
    rows.before = &before;
    rows.before_count = 1;
    rows.proof = NULL;
    struct byte_buffer without = {0}, with = {0};
    bool is_coded;
    enum bswz_status status = encode(&rows, samples + skipped, level, 0, SIZE_MAX, &without, &is_coded, error);
    *pays = false;
    if (status == BSWZ_OK) {
        status = encode(&rows, samples + skipped, level, 1, without.size, &with, pays, error);
    }
    *pays = *pays && with.size < without.size;
    free(without.data);
    free(with.data);
    return status;
}

enum bswz_status deep_encode(const struct deep_picture *picture, const uint8_t *samples, int level, size_t limit,
                             struct byte_buffer *out, bool *is_coded, struct bswz_error *error) {
    unsigned refers = setting_of_level(level) == DEEP_LIGHT ? 0 : find_before(picture, samples);
    enum bswz_status status = BSWZ_OK;
    bool pays = false;
    *is_coded = false;
    if (refers > 0) {
        status = try_before(picture, samples, level, refers, &pays, error);
    }
    refers = pays ? refers : 0;
    return status == BSWZ_OK ? encode(picture, samples, level, refers, limit, out, is_coded, error) : status;
}

enum bswz_status deep_decode(const struct deep_picture *picture, const uint8_t *bytes, size_t size, bool is_cut,
                             uint8_t *samples, uint32_t *known_rows, struct bswz_error *error) {
    struct deep *deep = bswz_allocate_zero(1, sizeof *deep);
    if (deep == NULL) {
        return bswz_no_memory(error);
    }
    const size_t row_size = (size_t)picture->width * picture->channels * picture->bytes;
    memset(samples, 0, row_size * picture->height);
    deep->picture = picture;
    deep->samples = samples;
    decisions_begin_decoding(&deep->decisions, bytes, size);
    deep->decisions.place = picture->place;
    enum bswz_status status = code_picture(deep, error);
    const bool is_whole = decisions_end(&deep->decisions) && !is_cut;
    /* without the complete state, nothing can be decoded */
    const uint32_t known = is_whole ? picture->height : size < DECISION_STATE_BYTES ? 0 : deep->known_rows;
    if (status == BSWZ_OK && !is_whole) {
        memset(samples + row_size * known, 0, row_size * (picture->height - known));
        status = bswz_fail(error, BSWZ_ERROR_CORRUPT, "the payload of a deep picture is damaged");
    }
    if (known_rows != NULL) {
        *known_rows = known;
    }
    free(deep);
    return status;
}
