/*
 * Where a picture repeats: noise of a window's glass, tiles, panels, frames of an animation on one sheet.
 *
 * A repeat is a distance: what stands there tells of a pixel what its neighbours do not know, also where a colour is
 * not repeated but only its difference to the surroundings is. The encoder finds up to two distances and sends them;
 * the second serves where the first leads out of the picture.
 */
#ifndef BSWZ_DRAWN_REPEAT_H
#define BSWZ_DRAWN_REPEAT_H

#include "drawn/decisions.h"

enum { REPEATS = 2, REPEAT_SMALLEST = 48, REPEAT_FARTHEST = 2048 };

/* The pixel at x + dx of dy rows above; dy is at most REPEAT_FARTHEST. */
struct repeat {
    uint32_t dy;
    int32_t dx;
};

struct repeats {
    unsigned count;
    struct repeat at[REPEATS];
};

/* samples: of one channel, each stride bytes from the next. Errors: MEMORY. */
enum bswz_status repeats_find(struct repeats *repeats, const uint8_t *samples, unsigned stride, uint32_t width,
                              uint32_t height, struct bswz_error *error);

/* Code them; the decoder fills them. Pictures that are narrower or lower than REPEAT_SMALLEST have none. */
void repeats_code(struct repeats *repeats, struct decisions *decisions, uint32_t width, uint32_t height);

#endif
