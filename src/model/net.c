/* SPDX-License-Identifier: MIT */
/*
 * Evaluating a network on a tile: layer after layer, a few rows at a time, so that the 32-bit sums stay in the
 * second-level cache.
 */
#include "model/net.h"

#include "base/widths.h"

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

static ALWAYS_INLINE void net_add_grid_body(const struct net *net, unsigned head, struct net_grid grid, unsigned row,
                                            unsigned columns, int32_t *sums) {
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

FOR_WIDTHS(, void, net_add_grid,
           (const struct net *net, unsigned head, struct net_grid grid, unsigned row, unsigned columns, int32_t *sums),
           (net, head, grid, row, columns, sums))

/* The first layer: scratch->input -> hidden[0]. */
static void evaluate_first(const struct net *net, const struct kernel *kernel, unsigned head, struct net_grid grid,
                           unsigned rows, unsigned columns, struct net_scratch *scratch) {
    const struct layer *layer = &net->first[head];
    const bool has_grid = grid.present && net->grid[head] != NULL;
    const size_t stride = (size_t)(columns + layer->size - 1) * net->planes;
    for (unsigned row = 0; row < rows; row += ROWS_AT_ONCE) {
        const unsigned count = rows - row < ROWS_AT_ONCE ? rows - row : ROWS_AT_ONCE;
        uint8_t *hidden = scratch->hidden[0] + (size_t)row * columns * net->width;
        if (!has_grid) {
            kernel->multiply(layer, scratch->input + row * stride, stride, count, columns, FORM_BYTES, hidden,
                             scratch->kernel);
            continue;
        }
        kernel->multiply(layer, scratch->input + row * stride, stride, count, columns, FORM_SUMS, scratch->sums,
                         scratch->kernel);
        for (unsigned r = 0; r < count; r++) {
            net_add_grid(net, head, grid, row + r, columns, scratch->sums + (size_t)r * columns * net->width);
        }
        kernel->hidden(layer, scratch->sums, count * columns, hidden);
    }
}

void net_evaluate(const struct net *net, const struct kernel *kernel, enum model_head wanted, struct net_grid grid,
                  unsigned rows, unsigned columns, struct net_scratch *scratch) {
    const unsigned head = net_serving_head(net, wanted);
    unsigned high = rows + 2 * net->halo - 2, across = columns + 2 * net->halo - 2, from = 0;
    evaluate_first(net, kernel, head, grid, high, across, scratch);
    for (unsigned l = 0; l < net->depth; l++) {
        const struct layer *layer = &net->trunk[l];
        const size_t stride = (size_t)across * net->width;
        high -= layer->size - 1;
        across -= layer->size - 1;
        for (unsigned row = 0; row < high; row += ROWS_AT_ONCE) {
            unsigned count = high - row < ROWS_AT_ONCE ? high - row : ROWS_AT_ONCE;
            kernel->multiply(layer, scratch->hidden[from] + row * stride, stride, count, across, FORM_BYTES,
                             scratch->hidden[1 - from] + (size_t)row * across * net->width, scratch->kernel);
        }
        from = 1 - from;
    }
    const struct layer *last = &net->last[head];
    const size_t stride = (size_t)columns * net->width;
    for (unsigned row = 0; row < rows; row += ROWS_AT_ONCE) {
        unsigned count = rows - row < ROWS_AT_ONCE ? rows - row : ROWS_AT_ONCE;
        kernel->multiply(&net->trunk[net->depth], scratch->hidden[from] + row * stride, stride, count, columns,
                         FORM_BYTES_AS_WORDS, scratch->wide, scratch->kernel);
        kernel->multiply(last, scratch->wide, stride, count, columns, FORM_WORDS,
                         scratch->outputs + (size_t)row * columns * last->out, scratch->kernel);
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
