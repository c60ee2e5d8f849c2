/* SPDX-License-Identifier: MIT */
/*
 * Earlier pictures that a drawing may refer to: frames of a screen recording, sprites, the same icon once more.
 */
#ifndef BSWZ_DRAWN_EARLIER_H
#define BSWZ_DRAWN_EARLIER_H

#include "drawn/drawn.h"

/* From this likeness on it surely pays to refer to a picture, and from that one on it may. */
enum { EARLIER_SURELY = 128, EARLIER_MAYBE = 24 };

/* The encoder: the one of picture->before that is most like this picture, counted from 1; 0: none. *like: how many of
 * the pixels that differ from both W and N are the same there, in 256ths; more than 256 for the same picture. */
unsigned earlier_find(const struct drawn_picture *picture, const uint8_t *samples, unsigned *like);

#endif
