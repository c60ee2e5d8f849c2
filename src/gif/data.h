/*
 * The data of an image in a GIF file: indices, and the choices that its writer had.
 *
 * LZW leaves little open: when the table is cleared, whether a code is that of the longest string, how the codes are
 * cut into blocks, what fills the last byte.  Most writers always do the same, and then an image's choices are one
 * number.  What differs is noted, so that any data whose codes make sense comes back byte for byte; what follows the
 * first code that makes none is noted as it is.
 *
 *     varint  0: the data stays in the skeleton; 1: as the last image with choices, and nothing is unusual; 2: all
 *             that follows
 *     varint  codes from one clear code to the next, 0: there is but the first
 *     varint  bytes of a block
 *     varint  the longest string that is used, 0: any
 *     varint  flags, see data.c
 *     varint  indices that are missing at the end
 *             clear codes, if the flags say so: their number; for each the codes since the last one
 *             codes that are not of the longest string: their number; for each the codes between, and the length
 *     varint  the bits that fill the last byte
 *             what follows the last code: its size, bytes
 *             blocks, if the flags say so: their number, sizes; a cut one is as long as it is
 *     varint  bytes that the last block promises and does not have
 */
#ifndef BSWZ_GIF_DATA_H
#define BSWZ_GIF_DATA_H

#include "base/fields.h"
#include "gif/blocks.h"

/* What the images of a file have in common; start with gif_habits_first, on either side. */
struct gif_habits {
    uint64_t clear, block, longest;
};

#define GIF_HABITS_FIRST ((struct gif_habits){.block = 255})

/* Find the indices of an image, in the order of its rows, and its choices. file: all of it; *end: where the data ends.
 * *is_coded is false, and nothing appended, where the data would not come back. pixels has width * height bytes. */
enum bswz_status gif_data_take_apart(const uint8_t *file, size_t size, const struct gif_image *image,
                                     struct gif_habits *habits, uint8_t *pixels, struct byte_buffer *choices,
                                     size_t *end, bool *is_coded, struct bswz_error *error);

/* Is the image's data in the skeleton? Reads the first number of its choices; so it is where there are no more. */
bool gif_data_is_kept(const struct cursor *choices);
/* Append the choices of such an image. */
enum bswz_status gif_data_keep(struct byte_buffer *choices, struct bswz_error *error);
void gif_data_skip_kept(struct cursor *choices);

/* Append the data, at most `limit` bytes. choices is untrusted. may_differ: pixels may be others than they
 * were. CORRUPT: there is no such data. */
enum bswz_status gif_data_write(const struct gif_image *image, struct gif_habits *habits, const uint8_t *pixels,
                                bool may_differ, size_t limit, struct cursor *choices, struct byte_buffer *out,
                                struct bswz_error *error);

#endif
