/* SPDX-License-Identifier: MIT */
/*
 * Sums and outputs of a component (component.h).
 *
 * The inputs of a 3x3 layer are stored in a plane that holds the inputs of a block next to each other, surrounded
 * by zeros, so that the kernel multiplies in place, a strip at a time.
 */
#include "coefficients/component.h"

#include "base/allocate.h"
#include "coefficients/amplitude.h"

#include <stdlib.h>
#include <string.h>

/* Of a 3x3 layer. */
enum { MOST_PLANES = 2 * GROUP_LARGEST };

/* ---- memory ---- */

static bool open_scratch(struct component_scratch *scratch) {
    scratch->sums = kernel_allocate((size_t)TILE_POSITIONS * LAYER_MAX_CHANNELS, sizeof *scratch->sums);
    scratch->hidden[0] = kernel_allocate(TILE_POSITIONS, LAYER_MAX_CHANNELS);
    scratch->hidden[1] = kernel_allocate(TILE_POSITIONS, LAYER_MAX_CHANNELS);
    scratch->wide = kernel_allocate((size_t)TILE_POSITIONS * LAYER_MAX_CHANNELS, sizeof *scratch->wide);
    scratch->kernel = kernel_allocate(1, kernel_scratch_size());
    return scratch->sums != NULL && scratch->hidden[0] != NULL && scratch->hidden[1] != NULL && scratch->wide != NULL &&
           scratch->kernel != NULL;
}

enum bswz_status component_memory_create(struct component_memory *memory, const struct coefficient_model *model,
                                         const struct jpeg_planes *planes, struct worker_pool *pool,
                                         struct bswz_error *error) {
    size_t blocks = 0, bordered = 0;
    unsigned sums = 0, stride = 0;
    memset(memory, 0, sizeof *memory);
    for (unsigned c = 0; c < planes->count; c++) {
        const size_t rows = planes->component[c].rows, columns = planes->component[c].columns;
        const struct component_nets *nets = &model->nets[c > 0];
        blocks = rows * columns > blocks ? rows * columns : blocks;
        bordered = (rows + 2) * (columns + 2) > bordered ? (rows + 2) * (columns + 2) : bordered;
        sums = nets->sums > sums ? nets->sums : sums;
        for (unsigned g = 0; g < GROUP_COUNT; g++) {
            stride = nets->group[g].last.out > stride ? nets->group[g].last.out : stride;
        }
    }
    memory->most_outputs = stride;
    memory->threads = pool == NULL ? 1 : worker_pool_threads(pool);
    memory->scratch = bswz_allocate_zero(memory->threads, sizeof *memory->scratch);
    memory->sums = bswz_allocate(blocks, sums * sizeof *memory->sums);
    memory->hidden = bswz_allocate(bordered, sums);
    memory->inputs = bswz_allocate(bordered, MOST_PLANES * sizeof *memory->inputs);
    memory->outputs = bswz_allocate(blocks, stride * sizeof *memory->outputs);
    bool complete = memory->scratch != NULL && memory->sums != NULL && memory->hidden != NULL &&
                    memory->inputs != NULL && memory->outputs != NULL;
    for (unsigned i = 0; complete && i < memory->threads; i++) {
        complete = open_scratch(&memory->scratch[i]);
    }
    if (!complete) {
        component_memory_free(memory);
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

void component_memory_free(struct component_memory *memory) {
    for (unsigned i = 0; memory->scratch != NULL && i < memory->threads; i++) {
        free(memory->scratch[i].sums);
        free(memory->scratch[i].hidden[0]);
        free(memory->scratch[i].hidden[1]);
        free(memory->scratch[i].wide);
        free(memory->scratch[i].kernel);
    }
    free(memory->scratch);
    free(memory->sums);
    free(memory->hidden);
    free(memory->inputs);
    free(memory->outputs);
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

/* bias of each group = its own + start + the contribution of the steps */
static bool open_finish(struct component_coder *coder, unsigned number) {
    const struct component_nets *nets = coder->nets;
    struct component_scratch *scratch = &coder->scratch[0];
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        scratch->wide[f] = amplitude_step_input(coder->component->step[f]);
    }
    coder->model->engine->kernel->multiply(&nets->steps, scratch->wide, JPEG_BLOCK, 1, 1, scratch->sums,
                                           scratch->kernel);
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        struct layer *finish = &coder->finish[g];
        *finish = (struct layer){.out = nets->sums, .shift = nets->dc.shift};
        finish->bias = bswz_allocate(nets->sums, sizeof *finish->bias);
        if (finish->bias == NULL) {
            return false;
        }
        for (unsigned o = 0; o < nets->sums; o++) {
            finish->bias[o] = nets->group[g].bias[o] + nets->start[number == 2][o] + scratch->sums[o];
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

enum bswz_status component_open(struct component_coder *coder, const struct coefficient_model *model,
                                const struct jpeg_component *component, unsigned number, const struct tiles *tiles,
                                const int16_t (*const other[2])[JPEG_BLOCK], const struct component_memory *memory,
                                struct bswz_error *error) {
    memset(coder, 0, sizeof *coder);
    coder->tiles = tiles;
    coder->model = model;
    coder->nets = &model->nets[number > 0];
    coder->component = component;
    coder->other[0] = other[0];
    coder->other[1] = other[1];
    coder->rows = component->rows;
    coder->columns = component->columns;
    coder->sums = memory->sums;
    coder->hidden = memory->hidden;
    coder->inputs = memory->inputs;
    coder->outputs = memory->outputs;
    coder->input_stride = ((size_t)coder->columns + 2) * MOST_PLANES;
    coder->output_stride = (size_t)coder->columns * memory->most_outputs;
    coder->scratch = memory->scratch;
    clear_margin(coder->hidden, coder->rows, coder->columns, coder->nets->sums);
    memset(coder->inputs, 0, coder->input_stride * sizeof *coder->inputs);
    memset(coder->inputs + (coder->rows + 1) * coder->input_stride, 0, coder->input_stride * sizeof *coder->inputs);
    open_forms(coder);
    if (!open_finish(coder, number)) {
        component_close(coder);
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

void component_close(struct component_coder *coder) {
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        free(coder->finish[g].bias);
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

/* A group's amplitudes, then their magnitudes. */
static void fill_group(const struct component_coder *coder, const struct coefficient_group *group,
                       const int16_t own[JPEG_BLOCK], int16_t *planes) {
    for (unsigned i = 0; i < group->count; i++) {
        const unsigned frequency = group->frequency[i];
        const int value = own[frequency];
        if (value >= -FORMS_NEAR && value <= FORMS_NEAR) {
            const struct coefficient_form form = coder->form[frequency][FORMS_NEAR + value];
            planes[i] = form.line;
            planes[group->count + i] = form.magnitude;
        } else {
            const int32_t amplitude = amplitude_of(value, coder->component->step[frequency]);
            planes[i] = amplitude_line(amplitude);
            planes[group->count + i] = amplitude_magnitude(amplitude);
        }
    }
}

/* The same for all groups of another component. */
static void fill_all(const int16_t amplitude[JPEG_BLOCK], int16_t *planes) {
    memset(planes, 0, COMPONENT_INPUTS_OTHER * sizeof *planes);
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        const struct coefficient_group *group = &coefficient_groups[g];
        for (unsigned i = 0; i < group->count; i++) {
            const int32_t value = amplitude[group->frequency[i]];
            if (value != 0) {
                planes[i] = amplitude_line(value);
                planes[group->count + i] = amplitude_magnitude(value);
            }
        }
        planes += 2 * group->count;
    }
}

/* Where the inputs of a 3x3 layer with so many planes are. */
static int16_t *inputs_at(const struct component_coder *coder, uint32_t row, uint32_t column, unsigned planes) {
    return coder->inputs + ((size_t)row + 1) * coder->input_stride + ((size_t)column + 1) * planes;
}

void component_fill(struct component_coder *coder, unsigned group, uint32_t down) {
    const unsigned planes = coder->nets->own[group].in;
    for (uint32_t across = 0; across < coder->tiles->across; across++) {
        const struct tile tile = tile_at(coder->tiles, down, across);
        for (uint32_t row = tile.row; row < tile.row + tile.rows; row++) {
            int16_t *to = inputs_at(coder, row, tile.column, planes);
            if (tile_is_empty(coder->tiles, group, (size_t)down * coder->tiles->across + across)) {
                memset(to, 0, tile.columns * planes * sizeof *to); /* the inputs of zeros are zeros */
                continue;
            }
            const int16_t(*block)[JPEG_BLOCK] =
                (const int16_t(*)[JPEG_BLOCK])coder->component->block + (size_t)row * coder->columns + tile.column;
            for (unsigned column = 0; column < tile.columns; column++, to += planes) {
                fill_group(coder, &coefficient_groups[group], block[column], to);
            }
        }
    }
    for (uint32_t row = down * TILE_ROWS; row < coder->rows && row < (down + 1) * TILE_ROWS; row++) {
        int16_t *start = coder->inputs + ((size_t)row + 1) * coder->input_stride;
        memset(start, 0, planes * sizeof *start);
        memset(start + ((size_t)coder->columns + 1) * planes, 0, planes * sizeof *start);
    }
}

/* ---- sums ---- */

enum addition { ADD_FIRST, ADD, TAKE_OFF };

/* Add what a layer makes of the inputs of a tile. */
static void add_tile(struct component_coder *coder, const struct layer *layer, enum addition how, struct tile tile,
                     const int16_t *in, size_t row_stride, const struct component_scratch *scratch) {
    coder->model->engine->kernel->multiply(layer, in, row_stride, tile.rows, tile.columns, scratch->sums,
                                           scratch->kernel);
    const size_t length = (size_t)tile.columns * layer->out;
    for (unsigned row = 0; row < tile.rows; row++) {
        const int32_t *from = scratch->sums + row * length;
        int32_t *to = coder->sums + ((size_t)(tile.row + row) * coder->columns + tile.column) * layer->out;
        switch (how) {
        case ADD_FIRST: memcpy(to, from, length * sizeof *to); break;
        case ADD:
            for (size_t i = 0; i < length; i++) {
                to[i] += from[i];
            }
            break;
        case TAKE_OFF:
            for (size_t i = 0; i < length; i++) {
                to[i] -= from[i];
            }
            break;
        }
    }
}

/* A 1x1 layer on DC amplitudes, or on all others. */
static void add_each(struct component_coder *coder, const struct layer *layer, enum addition how, struct tile tile,
                     const int16_t (*amplitude)[JPEG_BLOCK], bool is_dc, const struct component_scratch *scratch) {
    int16_t *in = scratch->wide;
    for (uint32_t row = tile.row; row < tile.row + tile.rows; row++) {
        for (uint32_t column = tile.column; column < tile.column + tile.columns; column++, in += layer->in) {
            if (is_dc) {
                fill_dc(coder, amplitude, row, column, in);
            } else {
                fill_all(amplitude[(size_t)row * coder->columns + column], in);
            }
        }
    }
    add_tile(coder, layer, how, tile, scratch->wide, (size_t)tile.columns * layer->in, scratch);
}

void component_begin(struct component_coder *coder, uint32_t down, unsigned worker) {
    const struct component_nets *nets = coder->nets;
    const struct component_scratch *scratch = &coder->scratch[worker];
    for (uint32_t across = 0; across < coder->tiles->across; across++) {
        const struct tile tile = tile_at(coder->tiles, down, across);
        add_each(coder, &nets->dc, ADD_FIRST, tile, NULL, true, scratch);
        for (unsigned o = 0; o < 2 && coder->other[o] != NULL; o++) {
            add_each(coder, &nets->other_dc[o], ADD, tile, coder->other[o], true, scratch);
            add_each(coder, &nets->other[o], ADD, tile, coder->other[o], false, scratch);
        }
    }
}

void component_add(struct component_coder *coder, unsigned group, bool is_added, uint32_t down, unsigned worker) {
    const struct layer *layer = &coder->nets->own[group];
    for (uint32_t across = 0; across < coder->tiles->across; across++) {
        const struct tile tile = tile_at(coder->tiles, down, across);
        if (!tile_is_quiet(coder->tiles, group, down, across)) {
            add_tile(coder, layer, is_added ? ADD : TAKE_OFF, tile,
                     inputs_at(coder, tile.row, tile.column, layer->in) - coder->input_stride - layer->in,
                     coder->input_stride, &coder->scratch[worker]);
        }
    }
}

/* ---- reading the sums ---- */

static uint8_t *hidden_at(const struct component_coder *coder, uint32_t row, uint32_t column) {
    return coder->hidden + (((size_t)row + 1) * ((size_t)coder->columns + 2) + column + 1) * coder->nets->sums;
}

/* Only tiles that the nets see: those next to one that is not empty. */
void component_hide(struct component_coder *coder, unsigned group, uint32_t down) {
    const unsigned sums = coder->nets->sums;
    for (uint32_t across = 0; across < coder->tiles->across; across++) {
        if (tile_is_quiet(coder->tiles, group, down, across)) {
            continue;
        }
        const struct tile tile = tile_at(coder->tiles, down, across);
        for (uint32_t row = tile.row; row < tile.row + tile.rows; row++) {
            coder->model->engine->kernel->hidden(&coder->finish[group],
                                                 coder->sums + ((size_t)row * coder->columns + tile.column) * sums,
                                                 tile.columns, hidden_at(coder, row, tile.column));
        }
    }
}

static void evaluate_tile(const struct component_coder *coder, unsigned group, struct tile tile,
                          const struct component_scratch *scratch) {
    const struct kernel *kernel = coder->model->engine->kernel;
    const struct group_nets *nets = &coder->nets->group[group];
    const unsigned width = coder->nets->width, positions = tile.rows * tile.columns;
    const size_t across = ((size_t)coder->columns + 2) * coder->nets->sums;
    kernel->multiply(&nets->trunk[0], hidden_at(coder, tile.row, tile.column) - across - coder->nets->sums, across,
                     tile.rows, tile.columns, scratch->sums, scratch->kernel);
    kernel->hidden(&nets->trunk[0], scratch->sums, positions, scratch->hidden[0]);
    kernel->multiply(&nets->trunk[1], scratch->hidden[0], (size_t)tile.columns * width, tile.rows, tile.columns,
                     scratch->sums, scratch->kernel);
    kernel->hidden(&nets->trunk[1], scratch->sums, positions, scratch->hidden[1]);
    for (size_t i = 0; i < (size_t)positions * width; i++) {
        scratch->wide[i] = scratch->hidden[1][i];
    }
    kernel->multiply(&nets->last, scratch->wide, (size_t)tile.columns * width, tile.rows, tile.columns, scratch->sums,
                     scratch->kernel);
    const unsigned stride = nets->last.out;
    for (unsigned row = 0; row < tile.rows; row++) {
        kernel->outputs(&nets->last, scratch->sums + (size_t)row * tile.columns * stride, tile.columns,
                        coder->outputs + (tile.row + row) * coder->output_stride + (size_t)tile.column * stride);
    }
}

void component_evaluate(struct component_coder *coder, unsigned group, uint32_t down, unsigned worker) {
    const struct tiles *tiles = coder->tiles;
    for (uint32_t across = 0; across < tiles->across; across++) {
        if (!tile_is_empty(tiles, group, (size_t)down * tiles->across + across)) {
            evaluate_tile(coder, group, tile_at(tiles, down, across), &coder->scratch[worker]);
        }
    }
}
