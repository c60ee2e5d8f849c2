/* SPDX-License-Identifier: MIT */
/*
 * Pixels in flat surroundings: all those nearby have one colour, and this one probably has it, too.
 *
 * A single adaptive probability says so. Several such pixels in a row are asked for at once; if they are not all of
 * that colour, one by one.
 */
#ifndef BSWZ_DRAWN_FLAT_H
#define BSWZ_DRAWN_FLAT_H

#include "drawn/drawn_model.h"

/* Are the surroundings of column x of the current row flat? Their colour is that of the pixel before. */
bool flat_surrounds(const struct window *window, uint32_t x);

/* The number of pixels from x on, at most largest, whose surroundings are flat if all of them are like the one before. */
uint32_t flat_extent(const struct window *window, uint32_t x, uint32_t largest);

/* Are the next extent pixels, FLAT_LEAST ... FLAT_GROUP, all like the one before? values: theirs; NULL: decoding. */
bool flat_code_group(struct model *model, uint32_t x, uint32_t extent, const uint32_t *values);

/* The same for one pixel; is_like is the answer when encoding. */
bool flat_code(struct model *model, uint32_t x, bool is_like);

/* Enter count pixels like the one before into the window. */
void flat_put(struct model *model, uint32_t x, uint32_t count);

#endif
