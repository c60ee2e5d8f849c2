/* SPDX-License-Identifier: MIT */
/*
 * Pixels that were a JPEG: find the coefficients that they were decoded from, so that those can be coded instead.
 *
 * render.h is the decoder's direction. Nothing has to be taken on trust: the encoder renders what it found and
 * lists every pixel that differs (exceptions).
 */
#ifndef BSWZ_UNJPEG_H
#define BSWZ_UNJPEG_H

#include "jpeg/planes.h"
#include "origin/origin.h"
#include "threads/pool.h"

struct recovered {
    struct jpeg_planes planes;     /* of the virtual picture; blocks allocated */
    uint32_t offset_x, offset_y;   /* of the picture in it, 0 ... 15 */
    struct byte_buffer exceptions; /* serialised but not compressed; empty if there are none */
    size_t wrong;                  /* number of pixels in them */
    bool is_certain;               /* a JPEG beyond doubt: its steps leave no room for chance */
};

/* Look for the JPEG that a picture of channels bytes per pixel, 1 or 3, was decoded from. origin: for 3 channels,
 * the JFIF origin that origin_find found; NULL for 1 channel. *found: recovered is set, and must be freed by the
 * caller; otherwise it never was a JPEG, or one whose coefficients would be too expensive to find, and the search
 * was usually cheap. pool: NULL, or workers that share the search; the result is the same for any number of them. */
enum bswz_status unjpeg_find(const uint8_t *pixels, uint32_t width, uint32_t height, unsigned channels,
                             const struct origin_planes *origin, struct worker_pool *pool, struct recovered *recovered,
                             bool *found, struct bswz_error *error);

void unjpeg_free(struct recovered *recovered);

#endif
