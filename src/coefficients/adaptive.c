/* SPDX-License-Identifier: MIT */
/*
 * Decisions about coefficients, and their contexts (adaptive.h).
 *
 * Everything is integers: encoder and decoder must agree to the last unit.
 */
#include "coefficients/adaptive.h"

#include "base/allocate.h"
#include "coder/given.h"
#include "coefficients/edges.h"
#include "mixing/mixer.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROLES = 3,
    KINDS = 16, /* of decisions */
    KEYS = ROLES * JPEG_BLOCK * KINDS,
    LEVELS = 48, /* of a stretched probability */
    SIZES = 11,  /* of a sum of magnitudes */
    SETS = 4,    /* of weights */
    EDGE_CLASSES = 32,
    CORRECTIONS = KEYS + ROLES * KINDS * EDGE_CLASSES, /* curves that correct the mixer */
    CONTEXTS = 6,
    CURVES = 3,
    PULLS = EDGES + 1,
    PULL_MOST = 768,
    INPUTS = 2 + CONTEXTS + CURVES + PULLS,
    CELLS_LEAST = 12, /* bits of the number of cells of each context */
    CELLS_MOST = 16,
    CURVES_LEAST = 8, /* and of curves */
    CELL_LIMIT = 255,
    CURVE_LIMIT = 255,
    CORRECTION_LIMIT = 1000,
    LEARNING = 3,
    LEARNING_FIRST = 20,
    BIAS = 77,
    SURE = 64,   /* out of 65536: what the net knows that well is not asked for with contexts */
    CLASSES = 13 /* of magnitudes: 1, 2, 3 and 4, 5 to 8, ... */
};

/* The kinds of decisions: zero, sign, eight of classes, six of the first bit in a class. */
enum { IS_NOT_ZERO, IS_POSITIVE, IS_LARGER, IS_UPPER = IS_LARGER + 8 };

struct adaptive_memory {
    unsigned cell_bits, curve_bits;
    cell *cells;                                  /* [CONTEXTS] << cell_bits; zero: not seen yet */
    cell *curves;                                 /* [CURVES][CURVE_POINTS] << curve_bits */
    cell corrections[CORRECTIONS * CURVE_POINTS]; /* of the mixer's probability */
    int16_t *weights[SETS];
    int32_t last[ROLES * KINDS][SETS];
    struct edges edges;
    uint32_t dc_error[2]; /* sizes of the last errors */
};

enum bswz_status adaptive_open(struct adaptive *adaptive, size_t blocks, struct bswz_error *error) {
    struct adaptive_memory *memory = bswz_allocate_zero(1, sizeof *memory);
    if (memory == NULL) {
        return bswz_no_memory(error);
    }
    adaptive->memory = memory;
    memory->cell_bits = CELLS_LEAST;
    while (memory->cell_bits < CELLS_MOST && (size_t)1 << memory->cell_bits < 16 * blocks) {
        memory->cell_bits++;
    }
    memory->curve_bits = memory->cell_bits - CELLS_LEAST + CURVES_LEAST;
    static const unsigned sets[SETS] = {KEYS, ROLES * KINDS * SIZES, ROLES * KINDS * LEVELS,
                                        ROLES * KINDS * EDGE_CLASSES};
    int16_t first[INPUTS] = {MIX_ONE * 6 / 10};
    for (unsigned i = 0; i < CURVES; i++) {
        first[2 + CONTEXTS + i] = MIX_ONE * 4 / 10 / CURVES;
    }
    bool complete = edges_open(&memory->edges, blocks);
    for (unsigned i = 0; i < SETS; i++) {
        memory->weights[i] = mix_weights(sets[i], INPUTS, first);
        complete = complete && memory->weights[i] != NULL;
    }
    for (unsigned i = 0; i < ROLES * KINDS; i++) {
        memory->last[i][0] = memory->last[i][1] = memory->last[i][2] = memory->last[i][3] = (1 << 16) / SETS;
    }
    memory->cells = bswz_allocate_zero((size_t)CONTEXTS << memory->cell_bits, sizeof *memory->cells);
    memory->curves = bswz_allocate((size_t)CURVES << memory->curve_bits, CURVE_POINTS * sizeof *memory->curves);
    if (!complete || memory->cells == NULL || memory->curves == NULL) {
        adaptive_close(adaptive);
        return bswz_no_memory(error);
    }
    curve_init(memory->corrections, CORRECTIONS);
    curve_init(memory->curves, (unsigned)CURVES << memory->curve_bits);
    return BSWZ_OK;
}

void adaptive_close(struct adaptive *adaptive) {
    struct adaptive_memory *memory = adaptive->memory;
    if (memory != NULL) {
        free(memory->cells);
        free(memory->curves);
        for (unsigned i = 0; i < SETS; i++) {
            free(memory->weights[i]);
        }
        edges_close(&memory->edges);
        free(memory);
        adaptive->memory = NULL;
    }
}

void adaptive_begin(struct adaptive *adaptive, const struct jpeg_component *component, unsigned role,
                    const int16_t (*source)[JPEG_BLOCK], const int16_t (*const other[2])[JPEG_BLOCK]) {
    adaptive->component = component;
    adaptive->role = role;
    adaptive->source = source;
    adaptive->other[0] = other[0];
    adaptive->other[1] = other[1];
    adaptive->memory->dc_error[0] = adaptive->memory->dc_error[1] = 0;
}

void adaptive_begin_groups(struct adaptive *adaptive) {
    edges_begin(&adaptive->memory->edges, adaptive->component);
}

/* ---- a decision ---- */

/* What a decision depends on. */
struct circumstances {
    uint32_t context[CONTEXTS], curve[CURVES]; /* hashes */
    unsigned set[SETS], last;
    int16_t pull[PULLS];
};

static unsigned decide_counted(struct adaptive *adaptive, uint32_t one, unsigned bit) {
    bit = decide(&adaptive->decisions, bit, one);
    if (adaptive->is_counting) {
        adaptive->bits += decision_cost(bit, one);
    }
    return bit;
}

/* What the mixer says, and what has been learned about it: of this coefficient, and with these edges. */
static unsigned decide_corrected(struct adaptive *adaptive, const struct circumstances *at, uint32_t mixed,
                                 unsigned bit) {
    cell *corrections = adaptive->memory->corrections;
    const int own = stretch(mixed);
    struct curve_at here, edges;
    const uint32_t by_key = curve_probability(corrections + (size_t)at->set[0] * CURVE_POINTS, own, &here);
    const uint32_t by_edges = curve_probability(corrections + (size_t)(KEYS + at->set[3]) * CURVE_POINTS, own, &edges);
    bit = decide_counted(adaptive, clamp_probability((2 * mixed + by_key + by_edges) / 4), bit);
    curve_update(&here, bit, CORRECTION_LIMIT);
    curve_update(&edges, bit, CORRECTION_LIMIT);
    return bit;
}

static unsigned decide_mixed(struct adaptive *adaptive, const struct circumstances *at, uint32_t net, unsigned bit) {
    struct adaptive_memory *memory = adaptive->memory;
    struct mix mix = {.inputs = INPUTS, .sets = SETS, .last = memory->last[at->last]};
    cell *cells[CONTEXTS];
    struct curve_at curves[CURVES];
    const int own = stretch(net);
    int16_t *input = mix.input;
    *input++ = (int16_t)own;
    *input++ = BIAS;
    for (unsigned i = 0; i < CONTEXTS; i++) {
        cells[i] = memory->cells + ((size_t)i << memory->cell_bits) + (at->context[i] >> (32 - memory->cell_bits));
        if (*cells[i] == 0) {
            *cells[i] = cell_of(net, 0);
        }
        const int says = stretch(clamp_probability(cell_probability(*cells[i])));
        *input++ = mix_difference(says, own, *cells[i]);
    }
    for (unsigned i = 0; i < CURVES; i++) {
        cell *curve = memory->curves +
                      (((size_t)i << memory->curve_bits) + (at->curve[i] >> (32 - memory->curve_bits))) * CURVE_POINTS;
        *input++ = (int16_t)stretch(clamp_probability(curve_probability(curve, own, &curves[i])));
    }
    memcpy(input, at->pull, sizeof at->pull);
    for (unsigned i = 0; i < SETS; i++) {
        mix.weights[i] = memory->weights[i] + (size_t)at->set[i] * mix_stride(INPUTS);
    }
    bit = decide_corrected(adaptive, at, clamp_probability(mix_probability(&mix)), bit);
    mix_update(&mix, bit, LEARNING, LEARNING_FIRST);
    for (unsigned i = 0; i < CONTEXTS; i++) {
        cell_update(cells[i], bit, CELL_LIMIT);
    }
    for (unsigned i = 0; i < CURVES; i++) {
        curve_update(&curves[i], bit, CURVE_LIMIT);
    }
    return bit;
}

/* ---- what the net says ---- */

/* The mixture for a coefficient. */
struct said {
    uint64_t weight[MIXTURE_COMPONENTS]; /* together below 2^34 */
    uint64_t all;                        /* their sum, times 2^LOGISTIC_BITS */
    int32_t mean, inverse[MIXTURE_COMPONENTS];
    int centre;
};

static void said_init(struct said *said, const struct group_batch *batch, unsigned b) {
    uint16_t prior[MIXTURE_COMPONENTS];
    weights_prior(batch->outputs + b * batch->stride + (1 + MIXTURE_COMPONENTS) * batch->count, 1, prior);
    for (int k = 0; k < MIXTURE_COMPONENTS; k++) {
        said->weight[k] = weights_width(prior, k);
    }
    said->centre = 0;
}

/* Coefficient c of the group. */
static void said_begin(struct said *said, const struct group_batch *batch, unsigned b, unsigned c) {
    const int16_t *outputs = batch->outputs + b * batch->stride, *scales = outputs + batch->count;
    const struct group_step *step = &batch->step[c];
    uint64_t sum = 0;
    said->mean = group_mean(outputs[c], step, batch->base == NULL ? 0 : batch->base[b]);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        said->inverse[k] = inverse_scale[group_index(scales[k * batch->count + c], step)];
        sum += said->weight[k];
    }
    said->all = sum << LOGISTIC_BITS;
}

/* How likely it is that the value lies below at, of said->all. */
static uint64_t said_below(const struct said *said, int at) {
    uint64_t sum = 0;
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        sum += said->weight[k] * logistic_wide_below(said->mean, said->inverse[k], at + said->centre);
    }
    return sum;
}

/* A value's magnitude is at least this, with a sign: how likely? */
static uint64_t said_beyond(const struct said *said, bool is_positive, int magnitude) {
    return is_positive ? said->all - said_below(said, magnitude) : said_below(said, 1 - magnitude);
}

/* What is left of the weights when the value is known. */
static void said_learn(struct said *said, int value) {
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        said->weight[k] *= logistic_wide_below(said->mean, said->inverse[k], value + 1) -
                           logistic_wide_below(said->mean, said->inverse[k], value);
    }
    weights_fit(said->weight, MIXTURE_COMPONENTS, 31);
    for (unsigned k = 0; k < MIXTURE_COMPONENTS; k++) {
        said->weight[k]++;
    }
}

/* ---- contexts ---- */

static inline unsigned at_most(unsigned value, unsigned most) {
    return value < most ? value : most;
}

/* A sum of magnitudes as one of SIZES. */
static unsigned size_of(unsigned sum) {
    static const uint8_t sizes[40] = {0, 1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7,
                                      7, 7, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8};
    return sum < 40 ? sizes[sum] : sum < 80 ? 9 : 10;
}

static unsigned magnitude(int value) {
    return (unsigned)(value < 0 ? -value : value);
}

/* 0, 1 or 2 */
static unsigned sign_of(int value) {
    return value > 0 ? 1 : value < 0 ? 2 : 0;
}

/* The stretched probability as one of LEVELS. */
static unsigned level_of(uint32_t p) {
    return (unsigned)(stretch(p) + STRETCH_LARGEST) >> 7;
}

/* What is the same for all decisions about a coefficient. */
struct place {
    unsigned role, key;
    unsigned near;       /* size of the same in two neighbours, */
    unsigned signs;      /* and their signs */
    unsigned parents[3]; /* magnitudes of lower frequencies of the block, */
    unsigned own_signs;  /* and the signs of two of them */
    unsigned others;     /* what other components have there, */
    unsigned other_signs;
    unsigned level; /* of the chance that it is not zero */
    /* What the edges say, as classes: at the left and the top; at the right and the bottom; the mean of the first two, and
     * of all; and what has been learned from them. */
    unsigned near_edges, far_edges, near_mean, mean, expected;
    int16_t pull[PULLS]; /* the same as inputs of the mixer, for a positive sign */
};

/* The contexts of a decision. net: of that decision. */
static void find_circumstances(const struct place *place, unsigned kind, bool is_positive, uint32_t net,
                               struct circumstances *at) {
    const unsigned key = place->key * KINDS + kind, role = place->role * KINDS + kind, level = level_of(net);
    const unsigned side = kind < IS_LARGER ? 0 : is_positive ? 2 : 1;
    uint32_t *context = at->context, *curve = at->curve;
    if (kind == IS_POSITIVE) {
        context[0] = hash_2(key, place->own_signs * 9 + place->signs);
        context[1] = hash_2(key, 4096 + place->other_signs);
    } else {
        context[0] = hash_2(key, at_most(place->parents[0], 5) * 36 + at_most(place->parents[1], 5) * 6 +
                                     at_most(place->parents[2], 5));
        context[1] = hash_2(key, 4096 + place->others * SIZES + place->near);
    }
    context[2] = hash_2(key * 3 + side, place->near_edges);
    context[3] = hash_2(key * 3 + side, 4096 + place->far_edges);
    context[4] = hash_2(key * 3 + side, 8192 + place->expected * 32 + place->mean);
    context[5] = hash_2(role * 3 + side,
                        ((kind == IS_POSITIVE ? place->level : level) * 32 + place->mean) * 32 + place->near_mean);
    curve[0] = hash_2(key, 1);
    curve[1] = hash_2(role * 3 + side, place->near_edges);
    curve[2] = hash_2(role * 3 + side, place->far_edges);
    at->set[0] = key;
    at->set[1] = role * SIZES + place->near;
    at->set[2] = role * LEVELS + (kind == IS_NOT_ZERO ? level : place->level);
    at->set[3] = role * EDGE_CLASSES + place->mean;
    at->last = role;
    for (unsigned i = 0; i < PULLS; i++) {
        const int16_t pull = place->pull[i];
        const bool is_turned = kind == IS_NOT_ZERO ? pull < 0 : kind != IS_POSITIVE && !is_positive;
        at->pull[i] = (int16_t)(is_turned ? -pull : pull);
    }
}

/* ---- a value ---- */

static int in_range(int value) {
    return value < -JPEG_LARGEST ? -JPEG_LARGEST : value > JPEG_LARGEST ? JPEG_LARGEST : value;
}

static unsigned ask(struct adaptive *adaptive, const struct place *place, unsigned kind, bool is_positive, uint32_t net,
                    unsigned bit) {
    struct circumstances at;
    if ((net < SURE || net > 65536 - SURE) && kind != IS_POSITIVE) {
        return decide_counted(adaptive, net, bit);
    }
    find_circumstances(place, kind, is_positive, net, &at);
    return decide_mixed(adaptive, &at, net, bit);
}

/* A magnitude between low and high, the ends of a class, by halves. The first half is asked for with contexts. */
static int place_in_class(struct adaptive *adaptive, const struct place *place, const struct said *said,
                          bool is_positive, unsigned order, int low, int high, int size) {
    uint64_t from = said_beyond(said, is_positive, low), to = said_beyond(said, is_positive, high + 1);
    for (bool is_first = true; low < high; is_first = false) {
        const int middle = (low + high + 1) / 2;
        const uint64_t beyond = said_beyond(said, is_positive, middle);
        const uint32_t upper = given_share(beyond - to, from - to);
        const unsigned kind = IS_UPPER + at_most(order - 2, KINDS - 1 - IS_UPPER), bit = size >= middle;
        if (is_first ? ask(adaptive, place, kind, is_positive, upper, bit) : decide_counted(adaptive, upper, bit)) {
            low = middle;
            from = beyond;
        } else {
            high = middle - 1;
            to = beyond;
        }
    }
    return low;
}

/* value: relative to the centre; encoding. */
static int code_value(struct adaptive *adaptive, struct place *place, const struct said *said, int value) {
    const uint64_t below = said_below(said, 0), above = said->all - said_below(said, 1);
    const int size = value < 0 ? -value : value;
    const uint32_t filled = given_share(below + above, said->all);
    place->level = level_of(filled);
    if (!ask(adaptive, place, IS_NOT_ZERO, false, filled, value != 0)) {
        return 0;
    }
    const bool is_positive = ask(adaptive, place, IS_POSITIVE, false, given_share(above, below + above), value > 0);
    uint64_t beyond = is_positive ? above : below;
    int low = 1, high = 1;
    unsigned order = 0;
    while (order + 1 < CLASSES) {
        const uint64_t further = said_beyond(said, is_positive, high + 1);
        const unsigned kind = IS_LARGER + at_most(order, IS_UPPER - IS_LARGER - 1);
        if (!ask(adaptive, place, kind, is_positive, given_share(further, beyond), size > high)) {
            break;
        }
        beyond = further;
        low = high + 1;
        high *= 2;
        order++;
    }
    if (low < high) {
        low = place_in_class(adaptive, place, said, is_positive, order, low, high, size);
    }
    return is_positive ? low : -low;
}

/* ---- blocks ---- */

/* Two neighbours of a block whose coefficients are known, or zeros: those to the left and above; for an even block, which
 * comes before these, those above on the diagonals. */
struct around {
    const int16_t *first, *second;
};

static const int16_t *block_or_zeros(const struct jpeg_component *component, int64_t row, int64_t column) {
    static const int16_t zeros[JPEG_BLOCK];
    const bool is_inside = row >= 0 && column >= 0 && column < component->columns;
    return is_inside ? component->block[(size_t)row * component->columns + (size_t)column] : zeros;
}

static struct around around_of(const struct jpeg_component *component, unsigned half, int64_t row, int64_t column) {
    return half == 0 ? (struct around){block_or_zeros(component, row - 1, column - 1),
                                       block_or_zeros(component, row - 1, column + 1)}
                     : (struct around){block_or_zeros(component, row, column - 1),
                                       block_or_zeros(component, row - 1, column)};
}

static void look_around(const struct around *around, unsigned f, struct place *place) {
    place->near = size_of(3 * (magnitude(around->first[f]) + magnitude(around->second[f])));
    place->signs = sign_of(around->first[f]) * 3 + sign_of(around->second[f]);
}

/* What the block has at lower frequencies. */
static void look_down(const int16_t *block, unsigned f, struct place *place) {
    const bool across = f % 8 > 0, down = f >= 8;
    place->parents[0] = across ? magnitude(block[f - 1]) : 0;
    place->parents[1] = down ? magnitude(block[f - 8]) : 0;
    place->parents[2] = across && down ? magnitude(block[f - 9]) : 0;
    place->own_signs = (across ? sign_of(block[f - 1]) : 0) * 3 + (down ? sign_of(block[f - 8]) : 0);
}

static void look_at_others(const struct adaptive *adaptive, size_t number, unsigned f, struct place *place) {
    place->others = place->other_signs = 0;
    for (unsigned o = 0; o < 2; o++) {
        const int amplitude = adaptive->other[o] != NULL ? adaptive->other[o][number][f] : 0;
        place->others = place->others * 8 + at_most(size_of(magnitude(amplitude) / 4), 7);
        place->other_signs = place->other_signs * 3 + sign_of(amplitude);
    }
}

static void look_at_edges(const struct edge_view *view, struct place *place) {
    const int32_t *of = view->of;
    place->near_edges = edge_class(of[0] * 7 / 10) * 32 + edge_class(of[1] * 7 / 10);
    place->far_edges = edge_class(of[2] * 7 / 10) * 32 + edge_class(of[3] * 7 / 10);
    place->near_mean = edge_class((of[0] + of[1]) / 2);
    place->mean = edge_class((of[0] + of[1] + of[2] + of[3]) / 4);
    place->expected = edge_class(view->expected);
    for (unsigned i = 0; i < PULLS; i++) {
        const int32_t pull = i < EDGES ? view->of[i] * 8 : view->expected * 16;
        place->pull[i] = (int16_t)(pull < -PULL_MOST ? -PULL_MOST : pull > PULL_MOST ? PULL_MOST : pull);
    }
}

unsigned adaptive_group(struct adaptive *adaptive, const struct group_batch *batch, unsigned b, unsigned round,
                        uint32_t row, uint32_t column) {
    const struct jpeg_component *component = adaptive->component;
    const struct coefficient_group *group = &coefficient_groups[group_of(round)];
    const size_t number = (size_t)row * component->columns + column;
    const struct around around = around_of(component, half_of(round), row, column);
    struct edges *edges = &adaptive->memory->edges;
    int16_t *block = component->block[number];
    struct place place = {.role = adaptive->role};
    struct said said;
    unsigned filled = 0;
    adaptive->bits = 0;
    said_init(&said, batch, b);
    for (unsigned c = 0; c < group->count; c++) {
        const unsigned f = group->frequency[c];
        struct edge_view view;
        said_begin(&said, batch, b, c);
        edges_look(edges, adaptive->role, row, column, f, said.mean, around.first[f], around.second[f], &view);
        place.key = adaptive->role * JPEG_BLOCK + f;
        look_down(block, f, &place);
        look_around(&around, f, &place);
        look_at_others(adaptive, number, f, &place);
        look_at_edges(&view, &place);
        const int value =
            in_range(code_value(adaptive, &place, &said, adaptive->source != NULL ? adaptive->source[number][f] : 0));
        edges_learn(edges, adaptive->role, f, &view, value);
        said_learn(&said, value);
        block[f] = (int16_t)value;
        if (value != 0) {
            edges_add(edges, number, f, value);
            filled++;
        }
    }
    return filled;
}

/* ---- DC ---- */

int16_t adaptive_dc(struct adaptive *adaptive, const struct group_batch *batch, unsigned b, unsigned pass, int value) {
    uint32_t *error = adaptive->memory->dc_error;
    struct said said;
    adaptive->bits = 0;
    said_init(&said, batch, b);
    said_begin(&said, batch, b, 0);
    said.centre = in_range((said.mean + MEAN_UNIT / 2) >> 6);
    struct place place = {.role = adaptive->role,
                          .key = adaptive->role * JPEG_BLOCK,
                          .near = size_of(error[0] + error[1]),
                          .parents = {error[0], error[1], pass},
                          .others = at_most(pass, 63)};
    const int difference = code_value(adaptive, &place, &said, value - said.centre);
    error[1] = error[0];
    error[0] = magnitude(difference);
    return (int16_t)in_range(difference + said.centre);
}

bool adaptive_bit(struct adaptive *adaptive, bool bit, uint32_t chance) {
    adaptive->bits = 0;
    return decide_counted(adaptive, chance << 4, bit);
}
