/* SPDX-License-Identifier: MIT */
/*
 * Colours that are not among the candidates: their samples, bit by bit from the top.
 *
 * Contexts of exact values know which values occurred in such a place. Predictors know about where a value should be: a
 * prediction counts by its distance from the middle of the values that are still possible. Both contribute to the same
 * bits, and are mixed. A sample that follows another one of the same pixel is predicted to deviate in the same way; on
 * a border between two colours it is predicted to lie between them in the same proportion.
 */
#include "drawn/samples.h"

#include <stdlib.h>
#include <string.h>

static int clamp_sample(int value) {
    return value < 0 ? 0 : value > 255 ? 255 : value;
}

/* ---- one bit ---- */

struct bit_mix {
    struct mix mix;
    cell *cells[MIX_INPUTS];
    unsigned count, known;
};

/* A context that has seen little uses an input of its own, and so has other weights. */
static void add_exact(struct bit_mix *bits, cell *c) {
    const int x = (int16_t)stretch(cell_probability(*c));
    const bool is_young = cell_count(*c) < 4;
    bits->known += cell_count(*c) > 0;
    bits->cells[bits->count++] = c;
    bits->mix.input[bits->mix.inputs++] = (int16_t)(is_young ? x : 0);
    bits->mix.input[bits->mix.inputs++] = (int16_t)(is_young ? 0 : x);
}

static void add_predicted(struct bit_mix *bits, cell *c) {
    bits->cells[bits->count++] = c;
    bits->mix.input[bits->mix.inputs++] = (int16_t)stretch(cell_probability(*c));
}

static unsigned code_mixed(struct model *model, struct bit_mix *bits, unsigned bit, unsigned channel, unsigned node,
                           unsigned select, unsigned select_2) {
    struct mix *mix = &bits->mix;
    mix->input[mix->inputs++] = 100;
    const unsigned stride = mix_stride(mix->inputs);
    mix->weights[0] = model->sample_weights[0] + select * stride;
    mix->weights[1] = model->sample_weights[1] + (channel * 256 + node) * stride;
    mix->weights[2] = model->sample_weights[2] + select_2 * stride;
    mix->sets = model->thrift->sets;
    mix->last = model->sample_last[channel];
    const uint32_t mixed = mix_probability(mix);
    struct curve_at at;
    const uint32_t curved =
        curve_probability(&model->sample_curve[(channel * 256 + node) * CURVE_POINTS], mix->result, &at);
    bit = decide(model->decisions, bit, clamp_probability((3 * mixed + curved) >> 2));
    mix_update(mix, bit, model->asks ? 36 : 12, model->asks ? 120 : 60);
    for (unsigned i = 0; i < bits->count; i++) {
        cell_update(bits->cells[i], bit, i < model->exact ? (model->asks ? 60 : 255) : model->asks ? 255 : 1000);
    }
    curve_update(&at, bit, 255);
    return bit;
}

/* Fetch the lines that exact_lines will look at. */
static void fetch_lines(const struct model *model, const uint32_t hashes[EXACT_CONTEXTS], unsigned node) {
    for (unsigned i = 0; i < model->exact; i++) {
        const uint32_t hash = hash_2(hashes[i] + i, node);
        __builtin_prefetch(model->samples + ((size_t)(hash >> (32 - model->sample_bits)) << 4));
    }
}

/* Four bits of a value share a cache line: sixteen cells. */
static void exact_lines(struct model *model, const uint32_t hashes[EXACT_CONTEXTS], unsigned node,
                        cell *lines[EXACT_CONTEXTS]) {
    uint32_t checks[EXACT_CONTEXTS];
    for (unsigned i = 0; i < model->exact; i++) {
        const uint32_t hash = hash_2(hashes[i] + i, node);
        lines[i] = model->samples + ((size_t)(hash >> (32 - model->sample_bits)) << 4);
        __builtin_prefetch(lines[i]);
        checks[i] = hash | 1;
    }
    for (unsigned i = 0; i < model->exact; i++) {
        if (lines[i][0] != checks[i]) {
            lines[i][0] = checks[i];
            for (unsigned k = 1; k < 16; k++) {
                lines[i][k] = CELL_EVEN;
            }
        }
    }
}

/* ---- samples of a pixel ---- */

/* The cells of the predictors; NULL: it predicts nothing. */
static void find_predicted(struct model *model, const struct sample_view *view, unsigned level, int middle,
                           cell *cells[PREDICTORS]) {
    for (unsigned i = 0; i < model->near_predictors; i++) {
        const unsigned energy = i % 2 == 0 ? view->energy : view->error;
        const unsigned index = (level * OFFSETS + offset_class(view->predictions[i] - middle)) * ENERGIES + energy;
        cells[i] = &model->predicted[i][view->channel][index];
    }
    for (unsigned i = 0; i < LEARNED_PREDICTORS && model->learns; i++) {
        const unsigned index =
            (level * OFFSETS + offset_class(view->learned[i] - middle)) * ENERGIES + view->learned_errors[i];
        cells[model->near_predictors + i] = &model->predicted[NEAR_PREDICTORS + i][view->channel][index];
    }
    for (unsigned i = 0; i < REPEATED_PREDICTORS && model->repeats.count > 0; i++) {
        const unsigned index = (level * OFFSETS + offset_class(view->repeated[i] - middle)) * ENERGIES + view->strange;
        cells[model->predictors + i] =
            view->is_repeated ? &model->predicted[NEAR_PREDICTORS + LEARNED_PREDICTORS + i][view->channel][index]
                              : NULL;
    }
}

uint32_t sample_code_plain(struct model *model, const struct sample_view *view, uint32_t value) {
    unsigned node = 1;
    cell *lines[EXACT_CONTEXTS], *predicted[PREDICTORS];
    const unsigned predictors = model->predictors + (model->repeats.count > 0 ? REPEATED_PREDICTORS : 0);
    bool has_lines = false;
    for (unsigned level = 8; level-- > 0;) {
        has_lines &= level % 4 != 3;
        const int middle = (int)(((node << 1 | 1) << level) & 255);
        find_predicted(model, view, level, middle, predicted);
        const unsigned wanted = value >> level & 1;
        if (level == 4) { /* the line after the next bit is one of two */
            fetch_lines(model, view->exact, node << 1);
            fetch_lines(model, view->exact, node << 1 | 1);
        }
        if (are_sure(model->thrift->sure, *predicted[0], *predicted[1])) {
            node = node << 1 | code_sure(model, predicted[0], predicted[1], wanted);
            continue;
        }
        if (!has_lines) {
            exact_lines(model, view->exact, node >> (3 - level % 4), lines);
            has_lines = true;
        }
        struct bit_mix bits;
        bits.count = bits.known = 0;
        bits.mix.inputs = 0;
        for (unsigned i = 0; i < model->exact; i++) {
            add_exact(&bits, lines[i] + cell_of_node(node));
        }
        for (unsigned i = 0; i < predictors; i++) {
            if (predicted[i] != NULL) {
                add_predicted(&bits, predicted[i]);
            } else {
                bits.mix.input[bits.mix.inputs++] = 0;
            }
        }
        node = node << 1 | code_mixed(model, &bits, wanted, view->channel, node, sample_select(view, level),
                                      sample_select_known(view, level, bits.known));
    }
    return node & 255;
}

static void predict_first(const uint32_t near[NEIGHBOURS], unsigned c, int predictions[NEAR_PREDICTORS]) {
    const int w = sample_of(near[W], c), n = sample_of(near[N], c), nw = sample_of(near[NW], c);
    const int ne = sample_of(near[NE], c), nn = sample_of(near[NN], c), ww = sample_of(near[WW], c);
    const int nne = sample_of(near[NNE], c);
    predictions[0] = gradient(w, n, nw);
    predictions[1] = w;
    predictions[2] = n;
    predictions[3] = clamp_sample(w + ne - n);
    predictions[4] = clamp_sample(2 * n - nn);
    predictions[5] = clamp_sample(n + ne - nne);
    predictions[6] = clamp_sample(2 * w - ww);
    predictions[7] = (w + n + 1) / 2;
}

/* known: the samples already coded; from: the channel that this one is assumed to follow. */
static void predict_next(const uint32_t near[NEIGHBOURS], uint32_t known, unsigned from, unsigned other, unsigned c,
                         const uint32_t ends[2], int predictions[NEAR_PREDICTORS]) {
    int first[NEAR_PREDICTORS], here[NEAR_PREDICTORS];
    const int value = sample_of(known, from);
    predict_first(near, from, first);
    predict_first(near, c, here);
    for (unsigned i = 0; i < 4; i++) {
        predictions[i] = clamp_sample(here[i] + value - first[i]);
    }
    predictions[7] = clamp_sample(here[7] + value - first[7]);
    predictions[5] = here[0];
    predictions[6] =
        clamp_sample(here[0] + sample_of(known, other) -
                     gradient(sample_of(near[W], other), sample_of(near[N], other), sample_of(near[NW], other)));
    const int low = sample_of(ends[0], from), span = sample_of(ends[1], from) - low;
    const int low_here = sample_of(ends[0], c), span_here = sample_of(ends[1], c) - low_here;
    predictions[4] =
        span == 0 ? predictions[1] : clamp_sample(low_here + (2 * (value - low) * span_here + abs(span)) / (2 * span));
}

/* Assumes that everything around differs from the repeat by the same amount. */
static void predict_repeated(const uint32_t near[NEIGHBOURS], const struct repeated *repeated, unsigned c,
                             int predictions[REPEATED_PREDICTORS]) {
    const int there = sample_of(repeated->there, c);
    predictions[0] = sample_of(repeated->expected, c);
    predictions[1] = clamp_sample(there + sample_of(near[W], c) - sample_of(repeated->near[W], c));
    predictions[2] = clamp_sample(there + sample_of(near[N], c) - sample_of(repeated->near[N], c));
    predictions[3] = there;
}

static int expected_of(const uint32_t near[NEIGHBOURS], unsigned c) {
    return gradient(sample_of(near[W], c), sample_of(near[N], c), sample_of(near[NW], c));
}

static int energy_of(const uint32_t near[NEIGHBOURS], unsigned c) {
    const int w = sample_of(near[W], c), n = sample_of(near[N], c), nw = sample_of(near[NW], c);
    return abs(w - nw) + abs(n - nw) + abs(n - sample_of(near[NE], c));
}

/* Where the last colour with the same first samples is noted: for the same guess, and for any. */
static void find_rests(struct model *model, uint32_t known, uint32_t guess, struct rest *rests[2]) {
    rests[0] = &model->rests[hash_2(hash_2(known, guess), 31) >> (32 - REST_BITS)];
    rests[1] = &model->rests[hash_2(known, 32) >> (32 - REST_BITS)];
}

struct rest_view {
    bool is_there, is_asked;
    uint32_t colour;
    struct bit_mix bits;
};

/* The samples that are left, given those in `known`: are they those of the last colour that began in the same way? Most
 * colours that are not among the candidates have been seen somewhere else in the picture. */
static bool code_rest(struct model *model, uint32_t value, const uint32_t near[NEIGHBOURS], uint32_t known,
                      uint32_t mask, uint32_t guess, unsigned error, struct rest_view *view) {
    struct rest *rests[2];
    view->is_there = view->is_asked = false;
    find_rests(model, known, guess, rests);
    const bool has_first = rests[0]->count > 0 && (rests[0]->colour & mask) == known;
    const bool has_second = rests[1]->count > 0 && (rests[1]->colour & mask) == known;
    if (!has_first && !has_second) {
        return false;
    }
    const struct rest *rest = has_first ? rests[0] : rests[1];
    const unsigned agree = !has_first ? 0 : !has_second ? 1 : rests[0]->colour == rests[1]->colour ? 2 : 3;
    const unsigned count_2 = has_second ? rests[1]->count : 0;
    unsigned distance = 0;
    for (unsigned c = 0; c < model->channels; c++) {
        const int wanted = sample_of(rest->colour, c) - expected_of(near, c);
        const unsigned here = drawn_distance_class[abs(wanted)];
        distance = here > distance ? here : distance;
    }
    struct bit_mix *bits = &view->bits;
    bits->count = bits->mix.inputs = 0;
    add_predicted(bits, &model->rest_cells[0][(agree * REST_COUNTS + rest->count) * 8 + error]);
    add_predicted(bits, &model->rest_cells[1][(agree * REST_COUNTS + count_2) * 32 + distance]);
    add_predicted(bits, &model->rest_cells[2][hash_2(known, 33) >> 22]);
    bits->mix.input[bits->mix.inputs++] = 100;
    bits->mix.weights[0] = model->rest_weights + (agree * REST_COUNTS + rest->count) * mix_stride(bits->mix.inputs);
    bits->mix.sets = 1;
    bits->mix.last = model->rest_last;
    view->is_there = true;
    view->colour = rest->colour;
    const uint32_t p = clamp_probability(mix_probability(&bits->mix));
    view->is_asked = p >= model->thrift->rest_asks;
    return view->is_asked && decide(model->decisions, value == rest->colour, p);
}

static void learn_rest(struct rest_view *view, uint32_t value) {
    if (view->is_there) {
        const bool is_hit = view->colour == value;
        mix_update(&view->bits.mix, is_hit, 20, 60);
        for (unsigned i = 0; i < view->bits.count; i++) {
            cell_update(view->bits.cells[i], is_hit, 255);
        }
    }
}

static void note_rest(struct model *model, uint32_t value, uint32_t known, uint32_t guess) {
    struct rest *rests[2];
    find_rests(model, known, guess, rests);
    for (unsigned i = 0; i < 2; i++) {
        const bool is_same = rests[i]->count > 0 && rests[i]->colour == value;
        rests[i]->count = is_same ? rests[i]->count + (rests[i]->count < REST_COUNTS - 1) : 1;
        rests[i]->colour = value;
    }
}

static const uint8_t orders[4][4] = {{0}, {1, 0}, {1, 0, 2}, {3, 1, 0, 2}};

/* A pixel whose samples are coded. ends: two colours between which it may be. guess: what it probably is not. */
struct pixel {
    const uint32_t *near, *ends;
    const uint8_t *order; /* of the channels */
    uint32_t guess;
};

/* The contexts of exact values for sample i in the order. */
static void hash_exact(const struct model *model, const struct pixel *pixel, unsigned i, uint32_t known,
                       uint32_t exact[EXACT_CONTEXTS]) {
    const uint32_t *near = pixel->near;
    const unsigned c = pixel->order[i];
    const uint32_t coded = hash_2(known, c + 1);
    const int before = i > 0 ? sample_of(known, pixel->order[i - 1]) : 0;
    uint32_t rough = 0;
    for (unsigned k = 0; k < 6; k++) {
        rough = rough << 3 | (uint32_t)sample_of(near[k], c) >> 5;
    }
    exact[0] = coded;
    exact[1] = hash_2(coded, hash_2(pixel->guess, 6));
    exact[2] = hash_2(hash_2(rough, (uint32_t)before), c + 20);
    exact[3] = hash_2(coded, hash_2(near[W], 1));
    exact[4] = hash_2(coded, hash_2(near[NE], 7));
    if (model->exact > FULL_EXACT) {
        const uint32_t wn = hash_2(near[W], near[N]), near_4 = hash_2(wn, hash_2(near[NW], near[NE]));
        const int deviation = i > 0 ? before - expected_of(near, pixel->order[i - 1]) : sample_of(near[NE], c);
        exact[5] = hash_2(coded, hash_2(near[N], 2));
        exact[6] = hash_2(coded, hash_2(near_4, 4));
        exact[7] = hash_2((uint32_t)(sample_of(near[W], c) << 8 | sample_of(near[N], c)), c + 10);
        exact[8] = hash_2(coded, hash_2(wn, 3));
        exact[9] = hash_2(coded, hash_2(hash_2(pixel->ends[0], pixel->ends[1]), 9));
        exact[10] = hash_2(hash_2((uint32_t)expected_of(near, c), (uint32_t)deviation), c + 30);
        exact[11] = hash_2(hash_2(coded, near[N]), hash_2(near[NE], 11));
    }
}

void model_fetch_sample(const struct model *model, const uint32_t near[NEIGHBOURS], uint32_t guess) {
    if (model->colours == 0 && model->exact <= FULL_EXACT) {
        const struct pixel pixel = {.near = near, .order = orders[model->channels - 1], .guess = guess};
        uint32_t exact[EXACT_CONTEXTS];
        hash_exact(model, &pixel, 0, 0, exact);
        fetch_lines(model, exact, 1);
    }
}

static uint32_t code_channels(struct model *model, uint32_t value, const uint32_t near[NEIGHBOURS],
                              const struct repeated *repeated, const uint32_t *tried, unsigned count, uint32_t x) {
    const uint32_t guess = count > 0 ? tried[0] : near[W];
    const uint8_t *order = orders[model->channels - 1];
    const unsigned colour_at = model->channels == 4 ? 1 : 0; /* the place of the first colour in the order */
    /* a border between two colours: the two that differ among the neighbours */
    uint32_t ends[2] = {near[W], near[N]};
    for (unsigned i = 0; i < NEIGHBOURS && ends[1] == ends[0]; i++) {
        ends[1] = near[i];
    }
    const struct pixel pixel = {.near = near, .order = order, .ends = ends, .guess = guess};
    const uint8_t *errors = model->window.errors[0] + x, *above = model->window.errors[1] + x;
    const unsigned error = energy_class(2 * errors[-1] + 2 * above[0] + above[-1] + above[1]);
    uint32_t known = 0, begun = 0;
    struct rest_view rest;
    int most = 0, first_repeated[REPEATED_PREDICTORS];
    for (unsigned i = 0; i < model->channels; i++) {
        const unsigned c = order[i];
        struct sample_view view = {
            .channel = c, .error = error, .is_repeated = repeated->is_known, .strange = repeated->strange};
        hash_exact(model, &pixel, i, known, view.exact);
        fetch_lines(model, view.exact, 1);
        if (i == colour_at + 1) {
            uint32_t mask = 0;
            for (unsigned k = 0; k < i; k++) {
                mask |= (uint32_t)255 << 8 * order[k];
            }
            begun = known;
            if (code_rest(model, value, near, known, mask, guess, error, &rest)) {
                known = rest.colour;
                for (; i < model->channels; i++) {
                    const int missed = abs(sample_of(known, order[i]) - expected_of(near, order[i]));
                    most = missed > most ? missed : most;
                }
                break;
            }
        }
        if (i > colour_at && model->channels > 2) {
            const unsigned from = order[colour_at], other = order[i - 1];
            predict_next(near, known, from, other, c, ends, view.predictions);
            const int followed = sample_of(known, from) - expected_of(near, from);
            view.energy = energy_class(abs(followed));
        } else {
            predict_first(near, c, view.predictions);
            view.energy = energy_class(energy_of(near, c));
        }
        fetch_lines(model, view.exact, 16 | (unsigned)view.predictions[0] >> 4); /* perhaps */
        if (repeated->is_known) {
            predict_repeated(near, repeated, c, view.repeated);
            if (i > colour_at && model->channels > 2) {
                const unsigned from = order[colour_at];
                for (unsigned k = 0; k < 3; k++) {
                    view.repeated[k] = clamp_sample(view.repeated[k] + sample_of(known, from) - first_repeated[k]);
                }
            } else {
                memcpy(first_repeated, view.repeated, sizeof first_repeated);
            }
        }
        struct learned_view learned;
        if (model->learns) {
            learned_predict(&model->learned, near, known, order, i, &learned);
            for (unsigned k = 0; k < LEARNED_PREDICTORS; k++) {
                view.learned[k] = (learned.predicted[k] + 8) >> 4;
                view.learned_errors[k] = energy_class(model->learned.errors[k][c]);
            }
        }
        known |= model->code_sample(model, &view, sample_of(value, c) & 255) << 8 * c;
        if (model->learns) {
            learned_update(&model->learned, &learned, sample_of(known, c));
        }
        const int missed = abs(sample_of(known, c) - expected_of(near, c));
        most = missed > most ? missed : most;
    }
    if (model->channels > 1) {
        learn_rest(&rest, known);
        note_rest(model, known, begun, guess);
    }
    model->window.errors[0][x] = (uint8_t)most;
    return known;
}

/* ---- numbers in a palette ---- */

/* How many of the values first ... first + count - 1 are possible. */
static uint32_t possible(const struct model *model, uint32_t first, uint32_t count, const uint32_t *tried,
                         unsigned tried_count) {
    uint32_t end = first + count < model->colours ? first + count : model->colours;
    if (end <= first) {
        return 0;
    }
    uint32_t result = end - first;
    for (unsigned i = 0; i < tried_count; i++) {
        result -= tried[i] >= first && tried[i] < end;
    }
    return result;
}

/* before: in a sequence, what was there. */
static uint32_t code_number(struct model *model, uint32_t value, const uint32_t near[NEIGHBOURS], uint32_t before,
                            const uint32_t *tried, unsigned tried_count) {
    const uint32_t wn = hash_2(near[W], near[N]), near_4 = hash_2(wn, hash_2(near[NW], near[NE]));
    const uint32_t exact[EXACT_CONTEXTS] = {1,
                                            hash_2(near[W], 2),
                                            hash_2(near[N], 3),
                                            hash_2(wn, 4),
                                            hash_2(near_4, 5),
                                            hash_2(near[NE], 6),
                                            hash_2(tried_count > 0 ? tried[0] : 0, 7),
                                            hash_2(hash_2(near[W], near[NE]), 8),
                                            hash_2(near[NW], 9),
                                            hash_2(hash_2(near[W], near[WW]), 10),
                                            hash_2(hash_2(near[N], near[NN]), 11),
                                            model->is_sequence ? hash_2(hash_2(before, near[W]), 13)
                                                               : hash_2(hash_2(near[N], near[NE]), 12)};
    unsigned node = 1;
    cell *lines[EXACT_CONTEXTS];
    for (unsigned level = 8; level-- > 0;) {
        if (level % 4 == 3) {
            exact_lines(model, exact, node, lines);
        }
        const uint32_t first = (node << (level + 1)) & 255;
        const uint32_t zeros = possible(model, first, 1u << level, tried, tried_count);
        const uint32_t ones = possible(model, first + (1u << level), 1u << level, tried, tried_count);
        unsigned bit = ones != 0;
        if (zeros != 0 && ones != 0) {
            struct bit_mix bits;
            bits.count = bits.known = 0;
            bits.mix.inputs = 0;
            for (unsigned i = 0; i < model->exact; i++) {
                add_exact(&bits, lines[i] + cell_of_node(node));
            }
            /* no context has seen anything: in proportion to the values that are possible */
            bits.mix.input[bits.mix.inputs++] = (int16_t)stretch(65535 * ones / (ones + zeros));
            bit = code_mixed(model, &bits, value >> level & 1, 0, node, level, level * 16 + bits.known);
        }
        node = node << 1 | bit;
    }
    return node & 255;
}

/* The same in a sequence, where numbers are not positions in the palette. */
static uint32_t code_in_sequence(struct model *model, uint32_t value, const uint32_t near[NEIGHBOURS], uint32_t before,
                                 const uint32_t *tried, unsigned count) {
    uint32_t places[8];
    for (unsigned i = 0; i < count; i++) {
        places[i] = (uint32_t)model->index_of[tried[i]];
    }
    const uint32_t place = model->decisions->is_decoding ? 0 : (uint32_t)model->index_of[value];
    return model->palette[code_number(model, place, near, before, places, count)];
}

uint32_t model_code_sample(struct model *model, uint32_t value, const uint32_t near[NEIGHBOURS],
                           const struct repeated *repeated, uint32_t x, const uint32_t *tried, unsigned count) {
    if (model->index_of != NULL) {
        return code_in_sequence(model, value, near, repeated->there, tried, count);
    }
    if (model->colours != 0) {
        return code_number(model, value, near, model->is_sequence ? repeated->there : 0, tried, count);
    }
    return code_channels(model, value, near, repeated, tried, count, x);
}
