/* SPDX-License-Identifier: MIT */
/*
 * The mixture of a pixel (mixture.h). All of it is integer arithmetic with defined rounding, since encoder and
 * decoder must agree to the last unit.
 */
#include "coder/mixture.h"

#include <math.h>
#include <string.h>

struct channel_shape {
    int32_t mean;   /* 1/64 of a level */
    uint32_t index; /* of the scale */
};

/* The logistic of a channel: mean in 1/64 of a level, scale in 1/SCALE_UNIT of an index, both not clamped yet. */
static inline struct channel_shape clamped(int32_t mean, int32_t scale) {
    scale = (scale + SCALE_UNIT / 2) >> 4;
    struct channel_shape shape = {mean < MEAN_LOWEST    ? MEAN_LOWEST
                                  : mean > MEAN_HIGHEST ? MEAN_HIGHEST
                                                        : mean,
                                  (uint32_t)(scale < 0                 ? 0
                                             : scale > SCALE_COUNT - 1 ? SCALE_COUNT - 1
                                                                       : scale)};
    return shape;
}

static inline int32_t growth_at(int32_t residual) {
    return growth_of_residual[(uint32_t)(residual < 0 ? -residual : residual) >> 4];
}

/* The logistic of the second and third channel, given the preceding residuals (1/64 of a level). */
static inline struct channel_shape second_shape(int32_t mean, int32_t scale, int32_t coupling,
                                                const struct mixture_growth *growth, const int32_t *residual) {
    int32_t grown = growth->factor[0] * growth_at(residual[0]);
    return clamped(mean + ((coupling * residual[0] + COUPLING_UNIT / 2) >> 10),
                   scale + ((grown + GROWTH_UNIT / 2) >> 8));
}

static inline struct channel_shape third_shape(int32_t mean, int32_t scale, const int16_t *coupling,
                                               const struct mixture_growth *growth, const int32_t *residual) {
    int32_t coupled = coupling[0] * residual[0] + coupling[1] * residual[1];
    int32_t grown = growth->factor[1] * growth_at(residual[0]) + growth->factor[2] * growth_at(residual[1]);
    return clamped(mean + ((coupled + COUPLING_UNIT / 2) >> 10), scale + ((grown + GROWTH_UNIT / 2) >> 8));
}

/* The interval of x under a logistic; returns the residual. */
static inline int32_t interval(struct channel_shape shape, int x, uint32_t *start, uint32_t *frequency) {
    const int32_t inverse = inverse_scale[shape.index];
    *start = logistic_below(shape.mean, inverse, x);
    *frequency = logistic_below(shape.mean, inverse, x + 1) - *start;
    return x * MEAN_UNIT - shape.mean;
}

/* The posterior of the index: prior times likelihood, normalised. The products have up to 88 bits. Shifting first
 * by the largest of all components keeps 30 significant bits, even if every component considers the pixel
 * improbable. */
static void posterior_table(const uint16_t *prior, unsigned channels, uint32_t frequency[][3], uint16_t *start) {
    uint64_t weight[MIXTURE_COMPONENTS], rest[MIXTURE_COMPONENTS];
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        weight[k] = frequency[k][0];
        rest[k] = weights_width(prior, k);
        if (channels == 3) {
            weight[k] *= frequency[k][1];
            rest[k] *= frequency[k][2];
        }
    }
    weights_fit(weight, MIXTURE_COMPONENTS, 31);
    weights_fit(rest, MIXTURE_COMPONENTS, 30);
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        weight[k] = weight[k] * rest[k] + 1;
    }
    weights_normalise(weight, start);
}

void mixture_prepare(const int16_t *outputs, const struct mixture_growth *growth, unsigned channels,
                     const uint8_t *base, const uint8_t *pixel, struct prepared_pixel *prepared) {
    uint32_t frequency[MIXTURE_COMPONENTS][3];
    weights_prior(outputs + 9, MIXTURE_FIELDS, prepared->prior_start);
    prepared->prior_start[MIXTURE_COMPONENTS] = 0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        const int16_t *one = outputs + MIXTURE_FIELDS * k;
        int32_t residual[2];
        uint32_t start[3];
        residual[0] = interval(clamped(base[0] * MEAN_UNIT + one[0], one[3]), pixel[0], &start[0], &frequency[k][0]);
        if (channels == 3) {
            residual[1] = interval(second_shape(base[1] * MEAN_UNIT + one[1], one[4], one[6], growth, residual),
                                   pixel[1], &start[1], &frequency[k][1]);
            interval(third_shape(base[2] * MEAN_UNIT + one[2], one[5], one + 7, growth, residual), pixel[2], &start[2],
                     &frequency[k][2]);
        }
        for (unsigned c = 0; c < channels; c++) {
            prepared->start[c][k] = start[c];
            prepared->frequency[c][k] = frequency[k][c];
        }
    }
    posterior_table(prepared->prior_start, channels, frequency, prepared->posterior_start);
}

void mixture_push(struct ans *ans, unsigned lane, unsigned channels, const struct prepared_pixel *prepared) {
    int k = weights_find(prepared->posterior_start, ans_pop(ans, lane, WEIGHT_BITS));
    ans_pop_commit(ans, lane, prepared->posterior_start[k], weights_width(prepared->posterior_start, k), WEIGHT_BITS);
    for (unsigned c = channels; c-- > 0;) {
        ans_push(ans, lane, prepared->start[c][k], prepared->frequency[c][k], LOGISTIC_BITS);
    }
    ans_push(ans, lane, prepared->prior_start[k], weights_width(prepared->prior_start, k), WEIGHT_BITS);
}

/* ---- the mixture as a whole ---- */

void mixture_given_begin(const int16_t *const *outputs, unsigned mixtures, struct given *given) {
    uint16_t prior[MIXTURE_COMPONENTS];
    given->count = mixtures * MIXTURE_COMPONENTS;
    for (unsigned m = 0; m < mixtures; m++) {
        weights_prior(outputs[m] + 9, MIXTURE_FIELDS, prior);
        for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
            given->weight[m * MIXTURE_COMPONENTS + (unsigned)k] = weights_width(prior, k);
        }
    }
}

void mixture_given(const int16_t *const *outputs, const struct mixture_growth *growth, unsigned channel, uint8_t base,
                   struct given *given) {
    for (unsigned k = 0; k < given->count; k++) {
        const int16_t *one = outputs[k / MIXTURE_COMPONENTS] + MIXTURE_FIELDS * (k % MIXTURE_COMPONENTS);
        const int32_t *residual = given->residual[k], mean = base * MEAN_UNIT + one[channel];
        const struct channel_shape shape = channel == 0   ? clamped(mean, one[3])
                                           : channel == 1 ? second_shape(mean, one[4], one[6], growth, residual)
                                                          : third_shape(mean, one[5], one + 7, growth, residual);
        given->mean[k] = shape.mean;
        given->scale[k] = shape.index;
    }
}

/* ---- rows of pixels ---- */

static void push_run(struct ans *ans, unsigned channels, const struct prepared_row *prepared, size_t count) {
    for (size_t at = (count + ans->lanes - 1) / ans->lanes * ans->lanes; at > 0;) {
        at -= ans->lanes;
        choices_push(ans, &CHOICES_OF(&prepared[at / MIXTURE_ROW], channels), at % MIXTURE_ROW,
                     count - at < ans->lanes ? (unsigned)(count - at) : ans->lanes);
    }
}

/* A pixel while it is popped. */
struct popping {
    mixture_outputs outputs;
    uint8_t base[3];
    uint16_t prior[MIXTURE_COMPONENTS];
    int k;
    int32_t residual[MIXTURE_COMPONENTS][3];
    uint32_t frequency[MIXTURE_COMPONENTS][3];
};

static void pop_index(struct ans *ans, unsigned lane, struct popping *pixel) {
    const int k = pixel->k = weights_find(pixel->prior, ans_pop(ans, lane, WEIGHT_BITS));
    ans_pop_commit(ans, lane, pixel->prior[k], weights_width(pixel->prior, k), WEIGHT_BITS);
}

/* The logistic of channel c under component k, when the channels before it are known. */
static inline struct channel_shape shape_of(const int16_t *outputs, const uint8_t *base, unsigned c, int k,
                                            const struct mixture_growth *growth, const int32_t *residual) {
    const int16_t *one = outputs + MIXTURE_FIELDS * k;
    const int32_t mean = base[c] * MEAN_UNIT + one[c];
    return c == 0   ? clamped(mean, one[3])
           : c == 1 ? second_shape(mean, one[4], one[6], growth, residual)
                    : third_shape(mean, one[5], one + 7, growth, residual);
}

static int pop_channel(struct ans *ans, unsigned lane, unsigned c, const struct mixture_growth *growth,
                       struct popping *pixel) {
    const int own = pixel->k;
    struct channel_shape shape = shape_of(pixel->outputs, pixel->base, c, own, growth, pixel->residual[own]);
    uint32_t start;
    const int x = logistic_find(shape.mean, inverse_scale[shape.index], scale_of_index[shape.index],
                                ans_pop(ans, lane, LOGISTIC_BITS), &start, &pixel->frequency[own][c]);
    ans_pop_commit(ans, lane, start, pixel->frequency[own][c], LOGISTIC_BITS);
    pixel->residual[own][c] = x * MEAN_UNIT - shape.mean;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        if (k != own) {
            shape = shape_of(pixel->outputs, pixel->base, c, k, growth, pixel->residual[k]);
            pixel->residual[k][c] = interval(shape, x, &start, &pixel->frequency[k][c]);
        }
    }
    return x;
}

/* bits: NULL, or those of the pixel, which is number `lane` of them, are added. */
static void push_index(struct ans *ans, unsigned lane, unsigned channels, struct popping *pixel,
                       struct popped_bits *bits) {
    uint16_t posterior[MIXTURE_COMPONENTS];
    posterior_table(pixel->prior, channels, pixel->frequency, posterior);
    const uint32_t width = weights_width(posterior, pixel->k);
    ans_push(ans, lane, posterior[pixel->k], width, WEIGHT_BITS);
    if (bits == NULL) {
        return;
    }
    const double index_bits = log2((double)width / weights_width(pixel->prior, pixel->k));
    bits->index += index_bits;
    if (bits->each != NULL) {
        double chance = 1.0;
        for (unsigned c = 0; c < channels; c++) {
            chance *= pixel->frequency[pixel->k][c];
        }
        bits->each[lane] = index_bits + channels * LOGISTIC_BITS - log2(chance);
    }
}

void mixture_pop(struct ans *ans, unsigned lane, unsigned channels, const int16_t *outputs,
                 const struct mixture_growth *growth, const uint8_t *base, uint8_t *pixel) {
    struct popping popping;
    memcpy(popping.outputs, outputs, sizeof popping.outputs);
    memcpy(popping.base, base, channels);
    weights_prior(outputs + 9, MIXTURE_FIELDS, popping.prior);
    pop_index(ans, lane, &popping);
    for (unsigned c = 0; c < channels; c++) {
        pixel[c] = (uint8_t)pop_channel(ans, lane, c, growth, &popping);
    }
    push_index(ans, lane, channels, &popping, NULL);
}

static void load_column(const struct awaited_row *awaited, unsigned column, struct popping *pixel) {
    for (unsigned f = 0; f < MIXTURE_OUTPUTS; f++) {
        pixel->outputs[f] = (int16_t)(uint16_t)(awaited->pair[f / 2][column] >> (f % 2 * 16));
    }
    for (unsigned c = 0; c < 3; c++) {
        pixel->base[c] = (uint8_t)awaited->base[c][column];
    }
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        pixel->prior[k] = awaited->prior_start[k][column];
    }
}

void mixture_pop_group(struct ans *ans, unsigned channels, const struct mixture_growth *growth,
                       const struct awaited_row *awaited, unsigned first, unsigned count, uint8_t (*pixel)[3],
                       struct popped_bits *bits) {
    struct popping popping[ANS_MAX_LANES];
    for (unsigned lane = 0; lane < count; lane++) {
        load_column(awaited, first + lane, &popping[lane]);
        pop_index(ans, lane, &popping[lane]);
    }
    for (unsigned c = 0; c < channels; c++) {
        for (unsigned lane = 0; lane < count; lane++) {
            pixel[lane][c] = (uint8_t)pop_channel(ans, lane, c, growth, &popping[lane]);
        }
    }
    for (unsigned lane = 0; lane < count; lane++) {
        push_index(ans, lane, channels, &popping[lane], bits);
    }
}

void mixture_pop_run_counted(struct ans *ans, unsigned channels, const struct mixture_growth *growth,
                             const struct awaited_row *awaited, size_t count, uint8_t (*pixel)[3],
                             struct popped_bits *bits) {
    struct popped_bits group = {.each = bits != NULL ? bits->each : NULL};
    for (size_t at = 0; at < count; at += ans->lanes) {
        const size_t left = count - at;
        mixture_pop_group(ans, channels, growth, &awaited[at / MIXTURE_ROW], at % MIXTURE_ROW,
                          left < ans->lanes ? (unsigned)left : ans->lanes, pixel + at, bits != NULL ? &group : NULL);
        group.each = group.each != NULL ? group.each + ans->lanes : NULL;
    }
    if (bits != NULL) {
        bits->index += group.index;
    }
}

static void pop_run(struct ans *ans, unsigned channels, const struct mixture_growth *growth,
                    const struct awaited_row *awaited, size_t count, uint8_t (*pixel)[3]) {
    mixture_pop_run_counted(ans, channels, growth, awaited, count, pixel, NULL);
}

static void prepare(const struct mixture_batch *batch, const uint8_t (*pixel)[3], struct prepared_row *prepared) {
    for (size_t i = 0; i < batch->count; i++) {
        struct prepared_pixel one;
        struct prepared_row *row = &prepared[i / MIXTURE_ROW];
        const size_t column = i % MIXTURE_ROW;
        mixture_prepare(batch->outputs + i * batch->stride, batch->growth, batch->channels, batch->base[i], pixel[i],
                        &one);
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            row->posterior_start[k][column] = one.posterior_start[k];
            row->prior_start[k][column] = one.prior_start[k];
            for (unsigned c = 0; c < batch->channels; c++) {
                row->start[c][k][column] = one.start[c][k];
                row->frequency[c][k][column] = one.frequency[c][k];
            }
        }
    }
}

static void await(const struct mixture_batch *batch, struct awaited_row *awaited) {
    for (size_t i = 0; i < batch->count; i++) {
        const int16_t *outputs = batch->outputs + i * batch->stride;
        struct awaited_row *row = &awaited[i / MIXTURE_ROW];
        const size_t column = i % MIXTURE_ROW;
        uint16_t prior[MIXTURE_COMPONENTS];
        weights_prior(outputs + 9, MIXTURE_FIELDS, prior);
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            row->prior_start[k][column] = prior[k];
        }
        for (unsigned j = 0; j < MIXTURE_OUTPUTS / 2; j++) {
            row->pair[j][column] = (uint32_t)(uint16_t)outputs[2 * j] | (uint32_t)(uint16_t)outputs[2 * j + 1] << 16;
        }
        for (unsigned c = 0; c < batch->channels; c++) {
            row->base[c][column] = batch->base[i][c];
        }
    }
}

const struct mixture_coder mixture_reference = {prepare, await, push_run, pop_run};

double mixture_bits(unsigned channels, const struct prepared_pixel *prepared) {
    double p = 0.0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        double one = ldexp(weights_width(prepared->prior_start, k), -WEIGHT_BITS);
        for (unsigned c = 0; c < channels; c++) {
            one *= ldexp(prepared->frequency[c][k], -LOGISTIC_BITS);
        }
        p += one;
    }
    return -log2(p);
}
