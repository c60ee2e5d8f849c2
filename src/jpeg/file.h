/* SPDX-License-Identifier: MIT */
/*
 * JPEG files split into coefficients and a packed recipe, and rebuilt from them.
 */
#ifndef BSWZ_JPEG_FILE_H
#define BSWZ_JPEG_FILE_H

#include "jpeg/recipe.h"
#include "jpeg/scan_read.h"

/* The memory that jpeg_file_take_apart needs for planes, which have no blocks yet, in addition to the file itself. */
uint64_t jpeg_memory_to_take_apart(const struct jpeg_planes *planes, uint64_t file_size);

/* The memory that rebuilding a file needs. */
uint64_t jpeg_memory_to_restore(const struct jpeg_planes *planes, uint64_t file_size);

/* The planes, without blocks, of what may be a JPEG file; this needs little memory. FORMAT, UNSUPPORTED, LIMIT if
 * it is not a file that can be split. */
enum bswz_status jpeg_file_planes(const uint8_t *file, size_t size, struct jpeg_planes *planes,
                                  struct bswz_error *error);

/* Then, whatever the bytes are: on BSWZ_OK the planes, whose blocks the caller frees, and the recipe that is
 * appended restore them. This has been tested. FORMAT, UNSUPPORTED, LIMIT: the file is better stored as bytes.
 * In two steps: read the blocks, which the caller frees even if that fails, since watch may have passed them on, and the
 * gaps, whose memory the caller frees as well; append the recipe. The second may be of a file that has other bytes in its
 * headers. pool: NULL, or shares the work. watch: as in read.h. */
enum bswz_status jpeg_file_read(const uint8_t *file, size_t size, struct jpeg_planes *planes,
                                const struct jpeg_watch *watch, struct worker_pool *pool, struct jpeg_gaps *gaps,
                                struct bswz_error *error);
enum bswz_status jpeg_file_recipe(const uint8_t *file, size_t size, const struct jpeg_planes *planes,
                                  const struct jpeg_gaps *gaps, struct worker_pool *pool, struct byte_buffer *recipe,
                                  struct bswz_error *error);
enum bswz_status jpeg_file_take_apart(const uint8_t *file, size_t size, struct jpeg_planes *planes,
                                      struct byte_buffer *recipe, struct bswz_error *error);

#endif
