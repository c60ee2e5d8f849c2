/*
 * What a model knows before its first pixel.
 */
#include "drawn/model.h"

#include "allocate.h"

#include <stdlib.h>

void curve_init(cell *curves, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        for (int j = 0; j < CURVE_POINTS; j++) {
            const uint32_t p = squash((j - 12) * 256);
            curves[i * CURVE_POINTS + (unsigned)j] = cell_of(p > 65535 ? 65535 : p, 30);
        }
    }
}

enum {
    WEIGHTS_0 = RANKS * 13 * 6,
    WEIGHTS_1 = RANKS * 16 * 5 * 5,
    SAMPLE_WEIGHTS_0 = 8 * 8 * 8,
    SAMPLE_WEIGHTS_1 = 8 * 256,
    PATTERN_CELLS = 1 << 16
};

static void votes_init(struct model *model) {
    static const uint8_t counts[VOTE_COUNTS] = {1, 2, 3, 4, 6, 8, 12, 15}, others[VOTE_OTHERS] = {0, 1, 2, 4, 7, 15};
    for (unsigned i = 0; i < VOTES; i++) {
        const unsigned place = i / (2 * VOTE_OTHERS * VOTE_COUNTS) % VOTE_PLACES;
        const uint32_t count = counts[i / (2 * VOTE_OTHERS) % VOTE_COUNTS], other = others[i / 2 % VOTE_OTHERS];
        uint32_t p = 65536 * (count + 1) / (count + other + 2);
        p = place == 3 ? 3300 + 19600 / (count + 1) : place == 0 ? p : p * 7 / 10;
        for (unsigned k = 0; k < CONTEXTS; k++) {
            model->votes[k][i] = cell_of(p, 0);
        }
    }
}

static void fill_weights(int32_t *weights, unsigned sets, unsigned inputs, const int32_t *values) {
    for (unsigned s = 0; s < sets; s++) {
        for (unsigned i = 0; i < inputs; i++) {
            weights[s * (inputs + 1) + i] = values[i];
        }
        weights[s * (inputs + 1) + inputs] = 0;
    }
}

static bool weights_init(struct model *model, unsigned contexts) {
    int32_t values[MIX_INPUTS] = {0};
    const unsigned inputs = 2 * contexts + 6;
    for (unsigned k = 0; k < contexts; k++) {
        values[2 * k] = (int32_t)(65536 * 3 / contexts);
        values[2 * k + 1] = 3000;
    }
    values[2 * contexts] = values[2 * contexts + 1] = values[2 * contexts + 2] = 10000;
    values[2 * contexts + 3] = values[2 * contexts + 4] = 6000;
    model->weights[0] = bswz_allocate(WEIGHTS_0 * (inputs + 1), sizeof(int32_t));
    model->weights[1] = bswz_allocate(WEIGHTS_1 * (inputs + 1), sizeof(int32_t));
    model->last_weights = bswz_allocate(RANKS * 3, sizeof(int32_t));
    const unsigned sample_inputs = 2 * 8 + PREDICTORS + 1;
    model->sample_weights[0] = bswz_allocate(SAMPLE_WEIGHTS_0 * (sample_inputs + 1), sizeof(int32_t));
    model->sample_weights[1] = bswz_allocate(SAMPLE_WEIGHTS_1 * (sample_inputs + 1), sizeof(int32_t));
    model->sample_last = bswz_allocate(8 * 3, sizeof(int32_t));
    if (model->weights[0] == NULL || model->weights[1] == NULL || model->last_weights == NULL ||
        model->sample_weights[0] == NULL || model->sample_weights[1] == NULL || model->sample_last == NULL) {
        return false;
    }
    static const int32_t halves[2] = {32768, 32768};
    fill_weights(model->weights[0], WEIGHTS_0, inputs, values);
    fill_weights(model->weights[1], WEIGHTS_1, inputs, values);
    fill_weights(model->last_weights, RANKS, 2, halves);
    for (unsigned i = 0; i < sample_inputs; i++) {
        values[i] = i < 16 ? 18000 : i + 1 < sample_inputs ? 12000 : 0;
    }
    fill_weights(model->sample_weights[0], SAMPLE_WEIGHTS_0, sample_inputs, values);
    fill_weights(model->sample_weights[1], SAMPLE_WEIGHTS_1, sample_inputs, values);
    fill_weights(model->sample_last, 8, 2, halves);
    return true;
}

static void fill_cells(cell *cells, size_t count, cell value) {
    for (size_t i = 0; i < count; i++) {
        cells[i] = value;
    }
}

enum bswz_status model_create(struct model **created, enum drawn_setting setting, struct decisions *decisions,
                              uint32_t width, uint32_t height, unsigned channels, uint32_t colours,
                              struct bswz_error *error) {
    struct model *model = bswz_allocate_zero(1, sizeof *model);
    *created = model;
    if (model == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for a model of drawn pictures");
    }
    model->setting = setting;
    model->decisions = decisions;
    model->channels = channels;
    model->colours = colours;
    model->main_shift = channels >= 3 ? 8 : 0;
    const uint64_t pixels = (uint64_t)width * height;
    model->slot_bits = 10;
    while (model->slot_bits < 19 && (uint64_t)1 << model->slot_bits < 4 * pixels) {
        model->slot_bits++;
    }
    model->sample_bits = model->slot_bits + 1;
    model->slots = bswz_allocate_zero((size_t)1 << model->slot_bits, sizeof *model->slots);
    model->samples = bswz_allocate((size_t)1 << model->sample_bits, sizeof(cell));
    model->patterns[0] = bswz_allocate(PATTERN_CELLS, sizeof(cell));
    model->patterns[1] = bswz_allocate(PATTERN_CELLS, sizeof(cell));
    if (!window_init(&model->window, width) || model->slots == NULL || model->samples == NULL ||
        model->patterns[0] == NULL || model->patterns[1] == NULL || !weights_init(model, setting == DRAWN_LIGHT ? 5 : 12)) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for a model of drawn pictures");
    }
    fill_cells(model->samples, (size_t)1 << model->sample_bits, CELL_EVEN);
    fill_cells(model->patterns[0], PATTERN_CELLS, CELL_EVEN);
    fill_cells(model->patterns[1], PATTERN_CELLS, CELL_EVEN);
    fill_cells(model->near_pattern, sizeof model->near_pattern / sizeof(cell), CELL_EVEN);
    fill_cells(model->offsets, RANKS * 32 * 8, CELL_EVEN);
    fill_cells(model->offsets_2, RANKS * 64 * 8, CELL_EVEN);
    fill_cells(&model->flat[0][0], sizeof model->flat / sizeof(cell), cell_of(65000, 20));
    fill_cells(&model->predicted[0][0][0], sizeof model->predicted / sizeof(cell), CELL_EVEN);
    for (unsigned i = 0; i < ROUTE_CONTEXTS; i++) {
        model->routes[i] = (struct route){.candidates = 4 << 16, .samples = 8 << 16};
    }
    curve_init(model->curve_near, 256);
    curve_init(model->curve_colours, 1024);
    curve_init(model->sample_curve, 8 * 256);
    votes_init(model);
    return BSWZ_OK;
}

void model_free(struct model *model) {
    if (model == NULL) {
        return;
    }
    window_free(&model->window);
    free(model->slots);
    free(model->samples);
    free(model->patterns[0]);
    free(model->patterns[1]);
    free(model->weights[0]);
    free(model->weights[1]);
    free(model->last_weights);
    free(model->sample_weights[0]);
    free(model->sample_weights[1]);
    free(model->sample_last);
    free(model);
}
