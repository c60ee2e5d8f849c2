/* SPDX-License-Identifier: MIT */
/*
 * The lattice of DC coefficients (dc.h).
 *
 * Positions are gathered and evaluated in runs. The decoder pops a run as soon as it has been evaluated; the
 * encoder goes through passes, runs and positions in reverse order.
 */
#include "coefficients/dc.h"

#include "base/allocate.h"
#include "coefficients/amplitude.h"

#include <stdlib.h>
#include <string.h>

enum { RUN = 128, TOP_BITS = 12 };

/* The positions that a pass codes: rows first_row, first_row + row_step, ... and so on. */
struct pass {
    unsigned level, type;
    int64_t spacing;
};

struct dc_coder {
    const struct dc_plane *plane;
    const struct engine *engine;
    int64_t rows, columns;
    struct group_step step;
    int16_t step_input;
    int16_t *inputs;
    int32_t *sums;
    uint8_t *hidden[2];
    int16_t *wide, *outputs;
    void *scratch;
    struct proof *proof; /* when encoding: NULL, or what is pushed is popped again */
    bool is_unproven;    /* something did not come back */
    int32_t base[RUN];
    struct {
        uint32_t row, column;
    } position[RUN];
};

static const int8_t neighbour[DC_TYPES][DC_NEIGHBOURS][2] = {
    {{-1, -1},
     {-1, 1},
     {1, -1},
     {1, 1},
     {-1, -3},
     {-1, 3},
     {1, -3},
     {1, 3},
     {-3, -1},
     {-3, 1},
     {3, -1},
     {3, 1},
     {-3, -3},
     {-3, 3},
     {3, -3},
     {3, 3}},
    {{-1, 0},
     {0, -1},
     {0, 1},
     {1, 0},
     {-2, -1},
     {-2, 1},
     {2, -1},
     {2, 1},
     {-1, -2},
     {-1, 2},
     {1, -2},
     {1, 2},
     {-3, 0},
     {0, -3},
     {0, 3},
     {3, 0}},
};

static int32_t own_at(const struct dc_coder *coder, int64_t row, int64_t column) {
    const struct jpeg_component *component = coder->plane->component;
    return amplitude_of(component->block[row * coder->columns + column][0], component->step[0]);
}

static int64_t floor_divide(int64_t value, int64_t by) {
    return value >= 0 ? value / by : -((by - 1 - value) / by);
}

/* The position of a neighbour; if it is outside the picture, of its mirror image, by rows, by columns, or both. */
static bool find_neighbour(const struct dc_coder *coder, const struct pass *pass, unsigned number, int64_t row,
                           int64_t column, int64_t *y, int64_t *x) {
    const int64_t down = neighbour[pass->type][number][0] * pass->spacing;
    const int64_t right = neighbour[pass->type][number][1] * pass->spacing;
    for (unsigned mirror = 0; mirror < 4; mirror++) {
        *y = (mirror & 1) != 0 ? row - down : row + down;
        *x = (mirror & 2) != 0 ? column - right : column + right;
        if (*y >= 0 && *x >= 0 && *y < coder->rows && *x < coder->columns) {
            return true;
        }
    }
    return false;
}

/* Set the inputs of a position; returns the mean of its four nearest neighbours. */
static int32_t fill(const struct dc_coder *coder, const struct pass *pass, int64_t row, int64_t column, int16_t *in) {
    int64_t y[DC_NEIGHBOURS], x[DC_NEIGHBOURS], sum = 0, count = 0;
    bool known[DC_NEIGHBOURS];
    for (unsigned i = 0; i < DC_NEIGHBOURS; i++) {
        known[i] = find_neighbour(coder, pass, i, row, column, &y[i], &x[i]);
        if (known[i] && i < 4) {
            sum += own_at(coder, y[i], x[i]);
            count++;
        }
    }
    const int32_t base = (int32_t)floor_divide(sum + count / 2, count); /* at least one neighbour is inside */
    for (unsigned i = 0; i < DC_NEIGHBOURS; i++) {
        const int32_t difference = known[i] ? own_at(coder, y[i], x[i]) - base : 0;
        in[i] = amplitude_line(difference >> 1);
        in[DC_NEIGHBOURS + i] = amplitude_magnitude(difference);
    }
    in += 2 * DC_NEIGHBOURS;
    *in++ = amplitude_brightness(base);
    *in++ = coder->step_input;
    for (unsigned level = 0; level < DC_LEVEL_INPUTS; level++) {
        *in++ = level == pass->level || (level == DC_LEVEL_INPUTS - 1 && level < pass->level) ? 64 : 0;
    }
    if (coder->plane->number == 0) {
        return base;
    }
    for (unsigned o = 0; o < 2; o++, in += DC_INPUTS_OTHER) {
        const int16_t(*other)[JPEG_BLOCK] = coder->plane->other[o];
        memset(in, 0, DC_INPUTS_OTHER * sizeof *in);
        if (other == NULL) {
            continue;
        }
        sum = 0;
        for (unsigned i = 0; i < 4; i++) {
            sum += known[i] ? other[y[i] * coder->columns + x[i]][0] : 0;
        }
        const int32_t mean = (int32_t)floor_divide(sum + count / 2, count);
        const int32_t difference = other[row * coder->columns + column][0] - mean;
        in[0] = amplitude_line(difference >> 1);
        in[1] = amplitude_magnitude(difference);
        for (unsigned i = 0; i < 4; i++) {
            in[2 + i] = known[i] ? amplitude_line((other[y[i] * coder->columns + x[i]][0] - mean) >> 1) : 0;
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

/* Evaluate `count` positions of a row, starting with number `from`: sets base, position and outputs. */
static void evaluate(struct dc_coder *coder, const struct pass *pass, int64_t row, int64_t from, unsigned count) {
    const struct dc_nets *nets = &coder->plane->model->dc[coder->plane->number > 0][pass->type];
    const struct kernel *kernel = coder->engine->kernel;
    for (unsigned i = 0; i < count; i++) {
        const int64_t column = first_column(pass, row) + 2 * pass->spacing * (from + i);
        coder->position[i].row = (uint32_t)row;
        coder->position[i].column = (uint32_t)column;
        coder->base[i] = fill(coder, pass, row, column, coder->inputs + (size_t)i * nets->first.in);
    }
    kernel->multiply(&nets->first, coder->inputs, 0, 1, count, coder->sums, coder->scratch);
    kernel->hidden(&nets->first, coder->sums, count, coder->hidden[0]);
    for (unsigned l = 0; l < 2; l++) {
        kernel->multiply(&nets->trunk[l], coder->hidden[l & 1], 0, 1, count, coder->sums, coder->scratch);
        kernel->hidden(&nets->trunk[l], coder->sums, count, coder->hidden[1 - (l & 1)]);
    }
    for (size_t i = 0; i < (size_t)count * nets->last.in; i++) {
        coder->wide[i] = coder->hidden[0][i];
    }
    kernel->multiply(&nets->last, coder->wide, 0, 1, count, coder->sums, coder->scratch);
    kernel->outputs(&nets->last, coder->sums, count, coder->outputs);
}

static int16_t *coefficient_at(const struct dc_coder *coder, unsigned i) {
    return coder->plane->component
        ->block[(size_t)coder->position[i].row * (size_t)coder->columns + coder->position[i].column];
}

/* The run's positions starting with number `at`, one per lane. */
static struct group_batch batch_at(const struct dc_coder *coder, const struct pass *pass, unsigned at, unsigned count,
                                   unsigned lanes) {
    const size_t stride = coder->plane->model->dc[coder->plane->number > 0][pass->type].last.out;
    return (struct group_batch){.blocks = count - at < lanes ? count - at : lanes,
                                .outputs = coder->outputs + at * stride,
                                .stride = stride,
                                .step = &coder->step,
                                .base = coder->base + at,
                                .count = 1};
}

static void push_run(struct dc_coder *coder, const struct pass *pass, unsigned count, struct ans *ans) {
    for (unsigned at = (count - 1) / ans->lanes * ans->lanes;; at -= ans->lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
        struct prepared_groups prepared;
        const struct group_batch batch = batch_at(coder, pass, at, count, ans->lanes);
        for (unsigned b = 0; b < batch.blocks; b++) {
            coefficient[b][0] = *coefficient_at(coder, at + b);
        }
        coder->engine->group->prepare(&batch, (const int16_t(*)[GROUP_LARGEST])coefficient, &prepared);
        coder->engine->group->push(ans, 0, batch.blocks, 1, &prepared);
        if (at == 0) {
            break;
        }
    }
}

/* Pop a run that has been pushed, and compare. */
static bool run_pops(struct dc_coder *coder, const struct pass *pass, unsigned count, struct ans *ans) {
    for (unsigned at = 0; at < count; at += ans->lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
        const struct group_batch batch = batch_at(coder, pass, at, count, ans->lanes);
        coder->engine->group->pop(ans, &batch, coefficient);
        for (unsigned b = 0; b < batch.blocks; b++) {
            if (coefficient[b][0] != *coefficient_at(coder, at + b)) {
                return false;
            }
        }
    }
    return true;
}

/* Running out of memory counts as unproven, too. */
static void push_proven(struct dc_coder *coder, const struct pass *pass, unsigned count, struct ans *ans) {
    struct ans *copy = NULL;
    if (proof_begin(coder->proof, ans, count)) {
        push_run(coder, pass, count, ans);
        copy = proof_popping(coder->proof, ans);
    }
    coder->is_unproven |= copy == NULL || !run_pops(coder, pass, count, copy) || !proof_end(coder->proof, ans);
}

/* The value that the neighbours suggest, where nothing is left to be popped. */
static int16_t guess_at(const struct dc_coder *coder, unsigned i) {
    const int32_t step = coder->plane->component->step[0], half = coder->base[i] < 0 ? -step / 2 : step / 2;
    const int32_t guess = (coder->base[i] + half) / step;
    return (int16_t)(guess < -JPEG_LARGEST ? -JPEG_LARGEST : guess > JPEG_LARGEST ? JPEG_LARGEST : guess);
}

static void pop_run(struct dc_coder *coder, const struct pass *pass, unsigned count, struct ans *ans) {
    const struct block_costs *costs = coder->plane->costs;
    for (unsigned at = 0; at < count; at += ans->lanes) {
        int16_t coefficient[ANS_MAX_LANES][GROUP_LARGEST];
        const struct group_batch batch = batch_at(coder, pass, at, count, ans->lanes);
        if (costs == NULL) {
            coder->engine->group->pop(ans, &batch, coefficient);
        } else {
            double bits[ANS_MAX_LANES];
            group_pop_counted(ans, &batch, coefficient, bits);
            for (unsigned b = 0; b < batch.blocks && !ans->failed; b++) {
                block_costs_add(costs, coder->position[at + b].row, coder->position[at + b].column, bits[b]);
            }
        }
        for (unsigned b = 0; b < batch.blocks; b++) {
            *coefficient_at(coder, at + b) = ans->failed ? guess_at(coder, at + b) : coefficient[b][0];
        }
    }
}

static unsigned run_at(int64_t positions, int64_t from) {
    return (unsigned)(positions - from < RUN ? positions - from : RUN);
}

static void push_pass(struct dc_coder *coder, const struct pass *pass, struct ans *ans) {
    if (coder->rows <= first_row(pass)) {
        return;
    }
    for (int64_t row = first_row(pass) + (coder->rows - 1 - first_row(pass)) / row_step(pass) * row_step(pass);
         row >= 0; row -= row_step(pass)) {
        const int64_t positions = positions_in_row(coder, pass, row);
        for (int64_t run = (positions + RUN - 1) / RUN; run-- > 0;) {
            const unsigned count = run_at(positions, run * RUN);
            evaluate(coder, pass, row, run * RUN, count);
            if (coder->proof != NULL) {
                push_proven(coder, pass, count, ans);
            } else {
                push_run(coder, pass, count, ans);
            }
        }
    }
}

static void pop_pass(struct dc_coder *coder, const struct pass *pass, struct ans *ans) {
    for (int64_t row = first_row(pass); row < coder->rows; row += row_step(pass)) {
        const int64_t positions = positions_in_row(coder, pass, row);
        for (int64_t from = 0; from < positions; from += RUN) {
            const unsigned count = run_at(positions, from);
            evaluate(coder, pass, row, from, count);
            pop_run(coder, pass, count, ans);
        }
    }
}

/* ---- the whole ---- */

static void close_coder(struct dc_coder *coder) {
    free(coder->inputs);
    free(coder->sums);
    free(coder->hidden[0]);
    free(coder->hidden[1]);
    free(coder->wide);
    free(coder->outputs);
    free(coder->scratch);
}

static enum bswz_status open_coder(struct dc_coder *coder, const struct dc_plane *plane, struct bswz_error *error) {
    memset(coder, 0, sizeof *coder);
    coder->plane = plane;
    coder->engine = plane->model->engine;
    coder->rows = plane->component->rows;
    coder->columns = plane->component->columns;
    coder->step_input = amplitude_step_input(plane->component->step[0]);
    coder->step = amplitude_step(plane->component->step[0]);
    coder->inputs = kernel_allocate((size_t)RUN * DC_INPUTS_CHROMA, sizeof *coder->inputs);
    coder->sums = kernel_allocate((size_t)RUN * LAYER_MAX_CHANNELS, sizeof *coder->sums);
    coder->hidden[0] = kernel_allocate(RUN, LAYER_MAX_CHANNELS);
    coder->hidden[1] = kernel_allocate(RUN, LAYER_MAX_CHANNELS);
    coder->wide = kernel_allocate((size_t)RUN * LAYER_MAX_CHANNELS, sizeof *coder->wide);
    coder->outputs = kernel_allocate((size_t)RUN * LAYER_MAX_CHANNELS, sizeof *coder->outputs);
    coder->scratch = kernel_allocate(1, kernel_scratch_size());
    if (coder->inputs == NULL || coder->sums == NULL || coder->hidden[0] == NULL || coder->hidden[1] == NULL ||
        coder->wide == NULL || coder->outputs == NULL || coder->scratch == NULL) {
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

/* The coefficient that precedes all others. */
static int16_t pop_top(struct ans *ans) {
    const uint32_t top = ans_pop(ans, 0, TOP_BITS);
    ans_pop_commit(ans, 0, top, 1, TOP_BITS);
    return (int16_t)(ans->failed ? 0 : top == 0 ? -WIDE_LARGEST : (int)top - WIDE_LARGEST - 1);
}

static void push_top(struct dc_coder *coder, struct ans *ans) {
    const int16_t top = coder->plane->component->block[0][0];
    const bool is_begun = coder->proof == NULL || proof_begin(coder->proof, ans, 1);
    ans_push(ans, 0, (uint32_t)(top + WIDE_LARGEST + 1), 1, TOP_BITS);
    if (coder->proof != NULL) {
        struct ans *copy = is_begun ? proof_popping(coder->proof, ans) : NULL;
        coder->is_unproven |= copy == NULL || pop_top(copy) != top || !proof_end(coder->proof, ans);
    }
}

enum bswz_status dc_push(const struct dc_plane *plane, struct ans *ans, struct proof *proof, struct bswz_error *error) {
    struct dc_coder coder;
    enum bswz_status status = open_coder(&coder, plane, error);
    if (status != BSWZ_OK) {
        return status;
    }
    coder.proof = proof;
    for (unsigned level = 0; level < levels_of(&coder); level++) {
        for (unsigned type = DC_TYPES; type-- > 0;) {
            push_pass(&coder, &(struct pass){level, type, (int64_t)1 << level}, ans);
        }
    }
    push_top(&coder, ans);
    close_coder(&coder);
    return coder.is_unproven ? bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data failed its check") : BSWZ_OK;
}

enum bswz_status dc_pop(const struct dc_plane *plane, struct ans *ans, struct bswz_error *error) {
    struct dc_coder coder;
    enum bswz_status status = open_coder(&coder, plane, error);
    if (status != BSWZ_OK) {
        return status;
    }
    plane->component->block[0][0] = pop_top(ans);
    for (unsigned level = levels_of(&coder); level-- > 0;) {
        for (unsigned type = 0; type < DC_TYPES; type++) {
            pop_pass(&coder, &(struct pass){level, type, (int64_t)1 << level}, ans);
        }
    }
    close_coder(&coder);
    return BSWZ_OK;
}
