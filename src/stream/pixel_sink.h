/* SPDX-License-Identifier: MIT */
/*
 * Decoded rows on their way into memory of the caller (struct bswz_pixels): palettes are expanded, channels and bits
 * become those that are wanted, and rows that are not wanted are left out.
 */
#ifndef BSWZ_PIXEL_SINK_H
#define BSWZ_PIXEL_SINK_H

#include "image/sample_conversion.h"

struct pixel_sink {
    uint32_t first, rows;       /* constant: the rows that are wanted; rows 0: all from the first on */
    uint64_t memory_limit;      /* constant: for what is allocated */
    struct bswz_pixels *pixels; /* what the caller wants, then what it gets */
    bool is_begun;              /* a picture has begun; no other may follow */
    struct picture_info info;   /* of the picture, palettes expanded */
    struct picture_conversion conversion;
    size_t source_row_bytes;
    uint8_t *row;      /* one row, converted; NULL if nothing is converted */
    uint32_t next_row; /* of the picture */
};

/* Take what the caller wants. pixels is used until pixel_sink_close. */
void pixel_sink_open(struct pixel_sink *sink, struct bswz_pixels *pixels, uint64_t memory_limit);
void pixel_sink_close(struct pixel_sink *sink);

/* Is any of the rows first ... end - 1 wanted? May be called while another thread passes on rows. */
bool pixel_sink_wants(const struct pixel_sink *sink, uint32_t first, uint32_t end);

/* The picture begins. Errors: ARGUMENT: it is not what the caller wants; UNSUPPORTED: it is not the first; LIMIT, MEMORY,
 * FORMAT. */
enum bswz_status pixel_sink_begin(struct pixel_sink *sink, const struct picture_info *info,
                                  const struct byte_buffer *head, struct bswz_error *error);

/* Its next rows. NULL: they are not wanted. */
enum bswz_status pixel_sink_rows(struct pixel_sink *sink, const uint8_t *rows, uint32_t count,
                                 struct bswz_error *error);

/* UNSUPPORTED: there is something else than a picture. */
enum bswz_status pixel_sink_refuse(struct bswz_error *error);

#endif
