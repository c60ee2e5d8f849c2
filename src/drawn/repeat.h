/* SPDX-License-Identifier: MIT */
/*
 * Repeats within a picture: the noise of glass title bars, tiles, panels, the frames of an animation on one sheet.
 *
 * A repeat is a distance. The pixel at that distance helps to predict the current one, even if only differences are
 * repeated, not colours. The encoder finds up to two distances and sends them; the second is used where the first leads
 * out of the picture.
 */
#ifndef BSWZ_DRAWN_REPEAT_H
#define BSWZ_DRAWN_REPEAT_H

#include "mixing/decisions.h"

enum { REPEATS = 2, REPEAT_SMALLEST = 48, REPEAT_FARTHEST = 2048 };

/* Leads to the pixel at x + dx, dy rows above; dy is at most REPEAT_FARTHEST. */
struct repeat {
    uint32_t dy;
    int32_t dx;
};

struct repeats {
    unsigned count;
    struct repeat at[REPEATS];
};

/* samples: of one channel, stride bytes apart. Errors: MEMORY. */
enum bswz_status repeats_find(struct repeats *repeats, const uint8_t *samples, unsigned stride, uint32_t width,
                              uint32_t height, struct bswz_error *error);

/* Code them; the decoder fills them in. Pictures with a side shorter than REPEAT_SMALLEST have none. */
void repeats_code(struct repeats *repeats, struct decisions *decisions, uint32_t width, uint32_t height);

#endif
