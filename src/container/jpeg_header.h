/* SPDX-License-Identifier: MIT */
/*
 * The layout of a JPEG segment: a file coded by its coefficients, which comes back byte for byte.
 *
 *     segment = SEGMENT_JPEG, header, band ..., 0
 *     band    = varint payload size (1 ... the file's size - 1), payload (coefficients/coefficients.h)
 *
 * Bands are runs of whole rows of MCUs; their number and sizes follow from those of the picture.
 */
#ifndef BSWZ_JPEG_HEADER_H
#define BSWZ_JPEG_HEADER_H

#include "jpeg/recipe.h"

/* Larger files are stored as bytes. */
#define JPEG_FILE_MAX ((size_t)1 << 30)

struct jpeg_header {
    size_t file_size;
    uint64_t hash;                 /* of the file */
    struct jpeg_recipe recipe;     /* with zeros in place of thumbnails */
    struct byte_buffer thumbnails; /* as stored in the stream (thumbnails.h) */
    struct jpeg_planes planes;     /* from the recipe's headers; without blocks */
    size_t recipe_size;            /* in the stream, including thumbnails */
};

void jpeg_header_free(struct jpeg_header *header);

/* Append a header, with its check, without the segment's kind. recipe is packed. */
enum bswz_status jpeg_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *recipe,
                                 const struct byte_buffer *thumbnails, struct byte_buffer *out,
                                 struct bswz_error *error);

/* Parse a header from the size bytes given. last: NULL, or the headers of the last JPEG file, with zeros in place of
 * thumbnails, to which the recipe may refer. TRUNCATED: it needs at least *used bytes. On BSWZ_OK *used is its
 * size, and the caller frees the header. */
enum bswz_status jpeg_header_take(const uint8_t *bytes, size_t size, const struct byte_buffer *last,
                                  struct jpeg_header *header, size_t *used, struct bswz_error *error);

/* "JPEG 640x480", for messages. */
void jpeg_describe(const struct jpeg_planes *planes, char text[64]);

/* CORRUPT unless this is the file that the header promises. */
enum bswz_status jpeg_header_check(const struct jpeg_header *header, const uint8_t *file, struct bswz_error *error);

/* ---- bands ---- */

uint32_t jpeg_bands(const struct jpeg_planes *planes);

/* Band `number` of the planes: its blocks belong to planes. Returns its first row of pixels. */
uint32_t jpeg_band(const struct jpeg_planes *planes, uint32_t number, struct jpeg_planes *band);

#endif
