/* SPDX-License-Identifier: MIT */
/*
 * PNG pictures whose palette follows from their pixels.
 *
 * Programs such as ImageMagick number the colours of a picture in the order in which they occur in it, those that are
 * not opaque before the others. Then the palette need not be stored, and the picture is coded by its colours, which are
 * easier to predict than their numbers. In the head record, chunk INDX takes the place of PLTE, and tRNS is empty:
 *
 *     byte    bit depth of the indices: 1, 2, 4 or 8
 *     byte    1: colours that are not opaque come first; 0: all in the order of their first pixels
 *     the rest: entries that no pixel has, which follow the others: opaque, 3 bytes each
 *
 * The colour type of such a record is that of the colours: 2, or 6 if there is a tRNS chunk.
 */
#ifndef BSWZ_IMAGE_INDICES_H
#define BSWZ_IMAGE_INDICES_H

#include "image/picture.h"
#include "image/record.h"

/* Larger pictures keep their palettes: the writer holds the whole picture. */
#define INDICES_PIXELS_MAX ((uint64_t)1 << 16)

/* A picture in memory. The owner frees both. */
struct whole_picture {
    struct picture_info info;
    struct byte_buffer head;
    uint8_t *samples;
};

void whole_picture_free(struct whole_picture *picture);

/* May this picture of indices be coded by its colours? Then they are to be found. */
bool indices_are_eligible(const struct picture_info *info);

/* Find the colours of such a picture. *found: the palette follows from them, as indices_restore has shown. */
enum bswz_status indices_to_colours(const struct picture_info *info, const struct byte_buffer *head,
                                    const uint8_t *indices, struct whole_picture *coloured, bool *found,
                                    struct bswz_error *error);

/* Does the head record (untrusted) have a chunk INDX? */
bool indices_are_wanted(const struct picture_info *info, const struct byte_buffer *head);

/* The picture with indices. FORMAT: it has more colours than a palette. */
enum bswz_status indices_restore(const struct picture_info *info, const struct byte_buffer *head,
                                 const uint8_t *colours, struct whole_picture *indexed, struct bswz_error *error);

/* Append the head record without the chunk, and without others that are about a palette. */
enum bswz_status indices_forget(const struct byte_buffer *head, struct byte_buffer *out, struct bswz_error *error);

#endif
