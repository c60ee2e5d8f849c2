/* SPDX-License-Identifier: MIT */
/*
 * What a JPEG file contains apart from its coefficients, and how the file is rebuilt from both.
 *
 * The headers are all bytes outside the entropy-coded segments, in order: markers, tables, EXIF with its
 * thumbnail, comments, and whatever is in places where nobody looks. Huffman tables that are optimal for the next
 * scan are stored without codes. Everything needed to read coefficients follows from the headers alone.
 */
#ifndef BSWZ_JPEG_RECIPE_H
#define BSWZ_JPEG_RECIPE_H

#include "base/fields.h"
#include "jpeg/scan.h"

/* Initially all zero. */
struct jpeg_recipe {
    struct byte_buffer headers;
    struct jpeg_choices choices;
};

void jpeg_recipe_free(struct jpeg_recipe *recipe);

/* Find the recipe of a file with these coefficients and gaps, if there is one. keep_tables: no table is left out since it
 * is optimal; a few are so by chance, and others come back. UNSUPPORTED, FORMAT: there is none, that is,
 * an ordinary encoder would have written the coefficients differently. The caller must still check that jpeg_write
 * restores the file. */
enum bswz_status jpeg_recipe_find(const struct jpeg_planes *planes, const struct jpeg_gaps *gaps, const uint8_t *file,
                                  size_t size, bool keep_tables, struct worker_pool *pool, struct jpeg_recipe *recipe,
                                  struct bswz_error *error);

/* Write the file, exactly size bytes. The recipe is untrusted, but planes are those of its headers
 * (jpeg_markers_planes). pool: NULL, or shares the work. CORRUPT: there is no such file. */
enum bswz_status jpeg_write(const struct jpeg_planes *planes, const struct jpeg_recipe *recipe,
                            struct worker_pool *pool, uint8_t *file, size_t size, struct bswz_error *error);

/* The same for damaged blocks, with which the file would have another size, or coefficients without a code: writes
 * as much as fits and can be written, then zeros. */
enum bswz_status jpeg_write_damaged(const struct jpeg_planes *planes, const struct jpeg_recipe *recipe,
                                    struct worker_pool *pool, uint8_t *file, size_t size, struct bswz_error *error);

/* Recipes beyond this size are not coded. */
#define JPEG_RECIPE_MAX ((size_t)64 << 20)

/* Longer headers are not referred to. */
#define JPEG_LAST_MAX ((size_t)1 << 16)

/* Append the recipe, packed. last: NULL, or headers of another file to which it may refer. LIMIT: it is longer than that,
 * or than the file of file_size bytes. */
enum bswz_status jpeg_recipe_put(const struct jpeg_recipe *recipe, size_t file_size, const struct byte_buffer *last,
                                 struct byte_buffer *out, struct bswz_error *error);

/* Let a packed recipe that refers to nothing refer to headers, if that makes it smaller and it comes back. */
enum bswz_status jpeg_recipe_refer(struct byte_buffer *packed, size_t file_size, const struct byte_buffer *last,
                                   struct bswz_error *error);

/* Skip the packed recipe at the cursor's position. False: it is invalid, or, with cursor->is_short, more bytes are
 * needed: at least *wanted, counted from the start of the cursor's bytes. */
bool jpeg_recipe_skip(struct cursor *cursor, size_t file_size, size_t *wanted);

/* Unpack the recipe that jpeg_recipe_skip has skipped; untrusted. CORRUPT: it is not a recipe. */
enum bswz_status jpeg_recipe_take(struct cursor *cursor, size_t file_size, const struct byte_buffer *last,
                                  struct jpeg_recipe *recipe, struct bswz_error *error);

#endif
