/* SPDX-License-Identifier: MIT */
/*
 * Pictures at a smaller scale: every 2^scale-th row and column, starting in the upper left corner, without
 * averaging. That is x^scale of the lattice (model/lattice.h), so a decoder has it before the rest.
 */
#ifndef BSWZ_IMAGE_SCALED_H
#define BSWZ_IMAGE_SCALED_H

#include "image/picture.h"

#define PICTURE_MAX_SCALE 4

/* How many of `size` rows or columns remain. */
static inline uint32_t picture_scaled_side(uint32_t size, unsigned scale) {
    return (uint32_t)(((uint64_t)size + (1u << scale) - 1) >> scale);
}

/* How many of the picture's rows first ... first + rows - 1 remain. */
static inline uint32_t picture_scaled_rows(uint32_t first, uint32_t rows, unsigned scale) {
    return picture_scaled_side(first + rows, scale) - picture_scaled_side(first, scale);
}

/* Extract these rows and columns from samples, with pixels of the given number of bytes; first: the number in the
 * picture of the first row given. */
void picture_scale_samples(const uint8_t *samples, uint32_t width, uint32_t first, uint32_t rows, size_t pixel_bytes,
                           unsigned scale, uint8_t *scaled);

/* What info and head (untrusted) become: *scaled_info and, appended to scaled_head, a head record for it. The
 * format is that of the source, but PNG for files that hold more than their picture: PNG_FILE, BMP, TIFF. Text in
 * a PNM header that is not a number is left out, and so are PNG chunks that would be wrong: pHYs is divided by
 * 2^scale; oFFs, sCAL, hIST and sTER are left out, and interlacing is removed. ARGUMENT, FORMAT: as in
 * picture_writer_open. */
enum bswz_status picture_scale_head(const struct picture_info *info, const struct byte_buffer *head, unsigned scale,
                                    struct picture_info *scaled_info, struct byte_buffer *scaled_head,
                                    struct bswz_error *error);

/* The same for a tail record (untrusted). */
enum bswz_status picture_scale_tail(const struct picture_info *info, const struct byte_buffer *tail, unsigned scale,
                                    struct byte_buffer *scaled_tail, struct bswz_error *error);

#endif
