/* SPDX-License-Identifier: MIT */
/*
 * Lists of exceptions as decisions (exceptions_code.c).
 */
#ifndef BSWZ_EXCEPTIONS_CODE_H
#define BSWZ_EXCEPTIONS_CODE_H

#include "base/fields.h"
#include "origin/exceptions.h"

/* Append a list, which must be valid and not empty: a varint with a size, and as many bytes. place->scale is ignored. */
enum bswz_status exceptions_put(const struct byte_buffer *list, const struct exceptions_place *place,
                                struct byte_buffer *out, struct bswz_error *error);

/* The inverse, from untrusted bytes; appends to the list. CORRUPT: they are damaged, or some are missing. */
enum bswz_status exceptions_take(struct cursor *cursor, const struct exceptions_place *place, struct byte_buffer *list,
                                 struct bswz_error *error);

#endif
