/* SPDX-License-Identifier: MIT */
/*
 * Sums and outputs of a component (component.h).
 *
 * Hidden values are stored in a plane that is surrounded by zeros, so that the kernel multiplies in place, a tile at a
 * time. Most coefficients are zero, so that a group adds to the sums by those that are not.
 */
#include "coefficients/component.h"

#include "base/allocate.h"
#include "coefficients/amplitude.h"
#include "jpeg/filled.h"

#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

static bool open_scratch(struct component_scratch *scratch, unsigned views) {
    bool complete = true;
    for (unsigned view = 1; view < views; view++) {
        int16_t **outputs = &scratch->outputs[view - 1];
        *outputs = kernel_allocate((size_t)TILE_POSITIONS * LAYER_MAX_CHANNELS, sizeof **outputs);
        complete = complete && *outputs != NULL;
    }
    scratch->sums = kernel_allocate((size_t)TILE_POSITIONS * LAYER_MAX_CHANNELS, sizeof *scratch->sums);
    scratch->hidden = kernel_allocate(TILE_POSITIONS, LAYER_MAX_CHANNELS);
    scratch->wide = kernel_allocate((size_t)TILE_POSITIONS * LAYER_MAX_CHANNELS, sizeof *scratch->wide);
    scratch->kernel = kernel_allocate(1, kernel_scratch_size());
    return complete && scratch->sums != NULL && scratch->hidden != NULL && scratch->wide != NULL &&
           scratch->kernel != NULL;
}

static size_t most(size_t a, size_t b) {
    return a > b ? a : b;
}

/* For any of the components. */
static struct component_sizes sizes_of(const struct coefficient_model *model, const struct jpeg_planes *planes) {
    struct component_sizes sizes = {.blocks = 0};
    for (unsigned c = 0; c < planes->count; c++) {
        const size_t rows = planes->component[c].rows, columns = planes->component[c].columns;
        const struct component_nets *nets = &model->view[0].nets[c > 0];
        sizes.ends = most(sizes.ends, rows * ((columns + TILE_COLUMNS - 1) / TILE_COLUMNS + 1));
        sizes.halves = most(sizes.halves, (rows + TILE_ROWS - 1) / TILE_ROWS * columns);
        sizes.blocks = most(sizes.blocks, rows * columns);
        sizes.bordered = most(sizes.bordered, (rows + 2) * (columns + 2));
        sizes.sums = most(sizes.sums, nets->sums);
        for (unsigned round = 0; round < ROUND_COUNT; round++) {
            sizes.outputs = most(sizes.outputs, nets->group[round].last.out);
        }
    }
    return sizes;
}

enum bswz_status component_memory_create(struct component_memory *memory, const struct coefficient_model *model,
                                         const struct jpeg_planes *planes, unsigned views, struct worker_pool *pool,
                                         struct bswz_error *error) {
    const struct component_sizes sizes = sizes_of(model, planes);
    memset(memory, 0, sizeof *memory);
    memory->pool = pool;
    memory->sizes = sizes;
    memory->views = views;
    memory->threads = pool == NULL ? 1 : worker_pool_threads(pool);
    memory->scratch = bswz_allocate_zero(memory->threads, sizeof *memory->scratch);
    memory->pairs = spares_take(pool, sizes.blocks, PAIRS_MOST * sizeof *memory->pairs);
    memory->pair_ends = bswz_allocate(sizes.ends, sizeof *memory->pair_ends);
    memory->outputs = spares_take(pool, sizes.halves, sizes.outputs * sizeof *memory->outputs);
    bool complete =
        memory->scratch != NULL && memory->pairs != NULL && memory->pair_ends != NULL && memory->outputs != NULL;
    for (unsigned view = 0; complete && view < views; view++) {
        memory->sums[view] = spares_take(pool, sizes.blocks, sizes.sums * sizeof *memory->sums[view]);
        memory->hidden[view] = spares_take(pool, sizes.bordered, sizes.sums);
        complete = memory->sums[view] != NULL && memory->hidden[view] != NULL;
    }
    for (unsigned i = 0; complete && i < memory->threads; i++) {
        complete = open_scratch(&memory->scratch[i], views);
    }
    if (!complete) {
        component_memory_free(memory);
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

void component_memory_free(struct component_memory *memory) {
    const struct component_sizes *sizes = &memory->sizes;
    for (unsigned i = 0; memory->scratch != NULL && i < memory->threads; i++) {
        free(memory->scratch[i].sums);
        free(memory->scratch[i].hidden);
        free(memory->scratch[i].wide);
        for (unsigned view = 1; view < VIEWS; view++) {
            free(memory->scratch[i].outputs[view - 1]);
        }
        free(memory->scratch[i].kernel);
    }
    free(memory->scratch);
    for (unsigned view = 0; view < memory->views; view++) {
        spares_give(memory->pool, memory->sums[view], sizes->blocks, sizes->sums * sizeof *memory->sums[view]);
        spares_give(memory->pool, memory->hidden[view], sizes->bordered, sizes->sums);
    }
    spares_give(memory->pool, memory->pairs, sizes->blocks, PAIRS_MOST * sizeof *memory->pairs);
    free(memory->pair_ends);
    spares_give(memory->pool, memory->outputs, sizes->halves, sizes->outputs * sizeof *memory->outputs);
    memset(memory, 0, sizeof *memory);
}

/* Zeros around [rows][columns][size bytes] in [rows + 2][columns + 2]. */
static void clear_margin(void *plane, uint32_t rows, uint32_t columns, size_t size) {
    const size_t across = ((size_t)columns + 2) * size;
    uint8_t *at = plane;
    memset(at, 0, across);
    for (uint32_t row = 0; row < rows; row++) {
        at += across;
        memset(at, 0, size);
        memset(at + across - size, 0, size);
    }
    memset(at + across, 0, across);
}

/* ---- a component ---- */

/* bias of each round = its own + start + the contribution of the steps */
static bool open_finish(const struct component_coder *coder, unsigned number, struct component_view *view) {
    const struct component_nets *nets = view->nets;
    struct component_scratch *scratch = &coder->scratch[0];
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        scratch->wide[f] = amplitude_step_input(coder->component->step[f]);
    }
    coder->model->engine->kernel->multiply(&nets->steps, scratch->wide, JPEG_BLOCK, 1, 1, FORM_SUMS, scratch->sums,
                                           scratch->kernel);
    for (unsigned round = 0; round < ROUND_COUNT; round++) {
        struct layer *finish = &view->finish[round];
        *finish = (struct layer){.out = nets->sums, .shift = nets->dc.shift};
        finish->bias = bswz_allocate(nets->sums, sizeof *finish->bias);
        if (finish->bias == NULL) {
            return false;
        }
        for (unsigned o = 0; o < nets->sums; o++) {
            finish->bias[o] = nets->group[round].bias[o] + nets->start[number == 2][o] + scratch->sums[o];
        }
    }
    return true;
}

static void open_forms(struct component_coder *coder) {
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        coder->step[f] = amplitude_step(coder->component->step[f]);
        for (int value = -FORMS_NEAR; value <= FORMS_NEAR; value++) {
            const int32_t amplitude = amplitude_of(value, coder->component->step[f]);
            coder->form[f][FORMS_NEAR + value] =
                (struct coefficient_form){amplitude_line(amplitude), amplitude_magnitude(amplitude)};
        }
    }
}

/* Where fill_all puts an amplitude, by its frequency, and how far from it the magnitude. */
static void open_places(struct component_coder *coder) {
    unsigned at = 0;
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        const struct coefficient_group *group = &coefficient_groups[g];
        for (unsigned i = 0; i < group->count; i++) {
            coder->place[group->frequency[i]] = (uint8_t)(at + i);
            coder->to_magnitude[group->frequency[i]] = (uint8_t)group->count;
        }
        at += 2 * group->count;
    }
}

enum bswz_status component_open(struct component_coder *coder, const struct coefficient_model *model,
                                const struct jpeg_component *component, unsigned number, const struct tiles *tiles,
                                const int16_t (*const other[2])[JPEG_BLOCK], const struct component_memory *memory,
                                struct bswz_error *error) {
    memset(coder, 0, sizeof *coder);
    coder->tiles = tiles;
    coder->model = model;
    coder->views = memory->views;
    coder->component = component;
    coder->other[0] = other[0];
    coder->other[1] = other[1];
    coder->rows = component->rows;
    coder->columns = component->columns;
    coder->pairs = memory->pairs;
    coder->pair_ends = memory->pair_ends;
    coder->outputs = memory->outputs;
    coder->output_stride = (size_t)coder->columns * memory->sizes.outputs;
    coder->scratch = memory->scratch;
    open_forms(coder);
    open_places(coder);
    bool complete = true;
    for (unsigned v = 0; v < coder->views && complete; v++) {
        struct component_view *view = &coder->view[v];
        view->nets = &model->view[v].nets[number > 0];
        view->sums = memory->sums[v];
        view->hidden = memory->hidden[v];
        clear_margin(view->hidden, coder->rows, coder->columns, view->nets->sums);
        complete = open_finish(coder, number, view);
    }
    if (!complete) {
        component_close(coder);
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

void component_close(struct component_coder *coder) {
    for (unsigned view = 0; view < coder->views; view++) {
        for (unsigned round = 0; round < ROUND_COUNT; round++) {
            free(coder->view[view].finish[round].bias);
        }
    }
    memset(coder, 0, sizeof *coder);
}

/* ---- inputs ---- */

/* Differences of DC amplitudes to the eight neighbours, their magnitudes, and brightness; for a neighbour outside, the
 * difference is 0. amplitude: of another component; NULL: the component's own coefficients. */
static void fill_dc(const struct component_coder *coder, const int16_t (*amplitude)[JPEG_BLOCK], uint32_t row,
                    uint32_t column, int16_t *planes) {
    const struct jpeg_component *component = coder->component;
    int32_t around[3][3];
    for (int r = -1; r <= 1; r++) {
        for (int c = -1; c <= 1; c++) {
            const int64_t y = (int64_t)row + r, x = (int64_t)column + c;
            const bool inside = y >= 0 && x >= 0 && y < coder->rows && x < coder->columns;
            const size_t block =
                inside ? (size_t)y * coder->columns + (size_t)x : (size_t)row * coder->columns + column;
            around[r + 1][c + 1] =
                amplitude != NULL ? amplitude[block][0] : amplitude_of(component->block[block][0], component->step[0]);
        }
    }
    const int32_t own = around[1][1];
    unsigned number = 0;
    for (unsigned i = 0; i < 9; i++) {
        if (i != 4) {
            const int32_t difference = around[i / 3][i % 3] - own;
            planes[number] = amplitude_line(difference >> 1);
            planes[8 + number] = amplitude_magnitude(difference);
            number++;
        }
    }
    planes[16] = amplitude_brightness(own);
    planes[17] = 0;
}

/* Append the inputs of a coefficient, unless it is zero; returns how many there are now. */
static inline size_t put_pair(const struct component_coder *coder, unsigned frequency, int value, int sign,
                              struct input_pair pair, struct input_pair *pairs, size_t count) {
    struct coefficient_form form;
    if (value >= -FORMS_NEAR && value <= FORMS_NEAR) {
        form = coder->form[frequency][FORMS_NEAR + value];
    } else {
        const int32_t amplitude = amplitude_of(value, coder->component->step[frequency]);
        form = (struct coefficient_form){amplitude_line(amplitude), amplitude_magnitude(amplitude)};
    }
    pair.value[0] = (int16_t)(sign * form.line);
    pair.value[1] = (int16_t)(sign * form.magnitude);
    pairs[count] = pair;
    return count + (value != 0);
}

/* Of all groups of another component: the amplitudes of a group, then their magnitudes. DC has inputs of its own. */
static void fill_all(const struct component_coder *coder, const int16_t amplitude[JPEG_BLOCK], int16_t *planes) {
    memset(planes, 0, COMPONENT_INPUTS_OTHER * sizeof *planes);
    for (uint64_t left = jpeg_filled(amplitude) & ~(uint64_t)1; left != 0; left &= left - 1) {
        const unsigned f = (unsigned)__builtin_ctzll(left);
        planes[coder->place[f]] = amplitude_line(amplitude[f]);
        planes[coder->place[f] + coder->to_magnitude[f]] = amplitude_magnitude(amplitude[f]);
    }
}

static uint32_t *ends_at(const struct component_coder *coder, uint32_t row) {
    return coder->pair_ends + (size_t)row * (coder->tiles->across + 1);
}

/* A row of blocks: those of the round's half. */
static void fill_row(struct component_coder *coder, unsigned round, int sign, uint32_t down, uint32_t row) {
    const struct coefficient_group *in = &coefficient_groups[group_of(round)];
    struct input_pair *pairs = coder->pairs + (size_t)row * coder->columns * PAIRS_MOST;
    uint32_t *ends = ends_at(coder, row);
    size_t count = 0;
    for (uint32_t across = 0; across < coder->tiles->across; across++) {
        const struct tile tile = tile_at(coder->tiles, down, across);
        ends[across] = (uint32_t)count;
        if (tile_is_empty(coder->tiles, group_of(round), (size_t)down * coder->tiles->across + across)) {
            continue;
        }
        for (uint32_t column = tile.column + (row + half_of(round)) % 2; column < tile.column + tile.columns;
             column += 2) {
            const int16_t *block = coder->component->block[(size_t)row * coder->columns + column];
            for (unsigned i = 0; i < in->count; i++) {
                const struct input_pair pair = {.column = (uint16_t)column, .number = (uint16_t)i};
                count = put_pair(coder, in->frequency[i], block[in->frequency[i]], sign, pair, pairs, count);
            }
        }
    }
    ends[coder->tiles->across] = (uint32_t)count;
}

void component_fill(struct component_coder *coder, unsigned round, bool is_added, uint32_t down) {
    for (uint32_t row = down * TILE_ROWS; row < coder->rows && row < (down + 1) * TILE_ROWS; row++) {
        fill_row(coder, round, is_added ? 1 : -1, down, row);
    }
}

/* ---- sums ---- */

/* The inputs of a 1x1 layer in a tile: DC amplitudes, or all others. */
static void fill_each(const struct component_coder *coder, unsigned in, struct tile tile,
                      const int16_t (*amplitude)[JPEG_BLOCK], bool is_dc, int16_t *to) {
    for (uint32_t row = tile.row; row < tile.row + tile.rows; row++) {
        for (uint32_t column = tile.column; column < tile.column + tile.columns; column++, to += in) {
            if (is_dc) {
                fill_dc(coder, amplitude, row, column, to);
            } else {
                fill_all(coder, amplitude[(size_t)row * coder->columns + column], to);
            }
        }
    }
}

/* Add what a layer makes of these inputs to the sums of a view; or start with it. */
static void add_each(const struct component_coder *coder, const struct component_view *view, const struct layer *layer,
                     bool is_first, struct tile tile, const struct component_scratch *scratch) {
    coder->model->engine->kernel->multiply(layer, scratch->wide, 0, 1, tile.rows * tile.columns, FORM_SUMS,
                                           scratch->sums, scratch->kernel);
    const size_t length = (size_t)tile.columns * layer->out;
    for (unsigned row = 0; row < tile.rows; row++) {
        const int32_t *from = scratch->sums + row * length;
        int32_t *to = view->sums + ((size_t)(tile.row + row) * coder->columns + tile.column) * layer->out;
        for (size_t i = 0; i < length; i++) {
            to[i] = is_first ? from[i] : to[i] + from[i];
        }
    }
}

static void begin_tile(const struct component_coder *coder, struct tile tile, const struct component_scratch *scratch) {
    const struct component_view *views = coder->view;
    fill_each(coder, views[0].nets->dc.in, tile, NULL, true, scratch->wide);
    for (unsigned v = 0; v < coder->views; v++) {
        add_each(coder, &views[v], &views[v].nets->dc, true, tile, scratch);
    }
    for (unsigned o = 0; o < 2 && coder->other[o] != NULL; o++) {
        fill_each(coder, views[0].nets->other_dc[o].in, tile, coder->other[o], true, scratch->wide);
        for (unsigned v = 0; v < coder->views; v++) {
            add_each(coder, &views[v], &views[v].nets->other_dc[o], false, tile, scratch);
        }
        fill_each(coder, views[0].nets->other[o].in, tile, coder->other[o], false, scratch->wide);
        for (unsigned v = 0; v < coder->views; v++) {
            add_each(coder, &views[v], &views[v].nets->other[o], false, tile, scratch);
        }
    }
}

void component_begin(struct component_coder *coder, uint32_t down, unsigned worker) {
    for (uint32_t across = 0; across < coder->tiles->across; across++) {
        begin_tile(coder, tile_at(coder->tiles, down, across), &coder->scratch[worker]);
    }
}

/* To a row of sums, what the coefficients in a tile give, in this row and in those around it. */
static void add_tile(const struct component_coder *coder, const struct component_view *view, const struct layer *layer,
                     uint32_t row, uint32_t across) {
    int32_t *sums = view->sums + (size_t)row * coder->columns * layer->out;
    for (unsigned tap = 0; tap < 3; tap++) {
        const uint32_t from = row + tap - 1; /* wraps around above the first */
        if (from < coder->rows) {
            const uint32_t *end = ends_at(coder, from) + across;
            coder->model->engine->kernel->add_pairs(layer, tap,
                                                    coder->pairs + (size_t)from * coder->columns * PAIRS_MOST + end[0],
                                                    end[1] - end[0], coder->columns, sums);
        }
    }
}

void component_add(struct component_coder *coder, unsigned round, uint32_t down) {
    for (uint32_t row = down * TILE_ROWS; row < coder->rows && row < (down + 1) * TILE_ROWS; row++) {
        for (uint32_t across = 0; across < coder->tiles->across; across++) {
            for (unsigned view = 0; view < coder->views; view++) {
                add_tile(coder, &coder->view[view], &coder->view[view].nets->own[group_of(round)], row, across);
            }
        }
    }
}

/* ---- reading the sums ---- */

static uint8_t *hidden_at(const struct component_coder *coder, const struct component_view *view, uint32_t row,
                          uint32_t column) {
    return view->hidden + (((size_t)row + 1) * ((size_t)coder->columns + 2) + column + 1) * view->nets->sums;
}

static void hide_row(const struct component_coder *coder, const struct component_view *view, unsigned round,
                     uint32_t row, struct tile tile) {
    coder->model->engine->kernel->hidden(&view->finish[round],
                                         view->sums + ((size_t)row * coder->columns + tile.column) * view->nets->sums,
                                         tile.columns, hidden_at(coder, view, row, tile.column));
}

/* Only tiles that the nets see: those next to one that is not empty. */
void component_hide(struct component_coder *coder, unsigned round, uint32_t down) {
    for (uint32_t across = 0; across < coder->tiles->across; across++) {
        if (tile_is_quiet(coder->tiles, group_of(round), down, across)) {
            continue;
        }
        const struct tile tile = tile_at(coder->tiles, down, across);
        for (uint32_t row = tile.row; row < tile.row + tile.rows; row++) {
            for (unsigned view = 0; view < coder->views; view++) {
                hide_row(coder, &coder->view[view], round, row, tile);
            }
        }
    }
}

/* Some blocks in a run of tiles, which are next to each other: those of the round's half. */
static void evaluate_view(const struct component_coder *coder, const struct component_view *view, unsigned round,
                          struct tile run, unsigned blocks, const struct component_scratch *scratch, int16_t *outputs) {
    const struct kernel *kernel = coder->model->engine->kernel;
    const struct group_nets *nets = &view->nets->group[round];
    const size_t across = ((size_t)coder->columns + 2) * view->nets->sums;
    kernel->multiply(&nets->trunk[0], hidden_at(coder, view, run.row, run.column) - across - view->nets->sums, across,
                     run.rows, run.columns, FORM_BYTES, scratch->hidden, scratch->kernel);
    kernel->multiply(&nets->trunk[1], scratch->hidden, 0, 1, blocks, FORM_BYTES_AS_WORDS, scratch->wide,
                     scratch->kernel);
    kernel->multiply(&nets->last, scratch->wide, 0, 1, blocks, FORM_WORDS, outputs, scratch->kernel);
}

static void evaluate_run(const struct component_coder *coder, unsigned round, struct tile run,
                         const struct component_scratch *scratch) {
    const struct layer *halved = &coder->view[0].nets->group[round].trunk[0];
    int16_t *outputs = component_outputs_at(coder, round, run);
    unsigned blocks = 0;
    for (unsigned row = 0; row < run.rows; row++) {
        blocks += layer_row(halved, run.rows, row, run.columns).count;
    }
    if (blocks == 0) { /* a run may be a single block */
        return;
    }
    for (unsigned view = 0; view < coder->views; view++) {
        evaluate_view(coder, &coder->view[view], round, run, blocks, scratch,
                      view == 0 ? outputs : scratch->outputs[view - 1]);
    }
    if (coder->views > 1) {
        views_average(outputs, scratch->outputs, (size_t)blocks * component_outputs_each(coder, round));
    }
}

void component_evaluate(struct component_coder *coder, unsigned round, uint32_t down, unsigned worker) {
    const struct tiles *tiles = coder->tiles;
    uint32_t across = 0;
    while (across < tiles->across) {
        struct tile run = tile_at(tiles, down, across);
        run.columns = 0;
        for (; across < tiles->across && run.columns < RUN_COLUMNS &&
               !tile_is_empty(tiles, group_of(round), (size_t)down * tiles->across + across);
             across++) {
            run.columns += tile_at(tiles, down, across).columns;
        }
        if (run.columns == 0) {
            across++;
        } else {
            evaluate_run(coder, round, run, &coder->scratch[worker]);
        }
    }
}
