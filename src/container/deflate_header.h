/*
 * The layout of a deflate segment: a deflate stream by what it holds, which is any number of segments.
 *
 *     segment = SEGMENT_DEFLATE, header, segment ..., SEGMENT_END
 *
 * What the segments inside restore is the plain bytes; these and the recipe (deflate/deflate.h) give the stream back.
 */
#ifndef BSWZ_DEFLATE_HEADER_H
#define BSWZ_DEFLATE_HEADER_H

#include "base/fields.h"

/* Longer streams, and those that hold more, are bytes. */
#define DEFLATE_STREAM_MAX ((size_t)64 << 20)
#define DEFLATE_HELD_MAX ((size_t)128 << 20)
/* Segments inside of segments. */
#define DEFLATE_DEPTH 4

struct deflate_header {
    size_t size, plain_size;
    struct byte_buffer recipe;
    uint64_t hash; /* of the stream */
};

void deflate_header_free(struct deflate_header *header);

/* Append a header, with its check, without the segment's kind. */
enum bswz_status deflate_header_put(const struct deflate_header *header, struct byte_buffer *out,
                                    struct bswz_error *error);

/* Take a header from the size bytes given. TRUNCATED: *used is how many bytes it takes at least. On BSWZ_OK *used is
 * its size, and the caller frees the header. */
enum bswz_status deflate_header_take(const uint8_t *bytes, size_t size, struct deflate_header *header, size_t *used,
                                     struct bswz_error *error);

/* The stream, appended, from what the segments inside restored. CORRUPT: it does not come back; then stream holds what there is of
 * it, and zeros, if there is memory for these. */
enum bswz_status deflate_header_restore(const struct deflate_header *header, const struct byte_buffer *plain,
                                        struct byte_buffer *stream, struct bswz_error *error);

#endif
