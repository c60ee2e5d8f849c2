/* SPDX-License-Identifier: MIT */
/*
 * A layer as stored in every model file:
 *
 *     shift [out] u8, bias [out] i32, weights [out][taps][in], i16 (wide) or i8
 */
#ifndef BSWZ_LAYER_FILE_H
#define BSWZ_LAYER_FILE_H

#include "base/fields.h"
#include "engine/engine.h"

/* A channel that a layer has in the place of another one: its weights are those of channel `from` of the file, times
 * `sign`. */
struct layer_channel {
    uint8_t from;
    int8_t sign;
};

/* How a layer differs from the one in the file. */
struct layer_view {
    bool across, down;              /* the taps of a 3x3 layer are mirrored left to right; top to bottom */
    const struct layer_channel *in; /* NULL, or [in] */
    const int8_t *out;              /* NULL, or [out]: signs of the outputs */
};

struct layer_parser {
    struct cursor cursor;
    const struct engine *engine;
    int16_t *weights; /* memory for the weights of one layer, reused for all layers if the kernel packs them; or NULL */
    size_t weights_held;
    struct layer_view view; /* of the next layers; at first as in the file */
};

/* Start with a file, for the kernel of this machine, which is checked. Fails if there is none or it computes
 * wrongly. */
enum bswz_status layer_parser_open(struct layer_parser *parser, const uint8_t *bytes, size_t size,
                                   struct bswz_error *error);
void layer_parser_close(struct layer_parser *parser);

/* The next number of count bytes; 0 if the file ends, which cursor->is_short records. */
uint32_t layer_take(struct cursor *cursor, size_t count);

/* Copy int32 or int16 values from the file. Whole rows at once, because starting the program parses a million of
 * them. */
void layer_copy_32(const uint8_t *bytes, size_t count, int32_t *to);
void layer_copy_16(const uint8_t *bytes, size_t count, int16_t *to);

/* The next layer, checked for inputs of up to 255 in magnitude, and packed. in, out: as in the file. In the
 * layer's memory they are rounded up. layer->sparse is set before, and everything else is zero. */
enum bswz_status layer_parse(struct layer_parser *parser, struct layer *layer, unsigned in, unsigned out, unsigned size,
                             bool wide, struct bswz_error *error);

#endif
