/*
 * Where deflate streams begin: in gzip members, ZIP archives, PDF documents, and zlib streams anywhere.
 *
 * Only what comes before a stream is looked at; where it ends, the stream itself tells.
 */
#ifndef BSWZ_WRAPPED_H
#define BSWZ_WRAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wrapper { WRAPPER_NONE, WRAPPER_GZIP, WRAPPER_ZIP, WRAPPER_ZLIB };

/* Bytes that are enough to see that there may be a wrapper. */
#define WRAPPER_LOOK 12

/* The first place from `at` on where a wrapper may begin, as far as WRAPPER_LOOK bytes tell; size: nowhere. */
size_t wrapper_find(const uint8_t *bytes, size_t size, size_t at);

/* Which wrapper begins here, and where in it the deflate stream; NONE too where size bytes do not tell. */
enum wrapper wrapper_at(const uint8_t *bytes, size_t size, size_t *stream);

const char *wrapper_name(enum wrapper wrapper);

#endif
