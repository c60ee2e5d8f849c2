/* SPDX-License-Identifier: MIT */
/*
 * The check at the end of a header: the lower half of an XXH3 hash of all its bytes.
 */
#ifndef BSWZ_CONTAINER_CHECK_H
#define BSWZ_CONTAINER_CHECK_H

#include "base/fields.h"

/* Append the check of the bytes of out from `start` on. */
enum bswz_status put_check(struct byte_buffer *out, size_t start, struct bswz_error *error);

/* Take the check of the bytes from `start` up to the cursor. TRUNCATED: it is not there yet; CORRUPT: it is wrong. There is
 * no message. */
enum bswz_status take_check(struct cursor *cursor, size_t start);

#endif
