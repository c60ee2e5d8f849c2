/* SPDX-License-Identifier: MIT */
/*
 * JPEG files in the headers of a JPEG file: the thumbnails of EXIF and of editors.
 *
 * Each is coded like the file that contains it, with a recipe and coefficients of its own, and replaced by zeros
 * in the headers of that file. If this saves nothing, it stays unchanged.
 *
 *     thumbnail = varint bytes of the headers between the thumbnail before, or the start, and this one
 *                 varint its size
 *                 varint 0, or n: it is identical to the n-th before it, and nothing follows
 *                 recipe (jpeg/recipe.h)
 *                 varint size of its coefficients
 *                 coefficients of all its blocks (coefficients/coefficients.h)
 */
#ifndef BSWZ_THUMBNAILS_H
#define BSWZ_THUMBNAILS_H

#include "base/buffer.h"

#include <stddef.h>

/* In a file. */
#define THUMBNAILS_MAX 16

/* Append the thumbnails of a file, which can be split into coefficients and a recipe. *blank: NULL if there are
 * none; else a copy of the file with zeros in their places, which the caller frees. */
enum bswz_status thumbnails_put(const uint8_t *file, size_t size, struct byte_buffer *out, uint8_t **blank,
                                struct bswz_error *error);

/* Write thumbnails, which are untrusted, into headers. CORRUPT: they do not belong there; what has been written
 * remains. */
enum bswz_status thumbnails_restore(const uint8_t *thumbnails, size_t size, struct byte_buffer *headers,
                                    struct bswz_error *error);

#endif
