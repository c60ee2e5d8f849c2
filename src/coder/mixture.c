/*
 * The mixture of a pixel (mixture.h).  All of it is integer arithmetic with defined
 * rounding, since encoder and decoder must agree to the last unit.
 */
#include "coder/mixture.h"

#include <math.h>

/* Turn K positive weights into a cumulative table of total 2^16, each at least 1.
 * start[K] is 2^16 and wraps to 0. */
static void normalise(const uint64_t *weight, uint16_t *start) {
    uint64_t sum = 0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        sum += weight[k];
    }
    /* bring the sum under 2^32, then divide once */
    unsigned shift = sum >> 32 ? 32 - (unsigned)__builtin_clzll(sum) : 0;
    uint64_t reciprocal = ((uint64_t)((1 << WEIGHT_BITS) - MIXTURE_COMPONENTS) << 32) / ((sum >> shift) + 1);
    uint32_t total = 0, given[MIXTURE_COMPONENTS];
    int largest = 0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        given[k] = 1 + (uint32_t)(((weight[k] >> shift) * reciprocal) >> 32);
        total += given[k];
        largest = weight[k] > weight[largest] ? k : largest;
    }
    given[largest] += (1u << WEIGHT_BITS) - total;
    uint32_t below = 0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        start[k] = (uint16_t)below;
        below += given[k];
    }
    start[MIXTURE_COMPONENTS] = 0;
}

static inline uint32_t width(const uint16_t *start, int k) {
    return (uint16_t)(start[k + 1] - start[k]);
}

/* The index prior: a softmax of the logits. */
static void prior_table(const int16_t *outputs, uint16_t *start) {
    int32_t top = INT32_MIN;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        int32_t logit = outputs[MIXTURE_FIELDS * k + 9];
        top = logit > top ? logit : top;
    }
    uint64_t weight[MIXTURE_COMPONENTS];
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        int32_t below = top - outputs[MIXTURE_FIELDS * k + 9];
        weight[k] = below < LOGIT_COUNT ? weight_of_logit[below] : 0;
    }
    normalise(weight, start);
}

struct channel_shape {
    int32_t mean;   /* 1/64 of a level */
    uint32_t index; /* of the scale */
};

/* The logistic of channel c under the component with these outputs, given the
 * residuals (1/64 of a level) of the channels before it. */
static inline struct channel_shape shape(const int16_t *component, const struct mixture_growth *growth, unsigned c,
                                         int32_t base, const int32_t *residual) {
    int32_t mean = base * MEAN_UNIT + component[c];
    int32_t scale = component[3 + c];
    if (c > 0) {
        int32_t coupled = component[5 + c] * residual[0];
        uint32_t distance = (uint32_t)(residual[0] < 0 ? -residual[0] : residual[0]) >> 4;
        int32_t grown = growth->factor[c - 1] * growth_of_residual[distance];
        if (c == 2) {
            distance = (uint32_t)(residual[1] < 0 ? -residual[1] : residual[1]) >> 4;
            coupled += component[8] * residual[1];
            grown += growth->factor[2] * growth_of_residual[distance];
        }
        mean += (coupled + COUPLING_UNIT / 2) >> 10;
        scale += (grown + GROWTH_UNIT / 2) >> 8;
    }
    scale = (scale + SCALE_UNIT / 2) >> 4;
    struct channel_shape result = {
        mean < MEAN_LOWEST ? MEAN_LOWEST : mean > MEAN_HIGHEST ? MEAN_HIGHEST : mean,
        (uint32_t)(scale < 0 ? 0 : scale > SCALE_COUNT - 1 ? SCALE_COUNT - 1 : scale)};
    return result;
}

/* The intervals of all channels of the pixel under one component. */
static void intervals(const int16_t *component, const struct mixture_growth *growth, unsigned channels,
                      const uint8_t *base, const uint8_t *pixel, uint32_t *start, uint32_t *frequency) {
    int32_t residual[3];
    for (unsigned c = 0; c < channels; c++) {
        struct channel_shape s = shape(component, growth, c, base[c], residual);
        int32_t inverse = inverse_scale[s.index];
        start[c] = logistic_below(s.mean, inverse, pixel[c]);
        frequency[c] = logistic_below(s.mean, inverse, pixel[c] + 1) - start[c];
        residual[c] = pixel[c] * MEAN_UNIT - s.mean;
    }
}

/* Shift all values right until the largest fits in `bits` bits. */
static void fit(uint64_t *value, unsigned bits) {
    uint64_t largest = 1;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        largest |= value[k];
    }
    unsigned used = 64 - (unsigned)__builtin_clzll(largest), shift = used > bits ? used - bits : 0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        value[k] >>= shift;
    }
}

/* The posterior of the index: prior times likelihood, normalised. The products have
 * up to 88 bits; shifting by the largest of all components first keeps 30 that count,
 * also where every component finds the pixel improbable. */
static void posterior_table(const uint16_t *prior, unsigned channels, uint32_t frequency[][3], uint16_t *start) {
    uint64_t weight[MIXTURE_COMPONENTS], rest[MIXTURE_COMPONENTS];
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        weight[k] = frequency[k][0];
        rest[k] = width(prior, k);
        if (channels == 3) {
            weight[k] *= frequency[k][1];
            rest[k] *= frequency[k][2];
        }
    }
    fit(weight, 31);
    fit(rest, 30);
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        weight[k] = weight[k] * rest[k] + 1;
    }
    normalise(weight, start);
}

void mixture_prepare(const int16_t *outputs, const struct mixture_growth *growth, unsigned channels,
                     const uint8_t *base, const uint8_t *pixel, struct prepared_pixel *prepared) {
    uint32_t frequency[MIXTURE_COMPONENTS][3];
    prior_table(outputs, prepared->prior_start);
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        uint32_t start[3];
        intervals(outputs + MIXTURE_FIELDS * k, growth, channels, base, pixel, start, frequency[k]);
        for (unsigned c = 0; c < channels; c++) {
            prepared->start[c][k] = start[c];
            prepared->frequency[c][k] = frequency[k][c];
        }
    }
    posterior_table(prepared->prior_start, channels, frequency, prepared->posterior_start);
}

/* The component whose interval holds slot. */
static inline int find_component(const uint16_t *start, uint32_t slot) {
    int k = 0;
    while (k < MIXTURE_COMPONENTS - 1 && slot >= start[k + 1]) {
        k++;
    }
    return k;
}

void mixture_push(struct ans *ans, unsigned lane, unsigned channels, const struct prepared_pixel *prepared) {
    int k = find_component(prepared->posterior_start, ans_pop(ans, lane, WEIGHT_BITS));
    ans_pop_commit(ans, lane, prepared->posterior_start[k], width(prepared->posterior_start, k), WEIGHT_BITS);
    for (unsigned c = channels; c-- > 0;) {
        ans_push(ans, lane, prepared->start[c][k], prepared->frequency[c][k], LOGISTIC_BITS);
    }
    ans_push(ans, lane, prepared->prior_start[k], width(prepared->prior_start, k), WEIGHT_BITS);
}

void mixture_pop(struct ans *ans, unsigned lane, unsigned channels, const int16_t *outputs,
                 const struct mixture_growth *growth, const uint8_t *base, uint8_t *pixel) {
    uint16_t prior[MIXTURE_COMPONENTS + 1], posterior[MIXTURE_COMPONENTS + 1];
    prior_table(outputs, prior);
    int k = find_component(prior, ans_pop(ans, lane, WEIGHT_BITS));
    ans_pop_commit(ans, lane, prior[k], width(prior, k), WEIGHT_BITS);
    uint32_t frequency[MIXTURE_COMPONENTS][3];
    int32_t residual[3];
    for (unsigned c = 0; c < channels; c++) {
        struct channel_shape s = shape(outputs + MIXTURE_FIELDS * k, growth, c, base[c], residual);
        uint32_t start, slot = ans_pop(ans, lane, LOGISTIC_BITS);
        int x = logistic_find(s.mean, inverse_scale[s.index], scale_of_index[s.index], slot, &start, &frequency[k][c]);
        ans_pop_commit(ans, lane, start, frequency[k][c], LOGISTIC_BITS);
        pixel[c] = (uint8_t)x;
        residual[c] = x * MEAN_UNIT - s.mean;
    }
    for (int other = 0; other < MIXTURE_COMPONENTS; other++) {
        if (other != k) {
            uint32_t start[3];
            intervals(outputs + MIXTURE_FIELDS * other, growth, channels, base, pixel, start, frequency[other]);
        }
    }
    posterior_table(prior, channels, frequency, posterior);
    ans_push(ans, lane, posterior[k], width(posterior, k), WEIGHT_BITS);
}

double mixture_bits(unsigned channels, const struct prepared_pixel *prepared) {
    double p = 0.0;
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        double one = ldexp(width(prepared->prior_start, k), -WEIGHT_BITS);
        for (unsigned c = 0; c < channels; c++) {
            one *= ldexp(prepared->frequency[c][k], -LOGISTIC_BITS);
        }
        p += one;
    }
    return -log2(p);
}
