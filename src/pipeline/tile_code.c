/*
 * Coding one tile (tile_code.h).
 *
 * Pixels are numbered cell by cell, row by row, and within a cell b before c; a
 * pixel's number chooses its lane of the ANS stack.  The decoder pops them in this
 * order and the encoder pushes them in the reverse.
 */
#include "pipeline/tile_code.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS = NET_TILE * NET_TILE };

enum bswz_status tile_slot_create(struct tile_slot *slot, bool decoding, struct bswz_error *error) {
    memset(slot, 0, sizeof *slot);
    slot->base = bswz_allocate(LATTICE_MAX_SETS, sizeof *slot->base);
    if (decoding) {
        slot->outputs = bswz_allocate((size_t)CELLS * LAYER_MAX_CHANNELS, sizeof *slot->outputs);
    } else {
        slot->prepared = bswz_allocate((size_t)LATTICE_MAX_SETS * CELLS, sizeof *slot->prepared);
    }
    if (slot->base == NULL || (slot->outputs == NULL && slot->prepared == NULL)) {
        tile_slot_free(slot);
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "no memory for the tiles");
    }
    return BSWZ_OK;
}

void tile_slot_free(struct tile_slot *slot) {
    free(slot->base);
    free(slot->outputs);
    free(slot->prepared);
    memset(slot, 0, sizeof *slot);
}

static const struct net *net_of(const struct tile_context *context, const struct tile_job *job) {
    return &context->model->nets[context->model->level_net[job->level]][job->tile.pass];
}

static unsigned channels_of(const struct tile_context *context, const struct tile_job *job) {
    return context->planes == 1 || (context->half_chroma && job->level == 0) ? 1 : 3;
}

/* The JPEG grid position of the first position of the first layer's outputs, which
 * begin halo - 1 cells before the tile. */
static struct net_grid grid_of(const struct tile_context *context, const struct tile_job *job, unsigned halo) {
    struct net_grid grid = {.present = context->grid_phase >= 0};
    if (grid.present) {
        const unsigned phase = (unsigned)context->grid_phase;
        grid.step = (2u << job->level) & 7;
        /* modulo 8; 8 * step makes differences positive */
        grid.row = (grid.step * (job->tile.row - halo + 1) + 8 - phase / 8) & 7;
        grid.column = (grid.step * (job->tile.column - halo + 1) + 8 - phase % 8) & 7;
    }
    return grid;
}

void tile_evaluate(const struct tile_context *context, const struct tile_job *job, bool encoding,
                   struct net_scratch *scratch, struct tile_slot *slot) {
    const struct net *net = net_of(context, job);
    const struct lattice_tile *tile = &job->tile;
    struct lattice lattice =
        lattice_at_level(context->plane, context->planes, context->width, context->height, job->level);
    lattice_input(&lattice, net, tile, scratch, slot->base);
    net_evaluate(net, context->model->kernel, context->head, grid_of(context, job, net->halo), tile->rows,
                 tile->columns, scratch);
    const unsigned stride = net_output_stride(net);
    if (!encoding) {
        memcpy(slot->outputs, scratch->outputs, (size_t)tile->rows * tile->columns * stride * sizeof *slot->outputs);
        return;
    }
    const unsigned channels = channels_of(context, job);
    for (unsigned set = 0; set <= tile->pass; set++) {
        for (unsigned cell = 0; cell < tile->rows * tile->columns; cell++) {
            uint32_t row, column;
            if (!lattice_pixel(&lattice, tile->pass, set, tile->row + cell / tile->columns,
                               tile->column + cell % tile->columns, &row, &column)) {
                continue;
            }
            uint8_t pixel[3];
            for (unsigned c = 0; c < channels; c++) {
                pixel[c] = *lattice_sample(&lattice, c, row, column);
            }
            mixture_prepare(scratch->outputs + (size_t)cell * stride + set * MIXTURE_OUTPUTS,
                            &net->growth[context->head], channels, slot->base[set][cell], pixel,
                            &slot->prepared[set * CELLS + cell]);
        }
    }
}

void tile_push(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
               struct ans *ans) {
    const struct lattice_tile *tile = &job->tile;
    const struct lattice lattice =
        lattice_at_level(context->plane, context->planes, context->width, context->height, job->level);
    const unsigned sets = tile->pass + 1, channels = channels_of(context, job);
    for (unsigned number = tile->rows * tile->columns * sets; number-- > 0;) {
        unsigned cell = number / sets, set = number % sets;
        uint32_t row, column;
        if (lattice_pixel(&lattice, tile->pass, set, tile->row + cell / tile->columns,
                          tile->column + cell % tile->columns, &row, &column)) {
            mixture_push(ans, number % ans->lanes, channels, &slot->prepared[set * CELLS + cell]);
        }
    }
}

void tile_pop(const struct tile_context *context, const struct tile_job *job, const struct tile_slot *slot,
              struct ans *ans) {
    const struct lattice_tile *tile = &job->tile;
    const struct net *net = net_of(context, job);
    const struct lattice lattice =
        lattice_at_level(context->plane, context->planes, context->width, context->height, job->level);
    const unsigned sets = tile->pass + 1, channels = channels_of(context, job), stride = net_output_stride(net);
    for (unsigned number = 0; number < tile->rows * tile->columns * sets; number++) {
        unsigned cell = number / sets, set = number % sets;
        uint32_t row, column;
        if (lattice_pixel(&lattice, tile->pass, set, tile->row + cell / tile->columns,
                          tile->column + cell % tile->columns, &row, &column)) {
            uint8_t pixel[3];
            mixture_pop(ans, number % ans->lanes, channels,
                        slot->outputs + (size_t)cell * stride + set * MIXTURE_OUTPUTS, &net->growth[context->head],
                        slot->base[set][cell], pixel);
            for (unsigned c = 0; c < channels; c++) {
                *lattice_sample(&lattice, c, row, column) = pixel[c];
            }
        }
    }
}
