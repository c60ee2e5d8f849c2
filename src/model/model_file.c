/* SPDX-License-Identifier: MIT */
/*
 * Model files: parsed by a total parser, and checked once before they are trusted.
 *
 * The format (little-endian; doc/model-file.md has the prose):
 *
 *     magic 8, version u16, name 32, levels u8, nets u8, latents u8, latent channels u8
 *     latent_cell[latents] u8: from version 4 on
 *     level_net[heads][levels] u8: four heads in version 2, six since then
 *     nets x (pass 1 net, pass 2 net), latents x (posterior net, likelihood net)
 *     net: planes u16, outputs u16, width u16, depth u8, heads u8: bit h for head h
 *          each head x (first layer, grid u8: 0 or 1, grid x [64][width] i16)
 *          (depth + 1) x trunk layer
 *          each head x (last layer, growth 3 x i16)
 *     layer: shift [out] u8, bias [out] i32, weights [out][taps][in], i16 (wide) or i8
 *
 * A wide layer with an odd number of inputs, and a last layer whose outputs are not
 * a multiple of 16, are padded with zeros in memory.
 */
#include "base/allocate.h"
#include "base/fields.h"
#include "model/layer_file.h"
#include "model/model_private.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { HEADS_OF_VERSION_2 = 4 }; /* without the heads for grey */

static const uint8_t magic[8] = {0x8d, 'B', 'S', 'M', '\r', '\n', 0x1a, '\n'};

/* The biases by grid position, which are added to the sums of the first layer: these, too, must stay within 32 bits,
 * and the biases must be integers in the unit of the sums. */
static enum bswz_status parse_grid(struct layer_parser *parser, struct net *net, unsigned head,
                                   struct bswz_error *error) {
    struct cursor *cursor = &parser->cursor;
    uint32_t present = layer_take(cursor, 1);
    if (present == 0) {
        return BSWZ_OK;
    }
    const size_t count = (size_t)64 * net->width;
    const uint8_t *bytes;
    if (present != 1 || !take_bytes(cursor, 2 * count, &bytes)) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "model file has a bad grid table");
    }
    net->grid[head] = bswz_allocate(count, sizeof *net->grid[head]);
    if (net->grid[head] == NULL) {
        return bswz_no_memory(error);
    }
    layer_copy_16(bytes, count, net->grid[head]);
    for (unsigned o = 0; o < net->width; o++) {
        unsigned shift = net->first[head].shift[o];
        if (shift < NET_GRID_UNIT_BITS || shift > 16) {
            return bswz_fail(error, BSWZ_ERROR_MODEL, "model file has a bad grid unit");
        }
    }
    return BSWZ_OK;
}

static enum bswz_status parse_net(struct layer_parser *parser, struct net *net, unsigned planes, unsigned outputs,
                                  struct bswz_error *error) {
    struct cursor *cursor = &parser->cursor;
    unsigned file_planes = layer_take(cursor, 2), file_outputs = layer_take(cursor, 2);
    net->outputs = outputs;
    net->planes = (planes + 1) / 2 * 2;
    net->width = layer_take(cursor, 2);
    net->depth = layer_take(cursor, 1);
    net->heads = layer_take(cursor, 1);
    net->halo = net->depth + 1;
    if (cursor->is_short || file_planes != planes || file_outputs != outputs || planes > NET_MAX_PLANES ||
        outputs > LAYER_MAX_CHANNELS || net->width == 0 || net->width > LAYER_MAX_CHANNELS ||
        net->width % LAYER_CHANNEL_STEP != 0 || net->depth > NET_MAX_DEPTH || net->heads == 0 ||
        net->heads >= 1u << NET_MAX_HEADS) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "model file contains a network of the wrong shape");
    }
    enum bswz_status status = BSWZ_OK;
    for (unsigned head = 0; head < NET_MAX_HEADS && status == BSWZ_OK; head++) {
        if (!net_has_head(net, head)) {
            continue;
        }
        status = layer_parse(parser, &net->first[head], planes, net->width, 3, true, error);
        if (status == BSWZ_OK) {
            status = parse_grid(parser, net, head, error);
        }
    }
    for (unsigned l = 0; l <= net->depth && status == BSWZ_OK; l++) {
        status = layer_parse(parser, &net->trunk[l], net->width, net->width, l < net->depth ? 3 : 1, false, error);
    }
    for (unsigned head = 0; head < NET_MAX_HEADS && status == BSWZ_OK; head++) {
        if (!net_has_head(net, head)) {
            continue;
        }
        status = layer_parse(parser, &net->last[head], net->width, outputs, 1, true, error);
        for (unsigned i = 0; i < 3; i++) {
            net->growth[head].factor[i] = (int16_t)layer_take(cursor, 2);
        }
    }
    return status;
}

static enum bswz_status parse(struct bswz_model *model, struct layer_parser *parser, struct bswz_error *error) {
    struct cursor *cursor = &parser->cursor;
    const uint8_t *first;
    if (!take_bytes(cursor, sizeof magic, &first) || memcmp(first, magic, sizeof magic) != 0) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "not a model file");
    }
    const unsigned version = layer_take(cursor, 2), heads = version == 2 ? HEADS_OF_VERSION_2 : NET_MAX_HEADS;
    if (version < 2 || version > 4) {
        return bswz_fail(error, BSWZ_ERROR_VERSION, "model file has an unknown version");
    }
    for (size_t i = 0; i < sizeof model->name; i++) {
        model->name[i] = (char)layer_take(cursor, 1);
    }
    size_t length = strnlen(model->name, sizeof model->name);
    for (size_t i = 0; i < length; i++) {
        if (model->name[i] <= ' ' || model->name[i] > '~') {
            length = 0;
        }
    }
    model->levels = layer_take(cursor, 1);
    model->net_count = layer_take(cursor, 1);
    model->latents = layer_take(cursor, 1);
    model->latent_channels = layer_take(cursor, 1);
    if (cursor->is_short || length == 0 || length == sizeof model->name || model->levels > MODEL_MAX_LEVELS ||
        model->net_count > NET_MAX_HEADS * model->levels || (model->levels > 0 && model->net_count == 0) ||
        model->latents > MODEL_MAX_LATENTS || model->latent_channels > MODEL_MAX_LATENT_CHANNELS ||
        (model->latents > 0 && model->latent_channels == 0)) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "model file has a bad header");
    }
    for (unsigned i = 0; i < model->latents; i++) {
        uint8_t *cell = &model->latent_cell[i];
        *cell = version >= 4 ? (uint8_t)layer_take(cursor, 1) : i == 0 ? LATENT_CELL : 1;
        if (*cell != LATENT_CELL && (*cell != 1 || i == 0)) {
            return bswz_fail(error, BSWZ_ERROR_MODEL, "model file has a latent layer on an impossible grid");
        }
    }
    for (unsigned i = 0; i < heads * model->levels; i++) {
        uint8_t *net = &model->level_net[i / model->levels][i % model->levels];
        *net = (uint8_t)layer_take(cursor, 1);
        if (*net >= model->net_count) {
            return bswz_fail(error, BSWZ_ERROR_MODEL, "model file refers to a network that it does not contain");
        }
    }
    for (unsigned head = heads; head < NET_MAX_HEADS; head++) {
        memcpy(model->level_net[head], model->level_net[HEAD_JFIF], sizeof model->level_net[head]);
    }
    model->nets = bswz_allocate_zero(model->net_count, sizeof *model->nets);
    model->latent = bswz_allocate_zero(model->latents, sizeof *model->latent);
    if (model->nets == NULL || model->latent == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = BSWZ_OK;
    static const unsigned pass_planes[2] = {9, 15}, pass_pixels[2] = {1, 2};
    for (unsigned i = 0; i < 2 * model->net_count && status == BSWZ_OK; i++) {
        struct net *net = &model->nets[i / 2][i % 2];
        status = parse_net(parser, net, pass_planes[i % 2], pass_pixels[i % 2] * MIXTURE_OUTPUTS, error);
    }
    for (unsigned i = 0; i < 2 * NET_MAX_HEADS * model->levels && status == BSWZ_OK; i++) {
        const enum model_head head = (enum model_head)(i / 2 / model->levels);
        const struct net *net = &model->nets[model->level_net[head][i / 2 % model->levels]][i % 2];
        if (!net_has_head(net, net_serving_head(net, head))) {
            status = bswz_fail(error, BSWZ_ERROR_MODEL, "model file lacks a required head");
        }
    }
    for (unsigned i = 0; i < model->latents && status == BSWZ_OK; i++) {
        const unsigned each = model->latent_cell[i] * model->latent_cell[i]; /* positions below one of this layer */
        unsigned below_planes = i == 0 ? TOP_PIXEL_PLANES : each * model->latent_channels;
        unsigned below_outputs = each * (i == 0 ? MIXTURE_OUTPUTS : 2 * model->latent_channels);
        struct latent_level *level = &model->latent[i];
        status = parse_net(parser, &level->posterior, below_planes, 2 * model->latent_channels, error);
        if (status == BSWZ_OK) {
            status = parse_net(parser, &level->likelihood, model->latent_channels, below_outputs, error);
        }
        const unsigned needed = i == 0 ? (1u << HEADS_OF_VERSION_2) - 1 : 1;
        if (status == BSWZ_OK && (level->posterior.heads != needed || level->likelihood.heads != needed)) {
            status = bswz_fail(error, BSWZ_ERROR_MODEL, "model file lacks a required head");
        }
    }
    if (status == BSWZ_OK && (cursor->is_short || cursor_left(cursor) != 0)) {
        status = bswz_fail(error, BSWZ_ERROR_MODEL, "model file is truncated or too long");
    }
    return status;
}

enum bswz_status bswz_model_load(const uint8_t *bytes, size_t size, struct bswz_model **model,
                                 struct bswz_error *error) {
    *model = NULL;
    bswz_forget(error);
    struct bswz_model *loaded = bswz_allocate_zero(1, sizeof *loaded);
    if (loaded == NULL) {
        return bswz_no_memory(error);
    }
    struct layer_parser parser;
    enum bswz_status status = layer_parser_open(&parser, bytes, size, error);
    loaded->engine = parser.engine;
    loaded->hash = XXH3_64bits(bytes, size);
    if (status == BSWZ_OK) {
        status = parse(loaded, &parser, error);
    }
    layer_parser_close(&parser);
    if (status != BSWZ_OK) {
        bswz_model_free(loaded);
        return status;
    }
    *model = loaded;
    return BSWZ_OK;
}

void bswz_model_free(struct bswz_model *model) {
    if (model == NULL) {
        return;
    }
    for (unsigned i = 0; model->nets != NULL && i < 2 * model->net_count; i++) {
        net_free(&model->nets[i / 2][i % 2]);
    }
    for (unsigned i = 0; model->latent != NULL && i < model->latents; i++) {
        net_free(&model->latent[i].posterior);
        net_free(&model->latent[i].likelihood);
    }
    free(model->nets);
    free(model->latent);
    free(model);
}

const char *bswz_model_name(const struct bswz_model *model) {
    return model->name;
}

uint64_t bswz_model_hash(const struct bswz_model *model) {
    return model->hash;
}
