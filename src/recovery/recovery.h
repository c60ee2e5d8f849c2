/*
 * Pixels that were a JPEG: find the coefficients that they were decoded from, so that those can be
 * coded in their place.
 *
 * The decoder's direction is render.h.  Nothing has to be trusted: the encoder renders what it found and lists every
 * pixel that differs (exceptions).
 */
#ifndef BSWZ_RECOVERY_H
#define BSWZ_RECOVERY_H

#include "jpeg/planes.h"
#include "origin/origin.h"
#include "pipeline/pool.h"

struct recovered {
    struct jpeg_planes planes;     /* of the virtual picture; blocks allocated */
    uint32_t offset_x, offset_y;   /* of the picture in it, 0 ... 15 */
    struct byte_buffer exceptions; /* serialised, not yet compressed; empty when there are none */
    size_t wrong;                  /* pixels in them */
    bool is_certain;               /* beyond doubt a JPEG: its steps leave no room for chance */
};

/* Look for a JPEG behind a picture of channels bytes a pixel, 1 or 3. origin: of 3 channels what
 * origin_find found, JFIF; NULL: of 1 channel. *found: recovered is set and the caller's to free; otherwise it never was a JPEG,
 * or one whose coefficients cannot be found for little. Costs little then, as a rule. pool: NULL, or workers to
 * share the search with; the result is the same for any number. */
enum bswz_status recovery_find(const uint8_t *pixels, uint32_t width, uint32_t height, unsigned channels,
                               const struct origin_planes *origin, struct worker_pool *pool,
                               struct recovered *recovered, bool *found, struct bswz_error *error);

void recovered_free(struct recovered *recovered);

#endif
