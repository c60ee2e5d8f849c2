/* SPDX-License-Identifier: MIT */
/*
 * The layout of a deflate segment: a deflate stream, coded by its content, which is any number of segments; and of a
 * pages segment: a file of pictures, coded by these.
 *
 *     segment = SEGMENT_DEFLATE, header, segment ..., SEGMENT_END
 *             | SEGMENT_PAGES, header, segment ..., SEGMENT_END
 *
 * The inner segments restore the plain bytes; these and the recipe restore the stream (deflate/deflate.h), or the file
 * (pages/pages.h), whose recipe is the number of bytes before the plan (varint).
 */
#ifndef BSWZ_DEFLATE_HEADER_H
#define BSWZ_DEFLATE_HEADER_H

#include "base/fields.h"

/* Streams beyond these sizes are kept as bytes. */
#define DEFLATE_STREAM_MAX ((size_t)64 << 20)
#define DEFLATE_HELD_MAX ((size_t)128 << 20)
/* How deeply these segments, of either kind, may be nested. */
#define DEFLATE_DEPTH 4

struct deflate_header {
    bool is_pages; /* a file: what is said of the stream is of that */
    size_t size, plain_size;
    struct byte_buffer recipe;
    uint64_t hash; /* of the stream */
};

void deflate_header_free(struct deflate_header *header);

/* Append a header, with its check, without the kind of the segment. */
enum bswz_status deflate_header_put(const struct deflate_header *header, struct byte_buffer *out,
                                    struct bswz_error *error);

/* Take a header, of a pages segment or of a deflate segment, from the size bytes given. TRUNCATED: *used is the least
 * number of bytes needed. On BSWZ_OK *used is
 * its size, and the caller frees the header. */
enum bswz_status deflate_header_take(const uint8_t *bytes, size_t size, bool is_pages, struct deflate_header *header,
                                     size_t *used, struct bswz_error *error);

/* Bytes of memory that it takes to restore the stream. */
uint64_t deflate_header_memory(const struct deflate_header *header);

/* Append the stream, rebuilt from what the inner segments restored. CORRUPT: the result is wrong; then stream holds
 * what there is of it, followed by zeros if there is memory for these. */
enum bswz_status deflate_header_restore(const struct deflate_header *header, const struct byte_buffer *plain,
                                        struct byte_buffer *stream, struct bswz_error *error);

#endif
