/* SPDX-License-Identifier: MIT */
/*
 * Where deflate streams begin: in gzip members, ZIP archives, PDF documents, and zlib streams anywhere.
 *
 * Only the bytes before a stream are examined; the stream itself says where it ends.
 */
#ifndef BSWZ_WRAPPED_H
#define BSWZ_WRAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wrapper { WRAPPER_NONE, WRAPPER_GZIP, WRAPPER_ZIP, WRAPPER_ZLIB };

/* Enough bytes to see that there may be a wrapper. */
#define WRAPPER_LOOK 12

/* The first place from `at` on where a wrapper may begin, as far as WRAPPER_LOOK bytes tell; size: nowhere. */
size_t wrapper_find(const uint8_t *bytes, size_t size, size_t at);

/* Which wrapper begins here, and where the deflate stream begins in it; NONE also if size bytes are not enough. */
enum wrapper wrapper_at(const uint8_t *bytes, size_t size, size_t *stream);

/* The name of the file in the stream, for messages: its length, or 0 if there is none. */
size_t wrapper_member(const uint8_t *bytes, size_t size, enum wrapper wrapper, const char **name);

const char *wrapper_name(enum wrapper wrapper);

#endif
