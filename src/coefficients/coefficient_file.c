/* SPDX-License-Identifier: MIT */
/*
 * Files of coefficient models: a parser for any input, and checks at load time.
 *
 *     magic 8, version u16
 *     luma, chroma: sums u16, width u16,
 *         dc, own [11], (chroma: luma's dc, luma, Cb's dc, Cb), steps: layers whose shifts are all the same,
 *         start [1, chroma 2][sums] i32
 *         11 groups, of each two rounds: bias [sums] i32, 3x3 layer, 1x1 layer, last layer
 *         2 types of DC positions: width u16, first, two 1x1 layers, last
 */
#include "base/allocate.h"
#include "coefficients/coefficient_model.h"
#include "coefficients/reflection.h"
#include "model/layer_file.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const uint8_t magic[8] = {0x8d, 'B', 'S', 'C', '\r', '\n', 0x1a, '\n'};

static enum bswz_status truncated(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_MODEL, "the model of coefficients is truncated");
}

static enum bswz_status take_biases(struct layer_parser *parser, unsigned count, int32_t **bias,
                                    struct bswz_error *error) {
    const uint8_t *bytes;
    if (!take_bytes(&parser->cursor, (size_t)count * 4, &bytes)) {
        return truncated(error);
    }
    *bias = bswz_allocate(count, sizeof **bias);
    if (*bias == NULL) {
        return bswz_no_memory(error);
    }
    layer_copy_32(bytes, count, *bias);
    for (unsigned i = 0; i < count; i++) {
        /* with the sums of all layers, each below 2^24, everything fits in 32 bits */
        if ((*bias)[i] >= 1 << 28 || (*bias)[i] <= -(1 << 28)) {
            return bswz_fail(error, BSWZ_ERROR_MODEL, "the model of coefficients exceeds integer bounds");
        }
    }
    return BSWZ_OK;
}

static bool take_width(struct layer_parser *parser, unsigned *width) {
    *width = layer_take(&parser->cursor, 2);
    return !parser->cursor.is_short && *width > 0 && *width <= LAYER_MAX_CHANNELS && *width % LAYER_CHANNEL_STEP == 0;
}

/* Of the next layer. */
static void look(struct layer_parser *parser, const struct reflection *reflection, const struct layer_channel *in,
                 const int8_t *out) {
    parser->view = (struct layer_view){reflection->across, reflection->down, in, out};
}

/* A layer that adds to the sums. */
static enum bswz_status parse_adding(struct layer_parser *parser, const struct component_nets *nets,
                                     struct layer *layer, unsigned in, unsigned size, struct bswz_error *error) {
    enum bswz_status status = layer_parse(parser, layer, in, nets->sums, size, true, error);
    if (status == BSWZ_OK && memcmp(layer->shift, nets->dc.shift, nets->sums) != 0) {
        status = bswz_fail(error, BSWZ_ERROR_MODEL, "the model of coefficients has sums of different units");
    }
    return status;
}

static enum bswz_status parse_group(struct layer_parser *parser, const struct reflection *reflection,
                                    struct component_nets *nets, unsigned round, struct bswz_error *error) {
    struct group_nets *group = &nets->group[round];
    const unsigned outputs = GROUP_OUTPUTS(coefficient_groups[group_of(round)].count);
    group->trunk[0].half = half_of(round) == 0 ? HALF_EVEN : HALF_ODD;
    enum bswz_status status = take_biases(parser, nets->sums, &group->bias, error);
    look(parser, reflection, NULL, NULL);
    if (status == BSWZ_OK) {
        status = layer_parse(parser, &group->trunk[0], nets->sums, nets->width, 3, false, error);
    }
    if (status == BSWZ_OK) {
        status = layer_parse(parser, &group->trunk[1], nets->width, nets->width, 1, false, error);
    }
    look(parser, reflection, NULL, reflection->outputs[group_of(round)]);
    return status == BSWZ_OK ? layer_parse(parser, &group->last, nets->width, outputs, 1, true, error) : status;
}

static enum bswz_status parse_dc(struct layer_parser *parser, const struct reflection *reflection, unsigned kind,
                                 unsigned type, struct dc_nets *nets, struct bswz_error *error) {
    unsigned width;
    if (!take_width(parser, &width)) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "the model of coefficients has an invalid width");
    }
    look(parser, reflection, reflection->dc[type], NULL);
    enum bswz_status status =
        layer_parse(parser, &nets->first, kind == 0 ? DC_INPUTS_LUMA : DC_INPUTS_CHROMA, width, 1, true, error);
    look(parser, reflection, NULL, NULL);
    for (unsigned l = 0; l < 2 && status == BSWZ_OK; l++) {
        status = layer_parse(parser, &nets->trunk[l], width, width, 1, false, error);
    }
    return status == BSWZ_OK ? layer_parse(parser, &nets->last, width, GROUP_OUTPUTS(1u), 1, true, error) : status;
}

static enum bswz_status parse_component(struct layer_parser *parser, const struct reflection *reflection, unsigned kind,
                                        struct component_nets *nets, struct bswz_error *error) {
    if (!take_width(parser, &nets->sums) || !take_width(parser, &nets->width)) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "the model of coefficients has an invalid width");
    }
    look(parser, reflection, reflection->around, NULL);
    enum bswz_status status = layer_parse(parser, &nets->dc, COMPONENT_INPUTS_DC, nets->sums, 1, true, error);
    for (unsigned g = 0; g < GROUP_COUNT && status == BSWZ_OK; g++) {
        nets->own[g].sparse = true;
        look(parser, reflection, reflection->group[g], NULL);
        status = parse_adding(parser, nets, &nets->own[g], 2 * coefficient_groups[g].count, 3, error);
    }
    for (unsigned other = 0; other < 2 * kind && status == BSWZ_OK; other++) {
        look(parser, reflection, reflection->around, NULL);
        status = parse_adding(parser, nets, &nets->other_dc[other], COMPONENT_INPUTS_DC, 1, error);
        if (status == BSWZ_OK) {
            look(parser, reflection, reflection->other, NULL);
            status = parse_adding(parser, nets, &nets->other[other], COMPONENT_INPUTS_OTHER, 1, error);
        }
    }
    if (status == BSWZ_OK) {
        look(parser, reflection, NULL, NULL);
        status = parse_adding(parser, nets, &nets->steps, 64, 1, error);
    }
    for (unsigned i = 0; i < 1 + kind && status == BSWZ_OK; i++) {
        status = take_biases(parser, nets->sums, &nets->start[i], error);
    }
    for (unsigned round = 0; round < ROUND_COUNT && status == BSWZ_OK; round++) {
        status = parse_group(parser, reflection, nets, round, error);
    }
    return status;
}

static enum bswz_status parse_view(struct coefficient_view *view, unsigned number, struct layer_parser *parser,
                                   struct bswz_error *error) {
    struct reflection reflection;
    reflection_init(&reflection, number);
    enum bswz_status status = BSWZ_OK;
    for (unsigned kind = 0; kind < COMPONENT_KINDS && status == BSWZ_OK; kind++) {
        status = parse_component(parser, &reflection, kind, &view->nets[kind], error);
        for (unsigned type = 0; type < DC_TYPES && status == BSWZ_OK; type++) {
            status = parse_dc(parser, &reflection, kind, type, &view->dc[kind][type], error);
        }
    }
    return status;
}

static enum bswz_status parse(struct coefficient_model *model, struct layer_parser *parser, struct bswz_error *error) {
    const uint8_t *first;
    if (!take_bytes(&parser->cursor, sizeof magic, &first) || memcmp(first, magic, sizeof magic) != 0) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "not a model of coefficients");
    }
    if (layer_take(&parser->cursor, 2) != 2) {
        return bswz_fail(error, BSWZ_ERROR_VERSION, "the model of coefficients has an unknown version");
    }
    const struct cursor nets = parser->cursor;
    enum bswz_status status = BSWZ_OK;
    for (unsigned view = 0; view < model->views && status == BSWZ_OK; view++) {
        parser->cursor = nets;
        status = parse_view(&model->view[view], view, parser, error);
    }
    if (status == BSWZ_OK && (parser->cursor.is_short || cursor_left(&parser->cursor) != 0)) {
        status = truncated(error);
    }
    return status;
}

enum bswz_status coefficient_model_load(const uint8_t *bytes, size_t size, bool has_views,
                                        struct coefficient_model **model, struct bswz_error *error) {
    *model = NULL;
    struct coefficient_model *loaded = bswz_allocate_zero(1, sizeof *loaded);
    if (loaded == NULL) {
        return bswz_no_memory(error);
    }
    struct layer_parser parser;
    enum bswz_status status = layer_parser_open(&parser, bytes, size, error);
    loaded->engine = parser.engine;
    loaded->views = has_views ? VIEWS : 1;
    loaded->hash = (uint32_t)XXH3_64bits(bytes, size);
    if (status == BSWZ_OK) {
        status = parse(loaded, &parser, error);
    }
    layer_parser_close(&parser);
    if (status != BSWZ_OK) {
        coefficient_model_free(loaded);
        return status;
    }
    *model = loaded;
    return BSWZ_OK;
}

static void free_component(struct component_nets *nets) {
    layer_free(&nets->dc);
    layer_free(&nets->steps);
    for (unsigned i = 0; i < 2; i++) {
        layer_free(&nets->other_dc[i]);
        layer_free(&nets->other[i]);
        free(nets->start[i]);
    }
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        layer_free(&nets->own[g]);
    }
    for (unsigned round = 0; round < ROUND_COUNT; round++) {
        struct group_nets *group = &nets->group[round];
        free(group->bias);
        layer_free(&group->trunk[0]);
        layer_free(&group->trunk[1]);
        layer_free(&group->last);
    }
}

static void free_view(struct coefficient_view *view) {
    for (unsigned kind = 0; kind < COMPONENT_KINDS; kind++) {
        free_component(&view->nets[kind]);
        for (unsigned type = 0; type < DC_TYPES; type++) {
            struct dc_nets *dc = &view->dc[kind][type];
            layer_free(&dc->first);
            layer_free(&dc->trunk[0]);
            layer_free(&dc->trunk[1]);
            layer_free(&dc->last);
        }
    }
}

void coefficient_model_free(struct coefficient_model *model) {
    for (unsigned view = 0; model != NULL && view < VIEWS; view++) {
        free_view(&model->view[view]);
    }
    free(model);
}
