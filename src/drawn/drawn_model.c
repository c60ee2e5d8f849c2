/* SPDX-License-Identifier: MIT */
/*
 * The initial state of a model.
 */
#include "drawn/drawn_model.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

/* For small pictures all this takes longer than their pixels, so what repeats is calculated once: `count` copies of
 * `unit` bytes, of which the first is there. */
static void repeat_first(void *first, size_t unit, size_t count) {
    for (size_t done = 1; done < count; done *= 2) {
        memcpy((uint8_t *)first + done * unit, first, (done < count - done ? done : count - done) * unit);
    }
}

void curve_init(cell *curves, unsigned count) {
    for (int j = 0; j < CURVE_POINTS; j++) {
        const uint32_t p = squash((j - 12) * 256);
        curves[j] = cell_of(p > 65535 ? 65535 : p, 30);
    }
    repeat_first(curves, CURVE_POINTS * sizeof *curves, count);
}

enum {
    WEIGHTS_0 = RANKS * AGREEMENTS * LONG_CONTEXTS,
    WEIGHTS_1 = RANKS * 16 * 5 * 5,
    WEIGHTS_2 = RANKS * 16 * 32,
    SAMPLE_WEIGHTS_0 = 4 * 8 * 16,
    SAMPLE_WEIGHTS_1 = 4 * 256,
    SAMPLE_WEIGHTS_2 = 4 * 8 * 16,
    PATTERN_CELLS = 1 << 16
};

static void votes_init(struct model *model) {
    static const uint8_t counts[VOTE_COUNTS] = {1, 2, 3, 4, 6, 8, 12, 15}, others[VOTE_OTHERS] = {0, 1, 2, 4, 7, 15};
    for (unsigned i = 0; i < VOTES; i++) {
        const unsigned place = i / (2 * VOTE_OTHERS * VOTE_COUNTS) % VOTE_PLACES;
        const uint32_t count = counts[i / (2 * VOTE_OTHERS) % VOTE_COUNTS], other = others[i / 2 % VOTE_OTHERS];
        uint32_t p = 65536 * (count + 1) / (count + other + 2);
        p = place == 3 ? 3300 + 19600 / (count + 1) : place == 0 ? p : p * 7 / 10;
        model->votes[0][i] = cell_of(p, 0);
    }
    repeat_first(model->votes[0], sizeof model->votes[0], CONTEXTS);
}

int16_t *mix_weights(unsigned count, unsigned inputs, const int16_t *values) {
    const size_t stride = mix_stride(inputs);
    int16_t *weights = aligned_alloc(16, count * stride * sizeof *weights);
    if (weights == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < stride; i++) {
        weights[i] = i < inputs ? values[i] : 0;
    }
    repeat_first(weights, stride * sizeof *weights, count);
    return weights;
}

static bool weights_init(struct model *model, unsigned contexts) {
    int16_t values[MIX_INPUTS] = {0};
    const unsigned inputs = 2 * contexts + 6 + (model->repeats.count > 0);
    for (unsigned k = 0; k < contexts; k++) {
        values[2 * k] = (int16_t)(MIX_ONE * 3 / contexts);
        values[2 * k + 1] = 750;
    }
    values[2 * contexts] = values[2 * contexts + 1] = values[2 * contexts + 2] = 2500;
    for (unsigned i = 2 * contexts + 3; i + 1 < inputs; i++) {
        values[i] = 1500;
    }
    model->weights[0] = mix_weights(WEIGHTS_0, inputs, values);
    model->weights[1] = mix_weights(WEIGHTS_1, inputs, values);
    model->weights[2] = mix_weights(WEIGHTS_2, inputs, values);
    const unsigned sample_inputs =
        2 * model->exact + 1 +
        (model->colours != 0 ? 1 : model->predictors + (model->repeats.count > 0 ? REPEATED_PREDICTORS : 0));
    for (unsigned i = 0; i < sample_inputs; i++) {
        values[i] = i < 2 * model->exact ? (i % 2 == 0 ? 3000 : 3500) : i + 1 < sample_inputs ? 3000 : 0;
    }
    model->sample_weights[0] = mix_weights(SAMPLE_WEIGHTS_0, sample_inputs, values);
    model->sample_weights[1] = mix_weights(SAMPLE_WEIGHTS_1, sample_inputs, values);
    model->sample_weights[2] = mix_weights(SAMPLE_WEIGHTS_2, sample_inputs, values);
    values[0] = values[1] = values[2] = MIX_ONE * 4 / 10;
    values[3] = 0;
    model->rest_weights = mix_weights(4 * REST_COUNTS, 4, values);
    model->rest_last[0] = 65536;
    for (unsigned i = 0; i < RANKS; i++) {
        for (unsigned s = 0; s < MIX_SETS; s++) {
            model->last_weights[i][s] = (int32_t)(65536 / model->thrift->sets);
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned s = 0; s < MIX_SETS; s++) {
            model->sample_last[i][s] = (int32_t)(65536 / model->thrift->sets);
        }
    }
    bool all = model->rest_weights != NULL;
    for (unsigned s = 0; s < MIX_SETS; s++) {
        all = all && model->weights[s] != NULL && model->sample_weights[s] != NULL;
    }
    return all;
}

static void fill_cells(cell *cells, size_t count, cell value) {
    for (size_t i = 0; i < count; i++) {
        cells[i] = value;
    }
}

/* Initially, a value is assumed to be near its prediction, and less near in rough surroundings. */
static void predicted_init(struct model *model) {
    enum { UNSURE = 250 };
    cell *cells = model->predicted[0][0];
    for (int offset = -255; offset < 256; offset++) {
        for (unsigned energy = 0; energy < 8; energy++) {
            int stretched = offset * 256 / (1 + (1 << energy));
            stretched = stretched < -UNSURE ? -UNSURE : stretched > UNSURE ? UNSURE : stretched;
            cells[offset_class(offset) * 8 + energy] = cell_of(squash(stretched), 2);
        }
    }
    repeat_first(cells, 64 * 8 * sizeof *cells, 8);
    for (unsigned i = 0; i < PREDICTORS; i++) {
        const bool is_used = i < NEAR_PREDICTORS                        ? i < model->near_predictors
                             : i < NEAR_PREDICTORS + LEARNED_PREDICTORS ? model->learns
                                                                        : model->repeats.count > 0;
        for (unsigned c = i == 0; c < model->channels && is_used; c++) {
            memcpy(model->predicted[i][c], cells, PREDICTOR_CELLS * sizeof *cells);
        }
    }
}

/* What is found together shares a cache line. */
static void *aligned_to_lines(void *memory) {
    return (char *)memory + (-(uintptr_t)memory & 63);
}

const struct thrift thrifts[DRAWN_SETTINGS] = {
    [DRAWN_LIGHT] = {.sets = 2, .shorter = 1, .sure = 1600, .rest_asks = 45000},
    [DRAWN_FULL] = {.sets = 3, .shorter = 3, .sure = 800, .rest_asks = 52000},
    [DRAWN_MOST] = {.sets = 3, .sure = 800, .rest_asks = 52000}};

enum bswz_status model_create(struct model **created, enum drawn_setting setting, bool asks,
                              struct decisions *decisions, const struct repeats *repeats, uint32_t width,
                              uint32_t height, unsigned channels, uint32_t colours, struct bswz_error *error) {
    static const uint8_t exact[DRAWN_SETTINGS] = {LIGHT_EXACT, FULL_EXACT, EXACT_CONTEXTS};
    static const uint8_t exact_numbers[DRAWN_SETTINGS] = {LIGHT_EXACT, EXACT_CONTEXTS, EXACT_CONTEXTS};
    static const uint8_t near_predictors[DRAWN_SETTINGS] = {LIGHT_PREDICTORS, FULL_PREDICTORS, NEAR_PREDICTORS};
    struct model *model = bswz_allocate_zero(1, sizeof *model);
    *created = model;
    if (model == NULL) {
        return bswz_no_memory(error);
    }
    model->setting = setting;
    model->asks = asks;
    model->thrift = &thrifts[setting];
    model->is_sequence = repeats->count > 0 && repeats->at[0].dy == 0 && repeats->at[0].dx == 0;
    model->contexts = context_count(setting) + (repeats->count > 0 ? REPEATED_CONTEXTS : 0) +
                      (model->is_sequence ? SEQUENCE_CONTEXTS : 0);
    model->exact = colours != 0 ? exact_numbers[setting] : exact[setting];
    model->near_predictors = near_predictors[setting];
    model->learns = setting != DRAWN_LIGHT && colours == 0;
    model->predictors = model->near_predictors + (model->learns ? LEARNED_PREDICTORS : 0);
    model->decisions = decisions;
    model->repeats = *repeats;
    uint32_t rows = WINDOW_ROWS;
    for (unsigned i = 0; i < repeats->count; i++) {
        rows = repeats->at[i].dy + 2 > rows ? repeats->at[i].dy + 2 : rows;
    }
    model->channels = channels;
    model->colours = colours;
    model->main_channel = channels >= 3 ? 1 : 0;
    const uint64_t pixels = (uint64_t)width * height;
    model->slot_bits = 10;
    while (model->slot_bits < 19 && (uint64_t)1 << model->slot_bits < 4 * pixels) {
        model->slot_bits++;
    }
    model->sample_bits = model->slot_bits - 2;
    model->slot_memory = bswz_allocate_zero(((size_t)1 << model->slot_bits) + 4, sizeof *model->slots);
    model->sample_memory = bswz_allocate_zero(((size_t)16 << model->sample_bits) + 16, sizeof *model->samples);
    model->patterns[0] = bswz_allocate(PATTERN_CELLS, sizeof(cell));
    model->patterns[1] = bswz_allocate(PATTERN_CELLS, sizeof(cell));
    if (!window_init(&model->window, width, rows) || model->slot_memory == NULL || model->sample_memory == NULL ||
        model->patterns[0] == NULL || model->patterns[1] == NULL || !weights_init(model, model->contexts)) {
        return bswz_no_memory(error);
    }
    model->slots = aligned_to_lines(model->slot_memory);
    model->samples = aligned_to_lines(model->sample_memory);
    fill_cells(model->patterns[0], PATTERN_CELLS, CELL_EVEN);
    fill_cells(model->patterns[1], PATTERN_CELLS, CELL_EVEN);
    fill_cells(model->near_pattern, sizeof model->near_pattern / sizeof(cell), CELL_EVEN);
    fill_cells(&model->sure[0][0][0][0], sizeof model->sure / sizeof(cell), cell_of(64000, 10));
    fill_cells(model->offsets, RANKS * 32 * 8, CELL_EVEN);
    fill_cells(model->offsets_2, RANKS * 64 * 8, CELL_EVEN);
    fill_cells(model->offsets_repeated, RANKS * 32 * 8, CELL_EVEN);
    fill_cells(&model->flat[0][0], sizeof model->flat / sizeof(cell), cell_of(65000, 20));
    fill_cells(&model->flat_groups[0][0][0], sizeof model->flat_groups / sizeof(cell), cell_of(65000, 20));
    for (uint32_t left = 1; left < FLAT_GROUP; left++) {
        model->flat_in_group[left] = cell_of(65535 * left / (left + 1), 20);
    }
    fill_cells(model->still, sizeof model->still / sizeof(cell), cell_of(64000, 10));
    if (colours == 0) {
        predicted_init(model);
    }
    fill_cells(model->rest_cells[0], sizeof model->rest_cells / sizeof(cell), CELL_EVEN);
    learned_init(&model->learned);
    curve_init(model->curve_near, 256);
    curve_init(model->curve_colours, 1024);
    curve_init(model->sample_curve, channels * 256);
    votes_init(model);
    return BSWZ_OK;
}

void model_free(struct model *model) {
    if (model == NULL) {
        return;
    }
    window_free(&model->window);
    free(model->slot_memory);
    free(model->sample_memory);
    free(model->patterns[0]);
    free(model->patterns[1]);
    free(model->rest_weights);
    free(model->weights[0]);
    free(model->weights[1]);
    free(model->weights[2]);
    free(model->sample_weights[0]);
    free(model->sample_weights[1]);
    free(model->sample_weights[2]);
    free(model);
}
