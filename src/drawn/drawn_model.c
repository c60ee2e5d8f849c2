/* SPDX-License-Identifier: MIT */
/*
 * The initial state of a model.
 */
#include "drawn/drawn_model.h"

#include "base/allocate.h"
#include "drawn/drawn_start.h"
#include "drawn/question.h"
#include "drawn/samples.h"

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

/* The same, for groups of count sets, each with the values of its own row. */
static int16_t *grouped_weights(unsigned groups, unsigned count, unsigned inputs, int16_t rows[][MIX_INPUTS]) {
    const size_t stride = mix_stride(inputs);
    int16_t *weights = aligned_alloc(16, groups * count * stride * sizeof *weights);
    for (unsigned g = 0; g < groups && weights != NULL; g++) {
        int16_t *first = weights + g * count * stride;
        for (unsigned i = 0; i < stride; i++) {
            first[i] = i < inputs ? rows[g][i] : 0;
        }
        repeat_first(first, stride * sizeof *first, count);
    }
    return weights;
}

/* Weights in hundredths, and how many. */
struct start {
    const int8_t *weights;
    unsigned inputs;
};

#define START(table)                                                                                                   \
    { (table)[0], sizeof(table)[0] }

/* Trained weights; those of inputs for repeats, which come after the first `contexts` and before the last `after`, are
 * not trained. */
static void start_weights(const struct start *start, unsigned row, unsigned contexts, unsigned after, unsigned inputs,
                          int16_t *weights) {
    const int8_t *trained = start->weights + row * start->inputs;
    for (unsigned i = 0; i < contexts; i++) {
        weights[i] = (int16_t)(100 * trained[i]);
    }
    for (unsigned i = 1; i <= after; i++) {
        weights[inputs - i] = (int16_t)(100 * trained[start->inputs - i]);
    }
}

static void candidate_weights_init(struct model *model) {
    static const struct start starts[DRAWN_SETTINGS] = {START(start_candidates_0), START(start_candidates_1),
                                                        START(start_candidates_2)};
    enum { AFTER = 6 };
    const unsigned contexts = context_count(model->setting);
    const unsigned inputs = 2 * model->contexts + AFTER + (model->repeats.count > 0);
    int16_t rows[RANKS][MIX_INPUTS];
    for (unsigned rank = 0; rank < RANKS; rank++) {
        for (unsigned k = contexts; k < model->contexts; k++) {
            rows[rank][2 * k] = (int16_t)(MIX_ONE * 3 / model->contexts);
            rows[rank][2 * k + 1] = 750;
        }
        start_weights(&starts[model->setting], rank, 2 * contexts, AFTER, inputs, rows[rank]);
        if (model->repeats.count > 0) { /* the input for repeats comes last but one */
            memmove(&rows[rank][inputs - AFTER - 1], &rows[rank][inputs - AFTER], (AFTER - 1) * sizeof rows[rank][0]);
            rows[rank][inputs - 2] = 1500;
        }
    }
    model->weights[0] = grouped_weights(RANKS, WEIGHTS_0 / RANKS, inputs, rows);
    model->weights[1] = grouped_weights(RANKS, WEIGHTS_1 / RANKS, inputs, rows);
    model->weights[2] = grouped_weights(RANKS, WEIGHTS_2 / RANKS, inputs, rows);
}

static void sample_weights_init(struct model *model) {
    static const struct start numbers[DRAWN_SETTINGS] = {START(start_numbers_0), START(start_numbers_1),
                                                         START(start_numbers_2)};
    static const struct start samples[DRAWN_SETTINGS] = {START(start_samples_0), START(start_samples_1),
                                                         START(start_samples_2)};
    const bool are_numbers = model->colours != 0;
    const unsigned repeated = !are_numbers && model->repeats.count > 0 ? REPEATED_PREDICTORS : 0;
    const unsigned trained = 2 * model->exact + (are_numbers ? 1 : model->predictors), inputs = trained + repeated + 1;
    int16_t rows[4][MIX_INPUTS];
    for (unsigned channel = 0; channel < 4; channel++) {
        const bool follows = model->channels >= 3 && channel % 2 == 0;
        for (unsigned i = 0; i < repeated; i++) {
            rows[channel][trained + i] = 3000;
        }
        start_weights(are_numbers ? &numbers[model->setting] : &samples[model->setting], follows, trained, 1, inputs,
                      rows[channel]);
    }
    model->sample_weights[0] = grouped_weights(4, SAMPLE_WEIGHTS_0 / 4, inputs, rows);
    model->sample_weights[1] = grouped_weights(4, SAMPLE_WEIGHTS_1 / 4, inputs, rows);
    model->sample_weights[2] = grouped_weights(4, SAMPLE_WEIGHTS_2 / 4, inputs, rows);
}

static bool weights_init(struct model *model) {
    static const struct start rests = START(start_rests);
    candidate_weights_init(model);
    sample_weights_init(model);
    int16_t row[1][MIX_INPUTS];
    start_weights(&rests, 0, 3, 1, 4, row[0]);
    model->rest_weights = grouped_weights(1, 4 * REST_COUNTS, 4, row);
    model->rest_last[0] = 65536;
    for (unsigned i = 0; i < RANKS; i++) {
        for (unsigned s = 0; s < DRAWN_SETS; s++) {
            model->last_weights[i][s] = (int32_t)(65536 / model->thrift->sets);
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned s = 0; s < DRAWN_SETS; s++) {
            model->sample_last[i][s] = (int32_t)(65536 / model->thrift->sets);
        }
    }
    bool all = model->rest_weights != NULL;
    for (unsigned s = 0; s < DRAWN_SETS; s++) {
        all = all && model->weights[s] != NULL && model->sample_weights[s] != NULL;
    }
    return all;
}

static void fill_cells(cell *cells, size_t count, cell value) {
    for (size_t i = 0; i < count; i++) {
        cells[i] = value;
    }
}

/* A colour that a context has seen most often: at first, as likely as its share. */
static void sure_init(struct model *model) {
    static const uint8_t counts[VOTE_COUNTS] = {1, 2, 3, 4, 6, 8, 12, 15}, others[VOTE_OTHERS] = {0, 1, 2, 4, 7, 15};
    for (unsigned agree = 0; agree < AGREEING; agree++) {
        for (unsigned i = 0; i < VOTE_COUNTS * VOTE_OTHERS; i++) {
            const uint32_t count = counts[i / VOTE_OTHERS], other = others[i % VOTE_OTHERS];
            const uint32_t p = other == 0 ? 63000 : 65536 * count / (count + other + 1);
            fill_cells(&model->sure[agree][i / VOTE_OTHERS][i % VOTE_OTHERS][0][0], 20, cell_of(p, 3));
        }
    }
}

static void near_init(struct model *model) {
    for (unsigned i = 0; i < RANKS * 5 * 256; i++) {
        const unsigned rank = i / (5 * 256), mask = i % 256;
        const uint32_t p = 64u * start_near[rank * 16 + mask % 16][__builtin_popcount(mask / 16)];
        model->near_pattern[i] = cell_of(p, 2);
    }
}

/* The middle offset of each class; 0 if there is none. */
static void middle_offsets(int middles[64]) {
    int first = 0;
    memset(middles, 0, 64 * sizeof *middles);
    for (int offset = 0; offset < 256; offset++) {
        if (offset == 255 || drawn_offset_class[offset + 1] != drawn_offset_class[first]) {
            middles[32 + drawn_offset_class[first]] = (first + offset + 1) / 2;
            middles[31 - drawn_offset_class[first]] = -((first + offset) / 2);
            first = offset + 1;
        }
    }
}

/* sums[d + 512]: how often errors are below d, in surroundings of that energy. */
static void sum_errors(unsigned energy, uint32_t sums[1024]) {
    sums[0] = 0;
    for (int d = -512; d < 511; d++) {
        const int distance = abs(d) < 255 ? abs(d) : 255;
        sums[d + 513] = sums[d + 512] + start_errors[energy][drawn_distance_class[distance]];
    }
}

/* Initially, a value is as far from its prediction as usual in surroundings of that energy. */
static void predicted_init(struct model *model) {
    enum { SEEN = 8 };
    cell *cells = model->predicted[0][0];
    int middles[64];
    uint32_t sums[1024];
    middle_offsets(middles);
    for (unsigned energy = 0; energy < START_ENERGIES; energy++) {
        sum_errors(energy, sums);
        for (unsigned i = 0; i < 8 * 64; i++) {
            const uint32_t *here = sums + 512 - middles[i % 64];
            const uint32_t half = 1u << i / 64, zeros = here[0] - here[-(int)half], ones = here[half] - here[0];
            const uint32_t p = (uint32_t)(((uint64_t)ones << 16) / (ones + zeros));
            cells[i * START_ENERGIES + energy] = cell_of(clamp_probability(p), SEEN);
        }
    }
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
    [DRAWN_LIGHT] = {.sets = 2, .uses_shorter = true, .likely = 62000, .sure = 1600, .rest_asks = 45000},
    [DRAWN_FULL] = {.sets = 3, .uses_shorter = true, .likely = 62000, .sure = 800, .rest_asks = 52000},
    [DRAWN_MOST] = {.sets = 3, .likely = 64000, .sure = 800, .rest_asks = 52000}};

static void choose_code(struct model *model, bool uses_vectors) {
    model->ask = question_ask_plain;
    model->code_sample = sample_code_plain;
#if defined(__x86_64__)
    if (uses_vectors && __builtin_cpu_supports("avx2")) {
        const bool has_repeats = model->repeats.count > 0;
        model->ask = question_ask_avx2(model->setting, has_repeats, model->is_sequence);
        model->code_sample = sample_code_avx2(model->setting, has_repeats);
    }
#else
    (void)uses_vectors;
#endif
}

void model_use_plain(struct model *model) {
    choose_code(model, false);
}

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
    choose_code(model, true);
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
    if (!window_init(&model->window, width, rows) || model->slot_memory == NULL || model->sample_memory == NULL ||
        !weights_init(model)) {
        return bswz_no_memory(error);
    }
    model->slots = aligned_to_lines(model->slot_memory);
    model->samples = aligned_to_lines(model->sample_memory);
    fill_cells(model->patterns[0], sizeof model->patterns / sizeof(cell), CELL_EVEN);
    near_init(model);
    sure_init(model);
    fill_cells(model->offsets, RANKS * 32 * 8, CELL_EVEN);
    fill_cells(model->offsets_2, RANKS * 64 * 8, CELL_EVEN);
    fill_cells(model->offsets_repeated, RANKS * 32 * 8, CELL_EVEN);
    fill_cells(&model->flat[0][0], sizeof model->flat / sizeof(cell), cell_of(65000, 8));
    for (unsigned eighths = 0; eighths <= FLAT_GROUP / 8; eighths++) {
        fill_cells(model->flat_groups[0][eighths], 8, cell_of(64000 - 4000 * eighths, 2));
    }
    repeat_first(model->flat_groups[0], sizeof model->flat_groups[0], 256);
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
    free(model->rest_weights);
    free(model->weights[0]);
    free(model->weights[1]);
    free(model->weights[2]);
    free(model->sample_weights[0]);
    free(model->sample_weights[1]);
    free(model->sample_weights[2]);
    free(model);
}
