/* SPDX-License-Identifier: MIT */
/*
 * Groups of coefficients of a vector of blocks, written once for every vector length (vector.h), with a lane of the stack
 * for each.  group.c says what is computed; this gives the same numbers.  A mean's product of up to 38 bits is exact in a
 * double; the logistic is computed as a pixel's is (edges_lanes).
 */
#include "coder/group.h"
#include "coder/stack_lanes.h"
#include "coder/weights_lanes.h"

/* ---- what the nets say ---- */

/* Where each block's outputs begin, in outputs; those of lanes without a block are the last one's. */
struct places {
    VECTOR at[CHUNKS];
};

static inline struct places places_of(const struct group_batch *batch) {
    struct places places;
    int32_t at[GROUP_ROW];
    for (unsigned b = 0; b < GROUP_ROW; b++) {
        at[b] = (int32_t)((b < batch->blocks ? b : batch->blocks - 1) * batch->stride);
    }
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        places.at[chunk] = LOAD(at + chunk * PIXELS);
    }
    return places;
}

/* Two outputs of each block, the one at `field` in the lower half. */
static inline VECTOR outputs_at(const struct group_batch *batch, VECTOR places, unsigned field) {
    return LOOK_UP(batch->outputs + field, places, 2);
}

static inline VECTOR lower_output(VECTOR pair) {
    return RIGHT_SIGNED(LEFT(pair, 16), 16);
}

static inline void priors(const struct group_batch *batch, VECTOR places, VECTOR *start) {
    const unsigned field = (1 + MIXTURE_COMPONENTS) * batch->count;
    const VECTOR low = outputs_at(batch, places, field), high = outputs_at(batch, places, field + 2);
    const VECTOR logit[MIXTURE_COMPONENTS] = {lower_output(low), RIGHT_SIGNED(low, 16), lower_output(high),
                                              RIGHT_SIGNED(high, 16)};
    prior_lanes(logit, start);
}

/* group_mean */
static inline VECTOR means(const struct group_batch *batch, VECTOR places, unsigned chunk, unsigned c) {
    VECTOR value = lower_output(outputs_at(batch, places, c));
    if (batch->base != NULL) {
        int32_t base[PIXELS] = {0};
        for (unsigned i = 0; i < PIXELS && chunk * PIXELS + i < batch->blocks; i++) {
            base[i] = batch->base[chunk * PIXELS + i] * GROUP_MEAN_UNIT;
        }
        value = ADD(value, LOAD(base));
    }
    HALF_DOUBLE mean[2];
    for (unsigned h = 0; h < 2; h++) {
        const HALF_DOUBLE product =
            MULTIPLY_DOUBLE(DOUBLE_OF_SIGNED(value, h), SET1_DOUBLE((double)batch->step[c].to_mean));
        const HALF_DOUBLE limit = SET1_DOUBLE(WIDE_MEAN_LARGEST), least = SET1_DOUBLE(-WIDE_MEAN_LARGEST);
        mean[h] = FLOOR(MULTIPLY_DOUBLE(ADD_DOUBLE(product, SET1_DOUBLE(1 << 15)), SET1_DOUBLE(1.0 / 65536.0)));
        mean[h] = MINIMUM_DOUBLE(MAXIMUM_DOUBLE(mean[h], least), limit);
    }
    return JOIN_TRUNCATED(mean[0], mean[1]);
}

/* group_index of all components */
static inline void indices_of(const struct group_batch *batch, VECTOR places, unsigned c, VECTOR *index) {
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        const VECTOR scale = lower_output(outputs_at(batch, places, (1 + k) * batch->count + c));
        index[k] = RIGHT_SIGNED(ADD(scale, SET1(8 - batch->step[c].scale_bits)), 4);
        index[k] = MINIMUM(MAXIMUM(index[k], SET1(0)), SET1(WIDE_SCALE_COUNT - 1));
    }
}

/* ---- intervals ---- */

static inline void wide_interval(VECTOR x, VECTOR mean, VECTOR index, VECTOR *start, VECTOR *frequency) {
    VECTOR below, above;
    edges_lanes(SUB(LEFT(x, 6), mean), index, WIDE_ENTRIES(inverse_scale, index), &below, &above);
    const VECTOR units = ADD(x, SET1(WIDE_LARGEST));
    *start = KEEP_UNLESS(EQUAL(x, SET1(-WIDE_LARGEST)), ADD(SUB(below, RIGHT(below, 12)), units));
    above = ADD(SUB(above, RIGHT(above, 12)), ADD(units, SET1(1)));
    *frequency = SUB(CHOOSE(EQUAL(x, SET1(WIDE_LARGEST)), above, SET1(1 << LOGISTIC_BITS)), *start);
}

/* The posterior while it is multiplied up. */
struct weights {
    HALF half[2][MIXTURE_COMPONENTS];
};

static inline struct weights weights_of(const VECTOR *prior) {
    struct weights weights;
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        const VECTOR end = k + 1 < MIXTURE_COMPONENTS ? prior[k + 1] : SET1(1 << WEIGHT_BITS);
        weights.half[0][k] = WIDEN(SUB(end, prior[k]), 0);
        weights.half[1][k] = WIDEN(SUB(end, prior[k]), 1);
    }
    return weights;
}

static inline void multiply_by(struct weights *weights, const VECTOR *frequency) {
    for (unsigned h = 0; h < 2; h++) {
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            weights->half[h][k] = MULTIPLY_HALF(weights->half[h][k], WIDEN(frequency[k], h));
        }
        fit_lanes(weights->half[h], 31);
    }
}

static inline void posteriors(struct weights *weights, VECTOR *start) {
    for (unsigned h = 0; h < 2; h++) {
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            weights->half[h][k] = ADD_HALF(weights->half[h][k], SET1_HALF(1));
        }
    }
    normalise_lanes(weights->half, start);
}

/* ---- pushing ---- */

static inline VECTOR coefficients_of(const int16_t (*coefficient)[GROUP_LARGEST], unsigned chunk, unsigned blocks,
                                     unsigned c) {
    int32_t value[PIXELS] = {0};
    for (unsigned i = 0; i < PIXELS && chunk * PIXELS + i < blocks; i++) {
        value[i] = coefficient[chunk * PIXELS + i][c];
    }
    return LOAD(value);
}

static void prepare(const struct group_batch *batch, const int16_t (*coefficient)[GROUP_LARGEST],
                    struct prepared_groups *prepared) {
    const struct places places = places_of(batch);
    for (unsigned chunk = 0; chunk < CHUNKS && chunk * PIXELS < batch->blocks; chunk++) {
        const unsigned column = chunk * PIXELS;
        VECTOR table[MIXTURE_COMPONENTS], index[MIXTURE_COMPONENTS], start, frequency[MIXTURE_COMPONENTS];
        priors(batch, places.at[chunk], table);
        struct weights weights = weights_of(table);
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            STORE_16(prepared->prior_start[k] + column, table[k]);
        }
        for (unsigned c = 0; c < batch->count; c++) {
            const VECTOR x = coefficients_of(coefficient, chunk, batch->blocks, c);
            const VECTOR mean = means(batch, places.at[chunk], chunk, c);
            indices_of(batch, places.at[chunk], c, index);
            for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
                wide_interval(x, mean, index[k], &start, &frequency[k]);
                STORE(prepared->start[c][k] + column, start);
                STORE(prepared->frequency[c][k] + column, frequency[k]);
            }
            multiply_by(&weights, frequency);
        }
        posteriors(&weights, table);
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            STORE_16(prepared->posterior_start[k] + column, table[k]);
        }
    }
}

static void push(struct ans *ans, unsigned first, unsigned blocks, unsigned count,
                 const struct prepared_groups *prepared) {
    push_choices(ans, &CHOICES_OF(prepared, count), first, blocks);
}

/* ---- popping ---- */

static inline VECTOR in_range(VECTOR x) {
    return MINIMUM(MAXIMUM(x, SET1(-WIDE_LARGEST)), SET1(WIDE_LARGEST));
}

/* About where the quantile points: scales above 64 lose bits that do not count. */
static inline VECTOR guess(VECTOR slot, VECTOR mean, VECTOR index) {
    const VECTOR quantile = quantile_lanes(slot), level = WIDE_ENTRIES(scale_of_index, index);
    const VECTOR near = RIGHT_SIGNED(MULTIPLY(quantile, level), 15);
    const VECTOR far = RIGHT_SIGNED(MULTIPLY(quantile, RIGHT(level, 6)), 9);
    const VECTOR offset = CHOOSE(GREATER(level, SET1(65535)), near, far);
    return in_range(RIGHT_SIGNED(ADD(ADD(mean, SET1(MEAN_UNIT / 2)), offset), 6));
}

static void find_singly(VECTOR slot, VECTOR mean, VECTOR index, uint32_t wrong, VECTOR *x) {
    uint32_t value[4][PIXELS], start, frequency;
    STORE(value[0], slot);
    STORE(value[1], mean);
    STORE(value[2], index);
    STORE(value[3], *x);
    for (; wrong != 0; wrong &= wrong - 1) {
        const unsigned i = (unsigned)__builtin_ctz(wrong);
        const uint32_t scale = value[2][i];
        value[3][i] = (uint32_t)logistic_wide_find((int32_t)value[1][i], inverse_scale[scale], scale_of_index[scale],
                                                   value[0][i], &start, &frequency);
    }
    *x = LOAD(value[3]);
}

/* A vector of blocks while they are popped. */
struct blocks {
    struct choice choice;
    struct weights weights;
};

/* The coefficient of each block, its interval under the chosen component, and all components' weights. */
static inline VECTOR find_coefficients(VECTOR slot, VECTOR mean, const VECTOR *index, uint32_t active,
                                       struct blocks *blocks, VECTOR *start, VECTOR *frequency) {
    const VECTOR own = chosen(&blocks->choice, index);
    VECTOR x = guess(slot, mean, own), below[MIXTURE_COMPONENTS], lengths[MIXTURE_COMPONENTS];
    for (unsigned guesses = 1;; guesses++) {
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            wide_interval(x, mean, index[k], &below[k], &lengths[k]);
        }
        *start = chosen(&blocks->choice, below);
        *frequency = chosen(&blocks->choice, lengths);
        const struct finding finding = compare_lanes(x, slot, *start, *frequency);
        if (__builtin_expect((finding.wrong & active) == 0, 1)) {
            break;
        }
        if (guesses < GUESSES) {
            x = in_range(finding.nearer);
        } else {
            find_singly(slot, mean, own, finding.wrong & active, &x);
        }
    }
    multiply_by(&blocks->weights, lengths);
    return x;
}

/* Returns the size of the stack before something is pushed. */
static inline size_t pop_vector(struct ans *ans, const struct group_batch *batch,
                                int16_t (*coefficient)[GROUP_LARGEST]) {
    struct group_states group;
    struct blocks blocks[CHUNKS];
    VECTOR start[CHUNKS], width[CHUNKS], table[MIXTURE_COMPONENTS], index[MIXTURE_COMPONENTS];
    const struct places places = places_of(batch);
    load_states(ans, 0, batch->blocks, &group);
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        priors(batch, places.at[chunk], table);
        blocks[chunk].choice = choose(slots(&group, chunk, WEIGHT_BITS), table);
        blocks[chunk].weights = weights_of(table);
        chosen_interval(&blocks[chunk].choice, table, &start[chunk], &width[chunk]);
    }
    commit_up(ans, &group, start, width, WEIGHT_BITS);
    for (unsigned c = 0; c < batch->count; c++) {
        int32_t value[GROUP_ROW];
        for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
            const VECTOR mean = means(batch, places.at[chunk], chunk, c);
            indices_of(batch, places.at[chunk], c, index);
            const VECTOR x = find_coefficients(slots(&group, chunk, LOGISTIC_BITS), mean, index,
                                               group.active >> (chunk * PIXELS) & ((1u << PIXELS) - 1), &blocks[chunk],
                                               &start[chunk], &width[chunk]);
            STORE(value + chunk * PIXELS, x);
        }
        commit_up(ans, &group, start, width, LOGISTIC_BITS);
        for (unsigned b = 0; b < batch->blocks; b++) {
            coefficient[b][c] = (int16_t)value[b];
        }
    }
    const size_t lowest = ans->size;
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        posteriors(&blocks[chunk].weights, table);
        chosen_interval(&blocks[chunk].choice, table, &start[chunk], &width[chunk]);
    }
    push_up(ans, &group, start, width, WEIGHT_BITS);
    store_states(ans, 0, batch->blocks, &group);
    return lowest;
}

static void pop(struct ans *ans, const struct group_batch *batch, int16_t (*coefficient)[GROUP_LARGEST]) {
    struct low_stack low;
    if (has_words(ans, batch->count + 2)) {
        pop_vector(ans, batch, coefficient);
    } else if (!to_low(ans, batch->count + 2, &low) || pop_vector(&low.ans, batch, coefficient) < LOW_WORDS) {
        group_reference.pop(ans, batch, coefficient);
    } else {
        from_low(&low, ans);
    }
}
