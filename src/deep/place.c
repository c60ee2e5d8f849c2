/* SPDX-License-Identifier: MIT */
/*
 * Coding a sample relative to its prediction, by a tree of thresholds around it, in units of the expected error. Each
 * threshold is a decision "is it at least this?"; thresholds that no longer tell anything are skipped. The remaining
 * interval is halved until one value is left.
 *
 *     node 0: the mean; on either side 1: 0.7, 2: 0.32 below it, 3: 1.75 above it, 4: 1.15 between, 5 ...: the tail
 */
#include "deep/place.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum { HALVING = 16 }; /* also a node */

/* A given mixture comes last, in a group of its own. */
static unsigned inputs_of(const struct placer *placer) {
    return INPUTS + placer->is_given;
}

bool placer_init(struct placer *placer, struct decisions *decisions, size_t context_values, bool is_given,
                 uint64_t samples) {
    *placer = (struct placer){.decisions = decisions, .exact_bits = 8, .is_given = is_given};
    while (placer->exact_bits < EXACT_BITS && samples >> (placer->exact_bits - 2) != 0) {
        placer->exact_bits++;
    }
    placer->cells = bswz_allocate(context_values * NODES, sizeof(cell));
    placer->exact = bswz_allocate((size_t)EXACT << placer->exact_bits, sizeof(cell));
    placer->code = curves_code_by(instructions_widest());
    int16_t first[INPUTS + 1] = {0};
    for (unsigned i = 0; i < INPUTS; i++) {
        first[i] = is_given ? (i < CONTEXTS + EXACT ? MIX_ONE / 32
                               : i < INPUTS - 1     ? MIX_ONE / 20
                                                    : 0)
                            : (i < CONTEXTS + EXACT ? MIX_ONE / 11 : MIX_ONE / 7);
    }
    first[INPUTS] = MIX_ONE * 9 / 10;
    static const unsigned sets[PLACE_SETS] = {NODES, SET_NUMBERS, NODES * WIDES * SPREADS, NODES * LEVELS};
    for (unsigned i = 0; i < PLACE_SETS; i++) {
        placer->weights[i] = mix_weights(sets[i], inputs_of(placer), first);
    }
    bool has_memory = placer->cells != NULL && placer->exact != NULL;
    for (unsigned i = 0; i < PLACE_SETS; i++) {
        has_memory = has_memory && placer->weights[i] != NULL;
    }
    if (!has_memory) {
        return false;
    }
    for (size_t i = 0; i < context_values * NODES; i++) {
        placer->cells[i] = CELL_EVEN;
    }
    for (size_t i = 0; i < (size_t)EXACT << placer->exact_bits; i++) {
        placer->exact[i] = CELL_EVEN;
    }
    for (unsigned i = 0; i < NODES; i++) {
        for (unsigned j = 0; j < PLACE_SETS; j++) {
            placer->last[i][j] = (1 << 16) / PLACE_SETS;
        }
    }
    for (unsigned i = 0; i < 4096; i++) {
        placer->stretched[i] = (int16_t)stretch(16 * i + 8);
    }
    for (unsigned i = 0; i < 1024; i++) {
        placer->trust[i] = (uint16_t)mix_trust(i);
    }
    curve_init(placer->curve, NODES * 16);
    return true;
}

void placer_free(struct placer *placer) {
    free(placer->cells);
    free(placer->exact);
    for (unsigned i = 0; i < PLACE_SETS; i++) {
        free(placer->weights[i]);
    }
}

struct place {
    struct placer *placer;
    const struct aim *aim;
    struct interval left;
    int32_t value;
};

static void narrow(struct interval *left, int32_t at, const struct edges *edges, uint64_t given, bool is_above) {
    if (is_above) {
        left->low = at;
        left->lows = *edges;
        left->given_low = given;
    } else {
        left->high = at - (1 << left->bits);
        left->highs = *edges;
        left->given_high = given;
    }
}

/* The given mixture's share of what lies above at in what lies in the interval. *below: how much lies below at */
static uint32_t look_at_given(const struct place *place, int32_t at, uint64_t *below) {
    const struct interval *left = &place->left;
    *below = given_below(place->aim->given, at);
    return given_share(left->given_high - *below, left->given_high - left->given_low);
}

/* What cells and curves say, as inputs. */
static inline void put_inputs(const struct placer *placer, const cell *values, const uint32_t *shares,
                              struct mix *mix) {
    _Static_assert(CELLS == 15 && CURVES == 8 && INPUTS % MIX_STEP == 0, "three groups");
    const int16_t *stretched = placer->stretched;
#define SAYS(i) stretched[cell_probability(values[i]) >> 4]
#define SHARE(i) stretched[shares[i] >> 4]
    MIX_PUT(mix->input, SAYS(0), SAYS(1), SAYS(2), SAYS(3), SAYS(4), SAYS(5), SAYS(6), SAYS(7));
    MIX_PUT(mix->input + 8, SAYS(8), SAYS(9), SAYS(10), SAYS(11), SAYS(12), SAYS(13), SAYS(14), SHARE(0));
    MIX_PUT(mix->input + 16, SHARE(1), SHARE(2), SHARE(3), SHARE(4), SHARE(5), SHARE(6), SHARE(7), 256);
#undef SAYS
#undef SHARE
}

/* With a mixture, what counts is how far each cell is from it, and the less the fewer decisions it has seen. Cells that
 * have seen none begin with the mixture. */
static inline void compare_inputs(const struct placer *placer, cell *values, uint32_t given, struct mix *mix) {
    const int own = stretch(given);
    uint16_t trust[8];
#define TRUST(i) placer->trust[cell_count(values[i])]
    MIX_PUT(trust, TRUST(0), TRUST(1), TRUST(2), TRUST(3), TRUST(4), TRUST(5), TRUST(6), TRUST(7));
    mix_differences(mix->input, own, trust, true);
    MIX_PUT(trust, TRUST(8), TRUST(9), TRUST(10), TRUST(11), TRUST(12), TRUST(13), TRUST(14), 0);
    mix_differences(mix->input + 8, own, trust, false);
#undef TRUST
    MIX_PUT(mix->input + INPUTS, own, 0, 0, 0, 0, 0, 0, 0);
    for (unsigned i = 0; i < CELLS; i++) {
        values[i] = values[i] == CELL_EVEN ? cell_of(given, 0) : values[i];
    }
}

static int32_t clamp(int32_t value, int32_t limit) {
    return value < -limit ? -limit : value > limit ? limit : value;
}

static void find_cells(const struct place *place, unsigned node, int32_t at, unsigned where, cell **cells) {
    const struct placer *placer = place->placer;
    const struct aim *aim = place->aim;
    const struct interval *left = &place->left;
    for (unsigned i = 0; i < CONTEXTS; i++) {
        cells[i] = placer->cells + (size_t)aim->contexts[i] * NODES + ((node & 15) << 1 | node >> 4);
    }
    cells[0] += where * NODES;
    const uint32_t step = (uint32_t)(clamp(at - aim->near, 15) + 16);
    cell *exact = placer->exact;
    for (unsigned i = 0; i < EXACT - 1; i++, exact += (size_t)1 << placer->exact_bits) {
        cells[CONTEXTS + i] = exact + (hash_2(aim->exact[i], step) >> (32 - placer->exact_bits));
    }
    const uint32_t above = (uint32_t)(left->high - at) >> left->bits, below = (uint32_t)(at - left->low) >> left->bits;
    cells[CONTEXTS + EXACT - 1] = exact + (hash_2((uint32_t)at, above + below < 16 ? above * 16 + below : 256 + node) >>
                                           (32 - placer->exact_bits));
    for (unsigned i = 0; i < EXACT; i++) {
        __builtin_prefetch(cells[CONTEXTS + i]);
    }
    __builtin_prefetch(cells[0]);
}

/* Is the value at least at? */
static inline __attribute__((always_inline)) bool ask_with(struct place *place, bool is_given, unsigned node,
                                                           int32_t at) {
    const unsigned inputs = INPUTS + is_given, stride = mix_stride(inputs);
    struct interval *left = &place->left;
    struct placer *placer = place->placer;
    if (at <= left->low) {
        return true;
    }
    if (at > left->high) {
        return false;
    }
    /* the next of the values, and the middle between it and the one before */
    at = left->low + ((at - left->low + (1 << left->bits) - 1) >> left->bits << left->bits);
    const int32_t middle = at - (1 << left->bits >> 1);
    struct mix mix;
    struct edges edges;
    uint32_t shares[CURVES];
    cell *cells[CELLS], values[CELLS + 1];
    /* the actual threshold, rounded to an integer */
    const int64_t off = ((int64_t)middle << UNIT_BITS) - UNIT / 2 - place->aim->mean;
    int64_t where = (off * place->left.curves->inverse[0] >> 30) + 16; /* quarters */
    where = where < 0 ? 0 : where > 31 ? 31 : where;
    find_cells(place, node, at, (unsigned)where, cells);
    placer->code->look(left, middle, &edges, shares);
    for (unsigned i = 0; i < CELLS; i++) {
        values[i] = *cells[i];
    }
    values[CELLS] = 0;
    put_inputs(placer, values, shares, &mix);
    uint64_t below = 0;
    if (is_given) {
        compare_inputs(placer, values, look_at_given(place, at, &below), &mix);
    }
    mix.weights[0] = placer->weights[0] + (size_t)node * stride;
    mix.weights[1] = placer->weights[1] + (size_t)place->aim->set * stride;
    mix.weights[2] = placer->weights[2] + ((size_t)place->aim->spread * NODES + node) * stride;
    mix.weights[3] = placer->weights[3] + ((size_t)place->aim->level * NODES + node) * stride;
    mix.last = placer->last[node];
    const uint32_t mixed = mix_probability_of(&mix, inputs, PLACE_SETS);
    struct curve_at on_curve;
    const uint32_t corrected =
        curve_probability(placer->curve + (node * 16 + where / 2) * CURVE_POINTS, mix.result, &on_curve);
    const unsigned bit =
        decide(placer->decisions, place->value >= at, clamp_probability((3 * mixed + corrected + 2) >> 2));
    mix_update_of(&mix, inputs, PLACE_SETS, bit, 6, 60);
    curve_update(&on_curve, bit, 250);
    cells_update(values, CELLS + 1, bit, 250);
    for (unsigned i = 0; i < CELLS; i++) {
        *cells[i] = values[i];
    }
    narrow(left, at, &edges, below, bit);
    return bit;
}

static bool ask(struct place *place, unsigned node, int32_t at) {
    return place->placer->is_given ? ask_with(place, true, node, at) : ask_with(place, false, node, at);
}

/* Halve the remaining interval, according to the distribution while it is large. */
static void halve(struct place *place) {
    struct interval *left = &place->left;
    while (left->low < left->high) {
        const int32_t steps = (left->high - left->low) >> left->bits;
        const int32_t at = left->low + ((steps + 1) / 2 << left->bits);
        if (steps < 16) {
            ask(place, HALVING, at);
            continue;
        }
        struct edges edges;
        uint32_t shares[CURVES];
        uint64_t below = 0;
        place->placer->code->look(left, at - (1 << left->bits >> 1), &edges, shares);
        const uint32_t share = place->placer->is_given ? look_at_given(place, at, &below) : shares[0];
        const unsigned bit = decide(place->placer->decisions, place->value >= at, share);
        narrow(left, at, &edges, below, bit);
    }
}

static int32_t threshold(const struct aim *aim, bool is_above, unsigned part) {
    const int64_t off = (int64_t)((uint64_t)aim->size * part >> 8);
    const int64_t at = aim->mean + (is_above ? off : -off);
    const int64_t whole = (at + UNIT / 2 + UNIT - 1) >> UNIT_BITS; /* the integer with this edge or the next one */
    return (int32_t)(whole < INT32_MIN / 2 ? INT32_MIN / 2 : whole > INT32_MAX / 2 ? INT32_MAX / 2 : whole);
}

/* Is the value on this side of the mean, and further away than the threshold? */
static bool is_outside(struct place *place, bool is_above, unsigned node, unsigned part) {
    return ask(place, (is_above ? 16 : 0) + node, threshold(place->aim, is_above, part)) == is_above;
}

static void walk_tail(struct place *place, bool is_above) {
    static const unsigned parts[] = {666, 970, 1400, 2050, 3070, 4600, 6900, 10200, 15400};
    const struct interval *left = &place->left;
    uint32_t part = 0;
    for (unsigned node = 5; left->low < left->high && part < 1u << 30; node++) {
        part = node < 14 ? parts[node - 5] : part * 2;
        if (!is_outside(place, is_above, node < 15 ? node : 15, part)) {
            return;
        }
    }
}

static void walk(struct place *place) {
    const bool is_above = ask(place, 0, threshold(place->aim, true, 0));
    if (!is_outside(place, is_above, 1, 180)) {
        is_outside(place, is_above, 2, 82);
    } else if (!is_outside(place, is_above, 3, 448)) {
        is_outside(place, is_above, 4, 295);
    } else {
        walk_tail(place, is_above);
    }
    halve(place);
}

int32_t place_value(struct placer *placer, const struct aim *aim, int32_t low, unsigned bits, int32_t top,
                    int32_t value) {
    struct place place = {.placer = placer, .aim = aim, .value = value};
    place.left = (struct interval){
        .low = low, .high = top - ((top - low) & ((1 << bits) - 1)), .bits = bits, .curves = &aim->curves};
    for (unsigned i = 1; i < CONTEXTS; i++) {
        __builtin_prefetch(placer->cells + (size_t)aim->contexts[i] * NODES);
    }
    placer->code->edges(&aim->curves, 0, &place.left.lows);
    placer->code->edges(&aim->curves, top + 1, &place.left.highs);
    if (placer->is_given) {
        place.left.given_high = given_below(aim->given, 256);
    }
    walk(&place);
    return place.left.low;
}
