/* SPDX-License-Identifier: MIT */
/*
 * Coding a group of coefficients (group.h): integers with defined rounding, since encoder and decoder must agree
 * to the last unit.
 */
#include "coder/group.h"

#include <math.h>

static inline void interval(struct group_shape shape, int x, uint32_t *start, uint32_t *frequency) {
    const int32_t inverse = inverse_scale[shape.index];
    *start = logistic_wide_below(shape.mean, inverse, x);
    *frequency = logistic_wide_below(shape.mean, inverse, x + 1) - *start;
}

/* The posterior of the index: prior times likelihood. Products keep their 31 most significant bits. */
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
        weights_fit(weight, MIXTURE_COMPONENTS, 31);
    }
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        weight[k]++;
    }
    weights_normalise(weight, start);
}

static void prepare(const struct group_batch *batch, const int16_t (*coefficient)[GROUP_LARGEST],
                    struct prepared_groups *prepared) {
    for (unsigned b = 0; b < batch->blocks; b++) {
        const int16_t *outputs = batch->outputs + b * batch->stride, *scales = outputs + batch->count;
        uint16_t prior[MIXTURE_COMPONENTS], posterior[MIXTURE_COMPONENTS];
        uint32_t frequency[GROUP_LARGEST][MIXTURE_COMPONENTS];
        weights_prior(scales + MIXTURE_COMPONENTS * batch->count, 1, prior);
        for (unsigned c = 0; c < batch->count; c++) {
            const struct group_step *step = &batch->step[c];
            struct group_shape shape = {.mean = group_mean(outputs[c], step, batch->base == NULL ? 0 : batch->base[b])};
            for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
                shape.index = group_index(scales[k * batch->count + c], step);
                interval(shape, coefficient[b][c], &prepared->start[c][k][b], &frequency[c][k]);
                prepared->frequency[c][k][b] = frequency[c][k];
            }
        }
        posterior_table(prior, batch->count, frequency, posterior);
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            prepared->prior_start[k][b] = prior[k];
            prepared->posterior_start[k][b] = posterior[k];
        }
    }
}

static void push(struct ans *ans, unsigned first, unsigned blocks, unsigned count,
                 const struct prepared_groups *prepared) {
    choices_push(ans, &CHOICES_OF(prepared, count), first, blocks);
}

/* bits: NULL, or what each block cost. */
static inline void pop_blocks(struct ans *ans, const struct group_batch *batch, int16_t (*coefficient)[GROUP_LARGEST],
                              double *bits) {
    uint16_t prior[ANS_MAX_LANES][MIXTURE_COMPONENTS], posterior[MIXTURE_COMPONENTS];
    uint32_t frequency[ANS_MAX_LANES][GROUP_LARGEST][MIXTURE_COMPONENTS];
    int index[ANS_MAX_LANES];
    for (unsigned b = 0; b < batch->blocks; b++) {
        weights_prior(batch->outputs + b * batch->stride + (1 + MIXTURE_COMPONENTS) * batch->count, 1, prior[b]);
        const int k = index[b] = weights_find(prior[b], ans_pop(ans, b, WEIGHT_BITS));
        ans_pop_commit(ans, b, prior[b][k], weights_width(prior[b], k), WEIGHT_BITS);
    }
    for (unsigned c = 0; c < batch->count; c++) {
        const struct group_step *step = &batch->step[c];
        for (unsigned b = 0; b < batch->blocks; b++) {
            const int16_t *outputs = batch->outputs + b * batch->stride, *scales = outputs + batch->count;
            struct group_shape shape = {group_mean(outputs[c], step, batch->base == NULL ? 0 : batch->base[b]),
                                        group_index(scales[(unsigned)index[b] * batch->count + c], step)};
            uint32_t start, *own = &frequency[b][c][index[b]];
            const int x = logistic_wide_find(shape.mean, inverse_scale[shape.index], scale_of_index[shape.index],
                                             ans_pop(ans, b, LOGISTIC_BITS), &start, own);
            ans_pop_commit(ans, b, start, *own, LOGISTIC_BITS);
            coefficient[b][c] = (int16_t)x;
            for (int other = 0; other < MIXTURE_COMPONENTS; other++) {
                if (other != index[b]) {
                    shape.index = group_index(scales[(unsigned)other * batch->count + c], step);
                    interval(shape, x, &start, &frequency[b][c][other]);
                }
            }
        }
    }
    for (unsigned b = 0; b < batch->blocks; b++) {
        posterior_table(prior[b], batch->count, frequency[b], posterior);
        const uint32_t width = weights_width(posterior, index[b]);
        ans_push(ans, b, posterior[index[b]], width, WEIGHT_BITS);
        if (bits != NULL) {
            bits[b] = log2((double)width / weights_width(prior[b], index[b]));
            for (unsigned c = 0; c < batch->count; c++) {
                bits[b] += LOGISTIC_BITS - log2(frequency[b][c][index[b]]);
            }
        }
    }
}

static void pop(struct ans *ans, const struct group_batch *batch, int16_t (*coefficient)[GROUP_LARGEST]) {
    pop_blocks(ans, batch, coefficient, NULL);
}

void group_pop_counted(struct ans *ans, const struct group_batch *batch, int16_t (*coefficient)[GROUP_LARGEST],
                       double bits[ANS_MAX_LANES]) {
    pop_blocks(ans, batch, coefficient, bits);
}

const struct group_coder group_reference = {prepare, push, pop};
