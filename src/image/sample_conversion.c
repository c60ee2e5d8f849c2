/* SPDX-License-Identifier: MIT */
/*
 * Plan and perform the conversion of samples (sample_conversion.h describes which).
 *
 * What the targets can hold: PNM: grey and RGB of any maxval; PAM and raw: the same with alpha; PNG: 1, 2, 4 (only
 * grey), 8 and 16 bits; WebP: 8 bits, RGB with or without alpha (its writer expands grey).
 */
#include "image/sample_conversion.h"

#include "image/format.h"
#include "image/formats.h"
#include "image/layout.h"
#include "image/record.h"

#include <string.h>

/* Find the palette or the colour key in the record and plan its expansion. */
static enum bswz_status plan_expansion(const struct picture_info *source, const struct picture_record *record,
                                       struct picture_conversion *conversion, struct picture_info *written,
                                       struct bswz_error *error) {
    struct picture_chunk chunk, transparency;
    const bool transparent = picture_chunk_find(record->chunks, record->size, "tRNS", &transparency);
    if (source->indexed) {
        bool alpha = false;
        for (int i = 0; i < 256; i++) {
            conversion->table[i][3] = 255; /* an index beyond the palette is opaque black, as in libpng */
        }
        if (!picture_chunk_find(record->chunks, record->size, "PLTE", &chunk) || chunk.length > 768 ||
            (transparent && transparency.length > 256)) {
            return bswz_fail(error, BSWZ_ERROR_FORMAT, "the palette of a picture is invalid");
        }
        for (uint32_t i = 0; i < chunk.length / 3; i++) {
            memcpy(conversion->table[i], chunk.data + 3 * (size_t)i, 3);
        }
        for (uint32_t i = 0; transparent && i < transparency.length; i++) {
            conversion->table[i][3] = transparency.data[i];
            alpha |= transparency.data[i] != 255;
        }
        conversion->expansion = EXPAND_PALETTE;
        conversion->channels_out = alpha ? 4 : 3;
        written->indexed = false;
        written->maxval = 255;
    } else if (transparent && (source->channels & 1) != 0) {
        if (transparency.length != 2u * source->channels) {
            return bswz_fail(error, BSWZ_ERROR_FORMAT, "the transparent colour of a picture is invalid");
        }
        /* in the file: 16 bits per channel, big-endian, of which the picture uses the low bits */
        for (unsigned i = 0; i < source->channels && i < 3; i++) {
            const unsigned value =
                ((unsigned)transparency.data[2 * i] << 8 | transparency.data[2 * i + 1]) & source->maxval;
            if (conversion->wide) {
                conversion->key[2 * i] = (uint8_t)value;
                conversion->key[2 * i + 1] = (uint8_t)(value >> 8);
            } else {
                conversion->key[i] = (uint8_t)value;
            }
        }
        conversion->expansion = EXPAND_KEY;
        conversion->channels_out = (uint8_t)(source->channels + 1);
    }
    written->channels = conversion->channels_out;
    return BSWZ_OK;
}

/* The same for a picture whose record is a layout. */
static enum bswz_status plan_from_layout(const struct picture_info *source, const struct byte_buffer *head,
                                         struct picture_conversion *conversion, struct picture_info *written,
                                         struct bswz_error *error) {
    struct sample_layout layout;
    const enum bswz_status status = layout_take(head, source, &layout, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (layout.premultiplied) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT,
                         "the colours are multiplied by alpha, which no other format than the source's holds");
    }
    if (source->indexed) {
        uint8_t colours[256][3];
        layout_colours(&layout, colours);
        for (int i = 0; i < 256; i++) {
            memcpy(conversion->table[i], colours[i], 3);
        }
        conversion->expansion = EXPAND_PALETTE;
        conversion->channels_out = written->channels = 3;
        written->indexed = false;
        written->maxval = 255;
    }
    return BSWZ_OK;
}

enum bswz_status picture_convert_plan(enum picture_format target, const struct picture_info *source,
                                      const struct byte_buffer *head, struct picture_conversion *conversion,
                                      struct picture_info *written, struct bswz_error *error) {
    *written = *source;
    memset(conversion, 0, sizeof *conversion);
    conversion->channels_in = conversion->channels_out = source->channels;
    conversion->wide = source->depth == 16;
    conversion->scale = 1;
    conversion->opaque[0] = (uint8_t)source->maxval;
    conversion->opaque[1] = (uint8_t)(source->maxval >> 8);
    const bool recorded = picture_record_is_used(source->format), laid_out = picture_layout_is_used(source->format);
    if (source->indexed && !recorded && !laid_out) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "a palette picture without a palette");
    }
    if (target == source->format || (target == PICTURE_PNG && recorded)) {
        return BSWZ_OK;
    }
    if (recorded) {
        struct picture_record record;
        enum bswz_status status = picture_record_parse(head, source, &record, error);
        if (status == BSWZ_OK) {
            status = plan_expansion(source, &record, conversion, written, error);
        }
        if (status != BSWZ_OK) {
            return status;
        }
    }
    if (laid_out) {
        enum bswz_status status = plan_from_layout(source, head, conversion, written, error);
        if (status != BSWZ_OK) {
            return status;
        }
    }
    const struct picture_format_row *row = picture_format_row(target);
    bool is_stretched = false;
    const enum bswz_status status =
        row->accepts != NULL ? row->accepts(written, &is_stretched, error)
                             : bswz_fail(error, BSWZ_ERROR_ARGUMENT, "pictures cannot be written in this format");
    if (status == BSWZ_OK && is_stretched && written->depth == 8) { /* 1, 3 and 15 divide 255 */
        conversion->scale = (uint8_t)(255 / written->maxval);
        written->maxval = 255;
    }
    return status;
}

enum bswz_status accepts_all(const struct picture_info *info, bool *is_stretched, struct bswz_error *error) {
    (void)info;
    (void)is_stretched;
    (void)error;
    return BSWZ_OK;
}

enum bswz_status pnm_accepts(const struct picture_info *info, bool *is_stretched, struct bswz_error *error) {
    (void)is_stretched;
    return info->channels % 2 == 1
               ? BSWZ_OK
               : bswz_fail(error, BSWZ_ERROR_ARGUMENT, "PNM would lose the alpha channel; use --to=pam or --to=png");
}

/* A maximum that is all ones, in 1, 2, 4, 8 or 16 bits. */
static bool has_whole_bits(const struct picture_info *info) {
    const unsigned maxval = info->maxval;
    return maxval == 1 || maxval == 3 || maxval == 15 || maxval == 255 || maxval == 65535;
}

enum bswz_status png_accepts(const struct picture_info *info, bool *is_stretched, struct bswz_error *error) {
    *is_stretched = info->channels > 1; /* PNG itself has grey of 1, 2 and 4 bits */
    return has_whole_bits(info)
               ? BSWZ_OK
               : bswz_fail(error, BSWZ_ERROR_ARGUMENT, "PNG cannot hold samples with a maximum of %u", info->maxval);
}

enum bswz_status webp_accepts(const struct picture_info *info, bool *is_stretched, struct bswz_error *error) {
    *is_stretched = true;
    return info->depth == 8 && has_whole_bits(info)
               ? BSWZ_OK
               : bswz_fail(error, BSWZ_ERROR_ARGUMENT,
                           "WebP holds 8 bits a sample, this picture's maximum is %u; use --to=png or --to=pam",
                           info->maxval);
}

bool picture_converts(const struct picture_conversion *conversion) {
    return conversion->expansion != EXPAND_NOTHING || conversion->scale != 1;
}

static void expand_palette(const struct picture_conversion *conversion, const uint8_t *from, uint8_t *to,
                           size_t count) {
    if (conversion->channels_out == 4) {
        for (size_t i = 0; i < count; i++) {
            memcpy(to + 4 * i, conversion->table[from[i]], 4);
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            memcpy(to + 3 * i, conversion->table[from[i]], 3);
        }
    }
}

/* pixel: the bytes of a pixel without alpha, a constant in each call so that the comparison and the copies are a
 * few instructions. */
static inline void expand_key(const struct picture_conversion *conversion, const uint8_t *from, uint8_t *to,
                              size_t count, size_t pixel, size_t sample) {
    for (size_t i = 0; i < count; i++, from += pixel, to += pixel + sample) {
        const bool clear = memcmp(from, conversion->key, pixel) == 0;
        memcpy(to, from, pixel);
        for (size_t k = 0; k < sample; k++) {
            to[pixel + k] = clear ? 0 : conversion->opaque[k];
        }
    }
}

void picture_convert(const struct picture_conversion *conversion, const uint8_t *from, uint8_t *to, size_t count) {
    const size_t samples = count * conversion->channels_out;
    if (conversion->expansion == EXPAND_PALETTE) {
        expand_palette(conversion, from, to, count);
    } else if (conversion->expansion == EXPAND_KEY) {
        if (conversion->channels_in == 1) {
            if (conversion->wide) {
                expand_key(conversion, from, to, count, 2, 2);
            } else {
                expand_key(conversion, from, to, count, 1, 1);
            }
        } else if (conversion->wide) {
            expand_key(conversion, from, to, count, 6, 2);
        } else {
            expand_key(conversion, from, to, count, 3, 1);
        }
    } else {
        memcpy(to, from, conversion->wide ? 2 * samples : samples);
    }
    if (conversion->scale != 1) { /* 8-bit samples only */
        for (size_t i = 0; i < samples; i++) {
            to[i] = (uint8_t)(to[i] * conversion->scale);
        }
    }
}
