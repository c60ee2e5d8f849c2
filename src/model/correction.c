/* SPDX-License-Identifier: MIT */
/*
 * Applying and coding corrections (correction.h).
 */
#include "model/correction.h"

#include "model/lattice.h"

#include <string.h>

enum {
    CHOICE_BITS = 3,          /* bits of the choice of a spread */
    SPREAD_STEP = 6,          /* scale indices between two spreads: half an octave */
    ZERO = -CORRECTION_LOWEST /* the symbol for "no change" */
};

/* By the position of an output in its component: three means, three scales, three couplings, the logit. Widths are
 * indices of the logistic's scale at spread 0; these and the units come from fits to forty photographs. */
static const struct {
    int16_t centre, unit;
    uint8_t scale_width, shift_width;
} kinds[MIXTURE_FIELDS] = {
    {0, 4, 84, 84},   {0, 4, 84, 84},   {0, 4, 84, 84},   /* 1/16 level */
    {896, 8, 84, 90}, {896, 8, 84, 90}, {896, 8, 84, 90}, /* half a scale index, around one level */
    {0, 16, 96, 84},  {0, 16, 96, 84},  {0, 16, 96, 84},  /* 1/64 */
    {0, 2, 96, 96}};                                      /* 1/16 nat */

bool correction_allowed(uint32_t width, uint32_t height) {
    return width >= CORRECTION_LEAST_SIDE && height >= CORRECTION_LEAST_SIDE;
}

int32_t correction_centre(unsigned output) {
    return kinds[output % MIXTURE_FIELDS].centre;
}

int32_t correction_unit(unsigned output) {
    return kinds[output % MIXTURE_FIELDS].unit;
}

bool correction_concerns(unsigned output, unsigned channels) {
    const unsigned field = output % MIXTURE_FIELDS;
    return channels > 1 || field == 0 || field == 3 || field == MIXTURE_FIELDS - 1;
}

void correction_apply(const struct correction *correction, const struct kernel *kernel, unsigned sets,
                      unsigned positions, unsigned stride, int16_t *outputs) {
    struct layer_correction all = {.shift = CORRECTION_SCALE_BITS};
    for (unsigned at = 0; at < stride; at++) {
        const unsigned o = at % MIXTURE_OUTPUTS;
        const bool is_used = at < sets * MIXTURE_OUTPUTS; /* the rest remains as it is */
        const int32_t scale = is_used ? correction->scale[o] : 0;
        const int32_t shift = is_used ? correction->shift[o] * correction_unit(o) : 0;
        all.factor[at] = (1 << CORRECTION_SCALE_BITS) + scale;
        all.offset[at] =
            shift * (1 << CORRECTION_SCALE_BITS) - correction_centre(o) * scale + (1 << (CORRECTION_SCALE_BITS - 1));
    }
    kernel->correct(&all, positions, stride, outputs);
}

/* ---- coding ---- */

static int32_t inverse_width(unsigned output, bool is_shift, unsigned spread) {
    const unsigned field = output % MIXTURE_FIELDS;
    return inverse_scale[(is_shift ? kinds[field].shift_width : kinds[field].scale_width) - SPREAD_STEP * spread];
}

uint32_t correction_frequency(unsigned output, bool is_shift, unsigned spread, int value) {
    const int32_t inverse = inverse_width(output, is_shift, spread);
    return logistic_below(ZERO * MEAN_UNIT, inverse, value + ZERO + 1) -
           logistic_below(ZERO * MEAN_UNIT, inverse, value + ZERO);
}

static void push_number(unsigned output, bool is_shift, unsigned spread, int8_t value, struct ans *ans) {
    const uint32_t start = logistic_below(ZERO * MEAN_UNIT, inverse_width(output, is_shift, spread), value + ZERO);
    ans_push(ans, 0, start, correction_frequency(output, is_shift, spread, value), LOGISTIC_BITS);
}

static int8_t pop_number(unsigned output, bool is_shift, unsigned spread, struct ans *ans) {
    const int32_t inverse = inverse_width(output, is_shift, spread);
    uint32_t start, frequency;
    /* scale 0: the search starts at "no change" */
    const int symbol = logistic_find(ZERO * MEAN_UNIT, inverse, 0, ans_pop(ans, 0, LOGISTIC_BITS), &start, &frequency);
    ans_pop_commit(ans, 0, start, frequency, LOGISTIC_BITS);
    return (int8_t)(symbol - ZERO);
}

static void push_choice(unsigned value, unsigned bits, struct ans *ans) {
    ans_push(ans, 0, value, 1, bits);
}

static unsigned pop_choice(unsigned bits, struct ans *ans) {
    const uint32_t value = ans_pop(ans, 0, bits);
    ans_pop_commit(ans, 0, value, 1, bits);
    return value;
}

static void push_pass(const struct correction *correction, unsigned channels, struct ans *ans) {
    if (correction->present) {
        for (unsigned o = MIXTURE_OUTPUTS; o-- > 0;) {
            if (correction_concerns(o, channels)) {
                push_number(o, true, correction->spread, correction->shift[o], ans);
                push_number(o, false, correction->spread, correction->scale[o], ans);
            }
        }
        push_choice(correction->spread, CHOICE_BITS, ans);
    }
    push_choice(correction->present, 1, ans);
}

static void pop_pass(struct correction *correction, unsigned channels, struct ans *ans) {
    memset(correction, 0, sizeof *correction);
    correction->present = pop_choice(1, ans) != 0;
    if (correction->present) {
        correction->spread = (uint8_t)pop_choice(CHOICE_BITS, ans);
        for (unsigned o = 0; o < MIXTURE_OUTPUTS; o++) {
            if (correction_concerns(o, channels)) {
                correction->scale[o] = pop_number(o, false, correction->spread, ans);
                correction->shift[o] = pop_number(o, true, correction->spread, ans);
            }
        }
    }
}

static unsigned corrected_levels(unsigned levels) {
    return levels < CORRECTION_LEVELS ? levels : CORRECTION_LEVELS;
}

void correction_push(const struct picture_correction *correction, unsigned levels, const unsigned *channels,
                     struct ans *ans) {
    for (unsigned level = corrected_levels(levels); level-- > 0;) {
        for (unsigned pass = CORRECTION_PASSES; pass-- > 0;) {
            push_pass(&correction->pass[level][pass], channels[level], ans);
        }
    }
}

void correction_pop(struct picture_correction *correction, unsigned levels, const unsigned *channels, struct ans *ans) {
    memset(correction, 0, sizeof *correction);
    for (unsigned level = 0; level < corrected_levels(levels); level++) {
        for (unsigned pass = PASS_ONE; pass <= PASS_TWO; pass++) {
            pop_pass(&correction->pass[level][pass], channels[level], ans);
        }
    }
}
