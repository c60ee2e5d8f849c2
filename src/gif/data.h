/* SPDX-License-Identifier: MIT */
/*
 * The data of an image in a GIF file: indices, and the choices of its writer.
 *
 * LZW leaves a writer few choices: when to clear the table, whether to use the longest string, how to divide the codes
 * into blocks, and what to put into the last byte. Most writers always do the same; then the choices of an image are a
 * single number. Differences are noted, so that any data with valid codes comes back byte for byte; everything from the
 * first invalid code on is noted unchanged.
 *
 *     varint  0: the data stays in the skeleton; 1: as in the last image with choices, and nothing is unusual; 2: all
 *             that follows
 *     varint  codes from one clear code to the next, 0: there is only the first
 *     varint  bytes of a block
 *     varint  the longest string that is used, 0: any
 *     varint  flags (lzw_choices.h)
 *     varint  the number of indices missing at the end
 *             clear codes, if the flags say so: their number; for each, the codes since the last one
 *             codes that are not for the longest string: their number; for each, the codes in between, and the length
 *     varint  the bits that fill the last byte
 *             what follows the last code: its size, and the bytes
 *             blocks, if the flags say so: their number, and sizes; a truncated one counts with the bytes it has
 *     varint  bytes that are missing in the last block
 */
#ifndef BSWZ_GIF_DATA_H
#define BSWZ_GIF_DATA_H

#include "base/fields.h"
#include "gif/blocks.h"

/* What the images of a file have in common. Both sides start with gif_habits_first. */
struct gif_habits {
    uint64_t clear, block, longest;
};

#define GIF_HABITS_FIRST ((struct gif_habits){.block = 255})

/* Find the indices of an image, in the order of its rows, and its choices. file: the whole file; *end: the end of the
 * data. If the data would not come back, *is_coded is false, and nothing is appended. pixels has width * height
 * bytes. */
enum bswz_status gif_data_take_apart(const uint8_t *file, size_t size, const struct gif_image *image,
                                     struct gif_habits *habits, uint8_t *pixels, struct byte_buffer *choices,
                                     size_t *end, bool *is_coded, struct bswz_error *error);

/* Is the data of the image in the skeleton? Reads the first number of its choices; also true if there are no more
 * choices. */
bool gif_data_is_kept(const struct cursor *choices);
/* Append the choices of such an image. */
enum bswz_status gif_data_keep(struct byte_buffer *choices, struct bswz_error *error);
void gif_data_skip_kept(struct cursor *choices);

/* Append the data, at most `limit` bytes. choices is untrusted. may_differ: the pixels may not be the original ones.
 * CORRUPT: there is no such data. */
enum bswz_status gif_data_write(const struct gif_image *image, struct gif_habits *habits, const uint8_t *pixels,
                                bool may_differ, size_t limit, struct cursor *choices, struct byte_buffer *out,
                                struct bswz_error *error);

#endif
