/* SPDX-License-Identifier: MIT */
/*
 * Layers in model files (layer_file.h).
 */
#include "model/layer_file.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum bswz_status layer_parser_open(struct layer_parser *parser, const uint8_t *bytes, size_t size,
                                   struct bswz_error *error) {
    *parser = (struct layer_parser){.cursor = {.bytes = bytes, .size = size}, .engine = engine_choose(error)};
    return parser->engine == NULL ? BSWZ_ERROR_MACHINE : kernel_self_check(parser->engine->kernel, error);
}

void layer_parser_close(struct layer_parser *parser) {
    free(parser->weights);
}

uint32_t layer_take(struct cursor *cursor, size_t count) {
    const uint8_t *bytes;
    uint32_t value = 0;
    if (!cursor->is_short && take_bytes(cursor, count, &bytes)) {
        for (size_t i = 0; i < count; i++) {
            value |= (uint32_t)bytes[i] << (8 * i);
        }
    }
    return value;
}

void layer_copy_32(const uint8_t *bytes, size_t count, int32_t *to) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *b = bytes + 4 * i;
        to[i] = (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24);
    }
}

void layer_copy_16(const uint8_t *bytes, size_t count, int16_t *to) {
    for (size_t i = 0; i < count; i++) {
        to[i] = (int16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    }
}

static void widen_8(const uint8_t *bytes, size_t count, int16_t *to) {
    for (size_t i = 0; i < count; i++) {
        to[i] = (int8_t)bytes[i];
    }
}

/* Set layer->weight to memory for that many weights. */
static bool give_weights(struct layer_parser *parser, struct layer *layer, size_t count) {
    if (parser->weights_held < count) {
        free(parser->weights);
        parser->weights = bswz_allocate(count, sizeof *parser->weights);
        parser->weights_held = count;
    }
    layer->weight = parser->weights;
    parser->weights = NULL;
    return layer->weight != NULL;
}

static unsigned tap_of(const struct layer_view *view, unsigned size, unsigned tap) {
    const unsigned row = tap / size, column = tap % size;
    return (view->down ? size - 1 - row : row) * size + (view->across ? size - 1 - column : column);
}

/* The weights of an output and a tap become those of the view. */
static void look(const struct layer_view *view, int sign, unsigned in, int16_t *weight) {
    int16_t was[LAYER_MAX_CHANNELS];
    memcpy(was, weight, in * sizeof *was);
    for (unsigned i = 0; i < in; i++) {
        const struct layer_channel from = view->in != NULL ? view->in[i] : (struct layer_channel){(uint8_t)i, 1};
        weight[i] = (int16_t)(sign * from.sign * was[from.from]);
    }
}

enum bswz_status layer_parse(struct layer_parser *parser, struct layer *layer, unsigned in, unsigned out, unsigned size,
                             bool wide, struct bswz_error *error) {
    unsigned taps = size * size;
    layer->size = size;
    layer->wide = wide;
    layer->in = (in + 1) / 2 * 2;
    layer->out = (out + LAYER_CHANNEL_STEP - 1) / LAYER_CHANNEL_STEP * LAYER_CHANNEL_STEP;
    const size_t rows = (size_t)out * taps, row_bytes = (size_t)in * (wide ? 2 : 1);
    const uint8_t *bytes;
    if (!take_bytes(&parser->cursor, out * (size_t)(1 + 4) + rows * row_bytes, &bytes)) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "the model file is truncated");
    }
    const size_t weights = (size_t)layer->out * taps * layer->in;
    layer->bias = bswz_allocate_zero(layer->out, sizeof *layer->bias);
    layer->shift = bswz_allocate_zero(layer->out, sizeof *layer->shift);
    if (!give_weights(parser, layer, weights) || layer->bias == NULL || layer->shift == NULL) {
        return bswz_no_memory(error);
    }
    if (layer->in != in || layer->out != out) {
        memset(layer->weight, 0, weights * sizeof *layer->weight);
    }
    memcpy(layer->shift, bytes, out);
    layer_copy_32(bytes + out, out, layer->bias);
    bytes += out * (size_t)(1 + 4);
    const struct layer_view *view = &parser->view;
    const bool has_channels = view->in != NULL || view->out != NULL;
    for (size_t row = 0; row < rows; row++, bytes += row_bytes) {
        const unsigned o = (unsigned)(row / taps);
        int16_t *to = layer->weight + ((size_t)o * taps + tap_of(view, size, (unsigned)(row % taps))) * layer->in;
        if (wide) {
            layer_copy_16(bytes, in, to);
        } else {
            widen_8(bytes, in, to);
        }
        if (has_channels) {
            look(view, view->out != NULL ? view->out[o] : 1, in, to);
        }
    }
    for (unsigned o = 0; o < out && view->out != NULL; o++) {
        layer->bias[o] = view->out[o] < 0 ? (int32_t)(0 - (uint32_t)layer->bias[o]) : layer->bias[o];
    }
    enum bswz_status status = layer_check(layer, LAYER_INPUT_LARGEST, error);
    if (status == BSWZ_OK) {
        status = layer->sparse ? layer_pack_pairs(layer, error) : parser->engine->kernel->pack(layer, error);
    }
    if (layer->packed != NULL) { /* the kernel has its own */
        parser->weights = layer->weight;
        layer->weight = NULL;
    } else {
        parser->weights_held = 0;
    }
    return status;
}
