/*
 * The mixture of a pixel (mixture.h). All of it is integer arithmetic with defined rounding, since encoder and
 * decoder must agree to the last unit.
 */
#include "coder/mixture.h"

#include <math.h>

struct channel_shape {
    int32_t mean;   /* 1/64 of a level */
    uint32_t index; /* of the scale */
};

/* The logistic of a channel: mean in 1/64 of a level, scale in 1/SCALE_UNIT of an index, both not clamped yet. */
static inline struct channel_shape clamped(int32_t mean, int32_t scale) {
    scale = (scale + SCALE_UNIT / 2) >> 4;
    struct channel_shape shape = {
        mean < MEAN_LOWEST ? MEAN_LOWEST : mean > MEAN_HIGHEST ? MEAN_HIGHEST : mean,
        (uint32_t)(scale < 0 ? 0 : scale > SCALE_COUNT - 1 ? SCALE_COUNT - 1 : scale)};
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
    weights_fit(weight, 31);
    weights_fit(rest, 30);
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

void mixture_push_run(struct ans *ans, unsigned first, unsigned channels, const struct prepared_pixel *prepared,
                      size_t count) {
    const unsigned lanes = ans->lanes;
    unsigned lane = (unsigned)((first + count) % lanes);
    for (size_t i = count; i-- > 0;) {
        lane = lane == 0 ? lanes - 1 : lane - 1;
        mixture_push(ans, lane, channels, &prepared[i]);
    }
}

static void await_one(const int16_t *outputs, unsigned channels, const uint8_t *base, struct awaited_pixel *awaited) {
    weights_prior(outputs + 9, MIXTURE_FIELDS, awaited->prior_start);
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        const int16_t *one = outputs + MIXTURE_FIELDS * k;
        struct channel_shape first = clamped(base[0] * MEAN_UNIT + one[0], one[3]);
        awaited->first_mean[k] = (int16_t)first.mean;
        awaited->first_inverse[k] = inverse_scale[first.index];
        awaited->second[k].first_index = (int16_t)first.index;
        awaited->second[k].coupling = channels == 3 ? one[6] : 0;
        if (channels == 3) {
            for (int c = 0; c < 2; c++) {
                awaited->mean[c][k] = base[1 + c] * MEAN_UNIT + one[1 + c];
                awaited->scale[c][k] = one[4 + c];
                awaited->coupling[k][c] = one[7 + c];
            }
        }
    }
}

/* The logistic of channel c under component k. */
static inline struct channel_shape awaited_shape(const struct awaited_pixel *awaited, unsigned c, int k,
                                                 const struct mixture_growth *growth, const int32_t *residual) {
    if (c == 0) {
        return (struct channel_shape){awaited->first_mean[k], (uint32_t)awaited->second[k].first_index};
    }
    if (c == 1) {
        return second_shape(awaited->mean[0][k], awaited->scale[0][k], awaited->second[k].coupling, growth, residual);
    }
    return third_shape(awaited->mean[1][k], awaited->scale[1][k], awaited->coupling[k], growth, residual);
}

/* index_bits: NULL, or the cost of the index is added to it. */
static inline void pop_one(struct ans *ans, unsigned lane, unsigned channels, const struct mixture_growth *growth,
                           const struct awaited_pixel *awaited, uint8_t *pixel, double *index_bits) {
    uint16_t posterior[MIXTURE_COMPONENTS];
    const uint16_t *prior = awaited->prior_start;
    int k = weights_find(prior, ans_pop(ans, lane, WEIGHT_BITS));
    ans_pop_commit(ans, lane, prior[k], weights_width(prior, k), WEIGHT_BITS);
    uint32_t frequency[MIXTURE_COMPONENTS][3];
    int32_t residual[3];
    for (unsigned c = 0; c < channels; c++) {
        struct channel_shape shape = awaited_shape(awaited, c, k, growth, residual);
        uint32_t start, slot = ans_pop(ans, lane, LOGISTIC_BITS);
        int x = logistic_find(shape.mean, inverse_scale[shape.index], scale_of_index[shape.index], slot, &start,
                              &frequency[k][c]);
        ans_pop_commit(ans, lane, start, frequency[k][c], LOGISTIC_BITS);
        pixel[c] = (uint8_t)x;
        residual[c] = x * MEAN_UNIT - shape.mean;
    }
    for (int other = 0; other < MIXTURE_COMPONENTS; other++) {
        for (unsigned c = 0; c < channels && other != k; c++) {
            uint32_t start;
            residual[c] = interval(awaited_shape(awaited, c, other, growth, residual), pixel[c], &start,
                                   &frequency[other][c]);
        }
    }
    posterior_table(prior, channels, frequency, posterior);
    ans_push(ans, lane, posterior[k], weights_width(posterior, k), WEIGHT_BITS);
    if (index_bits != NULL) {
        *index_bits += log2((double)weights_width(posterior, k) / weights_width(prior, k));
    }
}

void mixture_pop(struct ans *ans, unsigned lane, unsigned channels, const int16_t *outputs,
                 const struct mixture_growth *growth, const uint8_t *base, uint8_t *pixel) {
    struct awaited_pixel awaited;
    await_one(outputs, channels, base, &awaited);
    pop_one(ans, lane, channels, growth, &awaited, pixel, NULL);
}

static void prepare(const struct mixture_batch *batch, const uint8_t (*pixel)[3], struct prepared_pixel *prepared,
                    size_t step) {
    for (size_t i = 0; i < batch->count; i++) {
        mixture_prepare(batch->outputs + i * batch->stride, batch->growth, batch->channels, batch->base[i], pixel[i],
                        &prepared[i * step]);
    }
}

static void await(const struct mixture_batch *batch, struct awaited_pixel *awaited, size_t step) {
    for (size_t i = 0; i < batch->count; i++) {
        await_one(batch->outputs + i * batch->stride, batch->channels, batch->base[i], &awaited[i * step]);
    }
}

static void pop_run(struct ans *ans, unsigned first, unsigned channels, const struct mixture_growth *growth,
                    const struct awaited_pixel *awaited, size_t count, uint8_t (*pixel)[3]) {
    for (size_t i = 0; i < count; i++) {
        pop_one(ans, (unsigned)((first + i) % ans->lanes), channels, growth, &awaited[i], pixel[i], NULL);
    }
}

void mixture_pop_run_counted(struct ans *ans, unsigned first, unsigned channels, const struct mixture_growth *growth,
                             const struct awaited_pixel *awaited, size_t count, uint8_t (*pixel)[3],
                             double *index_bits) {
    for (size_t i = 0; i < count; i++) {
        pop_one(ans, (unsigned)((first + i) % ans->lanes), channels, growth, &awaited[i], pixel[i], index_bits);
    }
}

const struct mixture_coder mixture_reference = {prepare, await, pop_run};

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
