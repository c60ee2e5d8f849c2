/*
 * What a JPEG file holds beside its coefficients, and how it is made again from both.
 *
 * The headers are all bytes outside of the entropy-coded segments, in their order: markers, tables,
 * EXIF with its thumbnail, comments, and whatever stands where nobody looks.  Huffman tables that are
 * the optimal ones for the scan behind them stand there without codes.  Everything that has to be
 * known to read coefficients follows from the headers alone.
 */
#ifndef BSWZ_JPEG_RECIPE_H
#define BSWZ_JPEG_RECIPE_H

#include "fields.h"
#include "jpeg/scan.h"

/* Start with all zero. */
struct jpeg_recipe {
    struct byte_buffer headers;
    struct jpeg_choices choices;
};

void jpeg_recipe_free(struct jpeg_recipe *recipe);

/* Find the recipe of a file whose coefficients these are, where there is one. UNSUPPORTED, FORMAT: there is none, that is, an
 * ordinary encoder would have written the coefficients otherwise. The caller still has to see whether jpeg_write
 * gives the file back. */
enum bswz_status jpeg_recipe_find(const struct jpeg_planes *planes, const uint8_t *file, size_t size,
                                  struct jpeg_recipe *recipe, struct bswz_error *error);

/* Write the file, exactly size bytes. The recipe is untrusted, but planes are those of its headers (jpeg_markers_planes).
 * CORRUPT: there is no such file. */
enum bswz_status jpeg_write(const struct jpeg_planes *planes, const struct jpeg_recipe *recipe, uint8_t *file,
                            size_t size, struct bswz_error *error);

/* The same where the blocks are damaged, and so the file would be longer or shorter than it was, or has coefficients without a code: as much
 * as there is room for and as can be written, then zeros. */
enum bswz_status jpeg_write_damaged(const struct jpeg_planes *planes, const struct jpeg_recipe *recipe, uint8_t *file,
                                    size_t size, struct bswz_error *error);

/* Recipes beyond this size are not coded. */
#define JPEG_RECIPE_MAX ((size_t)64 << 20)

/* Append the recipe, packed. LIMIT: it is longer than that, or than the file of file_size bytes. */
enum bswz_status jpeg_recipe_put(const struct jpeg_recipe *recipe, size_t file_size, struct byte_buffer *out,
                                 struct bswz_error *error);

/* Step over the packed recipe at the cursor's place. False: there is none, or, cursor->is_short, more bytes are needed:
 * *wanted at least, counted as the cursor does. */
bool jpeg_recipe_skip(struct cursor *cursor, size_t file_size, size_t *wanted);

/* Unpack what jpeg_recipe_skip has stepped over; untrusted. CORRUPT: it is no recipe. */
enum bswz_status jpeg_recipe_take(struct cursor *cursor, size_t file_size, struct jpeg_recipe *recipe,
                                  struct bswz_error *error);

#endif
