/*
 * The layout of a JPEG segment: a file by its coefficients, which comes back byte for byte.
 *
 *     segment = SEGMENT_JPEG, header, band ..., 0
 *     band    = varint payload size (1 ... the file's size - 1), payload (coefficients/coefficients.h)
 *
 * Bands are runs of whole rows of MCUs; their number and sizes follow from the picture's.
 */
#ifndef BSWZ_JPEG_HEADER_H
#define BSWZ_JPEG_HEADER_H

#include "jpeg/recipe.h"

/* Files beyond this size are bytes. */
#define JPEG_FILE_MAX ((size_t)1 << 30)

struct jpeg_header {
    size_t file_size;
    uint64_t hash; /* of the file */
    struct jpeg_recipe recipe;     /* with zeros where thumbnails are */
    struct byte_buffer thumbnails; /* as they are in the stream (thumbnails.h) */
    struct jpeg_planes planes; /* what the recipe's headers say; without blocks */
    size_t recipe_size;        /* in the stream, with thumbnails */
};

void jpeg_header_free(struct jpeg_header *header);

/* Append a header, with its check, without the segment's kind. recipe is a packed one. */
enum bswz_status jpeg_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *recipe,
                                 const struct byte_buffer *thumbnails, struct byte_buffer *out,
                                 struct bswz_error *error);

/* Take a header from the size bytes given. TRUNCATED: *used is how many bytes it takes at least. On BSWZ_OK *used is
 * its size, and the caller frees the header. */
enum bswz_status jpeg_header_take(const uint8_t *bytes, size_t size, struct jpeg_header *header, size_t *used,
                                  struct bswz_error *error);

/* "JPEG 640x480", for people. */
void jpeg_describe(const struct jpeg_planes *planes, char text[64]);

/* CORRUPT unless this is the file that the header promises. */
enum bswz_status jpeg_header_check(const struct jpeg_header *header, const uint8_t *file, struct bswz_error *error);

/* ---- bands ---- */

uint32_t jpeg_bands(const struct jpeg_planes *planes);

/* Band number ... of the planes: the blocks are theirs. */
void jpeg_band(const struct jpeg_planes *planes, uint32_t number, struct jpeg_planes *band);

#endif
