/* SPDX-License-Identifier: MIT */
/*
 * The ANS stack with a lane of it for each pixel, or block, of a vector.  What it does is exact as in ans.h:
 *
 *   - words come from and go to its top in the order of the lanes, packed together from those lanes that want one;
 *   - the quotient of a state and a frequency, of up to 48 bits, comes from a double that differs from it by less than
 *     one, and is put right by the remainder.
 *
 * Where the stack has few words, which is so for long where hardly anything has to be said, the group goes through a
 * copy with more words below (struct low_stack). The plain code does it if it needs these, if there is little room, or
 * where the stack has fewer lanes than are worth a vector.
 */
#ifndef BSWZ_STACK_LANES_H
#define BSWZ_STACK_LANES_H

#include "coder/ans.h"
#include "coder/mixture_push.h"
#include "coder/vector.h"
#include "coder/weights.h"

#include <string.h>

enum {
    CHUNKS = ANS_MAX_LANES / PIXELS,
    HALF_LANES = PIXELS / 2,
    FEWEST_LANES = 4 /* of the stack that are worth a vector */
};

#define HALF_BITS ((1u << HALF_LANES) - 1)

/* The states of a group: of lane l at column first + l. */
struct group_states {
    HALF state[2 * CHUNKS];
    uint32_t active; /* bit i: column i */
};

static inline void load_states(const struct ans *ans, unsigned first, unsigned count, struct group_states *group) {
    uint64_t state[ANS_MAX_LANES] = {0};
    memcpy(state + first, ans->state, count * sizeof *state);
    for (unsigned h = 0; h < 2 * CHUNKS; h++) {
        group->state[h] = LOAD_HALF(state + h * HALF_LANES);
    }
    group->active = ((1u << count) - 1) << first;
}

static inline void store_states(struct ans *ans, unsigned first, unsigned count, const struct group_states *group) {
    uint64_t state[ANS_MAX_LANES];
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

static inline void load_table(const uint16_t (*from)[ANS_MAX_LANES], unsigned chunk, VECTOR *table) {
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        table[k] = LOAD_16(from[k] + chunk * PIXELS);
    }
}

/* The most words that a group of `symbols` steps touches next to the top. */
static inline size_t most_words(unsigned symbols) {
    return (symbols + 1) * ANS_MAX_LANES;
}

/* Are these there, and is there room for as many? */
static inline bool has_words(const struct ans *ans, unsigned symbols) {
    const size_t most = most_words(symbols);
    return ans->lanes >= FEWEST_LANES && ans->size >= most && ans->capacity - ans->size >= most;
}

enum { LOW_WORDS = 16 * ANS_MAX_LANES };

/* A stack of few words on top of others that are not its own. */
struct low_stack {
    struct ans ans;
    uint32_t words[3 * LOW_WORDS];
};

/* A copy of a stack that has_words has refused; false: the plain code does it. */
static inline bool to_low(const struct ans *ans, unsigned symbols, struct low_stack *low) {
    const size_t most = most_words(symbols);
    if (ans->lanes < FEWEST_LANES || most > LOW_WORDS || ans->size > LOW_WORDS || ans->capacity - ans->size < most) {
        return false;
    }
    low->ans = *ans;
    low->ans.words = low->words;
    low->ans.size += LOW_WORDS;
    memset(low->words, 0, LOW_WORDS * sizeof *low->words);
    if (ans->size > 0) {
        memcpy(low->words + LOW_WORDS, ans->words, ans->size * sizeof *ans->words);
    }
    return true;
}

/* The group is complete. */
static inline void from_low(const struct low_stack *low, struct ans *ans) {
    memcpy(ans->state, low->ans.state, sizeof ans->state);
    ans->size = low->ans.size - LOW_WORDS;
    if (ans->size > 0) {
        memcpy(ans->words, low->words + LOW_WORDS, ans->size * sizeof *ans->words);
    }
}

/* ---- pushing a row of mixtures: choices_push, which does the row if the stack does not allow for vectors ---- */

/* Returns the size of the stack after what was popped. */
static inline size_t push_vector(struct ans *ans, const struct prepared_choices *choices, unsigned first,
                                 unsigned count) {
    struct group_states group;
    struct choice choice[CHUNKS];
    VECTOR start[CHUNKS], width[CHUNKS], table[MIXTURE_COMPONENTS], lengths[MIXTURE_COMPONENTS];
    load_states(ans, first, count, &group);
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        load_table(choices->posterior_start, chunk, table);
        choice[chunk] = choose(slots(&group, chunk, WEIGHT_BITS), table);
        chosen_interval(&choice[chunk], table, &start[chunk], &width[chunk]);
    }
    commit_down(ans, &group, start, width, WEIGHT_BITS);
    const size_t lowest = ans->size;
    for (unsigned c = choices->values; c-- > 0;) {
        for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
            for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
                table[k] = LOAD(choices->start[c][k] + chunk * PIXELS);
                lengths[k] = LOAD(choices->frequency[c][k] + chunk * PIXELS);
            }
            start[chunk] = chosen(&choice[chunk], table);
            width[chunk] = chosen(&choice[chunk], lengths);
        }
        push_down(ans, &group, start, width, LOGISTIC_BITS);
    }
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        load_table(choices->prior_start, chunk, table);
        chosen_interval(&choice[chunk], table, &start[chunk], &width[chunk]);
    }
    push_down(ans, &group, start, width, WEIGHT_BITS);
    store_states(ans, first, count, &group);
    return lowest;
}

static void push_choices(struct ans *ans, const struct prepared_choices *choices, unsigned first, unsigned count) {
    struct low_stack low;
    if (has_words(ans, choices->values + 2)) {
        push_vector(ans, choices, first, count);
    } else if (to_low(ans, choices->values + 2, &low) && push_vector(&low.ans, choices, first, count) >= LOW_WORDS) {
        from_low(&low, ans);
    } else {
        choices_push(ans, choices, first, count);
    }
}

#endif
