/* SPDX-License-Identifier: MIT */
/*
 * Questions (question.h).
 */
#include "drawn/question.h"

#include "drawn/slots.h"

/* 0 ... 31: the difference between two colours, in the sample that differs most. */
static unsigned distance_class(uint32_t a, uint32_t b) {
    unsigned most = 0;
    for (unsigned c = 0; c < 4; c++) {
        const unsigned distance = (unsigned)abs(sample_of(a, c) - sample_of(b, c));
        most = distance > most ? distance : most;
    }
    return drawn_distance_class[most];
}

void question_find(struct model *model, const struct place *place, struct question *question) {
    const struct pattern *pattern = &place->pattern;
    const struct repeated *repeated = &place->repeated;
    const uint32_t *near = place->near, colour = place->candidates.colour[place->chosen];
    const unsigned rank = question->rank = place->rank < RANKS ? place->rank : RANKS - 1;
    const unsigned equal = equal_ones(near, colour), mask = question->mask = equal & 255;
    const unsigned label = (unsigned)__builtin_ctz(equal | 1u << NEIGHBOURS);
    for (unsigned i = 0; i < 2; i++) {
        question->cells[1 + i] = &model->patterns[i][hash_2(pattern->hash[i], label * RANKS + rank) >> 16];
        __builtin_prefetch(question->cells[1 + i]);
    }
    question->by_colour = &model->curve_colours[(hash_2(hash_2(near[W], near[N]), colour) >> 22) * CURVE_POINTS];
    question->cells[0] = &model->near_pattern[(rank * 5 + place->missed) * 256 + mask];
    const unsigned from_expected = distance_class(colour, pattern->expected);
    question->cells[3] = &model->offsets[(rank * 32 + from_expected) * 8 + pattern->energy];
    const int offset = sample_of(colour, model->main_channel) - sample_of(pattern->expected_2, model->main_channel);
    question->cells[4] = &model->offsets_2[(rank * 64 + offset_class(offset)) * 8 + pattern->energy];
    question->count = 5;
    unsigned from_repeat = 0;
    if (model->repeats.count > 0) {
        question->cells[question->count++] = NULL;
    }
    if (model->repeats.count > 0 && repeated->is_known) {
        from_repeat = distance_class(colour, repeated->expected);
        const unsigned class =
            model->is_sequence ? changed(repeated, near) | (unsigned)(colour == repeated->there) << 4 : from_repeat;
        question->cells[5] = &model->offsets_repeated[(rank * 32 + class) * 8 + repeated->strange];
    }
    question->weights = repeated->is_known ? (rank * 16 + 8 + repeated->strange) * 32 + from_repeat
                                           : (rank * 16 + pattern->energy) * 32 + from_expected;
}

/* The cells that vote. */
struct votes {
    struct mix mix;
    cell *cells[MIX_INPUTS];
    unsigned count;
};

static void add_cell(struct votes *votes, cell *c) {
    votes->cells[votes->count++] = c;
    votes->mix.input[votes->mix.inputs++] = (int16_t)stretch(cell_probability(*c));
}

bool question_ask_plain(struct model *model, const struct place *place, bool is_hit) {
    const struct setting_contexts *contexts = &setting_contexts[model->setting];
    const struct candidates *candidates = &place->candidates;
    struct question question;
    struct votes votes;
    struct mix *mix = &votes.mix;
    votes.count = mix->inputs = 0;
    mix->sets = model->thrift->sets;
    question_find(model, place, &question);
    unsigned agree = 0, agree_long = 0, found = 0;
    for (unsigned k = 0; k < model->contexts; k++) {
        const unsigned counts = candidates->counts[k], context = contexts->contexts[k];
        unsigned at = candidates->places[2][k] == place->chosen ? 2 : 3;
        at = candidates->places[1][k] == place->chosen ? 1 : at;
        at = candidates->places[0][k] == place->chosen ? 0 : at;
        if (counts == 0) {
            mix->input[mix->inputs++] = 0;
            mix->input[mix->inputs++] = 0;
            continue;
        }
        const unsigned count = counts >> 4 * (at < 3 ? at : 0) & 15, others = candidates->totals[k] - count;
        const unsigned is_last = counts >> 12 == at + 1;
        cell *c = &model->votes[context]
                               [(((question.rank * VOTE_PLACES + at) * VOTE_COUNTS + count_class(count)) * VOTE_OTHERS +
                                 others_class(others)) *
                                    2 +
                                is_last];
        add_cell(&votes, c);
        mix->input[mix->inputs++] = (int16_t)(((int32_t)cell_probability(*c) - 32768) >> 7);
        agree += at == 0;
        agree_long += at == 0 && context <= C_6;
        found += k < 4;
    }
    for (unsigned i = 0; i < question.count; i++) {
        if (question.cells[i] != NULL) {
            add_cell(&votes, question.cells[i]);
        } else {
            mix->input[mix->inputs++] = 0;
        }
    }
    mix->input[mix->inputs++] = 100;
    const unsigned stride = mix_stride(mix->inputs);
    mix->weights[0] = model->weights[0] + question_weights_0(&question, agree, agree_long) * stride;
    mix->weights[1] = model->weights[1] + question_weights_1(&question, found, place->missed) * stride;
    mix->weights[2] = model->weights[2] + question.weights * stride;
    mix->last = model->last_weights[question.rank];
    const uint32_t mixed = mix_probability(mix);
    struct curve_at near, colours;
    const uint32_t by_near = curve_probability(question_curve(model, &question, found), mix->result, &near);
    const uint32_t by_colours = curve_probability(question.by_colour, mix->result, &colours);
    const unsigned bit = decide(model->decisions, is_hit, clamp_probability((2 * mixed + by_near + by_colours) >> 2));
    mix_update(mix, bit, 20, 60);
    for (unsigned i = 0; i < votes.count; i++) {
        cell_update(votes.cells[i], bit, 255);
    }
    curve_update(&near, bit, 255);
    curve_update(&colours, bit, 255);
    return bit;
}
