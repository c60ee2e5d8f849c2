/*
 * JPEG files taken apart into coefficients and a packed recipe, and put together again.
 */
#ifndef BSWZ_JPEG_FILE_H
#define BSWZ_JPEG_FILE_H

#include "jpeg/recipe.h"

/* Memory that jpeg_file_take_apart takes for planes, which have no blocks yet, beside the file itself. */
uint64_t jpeg_memory_to_take_apart(const struct jpeg_planes *planes, uint64_t file_size);

/* Memory that putting a file together takes. */
uint64_t jpeg_memory_to_restore(const struct jpeg_planes *planes, uint64_t file_size);

/* The planes, without blocks, of what may be a JPEG file, for little memory: FORMAT, UNSUPPORTED, LIMIT where it is none
 * that can be taken apart. */
enum bswz_status jpeg_file_planes(const uint8_t *file, size_t size, struct jpeg_planes *planes,
                                  struct bswz_error *error);

/* Then, whatever the bytes are: on BSWZ_OK the planes, whose blocks the caller frees, and the recipe that is appended give
 * them back. That has been tried. FORMAT, UNSUPPORTED, LIMIT: the file is kept better as it is. */
enum bswz_status jpeg_file_take_apart(const uint8_t *file, size_t size, struct jpeg_planes *planes,
                                      struct byte_buffer *recipe, struct bswz_error *error);

#endif
