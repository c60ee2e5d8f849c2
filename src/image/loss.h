/*
 * What a decoder makes up where a picture is cut off or damaged (--rescue), and how much
 * it was.
 */
#ifndef BSWZ_IMAGE_LOSS_H
#define BSWZ_IMAGE_LOSS_H

#include "image/picture.h"

/* In pixels. */
struct pixel_loss {
    uint64_t guessed; /* interpolated between coarser ones */
    uint64_t unknown; /* nothing is known where they are */
};

void pixel_loss_add(struct pixel_loss *loss, const struct pixel_loss *more);

/* About what is left of it at a scale. */
void pixel_loss_scale(struct pixel_loss *loss, unsigned scale);

/* Fill pixels with what stands in for the unknown ones: the middle of the range, opaque; of a palette the first colour. */
void picture_fill_unknown(const struct picture_info *info, uint8_t *samples, size_t pixels);

#endif
