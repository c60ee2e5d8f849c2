/*
 * Pushing and popping a run of pixels with a lane of the stack for each pixel of a vector, written once for every
 * vector length.  mixture.c says what is computed; this gives the same numbers.
 *
 * What the stack does is exact as in ans.h:
 *
 *   - words come from and go to its top in the order of the lanes, packed together from those lanes that want one;
 *   - the quotient of a state and a frequency, of up to 48 bits, comes from a double that differs from it by less than
 *     one, and is put right by the remainder.
 *
 * Where the stack has few words, or little room, or fewer lanes than are worth a vector, the plain code does the group.
 *
 * The including file includes mixture_lanes.h and defines, next to what that needs:
 *
 *     GREATER(a, b)            a mask for CHOOSE, signed
 *     LOWER_HALVES(a, b)       the lower 32 bits of two HALF as a VECTOR
 *     LOAD_HALF, STORE_HALF(p, v), SUB_HALF, LEFT_HALF(a, n), RIGHT_HALF(a, n), AND_HALF, GREATER_HALF(a, b) a mask,
 *     CHOOSE_HALF(mask, if_clear, if_set), MASK_BITS_HALF(mask) as a number
 *     QUOTIENT(state, divisor)   floor or one more or less, of a state below divisor * 2^48
 *     FETCH_UP(words, size, bits, state)    states of the lanes in bits moved up by 32 for a word each, the first
 *                              lane's from words[size - 1], the next one's from below it
 *     FETCH_DOWN(...)          the last lane's from words[size - 1]
 *     STORE_UP(words, size, bits, state), STORE_DOWN   the inverses: the lower words to words[size] and up
 *     MASK, MASK_HALF          the types of masks; MASK_BITS(m) as a number; MASK_OF_BITS_HALF(bits) the inverse
 */
#include <string.h>

enum {
    CHUNKS = MIXTURE_ROW / PIXELS,
    HALF_LANES = PIXELS / 2,
    FEWEST_LANES = 4,                       /* of the stack that are worth a vector */
    MOST_WORDS = 5 * MIXTURE_ROW + MIXTURE_ROW /* of a group, and what is touched next to them */
};

#define HALF_BITS ((1u << HALF_LANES) - 1)

/* The states of a group: of lane l at column first + l. */
struct group_states {
    HALF state[2 * CHUNKS];
    uint32_t active; /* bit i: column i */
};

static inline void load_states(const struct ans *ans, unsigned first, unsigned count, struct group_states *group) {
    uint64_t state[MIXTURE_ROW] = {0};
    memcpy(state + first, ans->state, count * sizeof *state);
    for (unsigned h = 0; h < 2 * CHUNKS; h++) {
        group->state[h] = LOAD_HALF(state + h * HALF_LANES);
    }
    group->active = ((1u << count) - 1) << first;
}

static inline void store_states(struct ans *ans, unsigned first, unsigned count, const struct group_states *group) {
    uint64_t state[MIXTURE_ROW];
    for (unsigned h = 0; h < 2 * CHUNKS; h++) {
        STORE_HALF(state + h * HALF_LANES, group->state[h]);
    }
    memcpy(ans->state, state + first, count * sizeof *state);
}

static inline uint32_t active_bits(const struct group_states *group, unsigned h) {
    return group->active >> (h * HALF_LANES) & HALF_BITS;
}

/* ans_pop in all lanes of a chunk. */
static inline VECTOR slots(const struct group_states *group, unsigned chunk, unsigned bits) {
    return AND(LOWER_HALVES(group->state[2 * chunk], group->state[2 * chunk + 1]), SET1((int32_t)((1u << bits) - 1)));
}

static inline HALF product(HALF a, HALF b) { /* b: 32 bits */
    return ADD_HALF(MULTIPLY_HALF(a, b), LEFT_HALF(MULTIPLY_HALF(RIGHT_HALF(a, 32), b), 32));
}

/* ans_pop_commit without the words. */
static inline HALF committed(HALF state, HALF start, HALF frequency, unsigned bits) {
    const HALF slot = AND_HALF(state, SET1_HALF((int64_t)((1ull << bits) - 1)));
    return ADD_HALF(product(RIGHT_HALF(state, (int)bits), frequency), SUB_HALF(slot, start));
}

/* The lanes whose state is below 2^32. */
static inline uint32_t empty_bits(HALF state) {
    return MASK_BITS_HALF(GREATER_HALF(SET1_HALF(1), RIGHT_HALF(state, 32)));
}

static inline void commit_up(struct ans *ans, struct group_states *group, const VECTOR *start, const VECTOR *frequency,
                             unsigned bits) {
    for (unsigned h = 0; h < 2 * CHUNKS; h++) {
        const HALF state = committed(group->state[h], WIDEN(start[h / 2], h % 2), WIDEN(frequency[h / 2], h % 2), bits);
        const uint32_t wanting = empty_bits(state) & active_bits(group, h);
        group->state[h] = FETCH_UP(ans->words, ans->size, wanting, state);
        ans->size -= (size_t)__builtin_popcount(wanting);
    }
}

static inline void commit_down(struct ans *ans, struct group_states *group, const VECTOR *start,
                               const VECTOR *frequency, unsigned bits) {
    for (unsigned h = 2 * CHUNKS; h-- > 0;) {
        const HALF state = committed(group->state[h], WIDEN(start[h / 2], h % 2), WIDEN(frequency[h / 2], h % 2), bits);
        const uint32_t wanting = empty_bits(state) & active_bits(group, h);
        group->state[h] = FETCH_DOWN(ans->words, ans->size, wanting, state);
        ans->size -= (size_t)__builtin_popcount(wanting);
    }
}

/* ans_push once the state has room. */
static inline HALF pushed(HALF state, HALF start, HALF frequency, unsigned bits) {
    HALF quotient = QUOTIENT(state, frequency), rest = SUB_HALF(state, product(quotient, frequency));
    const MASK_HALF below = GREATER_HALF(SET1_HALF(0), rest);
    quotient = CHOOSE_HALF(below, quotient, SUB_HALF(quotient, SET1_HALF(1)));
    rest = CHOOSE_HALF(below, rest, ADD_HALF(rest, frequency));
    const MASK_HALF within = GREATER_HALF(frequency, rest);
    quotient = CHOOSE_HALF(within, ADD_HALF(quotient, SET1_HALF(1)), quotient);
    rest = CHOOSE_HALF(within, SUB_HALF(rest, frequency), rest);
    return ADD_HALF(LEFT_HALF(quotient, (int)bits), ADD_HALF(rest, start));
}

/* The lanes whose state has no room for a symbol of this frequency. */
static inline uint32_t full_bits(HALF state, HALF frequency, unsigned bits) {
    return ~MASK_BITS_HALF(GREATER_HALF(frequency, RIGHT_HALF(state, (int)(64 - bits))));
}

static inline HALF with_room(HALF state, uint32_t full) {
    return CHOOSE_HALF(MASK_OF_BITS_HALF(full), state, RIGHT_HALF(state, 32));
}

static inline void push_up(struct ans *ans, struct group_states *group, const VECTOR *start, const VECTOR *frequency,
                           unsigned bits) {
    for (unsigned h = 0; h < 2 * CHUNKS; h++) {
        const HALF wide = WIDEN(frequency[h / 2], h % 2);
        const uint32_t full = full_bits(group->state[h], wide, bits) & active_bits(group, h);
        STORE_UP(ans->words, ans->size, full, group->state[h]);
        ans->size += (size_t)__builtin_popcount(full);
        group->state[h] = pushed(with_room(group->state[h], full), WIDEN(start[h / 2], h % 2), wide, bits);
    }
}

static inline void push_down(struct ans *ans, struct group_states *group, const VECTOR *start, const VECTOR *frequency,
                             unsigned bits) {
    for (unsigned h = 2 * CHUNKS; h-- > 0;) {
        const HALF wide = WIDEN(frequency[h / 2], h % 2);
        const uint32_t full = full_bits(group->state[h], wide, bits) & active_bits(group, h);
        STORE_DOWN(ans->words, ans->size, full, group->state[h]);
        ans->size += (size_t)__builtin_popcount(full);
        group->state[h] = pushed(with_room(group->state[h], full), WIDEN(start[h / 2], h % 2), wide, bits);
    }
}

/* ---- which component ---- */

/* below[k]: the slot lies below where component k + 1 starts. */
struct choice {
    MASK below[MIXTURE_COMPONENTS - 1];
};

static inline struct choice choose(VECTOR slot, const VECTOR *table) {
    struct choice choice;
    for (unsigned k = 0; k + 1 < MIXTURE_COMPONENTS; k++) {
        choice.below[k] = GREATER(table[k + 1], slot);
    }
    return choice;
}

static inline VECTOR chosen(const struct choice *choice, const VECTOR *value) {
    VECTOR own = value[MIXTURE_COMPONENTS - 1];
    for (unsigned k = MIXTURE_COMPONENTS - 1; k-- > 0;) {
        own = CHOOSE(choice->below[k], own, value[k]);
    }
    return own;
}

/* The interval of the chosen component in a cumulative table. */
static inline void chosen_interval(const struct choice *choice, const VECTOR *table, VECTOR *start, VECTOR *width) {
    const VECTOR end[MIXTURE_COMPONENTS] = {table[1], table[2], table[3], SET1(1 << WEIGHT_BITS)};
    *start = chosen(choice, table);
    *width = SUB(chosen(choice, end), *start);
}

static inline void load_table(const uint16_t (*from)[MIXTURE_ROW], unsigned chunk, VECTOR *table) {
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        table[k] = LOAD_16(from[k] + chunk * PIXELS);
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

/* Where the quantiles point: nearly always the value, else next to it. */
static inline VECTOR guess_values(VECTOR slot, VECTOR mean, VECTOR scale) {
    const VECTOR quantile = LOOK_UP(logistic_quantile, RIGHT(slot, 14), 4), level = LOOK_UP(scale_of_index, scale, 4);
    const VECTOR x = ADD(ADD(mean, SET1(MEAN_UNIT / 2)), RIGHT_SIGNED(MULTIPLY(quantile, level), 15));
    return MINIMUM(MAXIMUM(RIGHT_SIGNED(x, 6), SET1(0)), SET1(255));
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
    pixels->value[c] = guess_values(slot, mean, scale);
    find_intervals(pixels, c, start, frequency);
    const VECTOR into = SUB(slot, *start);
    const uint32_t wrong = (MASK_BITS(GREATER(SET1(0), into)) | ~MASK_BITS(GREATER(*frequency, into))) & active;
    if (__builtin_expect(wrong != 0, 0)) {
        find_singly(slot, mean, scale, wrong, &pixels->value[c]);
        find_intervals(pixels, c, start, frequency);
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

/* May a group touch the words next to the top, and take and add as many as it can? */
static inline bool has_words(const struct ans *ans) {
    return ans->lanes >= FEWEST_LANES && ans->size >= MOST_WORDS && ans->capacity - ans->size >= MOST_WORDS;
}

static void pop_run(struct ans *ans, unsigned channels, const struct mixture_growth *growth,
                    const struct awaited_row *awaited, size_t count, uint8_t (*pixel)[3]) {
    for (size_t at = 0; at < count; at += ans->lanes) {
        const unsigned first = at % MIXTURE_ROW, group = count - at < ans->lanes ? (unsigned)(count - at) : ans->lanes;
        const struct awaited_row *row = &awaited[at / MIXTURE_ROW];
        if (!has_words(ans)) {
            mixture_pop_group(ans, channels, growth, row, first, group, pixel + at, NULL);
        } else if (channels == 1) {
            pop_group(ans, 1, growth, row, first, group, pixel + at);
        } else {
            pop_group(ans, 3, growth, row, first, group, pixel + at);
        }
    }
}

/* ---- pushing ---- */

static inline void push_group(struct ans *ans, unsigned channels, const struct prepared_row *prepared, unsigned first,
                              unsigned count) {
    struct group_states group;
    struct choice choice[CHUNKS];
    VECTOR start[CHUNKS], width[CHUNKS], table[MIXTURE_COMPONENTS], lengths[MIXTURE_COMPONENTS];
    load_states(ans, first, count, &group);
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        load_table(prepared->posterior_start, chunk, table);
        choice[chunk] = choose(slots(&group, chunk, WEIGHT_BITS), table);
        chosen_interval(&choice[chunk], table, &start[chunk], &width[chunk]);
    }
    commit_down(ans, &group, start, width, WEIGHT_BITS);
    for (unsigned c = channels; c-- > 0;) {
        for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
            for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
                table[k] = LOAD(prepared->start[c][k] + chunk * PIXELS);
                lengths[k] = LOAD(prepared->frequency[c][k] + chunk * PIXELS);
            }
            start[chunk] = chosen(&choice[chunk], table);
            width[chunk] = chosen(&choice[chunk], lengths);
        }
        push_down(ans, &group, start, width, LOGISTIC_BITS);
    }
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        load_table(prepared->prior_start, chunk, table);
        chosen_interval(&choice[chunk], table, &start[chunk], &width[chunk]);
    }
    push_down(ans, &group, start, width, WEIGHT_BITS);
    store_states(ans, first, count, &group);
}

static void push_run(struct ans *ans, unsigned channels, const struct prepared_row *prepared, size_t count) {
    for (size_t at = (count + ans->lanes - 1) / ans->lanes * ans->lanes; at > 0;) {
        at -= ans->lanes;
        const unsigned first = at % MIXTURE_ROW, group = count - at < ans->lanes ? (unsigned)(count - at) : ans->lanes;
        if (has_words(ans)) {
            push_group(ans, channels, &prepared[at / MIXTURE_ROW], first, group);
        } else {
            mixture_push_group(ans, channels, &prepared[at / MIXTURE_ROW], first, group);
        }
    }
}
