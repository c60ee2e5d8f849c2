/*
 * Coding a group of coefficients (group_code.h): integers with defined rounding, since encoder and decoder
 * must agree to the last unit.
 */
#include "coefficients/group_code.h"

#include "coefficients/amplitude.h"

/* The logistic of a coefficient under a component. */
struct shape {
    int32_t mean;   /* 1/MEAN_UNIT of a step */
    uint32_t index; /* of the scale */
};

void group_step_set(struct group_step *to, unsigned step) {
    const uint32_t unit = (uint32_t)(MEAN_UNIT / GROUP_MEAN_UNIT) << 16;
    to->to_mean = (unit + step / 2) / step;
    to->scale_bits = amplitude_step_bits(step);
}

static inline int32_t mean_of(int16_t output, const struct group_step *step, int32_t base) {
    const int64_t mean = (((int64_t)base * GROUP_MEAN_UNIT + output) * step->to_mean + (1 << 15)) >> 16;
    return (int32_t)(mean > WIDE_MEAN_LARGEST    ? WIDE_MEAN_LARGEST
                     : mean < -WIDE_MEAN_LARGEST ? -WIDE_MEAN_LARGEST
                                                 : mean);
}

static inline uint32_t index_of(int16_t output, const struct group_step *step) {
    const int32_t index = (output - step->scale_bits + 8) >> 4;
    return (uint32_t)(index < 0 ? 0 : index > WIDE_SCALE_COUNT - 1 ? WIDE_SCALE_COUNT - 1 : index);
}

static inline void interval(struct shape shape, int x, uint32_t *start, uint32_t *frequency) {
    const int32_t inverse = inverse_scale[shape.index];
    *start = logistic_wide_below(shape.mean, inverse, x);
    *frequency = logistic_wide_below(shape.mean, inverse, x + 1) - *start;
}

/* The posterior of the index: prior times likelihood. Products keep the 31 bits that count. */
static void posterior_table(const uint16_t *prior, unsigned count, uint32_t frequency[][MIXTURE_COMPONENTS],
                            uint16_t *start) {
    uint64_t weight[MIXTURE_COMPONENTS];
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        weight[k] = weights_width(prior, k);
    }
    for (unsigned c = 0; c < count; c++) {
        for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
            weight[k] *= frequency[c][k];
        }
        weights_fit(weight, 31);
    }
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        weight[k]++;
    }
    weights_normalise(weight, start);
}

void group_prepare(const int16_t *outputs, const struct group_step *step, const int32_t *base, unsigned count,
                   const int16_t *coefficient, struct prepared_group *prepared) {
    const int16_t *scales = outputs + count;
    weights_prior(scales + MIXTURE_COMPONENTS * count, 1, prepared->prior_start);
    for (unsigned c = 0; c < count; c++) {
        struct shape shape = {.mean = mean_of(outputs[c], &step[c], base == NULL ? 0 : base[c])};
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            shape.index = index_of(scales[k * count + c], &step[c]);
            interval(shape, coefficient[c], &prepared->start[c][k], &prepared->frequency[c][k]);
        }
    }
    posterior_table(prepared->prior_start, count, prepared->frequency, prepared->posterior_start);
}

void group_push(struct ans *ans, unsigned lane, unsigned count, const struct prepared_group *prepared) {
    const int k = weights_find(prepared->posterior_start, ans_pop(ans, lane, WEIGHT_BITS));
    ans_pop_commit(ans, lane, prepared->posterior_start[k], weights_width(prepared->posterior_start, k), WEIGHT_BITS);
    for (unsigned c = count; c-- > 0;) {
        ans_push(ans, lane, prepared->start[c][k], prepared->frequency[c][k], LOGISTIC_BITS);
    }
    ans_push(ans, lane, prepared->prior_start[k], weights_width(prepared->prior_start, k), WEIGHT_BITS);
}

void group_pop(struct ans *ans, unsigned lane, const int16_t *outputs, const struct group_step *step,
               const int32_t *base, unsigned count, int16_t *coefficient) {
    const int16_t *scales = outputs + count;
    uint16_t prior[MIXTURE_COMPONENTS], posterior[MIXTURE_COMPONENTS];
    uint32_t frequency[GROUP_LARGEST][MIXTURE_COMPONENTS];
    weights_prior(scales + MIXTURE_COMPONENTS * count, 1, prior);
    const int k = weights_find(prior, ans_pop(ans, lane, WEIGHT_BITS));
    ans_pop_commit(ans, lane, prior[k], weights_width(prior, k), WEIGHT_BITS);
    for (unsigned c = 0; c < count; c++) {
        struct shape shape = {mean_of(outputs[c], &step[c], base == NULL ? 0 : base[c]),
                              index_of(scales[(unsigned)k * count + c], &step[c])};
        uint32_t start;
        const int x = logistic_wide_find(shape.mean, inverse_scale[shape.index], scale_of_index[shape.index],
                                         ans_pop(ans, lane, LOGISTIC_BITS), &start, &frequency[c][k]);
        ans_pop_commit(ans, lane, start, frequency[c][k], LOGISTIC_BITS);
        coefficient[c] = (int16_t)x;
        for (int other = 0; other < MIXTURE_COMPONENTS; other++) {
            if (other != k) {
                shape.index = index_of(scales[(unsigned)other * count + c], &step[c]);
                interval(shape, x, &start, &frequency[c][other]);
            }
        }
    }
    posterior_table(prior, count, frequency, posterior);
    ans_push(ans, lane, posterior[k], weights_width(posterior, k), WEIGHT_BITS);
}
