/* SPDX-License-Identifier: MIT */
/*
 * Recursive bits-back coding of the coarsest image (latents.h).
 *
 * Encoder and decoder are mirrors: each operation of one is undone by the other, in
 * the reverse order.  The functions below come in such pairs.
 */
#include "pyramid/latents.h"

#include "base/allocate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOP_TILE = 32,                 /* pixels per side */
    GRID = TOP_TILE / LATENT_CELL, /* latent positions per side */
    POSITIONS = GRID * GRID,
    LATENT_ZERO = 128,   /* the symbol of z = 0 */
    PRIOR_SCALE = 12 * 9 /* of zL: 2^9 / 32 = 16 steps: a standard logistic */
};

/* One tile while it is coded. */
struct top_tile {
    struct lattice lattice;                                                 /* x^n */
    uint32_t row, column;                                                   /* of the tile's first pixel */
    unsigned rows, columns;                                                 /* pixels, at most TOP_TILE */
    unsigned grid_rows[MODEL_MAX_LATENTS], grid_columns[MODEL_MAX_LATENTS]; /* of each layer */
    uint8_t z[MODEL_MAX_LATENTS][POSITIONS * MODEL_MAX_LATENT_CHANNELS];    /* [layer][position][channel] */
};

static unsigned lane_of(const struct ans *ans, unsigned number) {
    return number % ans->lanes;
}

static unsigned positions_of(const struct top_tile *tile, unsigned layer) {
    return tile->grid_rows[layer] * tile->grid_columns[layer];
}

/* Clear the input for the grid of a layer, halo included. */
static void clear_input(const struct top_tile *tile, unsigned layer, const struct net *net,
                        struct net_scratch *scratch) {
    const unsigned columns = tile->grid_columns[layer] + 2 * net->halo, rows = tile->grid_rows[layer] + 2 * net->halo;
    memset(scratch->input, 0, (size_t)rows * columns * net->planes * sizeof *scratch->input);
}

/* Where the input of a position begins. */
static int16_t *input_at(const struct top_tile *tile, unsigned layer, unsigned y, unsigned x, const struct net *net,
                         struct net_scratch *scratch) {
    const unsigned columns = tile->grid_columns[layer] + 2 * net->halo;
    return scratch->input + ((size_t)(y + net->halo) * columns + x + net->halo) * net->planes;
}

/* The net's input, zero outside the tile: the pixels of each 2 x 2 cell, minus 128;
 * beyond an odd edge the last pixel repeats. */
static void pixel_input(const struct top_tile *tile, const struct net *net, struct net_scratch *scratch) {
    clear_input(tile, 0, net, scratch);
    for (unsigned y = 0; y < tile->grid_rows[0]; y++) {
        for (unsigned x = 0; x < tile->grid_columns[0]; x++) {
            int16_t *to = input_at(tile, 0, y, x, net, scratch);
            for (unsigned s = 0; s < LATENT_CELL * LATENT_CELL; s++) {
                unsigned r = LATENT_CELL * y + s / LATENT_CELL, c = LATENT_CELL * x + s % LATENT_CELL;
                r = r < tile->rows ? r : tile->rows - 1;
                c = c < tile->columns ? c : tile->columns - 1;
                for (unsigned p = 0; p < tile->lattice.planes; p++) {
                    to[3 * s + p] =
                        (int16_t)(*lattice_sample(&tile->lattice, p, tile->row + r, tile->column + c) - 128);
                }
            }
        }
    }
}

/* The same for the values of layer `from` in the cells of layer `layer`, minus LATENT_ZERO. */
static void latent_input(const struct top_tile *tile, unsigned from, unsigned layer, unsigned cell, unsigned channels,
                         const struct net *net, struct net_scratch *scratch) {
    clear_input(tile, layer, net, scratch);
    for (unsigned y = 0; y < tile->grid_rows[layer]; y++) {
        for (unsigned x = 0; x < tile->grid_columns[layer]; x++) {
            int16_t *to = input_at(tile, layer, y, x, net, scratch);
            for (unsigned s = 0; s < cell * cell; s++) {
                unsigned r = cell * y + s / cell, c = cell * x + s % cell;
                r = r < tile->grid_rows[from] ? r : tile->grid_rows[from] - 1;
                c = c < tile->grid_columns[from] ? c : tile->grid_columns[from] - 1;
                const uint8_t *z = tile->z[from] + (size_t)(r * tile->grid_columns[from] + c) * channels;
                for (unsigned k = 0; k < channels; k++) {
                    *to++ = (int16_t)(z[k] - LATENT_ZERO);
                }
            }
        }
    }
}

/* scratch->outputs = the distributions of latent layer `layer`, given the layer (or the pixels) below. */
static void evaluate_posterior(const struct tile_context *context, const struct top_tile *tile, unsigned layer,
                               struct net_scratch *scratch) {
    const struct net *net = &context->model->latent[layer].posterior;
    if (layer == 0) {
        pixel_input(tile, net, scratch);
    } else {
        latent_input(tile, layer - 1, layer, context->model->latent_cell[layer], context->model->latent_channels, net,
                     scratch);
    }
    net_evaluate(net, context->model->engine->kernel, layer == 0 ? context->head : HEAD_RGB,
                 (struct net_grid){.present = false}, tile->grid_rows[layer], tile->grid_columns[layer], scratch);
}

/* scratch->outputs = the distributions of the layer (or the pixels) below latent layer `layer`. */
static void evaluate_likelihood(const struct tile_context *context, const struct top_tile *tile, unsigned layer,
                                struct net_scratch *scratch) {
    const struct net *net = &context->model->latent[layer].likelihood;
    latent_input(tile, layer, layer, 1, context->model->latent_channels, net, scratch);
    net_evaluate(net, context->model->engine->kernel, layer == 0 ? context->head : HEAD_RGB,
                 (struct net_grid){.present = false}, tile->grid_rows[layer], tile->grid_columns[layer], scratch);
}

/* The distributions of all values of a layer of latents, in raster order, channel by channel. */
struct latent_shapes {
    const int16_t *outputs;       /* of a network, or NULL: the prior of the last layer */
    unsigned stride, net_columns; /* a position of the network, and how many are in a row */
    unsigned cell;                /* rows and columns of values at a position of the network */
    unsigned columns, channels;   /* of the values */
    unsigned count;               /* values */
};

/* From the posterior network of the layer, whose outputs are in scratch. */
static struct latent_shapes posterior_shapes(const struct tile_context *context, const struct top_tile *tile,
                                             unsigned layer, const struct net_scratch *scratch) {
    const unsigned channels = context->model->latent_channels, columns = tile->grid_columns[layer];
    return (struct latent_shapes){.outputs = scratch->outputs,
                                  .stride = net_output_stride(&context->model->latent[layer].posterior),
                                  .net_columns = columns,
                                  .cell = 1,
                                  .columns = columns,
                                  .channels = channels,
                                  .count = positions_of(tile, layer) * channels};
}

/* From the likelihood network of the layer above, or from the prior, if the layer is the last. */
static struct latent_shapes prior_shapes(const struct tile_context *context, const struct top_tile *tile,
                                         unsigned layer, const struct net_scratch *scratch) {
    struct latent_shapes shapes = posterior_shapes(context, tile, layer, scratch);
    const unsigned above = layer + 1;
    if (above == context->model->latents) {
        shapes.outputs = NULL;
    } else {
        shapes.stride = net_output_stride(&context->model->latent[above].likelihood);
        shapes.net_columns = tile->grid_columns[above];
        shapes.cell = context->model->latent_cell[above];
    }
    return shapes;
}

/* Mean and scale of value `number`. The outputs for a position: all means, in 1/64 of a step, then all scales. */
static void latent_shape(const struct latent_shapes *shapes, unsigned number, int32_t *mean, int32_t *index) {
    if (shapes->outputs == NULL) {
        *mean = LATENT_ZERO * MEAN_UNIT;
        *index = PRIOR_SCALE;
        return;
    }
    const unsigned channels = shapes->channels, cell = shapes->cell, channel = number % channels;
    const unsigned row = number / channels / shapes->columns, column = number / channels % shapes->columns;
    const int16_t *position = shapes->outputs +
                              (size_t)(row / cell * shapes->net_columns + column / cell) * shapes->stride +
                              (size_t)(row % cell * cell + column % cell) * 2 * channels;
    int32_t m = LATENT_ZERO * MEAN_UNIT + position[channel];
    int32_t s = (position[channels + channel] + SCALE_UNIT / 2) >> 4;
    *mean = m < MEAN_LOWEST ? MEAN_LOWEST : m > MEAN_HIGHEST ? MEAN_HIGHEST : m;
    *index = s < 0 ? 0 : s > SCALE_COUNT - 1 ? SCALE_COUNT - 1 : s;
}

static void pop_latent(struct ans *ans, const struct latent_shapes *shapes, uint8_t *z) {
    for (unsigned number = 0; number < shapes->count; number++) {
        int32_t mean, index;
        uint32_t start, frequency;
        latent_shape(shapes, number, &mean, &index);
        unsigned lane = lane_of(ans, number);
        z[number] = (uint8_t)logistic_find(mean, inverse_scale[index], scale_of_index[index],
                                           ans_pop(ans, lane, LOGISTIC_BITS), &start, &frequency);
        ans_pop_commit(ans, lane, start, frequency, LOGISTIC_BITS);
    }
}

static void push_latent(struct ans *ans, const struct latent_shapes *shapes, const uint8_t *z) {
    for (unsigned number = shapes->count; number-- > 0;) {
        int32_t mean, index;
        latent_shape(shapes, number, &mean, &index);
        uint32_t start = logistic_below(mean, inverse_scale[index], z[number]);
        uint32_t frequency = logistic_below(mean, inverse_scale[index], z[number] + 1) - start;
        ans_push(ans, lane_of(ans, number), start, frequency, LOGISTIC_BITS);
    }
}

/* The pixels of a tile in decoding order: position by position, four to a cell.
 * Returns false for those beyond an odd edge. */
static bool pixel_at(const struct top_tile *tile, unsigned number, unsigned *row, unsigned *column) {
    unsigned position = number / (LATENT_CELL * LATENT_CELL), s = number % (LATENT_CELL * LATENT_CELL);
    *row = LATENT_CELL * (position / tile->grid_columns[0]) + s / LATENT_CELL;
    *column = LATENT_CELL * (position % tile->grid_columns[0]) + s % LATENT_CELL;
    return *row < tile->rows && *column < tile->columns;
}

static const uint8_t middle[3] = {128, 128, 128}; /* the means of pixels are offsets from these */

/* Must pixel `number` be coded? Not if it is beyond an odd edge, or known. */
static bool is_coded(const struct tile_context *context, const struct top_tile *tile, unsigned number, unsigned *row,
                     unsigned *column) {
    return pixel_at(tile, number, row, column) &&
           !known_at(&context->known, context->model->levels, tile->row + *row, tile->column + *column);
}

/* Prepare pixel `number` of a tile from the network's outputs; false: it is not coded. */
static bool prepare_pixel(const struct tile_context *context, const struct top_tile *tile,
                          const struct net_scratch *scratch, unsigned number, struct prepared_pixel *prepared) {
    const struct net *net = &context->model->latent[0].likelihood;
    const unsigned each = LATENT_CELL * LATENT_CELL;
    unsigned row, column;
    if (!is_coded(context, tile, number, &row, &column)) {
        return false;
    }
    uint8_t pixel[3];
    for (unsigned c = 0; c < context->planes; c++) {
        pixel[c] = *lattice_sample(&tile->lattice, c, tile->row + row, tile->column + column);
    }
    mixture_prepare(scratch->outputs + (size_t)(number / each) * net_output_stride(net) +
                        number % each * MIXTURE_OUTPUTS,
                    net_growth(net, context->head), context->planes, middle, pixel, prepared);
    return true;
}

static void push_pixels(const struct tile_context *context, const struct top_tile *tile,
                        const struct net_scratch *scratch, struct ans *ans) {
    for (unsigned number = positions_of(tile, 0) * LATENT_CELL * LATENT_CELL; number-- > 0;) {
        struct prepared_pixel prepared;
        if (prepare_pixel(context, tile, scratch, number, &prepared)) {
            mixture_push(ans, lane_of(ans, number), context->planes, &prepared);
        }
    }
}

static void pop_pixels(const struct tile_context *context, const struct top_tile *tile,
                       const struct net_scratch *scratch, struct ans *ans) {
    const struct net *net = &context->model->latent[0].likelihood;
    const unsigned each = LATENT_CELL * LATENT_CELL;
    for (unsigned number = 0; number < positions_of(tile, 0) * each; number++) {
        unsigned row, column;
        if (!is_coded(context, tile, number, &row, &column)) {
            continue;
        }
        uint8_t pixel[3];
        mixture_pop(ans, lane_of(ans, number), context->planes,
                    scratch->outputs + (size_t)(number / each) * net_output_stride(net) +
                        number % each * MIXTURE_OUTPUTS,
                    net_growth(net, context->head), middle, pixel);
        for (unsigned c = 0; c < context->planes; c++) {
            *lattice_sample(&tile->lattice, c, tile->row + row, tile->column + column) = pixel[c];
        }
    }
}

/* Without latents: every sample uniform. */
static void push_uniform(const struct tile_context *context, const struct top_tile *tile, struct ans *ans) {
    for (unsigned number = tile->rows * tile->columns; number-- > 0;) {
        const uint32_t row = tile->row + number / tile->columns, column = tile->column + number % tile->columns;
        const bool known = known_at(&context->known, context->model->levels, row, column);
        for (unsigned c = known ? 0 : context->planes; c-- > 0;) {
            ans_push(ans, lane_of(ans, number), *lattice_sample(&tile->lattice, c, row, column), 1, 8);
        }
    }
}

static void pop_uniform(const struct tile_context *context, const struct top_tile *tile, struct ans *ans) {
    for (unsigned number = 0; number < tile->rows * tile->columns; number++) {
        const uint32_t row = tile->row + number / tile->columns, column = tile->column + number % tile->columns;
        const bool known = known_at(&context->known, context->model->levels, row, column);
        for (unsigned c = 0; c < context->planes && !known; c++) {
            uint32_t value = ans_pop(ans, lane_of(ans, number), 8);
            ans_pop_commit(ans, lane_of(ans, number), value, 1, 8);
            *lattice_sample(&tile->lattice, c, row, column) = (uint8_t)value;
        }
    }
}

/* pop z_(layer + 1) from its posterior, and its inverse */
static void pop_posterior(const struct tile_context *context, struct top_tile *tile, unsigned layer,
                          struct net_scratch *scratch, struct ans *ans) {
    evaluate_posterior(context, tile, layer, scratch);
    const struct latent_shapes shapes = posterior_shapes(context, tile, layer, scratch);
    pop_latent(ans, &shapes, tile->z[layer]);
}

static void push_posterior(const struct tile_context *context, const struct top_tile *tile, unsigned layer,
                           struct net_scratch *scratch, struct ans *ans) {
    const double before = account_content(context->account, ans);
    evaluate_posterior(context, tile, layer, scratch);
    const struct latent_shapes shapes = posterior_shapes(context, tile, layer, scratch);
    push_latent(ans, &shapes, tile->z[layer]);
    account_popped(context->account, SHARE_LATENTS, before, ans);
}

/* push the pixels or z_layer, given z_(layer + 1); and its inverse */
static void push_below(const struct tile_context *context, const struct top_tile *tile, unsigned layer,
                       struct net_scratch *scratch, struct ans *ans) {
    evaluate_likelihood(context, tile, layer, scratch);
    if (layer == 0) {
        push_pixels(context, tile, scratch, ans);
    } else {
        const struct latent_shapes shapes = prior_shapes(context, tile, layer - 1, scratch);
        push_latent(ans, &shapes, tile->z[layer - 1]);
    }
}

static void pop_below(const struct tile_context *context, struct top_tile *tile, unsigned layer,
                      struct net_scratch *scratch, struct ans *ans) {
    const double before = account_content(context->account, ans);
    evaluate_likelihood(context, tile, layer, scratch);
    if (layer == 0) {
        pop_pixels(context, tile, scratch, ans);
        account_popped(context->account, SHARE_TOP, before, ans);
    } else {
        const struct latent_shapes shapes = prior_shapes(context, tile, layer - 1, scratch);
        pop_latent(ans, &shapes, tile->z[layer - 1]);
        account_popped(context->account, SHARE_LATENTS, before, ans);
    }
}

static void push_tile(const struct tile_context *context, struct top_tile *tile, enum latent_order order,
                      struct net_scratch *scratch, struct ans *ans) {
    const unsigned layers = context->model->latents;
    if (layers == 0) {
        push_uniform(context, tile, ans);
        return;
    }
    if (order == LATENT_BIT_SWAP) {
        for (unsigned layer = 0; layer < layers; layer++) {
            pop_posterior(context, tile, layer, scratch, ans);
            ans_note_lowest(ans);
            push_below(context, tile, layer, scratch, ans);
        }
    } else {
        for (unsigned layer = 0; layer < layers; layer++) {
            pop_posterior(context, tile, layer, scratch, ans);
        }
        ans_note_lowest(ans);
        for (unsigned layer = 0; layer < layers; layer++) {
            push_below(context, tile, layer, scratch, ans);
        }
    }
    const struct latent_shapes last = prior_shapes(context, tile, layers - 1, scratch);
    push_latent(ans, &last, tile->z[layers - 1]);
}

static void pop_tile(const struct tile_context *context, struct top_tile *tile, enum latent_order order,
                     struct net_scratch *scratch, struct ans *ans) {
    const unsigned layers = context->model->latents;
    const double before = account_content(context->account, ans);
    if (layers == 0) {
        pop_uniform(context, tile, ans);
        account_popped(context->account, SHARE_TOP, before, ans);
        return;
    }
    const struct latent_shapes last = prior_shapes(context, tile, layers - 1, scratch);
    pop_latent(ans, &last, tile->z[layers - 1]);
    account_popped(context->account, SHARE_LATENTS, before, ans);
    if (order == LATENT_BIT_SWAP) {
        for (unsigned layer = layers; layer-- > 0;) {
            pop_below(context, tile, layer, scratch, ans);
            push_posterior(context, tile, layer, scratch, ans);
        }
    } else {
        for (unsigned layer = layers; layer-- > 0;) {
            pop_below(context, tile, layer, scratch, ans);
        }
        for (unsigned layer = layers; layer-- > 0;) {
            push_posterior(context, tile, layer, scratch, ans);
        }
    }
}

static uint64_t tile_count(const struct lattice *lattice) {
    return (uint64_t)((lattice->width - 1) / TOP_TILE + 1) * ((lattice->height - 1) / TOP_TILE + 1);
}

/* Turn to tile `number` of tile->lattice, in raster order. */
static void place_tile(const struct bswz_model *model, struct top_tile *tile, uint64_t number) {
    const uint32_t across = (tile->lattice.width - 1) / TOP_TILE + 1;
    tile->row = (uint32_t)(number / across) * TOP_TILE;
    tile->column = (uint32_t)(number % across) * TOP_TILE;
    uint32_t rows = tile->lattice.height - tile->row, columns = tile->lattice.width - tile->column;
    tile->rows = rows < TOP_TILE ? rows : TOP_TILE;
    tile->columns = columns < TOP_TILE ? columns : TOP_TILE;
    for (unsigned layer = 0; layer < model->latents; layer++) {
        const unsigned cell = model->latent_cell[layer];
        rows = layer == 0 ? tile->rows : tile->grid_rows[layer - 1];
        columns = layer == 0 ? tile->columns : tile->grid_columns[layer - 1];
        tile->grid_rows[layer] = (rows + cell - 1) / cell;
        tile->grid_columns[layer] = (columns + cell - 1) / cell;
    }
}

static struct top_tile *open_tiles(const struct tile_context *context, struct bswz_error *error) {
    struct top_tile *tile = bswz_allocate_zero(1, sizeof *tile);
    if (tile == NULL) {
        bswz_no_memory(error);
        return NULL;
    }
    tile->lattice = tile_lattice(context, context->model->levels);
    return tile;
}

/* Fill in a tile whose pixels did not come from the stack. */
static void stand_in(const struct tile_context *context, const struct top_tile *tile) {
    for (unsigned number = 0; number < tile->rows * tile->columns && context->stand_in != NULL; number++) {
        const uint32_t row = tile->row + number / tile->columns, column = tile->column + number % tile->columns;
        const bool known = known_at(&context->known, context->model->levels, row, column);
        for (unsigned c = 0; c < context->planes && !known; c++) {
            *lattice_sample(&tile->lattice, c, row, column) = context->stand_in[c];
        }
    }
}

/* All pixels of a tile of x^n that are not known have an equal part in what it took. */
static void count_cost(const struct tile_context *context, const struct top_tile *tile, double bits) {
    const struct cost_place *place = account_place(context->account);
    const unsigned level = context->model->levels;
    unsigned coded = 0;
    for (unsigned round = 0; place != NULL && round < 2; round++) {
        for (unsigned number = 0; number < tile->rows * tile->columns; number++) {
            const uint32_t row = tile->row + number / tile->columns, column = tile->column + number % tile->columns;
            if (known_at(&context->known, level, row, column)) {
                continue;
            }
            if (round == 0) {
                coded++;
            } else {
                tile_count_pixel(context, level, row, column, bits / coded);
            }
        }
    }
}

static void count_known(uint64_t *known, const struct top_tile *tile) {
    if (known != NULL) {
        *known += (uint64_t)tile->rows * tile->columns;
    }
}

/* All tiles of x^n; the encoder goes from the last to the first. *known: pixels decoded. */
static enum bswz_status each_tile(const struct tile_context *context, enum latent_order order, bool encoding,
                                  struct net_scratch *scratch, struct ans *ans, uint64_t *known,
                                  struct bswz_error *error) {
    struct top_tile *tile = open_tiles(context, error);
    if (tile == NULL) {
        return BSWZ_ERROR_MEMORY;
    }
    const uint64_t count = tile_count(&tile->lattice);
    for (uint64_t i = 0; i < count; i++) {
        place_tile(context->model, tile, encoding ? count - 1 - i : i);
        if (known_extent(&context->known, context->model->levels, tile->row, tile->column, tile->rows, tile->columns) ==
            KNOWN_ALL) {
            count_known(known, tile);
            continue;
        }
        if (encoding) {
            push_tile(context, tile, order, scratch, ans);
            continue;
        }
        if (!ans->failed) {
            const double before = account_content(context->account, ans);
            pop_tile(context, tile, order, scratch, ans);
            count_cost(context, tile, before - account_content(context->account, ans));
        }
        if (ans->failed) {
            stand_in(context, tile);
        } else {
            count_known(known, tile);
        }
    }
    free(tile);
    return BSWZ_OK;
}

enum bswz_status latents_push(const struct tile_context *context, enum latent_order order, struct net_scratch *scratch,
                              struct ans *ans, struct bswz_error *error) {
    return each_tile(context, order, true, scratch, ans, NULL, error);
}

enum bswz_status latents_pop(const struct tile_context *context, enum latent_order order, struct net_scratch *scratch,
                             struct ans *ans, uint64_t *known, struct bswz_error *error) {
    uint64_t count = 0;
    const enum bswz_status status = each_tile(context, order, false, scratch, ans, &count, error);
    if (known != NULL) {
        *known = count;
    }
    return status;
}

/* The cost of a tile without a stack: z is drawn with an independent generator, and the logarithms of the integer
 * masses are added. */

/* The sum of -log2 of the mass of each value of z under the network's distributions; with `seed`, z is first drawn from
 * them. */
static double latent_bits(const struct latent_shapes *shapes, uint8_t *z, uint64_t *seed) {
    double bits = 0.0;
    for (unsigned number = 0; number < shapes->count; number++) {
        int32_t mean, index;
        latent_shape(shapes, number, &mean, &index);
        if (seed != NULL) {
            uint32_t start, frequency;
            *seed ^= *seed >> 12;
            *seed ^= *seed << 25;
            *seed ^= *seed >> 27;
            uint32_t slot = (uint32_t)(*seed * 2685821657736338717ull >> (64 - LOGISTIC_BITS));
            z[number] =
                (uint8_t)logistic_find(mean, inverse_scale[index], scale_of_index[index], slot, &start, &frequency);
        }
        uint32_t mass = logistic_below(mean, inverse_scale[index], z[number] + 1) -
                        logistic_below(mean, inverse_scale[index], z[number]);
        bits += LOGISTIC_BITS - log2(mass);
    }
    return bits;
}

static double pixel_bits(const struct tile_context *context, const struct top_tile *tile,
                         const struct net_scratch *scratch) {
    double bits = 0.0;
    for (unsigned number = 0; number < positions_of(tile, 0) * LATENT_CELL * LATENT_CELL; number++) {
        struct prepared_pixel prepared;
        if (prepare_pixel(context, tile, scratch, number, &prepared)) {
            bits += mixture_bits(context->planes, &prepared);
        }
    }
    return bits;
}

enum bswz_status latents_elbo(const struct tile_context *context, uint64_t *seed, struct net_scratch *scratch,
                              double *bits, struct bswz_error *error) {
    const unsigned layers = context->model->latents;
    struct top_tile *tile = open_tiles(context, error);
    if (tile == NULL) {
        return BSWZ_ERROR_MEMORY;
    }
    for (uint64_t i = 0; i < tile_count(&tile->lattice); i++) {
        place_tile(context->model, tile, i);
        for (unsigned layer = 0; layer < layers; layer++) {
            evaluate_posterior(context, tile, layer, scratch);
            struct latent_shapes shapes = posterior_shapes(context, tile, layer, scratch);
            bits[layer + 1] -= latent_bits(&shapes, tile->z[layer], seed);
            evaluate_likelihood(context, tile, layer, scratch);
            if (layer == 0) {
                bits[0] += pixel_bits(context, tile, scratch);
            } else {
                shapes = prior_shapes(context, tile, layer - 1, scratch);
                bits[layer] += latent_bits(&shapes, tile->z[layer - 1], NULL);
            }
        }
        if (layers == 0) {
            bits[0] += 8.0 * context->planes * tile->rows * tile->columns;
        } else {
            const struct latent_shapes shapes = prior_shapes(context, tile, layers - 1, scratch);
            bits[layers] += latent_bits(&shapes, tile->z[layers - 1], NULL);
        }
    }
    free(tile);
    return BSWZ_OK;
}
