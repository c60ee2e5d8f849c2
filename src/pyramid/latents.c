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
    struct lattice lattice; /* x^n */
    uint32_t row, column;   /* of the tile's first pixel */
    unsigned rows, columns; /* pixels, at most TOP_TILE */
    unsigned grid_rows, grid_columns;
    uint8_t z[MODEL_MAX_LATENTS][POSITIONS * MODEL_MAX_LATENT_CHANNELS]; /* [layer][position][channel] */
};

static unsigned lane_of(const struct ans *ans, unsigned number) {
    return number % ans->lanes;
}

/* The net's input, zero outside the tile: the pixels of each 2 x 2 cell, minus 128;
 * beyond an odd edge the last pixel repeats. */
static void pixel_input(const struct top_tile *tile, const struct net *net, struct net_scratch *scratch) {
    const unsigned columns = tile->grid_columns + 2 * net->halo, rows = tile->grid_rows + 2 * net->halo;
    memset(scratch->input, 0, (size_t)rows * columns * net->planes * sizeof *scratch->input);
    for (unsigned y = 0; y < tile->grid_rows; y++) {
        for (unsigned x = 0; x < tile->grid_columns; x++) {
            int16_t *to = scratch->input + ((size_t)(y + net->halo) * columns + x + net->halo) * net->planes;
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

static void latent_input(const struct top_tile *tile, const uint8_t *z, unsigned channels, const struct net *net,
                         struct net_scratch *scratch) {
    const unsigned columns = tile->grid_columns + 2 * net->halo, rows = tile->grid_rows + 2 * net->halo;
    memset(scratch->input, 0, (size_t)rows * columns * net->planes * sizeof *scratch->input);
    for (unsigned y = 0; y < tile->grid_rows; y++) {
        int16_t *to = scratch->input + ((size_t)(y + net->halo) * columns + net->halo) * net->planes;
        for (unsigned x = 0; x < tile->grid_columns; x++) {
            for (unsigned c = 0; c < channels; c++) {
                to[c] = (int16_t)(*z++ - LATENT_ZERO);
            }
            to += net->planes;
        }
    }
}

/* scratch->outputs = the network's distributions of layer `layer` of the latents, given the layer below (posterior) or
 * the layer above (prior of a layer that is not the last). */
static void evaluate_posterior(const struct tile_context *context, const struct top_tile *tile, unsigned layer,
                               struct net_scratch *scratch) {
    const struct net *net = &context->model->latent[layer].posterior;
    if (layer == 0) {
        pixel_input(tile, net, scratch);
    } else {
        latent_input(tile, tile->z[layer - 1], context->model->latent_channels, net, scratch);
    }
    net_evaluate(net, context->model->engine->kernel, layer == 0 ? context->head : HEAD_RGB,
                 (struct net_grid){.present = false}, tile->grid_rows, tile->grid_columns, scratch);
}

/* scratch->outputs = the distributions of the layer (or the pixels) below latent layer `layer`. */
static void evaluate_likelihood(const struct tile_context *context, const struct top_tile *tile, unsigned layer,
                                struct net_scratch *scratch) {
    const struct net *net = &context->model->latent[layer].likelihood;
    latent_input(tile, tile->z[layer], context->model->latent_channels, net, scratch);
    net_evaluate(net, context->model->engine->kernel, layer == 0 ? context->head : HEAD_RGB,
                 (struct net_grid){.present = false}, tile->grid_rows, tile->grid_columns, scratch);
}

/* Mean and scale of latent value `number` from a net's outputs; outputs NULL: the
 * prior of the last layer. A position's outputs are all means, in 1/64 of a step, then all scales. */
static void latent_shape(const int16_t *outputs, unsigned stride, unsigned channels, unsigned number, int32_t *mean,
                         int32_t *index) {
    if (outputs == NULL) {
        *mean = LATENT_ZERO * MEAN_UNIT;
        *index = PRIOR_SCALE;
        return;
    }
    const int16_t *position = outputs + (size_t)(number / channels) * stride;
    int32_t m = LATENT_ZERO * MEAN_UNIT + position[number % channels];
    int32_t s = (position[channels + number % channels] + SCALE_UNIT / 2) >> 4;
    *mean = m < MEAN_LOWEST ? MEAN_LOWEST : m > MEAN_HIGHEST ? MEAN_HIGHEST : m;
    *index = s < 0 ? 0 : s > SCALE_COUNT - 1 ? SCALE_COUNT - 1 : s;
}

static void pop_latent(struct ans *ans, const int16_t *outputs, unsigned stride, unsigned channels, unsigned count,
                       uint8_t *z) {
    for (unsigned number = 0; number < count; number++) {
        int32_t mean, index;
        uint32_t start, frequency;
        latent_shape(outputs, stride, channels, number, &mean, &index);
        unsigned lane = lane_of(ans, number);
        z[number] = (uint8_t)logistic_find(mean, inverse_scale[index], scale_of_index[index],
                                           ans_pop(ans, lane, LOGISTIC_BITS), &start, &frequency);
        ans_pop_commit(ans, lane, start, frequency, LOGISTIC_BITS);
    }
}

static void push_latent(struct ans *ans, const int16_t *outputs, unsigned stride, unsigned channels, unsigned count,
                        const uint8_t *z) {
    for (unsigned number = count; number-- > 0;) {
        int32_t mean, index;
        latent_shape(outputs, stride, channels, number, &mean, &index);
        uint32_t start = logistic_below(mean, inverse_scale[index], z[number]);
        uint32_t frequency = logistic_below(mean, inverse_scale[index], z[number] + 1) - start;
        ans_push(ans, lane_of(ans, number), start, frequency, LOGISTIC_BITS);
    }
}

/* The pixels of a tile in decoding order: position by position, four to a cell.
 * Returns false for those beyond an odd edge. */
static bool pixel_at(const struct top_tile *tile, unsigned number, unsigned *row, unsigned *column) {
    unsigned position = number / (LATENT_CELL * LATENT_CELL), s = number % (LATENT_CELL * LATENT_CELL);
    *row = LATENT_CELL * (position / tile->grid_columns) + s / LATENT_CELL;
    *column = LATENT_CELL * (position % tile->grid_columns) + s % LATENT_CELL;
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
    for (unsigned number = tile->grid_rows * tile->grid_columns * LATENT_CELL * LATENT_CELL; number-- > 0;) {
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
    for (unsigned number = 0; number < tile->grid_rows * tile->grid_columns * each; number++) {
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
    unsigned channels = context->model->latent_channels;
    evaluate_posterior(context, tile, layer, scratch);
    pop_latent(ans, scratch->outputs, net_output_stride(&context->model->latent[layer].posterior), channels,
               tile->grid_rows * tile->grid_columns * channels, tile->z[layer]);
}

static void push_posterior(const struct tile_context *context, const struct top_tile *tile, unsigned layer,
                           struct net_scratch *scratch, struct ans *ans) {
    const double before = account_content(context->account, ans);
    unsigned channels = context->model->latent_channels;
    evaluate_posterior(context, tile, layer, scratch);
    push_latent(ans, scratch->outputs, net_output_stride(&context->model->latent[layer].posterior), channels,
                tile->grid_rows * tile->grid_columns * channels, tile->z[layer]);
    account_popped(context->account, SHARE_LATENTS, before, ans);
}

/* push the pixels or z_layer, given z_(layer + 1); and its inverse */
static void push_below(const struct tile_context *context, const struct top_tile *tile, unsigned layer,
                       struct net_scratch *scratch, struct ans *ans) {
    unsigned channels = context->model->latent_channels;
    evaluate_likelihood(context, tile, layer, scratch);
    if (layer == 0) {
        push_pixels(context, tile, scratch, ans);
    } else {
        push_latent(ans, scratch->outputs, net_output_stride(&context->model->latent[layer].likelihood), channels,
                    tile->grid_rows * tile->grid_columns * channels, tile->z[layer - 1]);
    }
}

static void pop_below(const struct tile_context *context, struct top_tile *tile, unsigned layer,
                      struct net_scratch *scratch, struct ans *ans) {
    unsigned channels = context->model->latent_channels;
    const double before = account_content(context->account, ans);
    evaluate_likelihood(context, tile, layer, scratch);
    if (layer == 0) {
        pop_pixels(context, tile, scratch, ans);
        account_popped(context->account, SHARE_TOP, before, ans);
    } else {
        pop_latent(ans, scratch->outputs, net_output_stride(&context->model->latent[layer].likelihood), channels,
                   tile->grid_rows * tile->grid_columns * channels, tile->z[layer - 1]);
        account_popped(context->account, SHARE_LATENTS, before, ans);
    }
}

static void push_tile(const struct tile_context *context, struct top_tile *tile, enum latent_order order,
                      struct net_scratch *scratch, struct ans *ans) {
    const unsigned layers = context->model->latents, channels = context->model->latent_channels;
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
    push_latent(ans, NULL, 0, channels, tile->grid_rows * tile->grid_columns * channels, tile->z[layers - 1]);
}

static void pop_tile(const struct tile_context *context, struct top_tile *tile, enum latent_order order,
                     struct net_scratch *scratch, struct ans *ans) {
    const unsigned layers = context->model->latents, channels = context->model->latent_channels;
    const double before = account_content(context->account, ans);
    if (layers == 0) {
        pop_uniform(context, tile, ans);
        account_popped(context->account, SHARE_TOP, before, ans);
        return;
    }
    pop_latent(ans, NULL, 0, channels, tile->grid_rows * tile->grid_columns * channels, tile->z[layers - 1]);
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
static void place_tile(struct top_tile *tile, uint64_t number) {
    const uint32_t across = (tile->lattice.width - 1) / TOP_TILE + 1;
    tile->row = (uint32_t)(number / across) * TOP_TILE;
    tile->column = (uint32_t)(number % across) * TOP_TILE;
    uint32_t rows = tile->lattice.height - tile->row, columns = tile->lattice.width - tile->column;
    tile->rows = rows < TOP_TILE ? rows : TOP_TILE;
    tile->columns = columns < TOP_TILE ? columns : TOP_TILE;
    tile->grid_rows = (tile->rows + LATENT_CELL - 1) / LATENT_CELL;
    tile->grid_columns = (tile->columns + LATENT_CELL - 1) / LATENT_CELL;
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
        place_tile(tile, encoding ? count - 1 - i : i);
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
static double latent_bits(const int16_t *outputs, unsigned stride, unsigned channels, unsigned count, uint8_t *z,
                          uint64_t *seed) {
    double bits = 0.0;
    for (unsigned number = 0; number < count; number++) {
        int32_t mean, index;
        latent_shape(outputs, stride, channels, number, &mean, &index);
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
    for (unsigned number = 0; number < tile->grid_rows * tile->grid_columns * LATENT_CELL * LATENT_CELL; number++) {
        struct prepared_pixel prepared;
        if (prepare_pixel(context, tile, scratch, number, &prepared)) {
            bits += mixture_bits(context->planes, &prepared);
        }
    }
    return bits;
}

enum bswz_status latents_elbo(const struct tile_context *context, uint64_t *seed, struct net_scratch *scratch,
                              double *bits, struct bswz_error *error) {
    const unsigned layers = context->model->latents, channels = context->model->latent_channels;
    struct top_tile *tile = open_tiles(context, error);
    if (tile == NULL) {
        return BSWZ_ERROR_MEMORY;
    }
    for (uint64_t i = 0; i < tile_count(&tile->lattice); i++) {
        place_tile(tile, i);
        const unsigned count = tile->grid_rows * tile->grid_columns * channels;
        for (unsigned layer = 0; layer < layers; layer++) {
            const struct latent_level *level = &context->model->latent[layer];
            evaluate_posterior(context, tile, layer, scratch);
            bits[layer + 1] -= latent_bits(scratch->outputs, net_output_stride(&level->posterior), channels, count,
                                           tile->z[layer], seed);
            evaluate_likelihood(context, tile, layer, scratch);
            bits[layer] += layer == 0 ? pixel_bits(context, tile, scratch)
                                      : latent_bits(scratch->outputs, net_output_stride(&level->likelihood), channels,
                                                    count, tile->z[layer - 1], NULL);
        }
        bits[layers] += layers == 0 ? 8.0 * context->planes * tile->rows * tile->columns
                                    : latent_bits(NULL, 0, channels, count, tile->z[layers - 1], NULL);
    }
    free(tile);
    return BSWZ_OK;
}
