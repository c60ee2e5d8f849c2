/* SPDX-License-Identifier: MIT */
/*
 * The layout of a GIF segment: a file coded by the indices of its images, which comes back byte for byte.
 *
 *     segment = SEGMENT_GIF, header, part ..., 0
 *     part    = varint payload size (1 ... the file's size - 1), payload (gif_restore.h)
 */
#ifndef BSWZ_GIF_HEADER_H
#define BSWZ_GIF_HEADER_H

#include "base/fields.h"
#include "gif/blocks.h"

/* Larger files are stored as bytes, and larger images stay in the skeleton. */
#define GIF_FILE_MAX ((size_t)1 << 30)
#define GIF_RECORD_MAX ((size_t)64 << 20) /* bytes of a skeleton, and of choices */
#define GIF_PIXELS_MAX ((uint64_t)16 << 20)

struct gif_header {
    size_t file_size;
    uint64_t hash;                        /* of the file */
    struct byte_buffer skeleton, choices; /* gif/blocks.h, gif/data.h */
    uint64_t largest;                     /* pixels of the largest coded image */
    bool is_bare;                         /* coded images have no local tables in the skeleton */
    uint32_t width, height;               /* of the screen */
    size_t record_size;                   /* size of both in the stream */
};

void gif_header_free(struct gif_header *header);

/* May this image be coded? */
bool gif_image_is_codable(const struct gif_image *image);

/* Append a header, with its check, without the kind of the segment. skeleton and choices are at most GIF_RECORD_MAX
 * long. */
enum bswz_status gif_header_put(const uint8_t *file, size_t file_size, const struct byte_buffer *skeleton,
                                const struct byte_buffer *choices, uint64_t largest, bool is_bare, int level,
                                struct byte_buffer *out, struct bswz_error *error);

/* Take a header from the size bytes given. TRUNCATED: *used is the least number of bytes needed. On BSWZ_OK *used is
 * its size, and the caller frees the header. */
enum bswz_status gif_header_take(const uint8_t *bytes, size_t size, struct gif_header *header, size_t *used,
                                 struct bswz_error *error);

/* How many pixels all coded images of such a file may have. This limits the time in proportion to the size of the
 * file. */
static inline uint64_t gif_pixels_limit(uint64_t file_size) {
    return GIF_PIXELS_MAX + 512 * file_size;
}

/* "GIF 640x480", for people. */
void gif_describe(const struct gif_header *header, char text[64]);

/* The memory needed to restore the file, in bytes, and roughly to code it. */
uint64_t gif_memory(const struct gif_header *header);

#endif
