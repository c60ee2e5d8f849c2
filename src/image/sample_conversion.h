/* SPDX-License-Identifier: MIT */
/*
 * From the samples of a source to those of a target format: palettes and colour keys are expanded, small depths
 * scaled. Every conversion keeps the picture exactly; if that is impossible, picture_convert_plan() refuses.
 */
#ifndef BSWZ_IMAGE_CONVERSION_H
#define BSWZ_IMAGE_CONVERSION_H

#include "image/picture.h"

enum picture_expansion {
    EXPAND_NOTHING,
    EXPAND_PALETTE, /* index -> RGB or RGBA, 8 bits */
    EXPAND_KEY      /* grey or RGB -> the same with alpha: 0 if the colour is the key, else maxval */
};

struct picture_conversion {
    enum picture_expansion expansion;
    uint8_t channels_in, channels_out;
    bool wide;             /* 16-bit samples */
    uint8_t scale;         /* 8-bit samples are then multiplied by this; 1: unchanged */
    uint8_t opaque[2];     /* alpha outside the key: maxval as stored */
    uint8_t key[6];        /* the key as stored */
    uint8_t table[256][4]; /* the palette */
};

/* How to write source as target. On BSWZ_OK *written describes the converted picture (its format field is still
 * that of the source). head is untrusted. ARGUMENT: the target cannot hold the picture. FORMAT: head is invalid. */
enum bswz_status picture_convert_plan(enum picture_format target, const struct picture_info *source,
                                      const struct byte_buffer *head, struct picture_conversion *conversion,
                                      struct picture_info *written, struct bswz_error *error);

/* Does the plan change anything? */
bool picture_converts(const struct picture_conversion *conversion);

/* count pixels, any number of whole rows. to has room for count * channels_out samples. */
void picture_convert(const struct picture_conversion *conversion, const uint8_t *from, uint8_t *to, size_t count);

#endif
