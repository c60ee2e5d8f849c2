/* SPDX-License-Identifier: MIT */
/*
 * Blobs: runs of bytes inside headers and payloads, packed if that helps.
 *
 * The reader knows the size of a blob. A blob is a varint with the packed size and the packed bytes (zstd), or 0 and
 * the bytes unchanged. A sized blob has its size, a varint, in front.
 */
#ifndef BSWZ_BLOBS_H
#define BSWZ_BLOBS_H

#include "base/fields.h"

/* Fill the size bytes at content. CORRUPT if that fails, even if only bytes are missing. */
enum bswz_status take_blob(struct cursor *cursor, uint8_t *content, size_t size, struct bswz_error *error);
/* Append a blob of at most limit bytes to content. */
enum bswz_status take_sized_blob(struct cursor *cursor, size_t limit, struct byte_buffer *content,
                                 struct bswz_error *error);
/* Step over a sized blob without unpacking it. False: it is not valid, or, if cursor->is_short, more bytes are needed:
 * at least *wanted, counted like the cursor. */
bool skip_sized_blob(struct cursor *cursor, size_t limit, size_t *wanted);

/* level is bswz's, 1 ... 9 */
enum bswz_status put_blob(struct byte_buffer *buffer, const uint8_t *content, size_t size, int level,
                          struct bswz_error *error);
enum bswz_status put_sized_blob(struct byte_buffer *buffer, const struct byte_buffer *content, int level,
                                struct bswz_error *error);

#endif
