/* SPDX-License-Identifier: MIT */
/*
 * The lattice of DC coefficients (dc.h).
 *
 * Positions are gathered and evaluated in runs. All runs of a pass can be evaluated at once, each by any thread, and
 * the sequencer takes them in order (rows.h); the encoder goes through passes, runs and positions in reverse order.
 */
#include "coefficients/dc.h"

#include "base/allocate.h"
#include "coefficients/amplitude.h"
#include "coefficients/rows.h"

#include <stdlib.h>
#include <string.h>

enum { RUN = 128, TOP_BITS = 12, FEW_RUNS = 8 /* that are not worth waking other threads */ };

/* The positions that a pass codes: rows first_row, first_row + row_step, ... and so on. */
struct pass {
    unsigned level, type;
    int64_t spacing;
};

/* Buffers of one thread. */
struct scratch {
    int16_t *inputs;
    uint8_t *hidden[2];
    int16_t *wide;
    int16_t *outputs[VIEWS - 1]; /* with adaptive: of the other views */
    void *kernel;
};

/* A run, from when it is evaluated to when it is coded or proven. Used by one thread at a time. */
struct run {
    unsigned count;
    int64_t row, column; /* of the first position; the others follow at twice the spacing */
    int32_t base[RUN];
    int16_t *outputs;
    struct proof proof;
};

/* Owned by the thread that codes the band; others use the scratch and the runs that they have taken. */
struct dc_coder {
    const struct dc_plane *plane;
    const struct engine *engine;
    int64_t rows, columns;
    struct group_step step;
    int16_t step_input;
    int16_t *amplitude[3]; /* [rows][columns]: those known, and those of the other components */
    struct scratch *scratch;
    unsigned threads;
    struct run *runs;
    unsigned slots;
    struct ans *ans;
    bool is_proven;
    /* of the pass: */
    const struct pass *pass;
    int64_t runs_in_row[2]; /* of even and odd multiples of the spacing */
    size_t run_count;
};

static int64_t floor_divide(int64_t value, int64_t by) {
    return value >= 0 ? value / by : -((by - 1 - value) / by);
}

/* Where the neighbours are, as indices; SIZE_MAX: not there. One that is outside the picture is replaced by its mirror
 * image, by rows, by columns, or both. */
struct places {
    size_t at[DC_NEIGHBOURS];
    unsigned near; /* how many of the four nearest are there: at least one */
};

static size_t find_neighbour(const struct dc_coder *coder, int64_t row, int64_t column, int64_t down, int64_t right) {
    for (unsigned mirror = 0; mirror < 4; mirror++) {
        const int64_t y = (mirror & 1) != 0 ? row - down : row + down;
        const int64_t x = (mirror & 2) != 0 ? column - right : column + right;
        if (y >= 0 && x >= 0 && y < coder->rows && x < coder->columns) {
            return (size_t)(y * coder->columns + x);
        }
    }
    return SIZE_MAX;
}

static void find_places(const struct dc_coder *coder, int64_t row, int64_t column, struct places *places) {
    const int64_t spacing = coder->pass->spacing, margin = 3 * spacing;
    const int8_t(*near)[2] = dc_neighbour[coder->pass->type];
    if (row >= margin && column >= margin && row + margin < coder->rows && column + margin < coder->columns) {
        const int64_t at = row * coder->columns + column;
        for (unsigned i = 0; i < DC_NEIGHBOURS; i++) {
            places->at[i] = (size_t)(at + (near[i][0] * coder->columns + near[i][1]) * spacing);
        }
        places->near = 4;
        return;
    }
    places->near = 0;
    for (unsigned i = 0; i < DC_NEIGHBOURS; i++) {
        places->at[i] = find_neighbour(coder, row, column, near[i][0] * spacing, near[i][1] * spacing);
        places->near += i < 4 && places->at[i] != SIZE_MAX;
    }
}

/* The mean of the four nearest. */
static int32_t mean_at(const struct places *places, const int16_t *amplitude) {
    int64_t sum = 0;
    for (unsigned i = 0; i < 4; i++) {
        sum += places->at[i] != SIZE_MAX ? amplitude[places->at[i]] : 0;
    }
    return (int32_t)(places->near == 4 ? (sum + 2) >> 2 : floor_divide(sum + places->near / 2, places->near));
}

/* What the other components have there, relative to their mean. */
static void fill_other(const struct places *places, const int16_t *amplitude, size_t own, int16_t *in) {
    const int32_t mean = mean_at(places, amplitude), difference = amplitude[own] - mean;
    in[0] = amplitude_line(difference >> 1);
    in[1] = amplitude_magnitude(difference);
    for (unsigned i = 0; i < 4; i++) {
        in[2 + i] = places->at[i] != SIZE_MAX ? amplitude_line((amplitude[places->at[i]] - mean) >> 1) : 0;
    }
}

/* Set the inputs of a position; returns the mean of its four nearest neighbours. */
static int32_t fill(const struct dc_coder *coder, int64_t row, int64_t column, int16_t *in) {
    struct places places;
    find_places(coder, row, column, &places);
    const int32_t base = mean_at(&places, coder->amplitude[0]);
    for (unsigned i = 0; i < DC_NEIGHBOURS; i++) {
        const int32_t difference = places.at[i] != SIZE_MAX ? coder->amplitude[0][places.at[i]] - base : 0;
        in[i] = amplitude_line(difference >> 1);
        in[DC_NEIGHBOURS + i] = amplitude_magnitude(difference);
    }
    in += 2 * DC_NEIGHBOURS;
    *in++ = amplitude_brightness(base);
    *in++ = coder->step_input;
    for (unsigned level = 0; level < DC_LEVEL_INPUTS; level++) {
        *in++ = level == coder->pass->level || (level == DC_LEVEL_INPUTS - 1 && level < coder->pass->level) ? 64 : 0;
    }
    if (coder->plane->number == 0) {
        return base;
    }
    for (unsigned o = 1; o <= 2; o++, in += DC_INPUTS_OTHER) {
        memset(in, 0, DC_INPUTS_OTHER * sizeof *in);
        if (coder->amplitude[o] != NULL) {
            fill_other(&places, coder->amplitude[o], (size_t)(row * coder->columns + column), in);
        }
    }
    in[0] = coder->plane->number == 2 ? 64 : 0;
    in[1] = 0;
    return base;
}

/* ---- the order of positions ---- */

/* The first column that a pass codes in a row. */
static int64_t first_column(const struct pass *pass, int64_t row) {
    return pass->type == 0 ? pass->spacing : (row / pass->spacing & 1) != 0 ? 0 : pass->spacing;
}

static int64_t positions_in_row(const struct dc_coder *coder, const struct pass *pass, int64_t row) {
    const int64_t first = first_column(pass, row);
    return first < coder->columns ? (coder->columns - 1 - first) / (2 * pass->spacing) + 1 : 0;
}

static int64_t first_row(const struct pass *pass) {
    return pass->type == 0 ? pass->spacing : 0;
}

static int64_t row_step(const struct pass *pass) {
    return pass->type == 0 ? 2 * pass->spacing : pass->spacing;
}

/* Rows with odd and even multiples of the spacing take turns. */
static void begin_pass(struct dc_coder *coder, const struct pass *pass) {
    int64_t rows[2] = {0, 0};
    coder->pass = pass;
    for (unsigned odd = 0; odd < 2; odd++) {
        const int64_t positions = positions_in_row(coder, pass, first_row(pass) + odd * row_step(pass));
        coder->runs_in_row[odd] = (positions + RUN - 1) / RUN;
    }
    if (coder->rows > first_row(pass)) {
        const int64_t all = (coder->rows - 1 - first_row(pass)) / row_step(pass) + 1;
        rows[0] = (all + 1) / 2;
        rows[1] = all / 2;
    }
    coder->run_count = (size_t)(rows[0] * coder->runs_in_row[0] + rows[1] * coder->runs_in_row[1]);
}

/* Where a run is: two rows have the same number of runs as the next two. */
static void place_run(const struct dc_coder *coder, size_t number, struct run *run) {
    const struct pass *pass = coder->pass;
    const int64_t *each = coder->runs_in_row, pair = each[0] + each[1];
    const int64_t within = (int64_t)number % pair, is_second = within >= each[0];
    const int64_t row = 2 * ((int64_t)number / pair) + is_second, from = (within - (is_second ? each[0] : 0)) * RUN;
    run->row = first_row(pass) + row * row_step(pass);
    const int64_t left = positions_in_row(coder, pass, run->row) - from;
    run->count = (unsigned)(left < RUN ? left : RUN);
    run->column = first_column(pass, run->row) + 2 * pass->spacing * from;
}

static int64_t column_of(const struct dc_coder *coder, const struct run *run, unsigned i) {
    return run->column + 2 * coder->pass->spacing * i;
}

static const struct dc_nets *nets_of(const struct dc_coder *coder) {
    return &coder->plane->model->view[0].dc[coder->plane->number > 0][coder->pass->type];
}

/* The outputs for a run, whose inputs are filled. */
static void evaluate_view(const struct dc_coder *coder, const struct dc_nets *nets, unsigned count,
                          const struct scratch *scratch, int16_t *outputs) {
    const struct kernel *kernel = coder->engine->kernel;
    kernel->multiply(&nets->first, scratch->inputs, 0, 1, count, FORM_BYTES, scratch->hidden[0], scratch->kernel);
    kernel->multiply(&nets->trunk[0], scratch->hidden[0], 0, 1, count, FORM_BYTES, scratch->hidden[1], scratch->kernel);
    kernel->multiply(&nets->trunk[1], scratch->hidden[1], 0, 1, count, FORM_BYTES_AS_WORDS, scratch->wide,
                     scratch->kernel);
    kernel->multiply(&nets->last, scratch->wide, 0, 1, count, FORM_WORDS, outputs, scratch->kernel);
}

/* Set base and outputs. */
static void evaluate(const struct dc_coder *coder, struct run *run, const struct scratch *scratch) {
    const struct dc_nets *nets = nets_of(coder);
    for (unsigned i = 0; i < run->count; i++) {
        run->base[i] = fill(coder, run->row, column_of(coder, run, i), scratch->inputs + (size_t)i * nets->first.in);
    }
    evaluate_view(coder, nets, run->count, scratch, run->outputs);
    if (coder->plane->adaptive != NULL) {
        int16_t *other[VIEWS - 1];
        for (unsigned view = 1; view < VIEWS; view++) {
            other[view - 1] = scratch->outputs[view - 1];
            evaluate_view(coder, &coder->plane->model->view[view].dc[coder->plane->number > 0][coder->pass->type],
                          run->count, scratch, other[view - 1]);
        }
        views_average(run->outputs, other, run->count * nets->last.out);
    }
}

static int16_t *coefficient_at(const struct dc_coder *coder, const struct run *run, unsigned i) {
    return coder->plane->component->block[run->row * coder->columns + column_of(coder, run, i)];
}

/* The run's positions starting with number `at`, one per lane. */
static struct group_batch batch_at(const struct dc_coder *coder, const struct run *run, unsigned at) {
    const size_t stride = nets_of(coder)->last.out;
    const unsigned lanes = coder->ans->lanes;
    return (struct group_batch){.blocks = run->count - at < lanes ? run->count - at : lanes,
                                .outputs = run->outputs + at * stride,
                                .stride = stride,
                                .step = &coder->step,
                                .base = run->base + at,
                                .count = 1};
}

static void push_run(const struct dc_coder *coder, const struct run *run) {
    const unsigned lanes = coder->ans->lanes;
    for (unsigned at = (run->count - 1) / lanes * lanes;; at -= lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
        struct prepared_groups prepared;
        const struct group_batch batch = batch_at(coder, run, at);
        for (unsigned b = 0; b < batch.blocks; b++) {
            coefficient[b][0] = *coefficient_at(coder, run, at + b);
        }
        coder->engine->group->prepare(&batch, (const int16_t(*)[GROUP_LARGEST])coefficient, &prepared);
        coder->engine->group->push(coder->ans, 0, batch.blocks, 1, &prepared);
        if (at == 0) {
            break;
        }
    }
}

/* Pop a run that has been pushed, and compare. */
static bool run_pops(const struct dc_coder *coder, const struct run *run, struct ans *ans) {
    for (unsigned at = 0; at < run->count; at += ans->lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
        const struct group_batch batch = batch_at(coder, run, at);
        coder->engine->group->pop(ans, &batch, coefficient);
        for (unsigned b = 0; b < batch.blocks; b++) {
            if (coefficient[b][0] != *coefficient_at(coder, run, at + b)) {
                return false;
            }
        }
    }
    return true;
}

/* The value that the neighbours suggest, where nothing is left to be popped. */
static int16_t guess_at(const struct dc_coder *coder, const struct run *run, unsigned i) {
    const int32_t step = coder->plane->component->step[0], half = run->base[i] < 0 ? -step / 2 : step / 2;
    const int32_t guess = (run->base[i] + half) / step;
    return (int16_t)(guess < -JPEG_LARGEST ? -JPEG_LARGEST : guess > JPEG_LARGEST ? JPEG_LARGEST : guess);
}

static void set_at(const struct dc_coder *coder, const struct run *run, unsigned i, int16_t value) {
    *coefficient_at(coder, run, i) = value;
    coder->amplitude[0][run->row * coder->columns + column_of(coder, run, i)] =
        (int16_t)amplitude_of(value, coder->plane->component->step[0]);
}

/* Is nothing left to be decided? */
static bool is_exhausted(const struct dc_plane *plane) {
    const struct decisions *decisions = &plane->adaptive->decisions;
    return decisions_are_useless(decisions) || (plane->stops_when_dry && decisions->is_dry);
}

static void decide_run(const struct dc_coder *coder, const struct run *run) {
    struct adaptive *adaptive = coder->plane->adaptive;
    const struct block_costs *costs = coder->plane->costs;
    const unsigned pass = DC_TYPES * coder->pass->level + coder->pass->type;
    const struct group_batch batch = batch_at(coder, run, 0);
    for (unsigned i = 0; i < run->count; i++) {
        const size_t number = (size_t)(run->row * coder->columns + column_of(coder, run, i));
        const bool failed = is_exhausted(coder->plane);
        const int known = adaptive->source != NULL ? adaptive->source[number][0] : 0;
        set_at(coder, run, i, failed ? guess_at(coder, run, i) : adaptive_dc(adaptive, &batch, i, pass, known));
        if (costs != NULL && !failed) {
            block_costs_add(costs, (uint32_t)run->row, (uint32_t)column_of(coder, run, i), adaptive->bits);
        }
    }
}

static void pop_run(const struct dc_coder *coder, const struct run *run) {
    struct ans *ans = coder->ans;
    const struct block_costs *costs = coder->plane->costs;
    for (unsigned at = 0; at < run->count; at += ans->lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
        const struct group_batch batch = batch_at(coder, run, at);
        if (costs == NULL) {
            coder->engine->group->pop(ans, &batch, coefficient);
        } else {
            double bits[ANS_MAX_LANES];
            group_pop_counted(ans, &batch, coefficient, bits);
            for (unsigned b = 0; b < batch.blocks && !ans->failed; b++) {
                block_costs_add(costs, (uint32_t)run->row, (uint32_t)column_of(coder, run, at + b), bits[b]);
            }
        }
        for (unsigned b = 0; b < batch.blocks; b++) {
            set_at(coder, run, at + b, ans->failed ? guess_at(coder, run, at + b) : coefficient[b][0]);
        }
    }
}

/* ---- stages (rows.h): a run is a row of work ---- */

static bool evaluate_run(void *context, const struct row_piece *piece) {
    const struct dc_coder *coder = context;
    struct run *run = &coder->runs[piece->slot];
    place_run(coder, piece->row, run);
    evaluate(coder, run, &coder->scratch[piece->worker]);
    return true;
}

static bool evaluate_before(void *context, const struct row_piece *piece) {
    struct row_piece before = *piece;
    before.row = ((const struct dc_coder *)context)->run_count - 1 - piece->row;
    return evaluate_run(context, &before);
}

static bool pop_in_order(void *context, const struct row_piece *piece) {
    const struct dc_coder *coder = context;
    (coder->plane->adaptive != NULL ? decide_run : pop_run)(coder, &coder->runs[piece->slot]);
    return true; /* even if there is nothing left: the values are guessed */
}

static bool push_in_order(void *context, const struct row_piece *piece) {
    const struct dc_coder *coder = context;
    struct run *run = &coder->runs[piece->slot];
    if (coder->is_proven && !proof_begin(&run->proof, coder->ans, run->count)) {
        return false;
    }
    push_run(coder, run);
    return !coder->is_proven || proof_popping(&run->proof, coder->ans) != NULL;
}

static bool prove_run(void *context, const struct row_piece *piece) {
    const struct dc_coder *coder = context;
    struct run *run = &coder->runs[piece->slot];
    return run_pops(coder, run, &run->proof.copy) && proof_end(&run->proof, &run->proof.copy);
}

/* *is_complete: not changed, or false. */
static enum bswz_status code_pass(struct dc_coder *coder, const struct pass *pass, bool is_pushed, bool *is_complete,
                                  struct bswz_error *error) {
    begin_pass(coder, pass);
    const struct row_work work = {.rows = coder->run_count,
                                  .rounds = 1,
                                  .slots = coder->slots,
                                  .stage = {NULL, NULL, is_pushed ? evaluate_before : evaluate_run,
                                            is_pushed ? push_in_order : pop_in_order,
                                            is_pushed && coder->is_proven ? prove_run : NULL, NULL},
                                  .context = coder};
    bool complete = true;
    const enum bswz_status status =
        coder->run_count == 0
            ? BSWZ_OK
            : rows_run(coder->run_count < FEW_RUNS ? NULL : coder->plane->pool, &work, &complete, error);
    *is_complete &= complete;
    return status;
}

/* ---- the whole ---- */

static void close_coder(struct dc_coder *coder) {
    for (unsigned i = 0; i < coder->threads && coder->scratch != NULL; i++) {
        free(coder->scratch[i].inputs);
        free(coder->scratch[i].hidden[0]);
        free(coder->scratch[i].hidden[1]);
        free(coder->scratch[i].wide);
        for (unsigned view = 1; view < VIEWS; view++) {
            free(coder->scratch[i].outputs[view - 1]);
        }
        free(coder->scratch[i].kernel);
    }
    for (unsigned i = 0; i < coder->slots && coder->runs != NULL; i++) {
        free(coder->runs[i].outputs);
        proof_free(&coder->runs[i].proof);
    }
    free(coder->scratch);
    free(coder->runs);
    for (unsigned o = 0; o < 3; o++) {
        free(coder->amplitude[o]);
    }
}

static bool open_scratch(struct scratch *scratch, unsigned views) {
    bool complete = true;
    scratch->inputs = kernel_allocate((size_t)RUN * DC_INPUTS_CHROMA, sizeof *scratch->inputs);
    scratch->hidden[0] = kernel_allocate(RUN, LAYER_MAX_CHANNELS);
    scratch->hidden[1] = kernel_allocate(RUN, LAYER_MAX_CHANNELS);
    scratch->wide = kernel_allocate((size_t)RUN * LAYER_MAX_CHANNELS, sizeof *scratch->wide);
    scratch->kernel = kernel_allocate(1, kernel_scratch_size());
    for (unsigned view = 1; view < views; view++) {
        scratch->outputs[view - 1] = kernel_allocate((size_t)RUN * LAYER_MAX_CHANNELS, sizeof *scratch->outputs[0]);
        complete = complete && scratch->outputs[view - 1] != NULL;
    }
    return complete && scratch->inputs != NULL && scratch->hidden[0] != NULL && scratch->hidden[1] != NULL &&
           scratch->wide != NULL && scratch->kernel != NULL;
}

static bool open_buffers(struct dc_coder *coder) {
    coder->scratch = bswz_allocate_zero(coder->threads, sizeof *coder->scratch);
    coder->runs = bswz_allocate_zero(coder->slots, sizeof *coder->runs);
    bool complete = coder->scratch != NULL && coder->runs != NULL;
    for (unsigned i = 0; i < coder->threads && complete; i++) {
        complete = open_scratch(&coder->scratch[i], coder->plane->adaptive != NULL ? VIEWS : 1);
    }
    for (unsigned i = 0; i < coder->slots && complete; i++) {
        coder->runs[i].outputs = kernel_allocate((size_t)RUN * LAYER_MAX_CHANNELS, sizeof *coder->runs[i].outputs);
        complete = coder->runs[i].outputs != NULL;
    }
    return complete;
}

/* Close to each other, since a run looks at the neighbours of a hundred. */
static bool open_amplitudes(struct dc_coder *coder) {
    const struct jpeg_component *component = coder->plane->component;
    const size_t blocks = (size_t)coder->rows * (size_t)coder->columns;
    for (unsigned o = 0; o < 3; o++) {
        if (o > 0 && coder->plane->other[o - 1] == NULL) {
            continue;
        }
        coder->amplitude[o] = bswz_allocate(blocks, sizeof *coder->amplitude[o]);
        if (coder->amplitude[o] == NULL) {
            return false;
        }
        for (size_t i = 0; i < blocks; i++) {
            coder->amplitude[o][i] = o > 0 ? coder->plane->other[o - 1][i][0]
                                           : (int16_t)amplitude_of(component->block[i][0], component->step[0]);
        }
    }
    return true;
}

static enum bswz_status open_coder(struct dc_coder *coder, const struct dc_plane *plane, struct ans *ans,
                                   struct bswz_error *error) {
    memset(coder, 0, sizeof *coder);
    coder->plane = plane;
    coder->engine = plane->model->engine;
    coder->rows = plane->component->rows;
    coder->columns = plane->component->columns;
    coder->step_input = amplitude_step_input(plane->component->step[0]);
    coder->step = amplitude_step(plane->component->step[0]);
    coder->ans = ans;
    coder->threads = plane->pool == NULL ? 1 : worker_pool_threads(plane->pool);
    coder->slots = rows_slots(plane->pool);
    if (!open_buffers(coder) || !open_amplitudes(coder)) {
        close_coder(coder);
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

/* The number of levels that contain more than row 0 and column 0. */
static unsigned levels_of(const struct dc_coder *coder) {
    unsigned levels = 0;
    while (((int64_t)1 << levels) < coder->rows || ((int64_t)1 << levels) < coder->columns) {
        levels++;
    }
    return levels;
}

/* The coefficient that precedes all others is coded as a number of TOP_BITS. */
static uint32_t number_of_top(int16_t top) {
    return (uint32_t)(top + WIDE_LARGEST + 1);
}

static int16_t top_of_number(uint32_t number) {
    return (int16_t)(number == 0 ? -WIDE_LARGEST : (int)number - WIDE_LARGEST - 1);
}

static int16_t pop_top(struct ans *ans) {
    const uint32_t number = ans_pop(ans, 0, TOP_BITS);
    ans_pop_commit(ans, 0, number, 1, TOP_BITS);
    return (int16_t)(ans->failed ? 0 : top_of_number(number));
}

static int16_t decide_top(const struct dc_plane *plane) {
    struct adaptive *adaptive = plane->adaptive;
    const int16_t known = (int16_t)(adaptive->source != NULL ? adaptive->source[0][0] : 0);
    const uint32_t number = decide_number(&adaptive->decisions, number_of_top(known), TOP_BITS);
    return (int16_t)(is_exhausted(plane) ? 0 : top_of_number(number));
}

/* Returns false if it does not come back, or for want of memory. */
static bool push_top(const struct dc_coder *coder) {
    const int16_t top = coder->plane->component->block[0][0];
    struct proof *proof = &coder->runs[0].proof;
    if (coder->is_proven && !proof_begin(proof, coder->ans, 1)) {
        return false;
    }
    ans_push(coder->ans, 0, number_of_top(top), 1, TOP_BITS);
    return !coder->is_proven ||
           (proof_popping(proof, coder->ans) != NULL && pop_top(&proof->copy) == top && proof_end(proof, &proof->copy));
}

enum bswz_status dc_push(const struct dc_plane *plane, struct ans *ans, bool is_proven, struct bswz_error *error) {
    struct dc_coder coder;
    bool is_complete = true;
    enum bswz_status status = open_coder(&coder, plane, ans, error);
    if (status != BSWZ_OK) {
        return status;
    }
    coder.is_proven = is_proven;
    for (unsigned level = 0; level < levels_of(&coder); level++) {
        for (unsigned type = DC_TYPES; type-- > 0 && status == BSWZ_OK && is_complete;) {
            status = code_pass(&coder, &(struct pass){level, type, (int64_t)1 << level}, true, &is_complete, error);
        }
    }
    is_complete = is_complete && push_top(&coder);
    close_coder(&coder);
    return status != BSWZ_OK || is_complete ? status
                                            : bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data failed its check");
}

enum bswz_status dc_pop(const struct dc_plane *plane, struct ans *ans, struct bswz_error *error) {
    struct dc_coder coder;
    bool is_complete = true;
    enum bswz_status status = open_coder(&coder, plane, ans, error);
    if (status != BSWZ_OK) {
        return status;
    }
    const int16_t top = plane->adaptive == NULL ? pop_top(ans) : decide_top(plane);
    plane->component->block[0][0] = top;
    coder.amplitude[0][0] = (int16_t)amplitude_of(top, plane->component->step[0]);
    for (unsigned level = levels_of(&coder); level-- > 0 && status == BSWZ_OK;) {
        for (unsigned type = 0; type < DC_TYPES && status == BSWZ_OK; type++) {
            status = code_pass(&coder, &(struct pass){level, type, (int64_t)1 << level}, false, &is_complete, error);
        }
    }
    close_coder(&coder);
    return status;
}
