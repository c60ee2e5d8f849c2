/* SPDX-License-Identifier: MIT */
/*
 * The mixture on a vector of pixels, written once for every vector length (vector.h), with a lane of the stack for each.
 * mixture.c says what is computed; this gives the same numbers, since every step is exact: products that the plain
 * code forms in 64 bits and then clamps are formed in 32 bits from operands that are clamped first, to where the result
 * is the same.
 */
#include "coder/mixture.h"
#include "coder/stack_lanes.h"
#include "coder/weights_lanes.h"

#include <string.h>

/* ---- transposing four rows of four 32-bit values per lane group, and back ---- */

static inline void transpose(const VECTOR *row, VECTOR *column) {
    VECTOR a = UNPACK_LOW_32(row[0], row[1]), b = UNPACK_HIGH_32(row[0], row[1]);
    VECTOR c = UNPACK_LOW_32(row[2], row[3]), d = UNPACK_HIGH_32(row[2], row[3]);
    column[0] = UNPACK_LOW_64(a, c);
    column[1] = UNPACK_HIGH_64(a, c);
    column[2] = UNPACK_LOW_64(b, d);
    column[3] = UNPACK_HIGH_64(b, d);
}

enum { PAIRS_OF_FIELDS = MIXTURE_OUTPUTS / 2 };

/* pair[j]: fields 2 j (lower half) and 2 j + 1 of all components, one pixel per lane. */
static inline void load_fields(const int16_t *outputs, size_t stride, VECTOR *pair) {
    for (unsigned j = 0; j < PAIRS_OF_FIELDS; j += 4) {
        VECTOR row[4];
        for (unsigned i = 0; i < 4; i++) {
            row[i] = ROWS((const uint8_t *)(outputs + i * stride + 2 * j), stride * sizeof *outputs);
        }
        transpose(row, pair + j);
    }
}

static inline void pixel_prior(const VECTOR *pair, VECTOR *start) {
    VECTOR logit[MIXTURE_COMPONENTS];
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        logit[k] = RIGHT_SIGNED(pair[5 * k + 4], 16);
    }
    prior_lanes(logit, start);
}

/* posterior_table in mixture.c */
static inline void posterior_lanes(const VECTOR *prior_start, unsigned channels,
                                   VECTOR frequency[3][MIXTURE_COMPONENTS], VECTOR *start) {
    HALF weight[2][MIXTURE_COMPONENTS];
    for (unsigned h = 0; h < 2; h++) {
        HALF rest[MIXTURE_COMPONENTS];
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            VECTOR end = k + 1 < MIXTURE_COMPONENTS ? prior_start[k + 1] : SET1(1 << WEIGHT_BITS);
            rest[k] = WIDEN(SUB(end, prior_start[k]), h);
            weight[h][k] = WIDEN(frequency[0][k], h);
            if (channels == 3) {
                weight[h][k] = MULTIPLY_HALF(weight[h][k], WIDEN(frequency[1][k], h));
                rest[k] = MULTIPLY_HALF(rest[k], WIDEN(frequency[2][k], h));
            }
        }
        fit_lanes(weight[h], 31);
        fit_lanes(rest, 30);
        for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
            weight[h][k] = ADD_HALF(MULTIPLY_HALF(weight[h][k], rest[k]), SET1_HALF(1));
        }
    }
    normalise_lanes(weight, start);
}

/* ---- logistics ---- */

/* The mean of a channel and the index of its scale, clamped (clamped in mixture.c). */
static inline void clamp_shape(VECTOR *mean, VECTOR *scale) {
    *mean = MINIMUM(MAXIMUM(*mean, SET1(MEAN_LOWEST)), SET1(MEAN_HIGHEST));
    *scale = RIGHT_SIGNED(ADD(*scale, SET1(SCALE_UNIT / 2)), 4);
    *scale = MINIMUM(MAXIMUM(*scale, SET1(0)), SET1(SCALE_COUNT - 1));
}

static inline VECTOR lower_field(VECTOR pair) {
    return RIGHT_SIGNED(LEFT(pair, 16), 16);
}

static inline VECTOR growth_lanes(VECTOR residual) {
    return AND(LOOK_UP(growth_of_residual, RIGHT(ABSOLUTE(residual), 4), 2), SET1(0xffff));
}

/* Add coupled and grown, which are sums of products, to the shape, and clamp it. */
static inline void grow_shape(VECTOR *mean, VECTOR *scale, VECTOR coupled, VECTOR grown) {
    *mean = ADD(*mean, RIGHT_SIGNED(ADD(coupled, SET1(COUPLING_UNIT / 2)), 10));
    *scale = ADD(*scale, RIGHT_SIGNED(ADD(grown, SET1(GROWTH_UNIT / 2)), 8));
    clamp_shape(mean, scale);
}

/* The interval of x; returns the residual. */
static inline VECTOR interval_lanes(VECTOR x, VECTOR mean, VECTOR scale, VECTOR *start, VECTOR *frequency) {
    const VECTOR residual = SUB(LEFT(x, 6), mean);
    VECTOR below, above;
    edges_lanes(residual, scale, SCALE_ENTRIES(inverse_scale, scale), &below, &above);
    *start = KEEP_UNLESS(EQUAL(x, SET1(0)), ADD(below, x));
    above = ADD(above, ADD(x, SET1(1)));
    above = CHOOSE(EQUAL(x, SET1(255)), above, SET1(1 << LOGISTIC_BITS));
    *frequency = SUB(above, *start);
    return residual;
}

/* ---- a vector of pixels ---- */

static inline __attribute__((always_inline)) void prepare_lanes(const int16_t *outputs, size_t stride,
                                                                const struct mixture_growth *growth, unsigned channels,
                                                                const VECTOR *base, const VECTOR *pixel,
                                                                struct prepared_row *prepared, size_t column) {
    VECTOR pair[PAIRS_OF_FIELDS], prior[MIXTURE_COMPONENTS], posterior[MIXTURE_COMPONENTS];
    VECTOR start[3][MIXTURE_COMPONENTS], frequency[3][MIXTURE_COMPONENTS];
    const VECTOR second_growth = SET1((uint16_t)growth->factor[0]);
    const VECTOR third_growth =
        SET1((int32_t)((uint32_t)(uint16_t)growth->factor[1] | (uint32_t)(uint16_t)growth->factor[2] << 16));
    load_fields(outputs, stride, pair);
    pixel_prior(pair, prior);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        const VECTOR *one = pair + k * MIXTURE_FIELDS / 2;
        VECTOR mean = ADD(LEFT(base[0], 6), lower_field(one[0])), scale = RIGHT_SIGNED(one[1], 16);
        clamp_shape(&mean, &scale);
        VECTOR first = interval_lanes(pixel[0], mean, scale, &start[0][k], &frequency[0][k]);
        if (channels == 3) {
            VECTOR grown = growth_lanes(first), residuals = AND(first, SET1(0xffff));
            mean = ADD(LEFT(base[1], 6), RIGHT_SIGNED(one[0], 16));
            scale = lower_field(one[2]);
            grow_shape(&mean, &scale, PAIRS(one[3], residuals), PAIRS(grown, second_growth));
            VECTOR second = interval_lanes(pixel[1], mean, scale, &start[1][k], &frequency[1][k]);
            grown = OR(grown, LEFT(growth_lanes(second), 16));
            residuals = OR(residuals, LEFT(second, 16));
            mean = ADD(LEFT(base[2], 6), lower_field(one[1]));
            scale = RIGHT_SIGNED(one[2], 16);
            VECTOR coupling = OR(RIGHT(one[3], 16), LEFT(one[4], 16));
            grow_shape(&mean, &scale, PAIRS(coupling, residuals), PAIRS(grown, third_growth));
            interval_lanes(pixel[2], mean, scale, &start[2][k], &frequency[2][k]);
        }
    }
    posterior_lanes(prior, channels, frequency, posterior);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        STORE_16(prepared->posterior_start[k] + column, posterior[k]);
        STORE_16(prepared->prior_start[k] + column, prior[k]);
        for (unsigned c = 0; c < channels; c++) {
            STORE(prepared->start[c][k] + column, start[c][k]);
            STORE(prepared->frequency[c][k] + column, frequency[c][k]);
        }
    }
}

static inline __attribute__((always_inline)) void await_lanes(const int16_t *outputs, size_t stride, unsigned channels,
                                                              const VECTOR *base, struct awaited_row *awaited,
                                                              size_t column) {
    VECTOR pair[PAIRS_OF_FIELDS], prior[MIXTURE_COMPONENTS];
    load_fields(outputs, stride, pair);
    pixel_prior(pair, prior);
    for (unsigned j = 0; j < PAIRS_OF_FIELDS; j++) {
        STORE(awaited->pair[j] + column, pair[j]);
    }
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        STORE_16(awaited->prior_start[k] + column, prior[k]);
    }
    for (unsigned c = 0; c < channels; c++) {
        STORE_16(awaited->base[c] + column, base[c]);
    }
}

/* ---- batches ---- */

/* value[c] = plane c of PIXELS samples of three bytes. `left` samples remain, including the first one; the last
 * vector is read from a copy, since reading is done in pieces of 16 bytes. */
static inline void load_samples(const uint8_t (*from)[3], size_t left, unsigned channels, VECTOR *value) {
    uint8_t copy[3 * PIXELS + 16] = {0};
    const uint8_t *bytes = from[0];
    if (left < PIXELS + 2) {
        memcpy(copy, bytes, 3 * (left < PIXELS ? left : PIXELS));
        bytes = copy;
    }
    const VECTOR four = ROWS(bytes, 3); /* four samples per lane group */
    for (unsigned c = 0; c < channels; c++) {
        const uint8_t o = (uint8_t)c, none = 255;
        const uint8_t byte[16] = {o,     none, none, none, o + 3, none, none, none,
                                  o + 6, none, none, none, o + 9, none, none, none};
        value[c] = SPREAD_BYTES(four, byte);
    }
}

/* The nets' outputs from pixel i on: of the last few, a copy that is followed by zeros. */
static inline const int16_t *outputs_from(const struct mixture_batch *batch, size_t i, int16_t *copy, size_t *stride) {
    const size_t left = batch->count - i;
    *stride = left < PIXELS ? MIXTURE_OUTPUTS : batch->stride;
    if (left >= PIXELS) {
        return batch->outputs + i * batch->stride;
    }
    memset(copy, 0, PIXELS * MIXTURE_OUTPUTS * sizeof *copy);
    for (size_t p = 0; p < left; p++) {
        memcpy(copy + p * MIXTURE_OUTPUTS, batch->outputs + (i + p) * batch->stride, MIXTURE_OUTPUTS * sizeof *copy);
    }
    return copy;
}

static void prepare(const struct mixture_batch *batch, const uint8_t (*pixel)[3], struct prepared_row *prepared) {
    int16_t copy[PIXELS * MIXTURE_OUTPUTS];
    for (size_t i = 0, stride; i < batch->count; i += PIXELS) {
        const int16_t *outputs = outputs_from(batch, i, copy, &stride);
        struct prepared_row *row = &prepared[i / MIXTURE_ROW];
        VECTOR base[3], value[3];
        if (batch->channels == 1) {
            load_samples(batch->base + i, batch->count - i, 1, base);
            load_samples(pixel + i, batch->count - i, 1, value);
            prepare_lanes(outputs, stride, batch->growth, 1, base, value, row, i % MIXTURE_ROW);
        } else {
            load_samples(batch->base + i, batch->count - i, 3, base);
            load_samples(pixel + i, batch->count - i, 3, value);
            prepare_lanes(outputs, stride, batch->growth, 3, base, value, row, i % MIXTURE_ROW);
        }
    }
}

static void await(const struct mixture_batch *batch, struct awaited_row *awaited) {
    int16_t copy[PIXELS * MIXTURE_OUTPUTS];
    for (size_t i = 0, stride; i < batch->count; i += PIXELS) {
        const int16_t *outputs = outputs_from(batch, i, copy, &stride);
        struct awaited_row *row = &awaited[i / MIXTURE_ROW];
        VECTOR base[3];
        if (batch->channels == 1) {
            load_samples(batch->base + i, batch->count - i, 1, base);
            await_lanes(outputs, stride, 1, base, row, i % MIXTURE_ROW);
        } else {
            load_samples(batch->base + i, batch->count - i, 3, base);
            await_lanes(outputs, stride, 3, base, row, i % MIXTURE_ROW);
        }
    }
}

/* ---- popping ---- */

/* A vector of pixels while they are popped. */
struct pixels {
    struct choice choice;
    VECTOR prior[MIXTURE_COMPONENTS], value[3];
    VECTOR mean[MIXTURE_COMPONENTS], scale[MIXTURE_COMPONENTS];
    VECTOR residual[3][MIXTURE_COMPONENTS], grown[2][MIXTURE_COMPONENTS];
    VECTOR frequency[3][MIXTURE_COMPONENTS];
};

static inline void find_shapes(const struct awaited_row *awaited, unsigned chunk, unsigned c,
                               const struct mixture_growth *growth, struct pixels *pixels) {
    const VECTOR base = LEFT(LOAD_16(awaited->base[c] + chunk * PIXELS), 6);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        VECTOR one[5];
        for (unsigned j = 0; j < 5; j++) {
            one[j] = LOAD(awaited->pair[5 * k + j] + chunk * PIXELS);
        }
        VECTOR *mean = &pixels->mean[k], *scale = &pixels->scale[k];
        if (c == 0) {
            *mean = ADD(base, lower_field(one[0]));
            *scale = RIGHT_SIGNED(one[1], 16);
            clamp_shape(mean, scale);
        } else if (c == 1) {
            *mean = ADD(base, RIGHT_SIGNED(one[0], 16));
            *scale = lower_field(one[2]);
            grow_shape(mean, scale, PAIRS(one[3], AND(pixels->residual[0][k], SET1(0xffff))),
                       PAIRS(pixels->grown[0][k], SET1((uint16_t)growth->factor[0])));
        } else {
            const VECTOR residuals = OR(AND(pixels->residual[0][k], SET1(0xffff)), LEFT(pixels->residual[1][k], 16));
            const VECTOR grown = OR(pixels->grown[0][k], LEFT(pixels->grown[1][k], 16));
            *mean = ADD(base, lower_field(one[1]));
            *scale = RIGHT_SIGNED(one[2], 16);
            grow_shape(mean, scale, PAIRS(OR(RIGHT(one[3], 16), LEFT(one[4], 16)), residuals),
                       PAIRS(grown, SET1((int32_t)((uint32_t)(uint16_t)growth->factor[1] |
                                                   (uint32_t)(uint16_t)growth->factor[2] << 16))));
        }
    }
}

/* Those that are wrong, by the plain code. */
static void find_singly(VECTOR slot, VECTOR mean, VECTOR scale, uint32_t wrong, VECTOR *x) {
    uint32_t value[4][PIXELS], start, frequency;
    const VECTOR given[4] = {slot, mean, scale, *x};
    for (unsigned i = 0; i < 4; i++) {
        STORE(value[i], given[i]);
    }
    for (; wrong != 0; wrong &= wrong - 1) {
        const unsigned i = (unsigned)__builtin_ctz(wrong);
        const uint32_t index = value[2][i];
        value[3][i] = (uint32_t)logistic_find((int32_t)value[1][i], inverse_scale[index], scale_of_index[index],
                                              value[0][i], &start, &frequency);
    }
    *x = LOAD(value[3]);
}

static inline VECTOR in_a_byte(VECTOR x) {
    return MINIMUM(MAXIMUM(x, SET1(0)), SET1(255));
}

/* Where the quantiles point: nearly always the value, else next to it. */
static inline VECTOR guess_values(VECTOR slot, VECTOR mean, VECTOR scale) {
    const VECTOR level = SCALE_ENTRIES(scale_of_index, scale);
    const VECTOR offset = RIGHT_SIGNED(MULTIPLY(quantile_lanes(slot), level), 15);
    return in_a_byte(RIGHT_SIGNED(ADD(ADD(mean, SET1(MEAN_UNIT / 2)), offset), 6));
}

/* The interval of the value under all components, and *start and *frequency those of the chosen one. */
static inline void find_intervals(struct pixels *pixels, unsigned c, VECTOR *start, VECTOR *frequency) {
    VECTOR below[MIXTURE_COMPONENTS];
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        pixels->residual[c][k] =
            interval_lanes(pixels->value[c], pixels->mean[k], pixels->scale[k], &below[k], &pixels->frequency[c][k]);
    }
    *start = chosen(&pixels->choice, below);
    *frequency = chosen(&pixels->choice, pixels->frequency[c]);
}

static inline void find_values(VECTOR slot, unsigned c, uint32_t active, struct pixels *pixels, VECTOR *start,
                               VECTOR *frequency) {
    const VECTOR mean = chosen(&pixels->choice, pixels->mean), scale = chosen(&pixels->choice, pixels->scale);
    VECTOR *x = &pixels->value[c];
    *x = guess_values(slot, mean, scale);
    for (unsigned guesses = 1;; guesses++) {
        find_intervals(pixels, c, start, frequency);
        const struct finding finding = compare_lanes(*x, slot, *start, *frequency);
        if (__builtin_expect((finding.wrong & active) == 0, 1)) {
            return;
        }
        if (guesses < GUESSES) {
            *x = in_a_byte(finding.nearer);
        } else {
            find_singly(slot, mean, scale, finding.wrong & active, x);
        }
    }
}

static inline __attribute__((always_inline)) void pop_channel(struct ans *ans, struct group_states *group,
                                                              const struct awaited_row *awaited, unsigned c,
                                                              unsigned channels, const struct mixture_growth *growth,
                                                              struct pixels *pixels) {
    VECTOR start[CHUNKS], frequency[CHUNKS];
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        const uint32_t active = group->active >> (chunk * PIXELS) & ((1u << PIXELS) - 1);
        find_shapes(awaited, chunk, c, growth, &pixels[chunk]);
        find_values(slots(group, chunk, LOGISTIC_BITS), c, active, &pixels[chunk], &start[chunk], &frequency[chunk]);
        for (unsigned k = 0; k < MIXTURE_COMPONENTS && c + 1 < channels; k++) {
            pixels[chunk].grown[c][k] = growth_lanes(pixels[chunk].residual[c][k]);
        }
    }
    commit_up(ans, group, start, frequency, LOGISTIC_BITS);
}

static inline __attribute__((always_inline)) void pop_group(struct ans *ans, unsigned channels,
                                                            const struct mixture_growth *growth,
                                                            const struct awaited_row *awaited, unsigned first,
                                                            unsigned count, uint8_t (*pixel)[3]) {
    struct group_states group;
    struct pixels pixels[CHUNKS];
    VECTOR start[CHUNKS], width[CHUNKS];
    load_states(ans, first, count, &group);
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        load_table(awaited->prior_start, chunk, pixels[chunk].prior);
        pixels[chunk].choice = choose(slots(&group, chunk, WEIGHT_BITS), pixels[chunk].prior);
        chosen_interval(&pixels[chunk].choice, pixels[chunk].prior, &start[chunk], &width[chunk]);
    }
    commit_up(ans, &group, start, width, WEIGHT_BITS);
    for (unsigned c = 0; c < channels; c++) {
        pop_channel(ans, &group, awaited, c, channels, growth, pixels);
    }
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        VECTOR posterior[MIXTURE_COMPONENTS];
        posterior_lanes(pixels[chunk].prior, channels, pixels[chunk].frequency, posterior);
        chosen_interval(&pixels[chunk].choice, posterior, &start[chunk], &width[chunk]);
    }
    push_up(ans, &group, start, width, WEIGHT_BITS);
    store_states(ans, first, count, &group);
    for (unsigned c = 0; c < channels; c++) {
        uint32_t value[MIXTURE_ROW];
        for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
            STORE(value + chunk * PIXELS, pixels[chunk].value[c]);
        }
        for (unsigned i = 0; i < count; i++) {
            pixel[i][c] = (uint8_t)value[first + i];
        }
    }
}

static void pop_run(struct ans *ans, unsigned channels, const struct mixture_growth *growth,
                    const struct awaited_row *awaited, size_t count, uint8_t (*pixel)[3]) {
    for (size_t at = 0; at < count; at += ans->lanes) {
        const unsigned first = at % MIXTURE_ROW, group = count - at < ans->lanes ? (unsigned)(count - at) : ans->lanes;
        const struct awaited_row *row = &awaited[at / MIXTURE_ROW];
        if (!has_words(ans, channels + 2)) {
            mixture_pop_group(ans, channels, growth, row, first, group, pixel + at, NULL);
        } else if (channels == 1) {
            pop_group(ans, 1, growth, row, first, group, pixel + at);
        } else {
            pop_group(ans, 3, growth, row, first, group, pixel + at);
        }
    }
}

/* ---- pushing ---- */

static void push_run(struct ans *ans, unsigned channels, const struct prepared_row *prepared, size_t count) {
    for (size_t at = (count + ans->lanes - 1) / ans->lanes * ans->lanes; at > 0;) {
        at -= ans->lanes;
        push_choices(ans, &CHOICES_OF(&prepared[at / MIXTURE_ROW], channels), at % MIXTURE_ROW,
                     count - at < ans->lanes ? (unsigned)(count - at) : ans->lanes);
    }
}
