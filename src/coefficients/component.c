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
#include "threads/loop.h"

#include <stdlib.h>
#include <string.h>

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
    memory->threads = pool == NULL ? 1 : worker_pool_threads(pool);
    memory->scratch = bswz_allocate_zero(memory->threads, sizeof *memory->scratch);
    memory->sums = bswz_allocate(blocks, sums * sizeof *memory->sums);
    memory->hidden = bswz_allocate(bordered, sums);
    memory->inputs = bswz_allocate(bordered, 2 * GROUP_LARGEST * sizeof *memory->inputs);
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

enum bswz_status component_open(struct component_coder *coder, const struct coefficient_model *model,
                                const struct jpeg_component *component, unsigned number, const struct tiles *tiles,
                                struct worker_pool *pool, const struct component_memory *memory,
                                struct bswz_error *error) {
    memset(coder, 0, sizeof *coder);
    coder->tiles = tiles;
    coder->model = model;
    coder->nets = &model->nets[number > 0];
    coder->component = component;
    coder->pool = pool;
    coder->rows = component->rows;
    coder->columns = component->columns;
    coder->sums = memory->sums;
    coder->hidden = memory->hidden;
    coder->inputs = memory->inputs;
    coder->outputs = memory->outputs;
    coder->scratch = memory->scratch;
    clear_margin(coder->hidden, coder->rows, coder->columns, coder->nets->sums);
    for (unsigned f = 0; f < JPEG_BLOCK; f++) {
        coder->step[f] = amplitude_step(component->step[f]);
    }
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

/* ---- adding layers to the sums ---- */

/* A layer that is added: where its inputs come from. */
struct addition {
    struct component_coder *coder;
    const struct layer *layer;
    enum { ADD_FIRST, ADD, TAKE_OFF } sign;
    /* Set the inputs of a block. */
    void (*fill)(const struct addition *addition, uint32_t row, uint32_t column, int16_t *planes);
    const int16_t (*amplitude)[JPEG_BLOCK]; /* of another component; NULL: the component's own coefficients */
    bool has_group;                         /* what is added are the coefficients of this group: */
    unsigned group;
};

static inline size_t bordered_at(const struct component_coder *coder, uint32_t row, uint32_t column) {
    return ((size_t)row + 1) * ((size_t)coder->columns + 2) + column + 1;
}

static int32_t amplitude_at(const struct addition *addition, uint32_t row, uint32_t column, unsigned frequency) {
    const struct component_coder *coder = addition->coder;
    const size_t block = (size_t)row * coder->columns + column;
    return addition->amplitude != NULL
               ? addition->amplitude[block][frequency]
               : amplitude_of(coder->component->block[block][frequency], coder->component->step[frequency]);
}

/* Differences to the eight neighbours, their magnitudes, and brightness; for a neighbour outside, the difference
 * is 0. */
static void fill_dc(const struct addition *addition, uint32_t row, uint32_t column, int16_t *planes) {
    const struct component_coder *coder = addition->coder;
    const int32_t own = amplitude_at(addition, row, column, 0);
    unsigned number = 0;
    for (int r = -1; r <= 1; r++) {
        for (int c = -1; c <= 1; c++) {
            if (r == 0 && c == 0) {
                continue;
            }
            const int64_t y = (int64_t)row + r, x = (int64_t)column + c;
            const bool inside = y >= 0 && x >= 0 && y < coder->rows && x < coder->columns;
            const int32_t difference = inside ? amplitude_at(addition, (uint32_t)y, (uint32_t)x, 0) - own : 0;
            planes[number] = amplitude_line(difference >> 1);
            planes[8 + number] = amplitude_magnitude(difference);
            number++;
        }
    }
    planes[16] = amplitude_brightness(own);
    planes[17] = 0;
}

/* A group's amplitudes, then their magnitudes; returns the position after them. */
static int16_t *put_group(const struct addition *addition, const struct coefficient_group *group, uint32_t row,
                          uint32_t column, int16_t *planes) {
    const struct component_coder *coder = addition->coder;
    const size_t block = (size_t)row * coder->columns + column;
    const int16_t *own = addition->amplitude == NULL ? coder->component->block[block] : addition->amplitude[block];
    for (unsigned i = 0; i < group->count; i++) {
        const unsigned frequency = group->frequency[i], step = coder->component->step[frequency];
        const int32_t amplitude = addition->amplitude == NULL ? amplitude_of(own[frequency], step) : own[frequency];
        planes[i] = amplitude_line(amplitude);
        planes[group->count + i] = amplitude_magnitude(amplitude);
    }
    return planes + 2 * group->count;
}

static void fill_group(const struct addition *addition, uint32_t row, uint32_t column, int16_t *planes) {
    put_group(addition, &coefficient_groups[addition->group], row, column, planes);
}

static void fill_all(const struct addition *addition, uint32_t row, uint32_t column, int16_t *planes) {
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        planes = put_group(addition, &coefficient_groups[g], row, column, planes);
    }
}

/* The inputs of a 3x3 layer: all must be complete before the first tile is added. */
static void fill_tiles(void *context, size_t down, unsigned worker) {
    (void)worker;
    const struct addition *addition = context;
    const struct component_coder *coder = addition->coder;
    const size_t planes = addition->layer->in;
    for (uint32_t across = 0; across < coder->tiles->across; across++) {
        const struct tile tile = tile_at(coder->tiles, (uint32_t)down, across);
        const bool is_empty =
            addition->has_group && tile_is_empty(coder->tiles, addition->group, down * coder->tiles->across + across);
        for (uint32_t row = tile.row; row < tile.row + tile.rows; row++) {
            int16_t *to = coder->inputs + bordered_at(coder, row, tile.column) * planes;
            if (is_empty) { /* the inputs of zeros are zeros */
                memset(to, 0, tile.columns * planes * sizeof *to);
                continue;
            }
            for (unsigned column = 0; column < tile.columns; column++, to += planes) {
                addition->fill(addition, row, tile.column + column, to);
            }
        }
    }
}

static void add_tile(const struct addition *addition, const struct component_scratch *scratch, struct tile tile) {
    struct component_coder *coder = addition->coder;
    const struct layer *layer = addition->layer;
    const int16_t *in = scratch->wide;
    size_t row_stride = (size_t)tile.columns * layer->in;
    if (layer->size == 1) {
        for (unsigned row = 0; row < tile.rows; row++) {
            for (unsigned column = 0; column < tile.columns; column++) {
                addition->fill(addition, tile.row + row, tile.column + column,
                               scratch->wide + row * row_stride + (size_t)column * layer->in);
            }
        }
    } else {
        row_stride = ((size_t)coder->columns + 2) * layer->in;
        in = coder->inputs + bordered_at(coder, tile.row, tile.column) * layer->in - row_stride - layer->in;
    }
    coder->model->engine->kernel->multiply(layer, in, row_stride, tile.rows, tile.columns, scratch->sums,
                                           scratch->kernel);
    const size_t length = (size_t)tile.columns * layer->out;
    for (unsigned row = 0; row < tile.rows; row++) {
        const int32_t *from = scratch->sums + row * length;
        int32_t *to = coder->sums + ((size_t)(tile.row + row) * coder->columns + tile.column) * layer->out;
        switch (addition->sign) {
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

static void add_tiles(void *context, size_t down, unsigned worker) {
    const struct addition *addition = context;
    const struct tiles *tiles = addition->coder->tiles;
    for (uint32_t across = 0; across < tiles->across; across++) {
        if (!addition->has_group || !tile_is_quiet(tiles, addition->group, (uint32_t)down, across)) {
            add_tile(addition, &addition->coder->scratch[worker], tile_at(tiles, (uint32_t)down, across));
        }
    }
}

static void add(struct addition *addition) {
    struct component_coder *coder = addition->coder;
    if (addition->layer->size > 1) {
        clear_margin(coder->inputs, coder->rows, coder->columns, addition->layer->in * sizeof *coder->inputs);
        loop_run(coder->pool, coder->tiles->down, fill_tiles, addition);
    }
    loop_run(coder->pool, coder->tiles->down, add_tiles, addition);
}

void component_add_dc(struct component_coder *coder) {
    add(&(struct addition){.coder = coder, .layer = &coder->nets->dc, .sign = ADD_FIRST, .fill = fill_dc});
}

void component_add_other(struct component_coder *coder, unsigned other, const int16_t (*amplitude)[JPEG_BLOCK]) {
    add(&(struct addition){
        .coder = coder, .layer = &coder->nets->other_dc[other], .sign = ADD, .fill = fill_dc, .amplitude = amplitude});
    add(&(struct addition){
        .coder = coder, .layer = &coder->nets->other[other], .sign = ADD, .fill = fill_all, .amplitude = amplitude});
}

void component_add_group(struct component_coder *coder, unsigned group, bool is_added) {
    add(&(struct addition){.coder = coder,
                           .layer = &coder->nets->own[group],
                           .sign = is_added ? ADD : TAKE_OFF,
                           .fill = fill_group,
                           .has_group = true,
                           .group = group});
}

/* ---- reading the sums ---- */

struct evaluation {
    struct component_coder *coder;
    unsigned group;
};

/* Only tiles that the nets see: those next to one that is not empty. */
static void hide_tiles(void *context, size_t down, unsigned worker) {
    (void)worker;
    const struct evaluation *evaluation = context;
    const struct component_coder *coder = evaluation->coder;
    const unsigned sums = coder->nets->sums;
    for (uint32_t across = 0; across < coder->tiles->across; across++) {
        if (tile_is_quiet(coder->tiles, evaluation->group, (uint32_t)down, across)) {
            continue;
        }
        const struct tile tile = tile_at(coder->tiles, (uint32_t)down, across);
        for (uint32_t row = tile.row; row < tile.row + tile.rows; row++) {
            coder->model->engine->kernel->hidden(
                &coder->finish[evaluation->group], coder->sums + ((size_t)row * coder->columns + tile.column) * sums,
                tile.columns, coder->hidden + bordered_at(coder, row, tile.column) * sums);
        }
    }
}

static void evaluate_tile(const struct evaluation *evaluation, const struct component_scratch *scratch,
                          struct tile tile) {
    const struct component_coder *coder = evaluation->coder;
    const struct kernel *kernel = coder->model->engine->kernel;
    const struct group_nets *nets = &coder->nets->group[evaluation->group];
    const unsigned width = coder->nets->width, positions = tile.rows * tile.columns;
    const size_t across = (size_t)coder->columns + 2;
    kernel->multiply(&nets->trunk[0],
                     coder->hidden + (bordered_at(coder, tile.row, tile.column) - across - 1) * coder->nets->sums,
                     across * coder->nets->sums, tile.rows, tile.columns, scratch->sums, scratch->kernel);
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
                        coder->outputs + ((size_t)(tile.row + row) * coder->columns + tile.column) * stride);
    }
}

static void evaluate_tiles(void *context, size_t down, unsigned worker) {
    const struct evaluation *evaluation = context;
    const struct tiles *tiles = evaluation->coder->tiles;
    for (uint32_t across = 0; across < tiles->across; across++) {
        if (!tile_is_empty(tiles, evaluation->group, down * tiles->across + across)) {
            evaluate_tile(evaluation, &evaluation->coder->scratch[worker], tile_at(tiles, (uint32_t)down, across));
        }
    }
}

void component_evaluate(struct component_coder *coder, unsigned group) {
    struct evaluation evaluation = {coder, group};
    loop_run(coder->pool, coder->tiles->down, hide_tiles, &evaluation);
    loop_run(coder->pool, coder->tiles->down, evaluate_tiles, &evaluation);
}
