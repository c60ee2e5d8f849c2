/* SPDX-License-Identifier: MIT */
/*
 * Evaluating a network on a tile: layer after layer, a few rows at a time, so that the 32-bit sums stay in the
 * second-level cache.
 */
#include "model/net.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROWS_AT_ONCE = 4,
    SIDE = NET_TILE + 2 * (NET_MAX_DEPTH + 1) /* of the largest input */
};

enum bswz_status net_scratch_create(struct net_scratch *scratch, struct bswz_error *error) {
    memset(scratch, 0, sizeof *scratch);
    scratch->input = kernel_allocate((size_t)SIDE * SIDE * NET_MAX_PLANES, sizeof *scratch->input);
    scratch->outputs = kernel_allocate((size_t)NET_TILE * NET_TILE * LAYER_MAX_CHANNELS, sizeof *scratch->outputs);
    scratch->wide = kernel_allocate((size_t)NET_TILE * LAYER_MAX_CHANNELS, ROWS_AT_ONCE * sizeof *scratch->wide);
    scratch->hidden[0] = kernel_allocate((size_t)SIDE * SIDE, LAYER_MAX_CHANNELS);
    scratch->hidden[1] = kernel_allocate((size_t)SIDE * SIDE, LAYER_MAX_CHANNELS);
    scratch->sums = kernel_allocate((size_t)ROWS_AT_ONCE * SIDE * LAYER_MAX_CHANNELS, sizeof *scratch->sums);
    scratch->kernel = kernel_allocate(1, kernel_scratch_size());
    if (scratch->input == NULL || scratch->outputs == NULL || scratch->wide == NULL || scratch->hidden[0] == NULL ||
        scratch->hidden[1] == NULL || scratch->sums == NULL || scratch->kernel == NULL) {
        net_scratch_free(scratch);
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

void net_scratch_free(struct net_scratch *scratch) {
    free(scratch->input);
    free(scratch->outputs);
    free(scratch->wide);
    free(scratch->hidden[0]);
    free(scratch->hidden[1]);
    free(scratch->sums);
    free(scratch->kernel);
    memset(scratch, 0, sizeof *scratch);
}

/* sums [columns][width] of one row += the bias for the grid position of each column */
static void add_grid(const struct net *net, unsigned head, struct net_grid grid, unsigned row, unsigned columns,
                     int32_t *sums) {
    const struct layer *layer = &net->first[head];
    const unsigned width = net->width;
    const int16_t *by_row = net->grid[head] + (size_t)((grid.row + row * grid.step) & 7) * 8 * width;
    int32_t bias[8][LAYER_MAX_CHANNELS]; /* in the unit of the sums; columns repeat after eight */
    unsigned period = 1;
    while ((period * grid.step & 7) != 0) {
        period++;
    }
    for (unsigned column = 0; column < period; column++) {
        const int16_t *place = by_row + (size_t)((grid.column + column * grid.step) & 7) * width;
        for (unsigned o = 0; o < width; o++) {
            bias[column][o] = place[o] * (1 << (layer->shift[o] - NET_GRID_UNIT_BITS)); /* the loader has checked that
                                                                                         * shift >= 4 */
        }
    }
    for (unsigned column = 0; column < columns; column++, sums += width) {
        for (unsigned o = 0; o < width; o++) {
            sums[o] += bias[column % period][o];
        }
    }
}

void net_evaluate(const struct net *net, const struct kernel *kernel, enum model_head wanted, struct net_grid grid,
                  unsigned rows, unsigned columns, struct net_scratch *scratch) {
    const unsigned head = net_serving_head(net, wanted);
    unsigned high = rows + 2 * net->halo - 2, across = columns + 2 * net->halo - 2;
    size_t stride = (size_t)(across + 2) * net->planes;
    for (unsigned row = 0; row < high; row += ROWS_AT_ONCE) {
        unsigned count = high - row < ROWS_AT_ONCE ? high - row : ROWS_AT_ONCE;
        kernel->multiply(&net->first[head], scratch->input + row * stride, stride, count, across, scratch->sums,
                         scratch->kernel);
        if (grid.present && net->grid[head] != NULL) {
            for (unsigned r = 0; r < count; r++) {
                add_grid(net, head, grid, row + r, across, scratch->sums + (size_t)r * across * net->width);
            }
        }
        kernel->hidden(&net->first[head], scratch->sums, count * across,
                       scratch->hidden[0] + (size_t)row * across * net->width);
    }
    unsigned from = 0;
    for (unsigned l = 0; l <= net->depth; l++) {
        const struct layer *layer = &net->trunk[l];
        stride = (size_t)across * net->width;
        high -= layer->size - 1;
        across -= layer->size - 1;
        for (unsigned row = 0; row < high; row += ROWS_AT_ONCE) {
            unsigned count = high - row < ROWS_AT_ONCE ? high - row : ROWS_AT_ONCE;
            kernel->multiply(layer, scratch->hidden[from] + row * stride, stride, count, across, scratch->sums,
                             scratch->kernel);
            kernel->hidden(layer, scratch->sums, count * across,
                           scratch->hidden[1 - from] + (size_t)row * across * net->width);
        }
        from = 1 - from;
    }
    const struct layer *last = &net->last[head];
    for (unsigned row = 0; row < rows; row += ROWS_AT_ONCE) {
        unsigned count = rows - row < ROWS_AT_ONCE ? rows - row : ROWS_AT_ONCE;
        const uint8_t *hidden = scratch->hidden[from] + (size_t)row * columns * net->width;
        for (size_t i = 0; i < (size_t)count * columns * net->width; i++) {
            scratch->wide[i] = hidden[i];
        }
        kernel->multiply(last, scratch->wide, (size_t)columns * net->width, count, columns, scratch->sums,
                         scratch->kernel);
        kernel->outputs(last, scratch->sums, count * columns, scratch->outputs + (size_t)row * columns * last->out);
    }
}

void net_free(struct net *net) {
    for (unsigned head = 0; head < NET_MAX_HEADS; head++) {
        layer_free(&net->first[head]);
        layer_free(&net->last[head]);
        free(net->grid[head]);
    }
    for (unsigned l = 0; l <= NET_MAX_DEPTH; l++) {
        layer_free(&net->trunk[l]);
    }
    memset(net, 0, sizeof *net);
}
