/* SPDX-License-Identifier: MIT */
/*
 * What a decoder makes up where a picture is truncated or damaged (--rescue), and how many pixels that affects.
 */
#ifndef BSWZ_IMAGE_LOSS_H
#define BSWZ_IMAGE_LOSS_H

#include "image/picture.h"

/* In pixels. */
struct pixel_loss {
    uint64_t guessed; /* interpolated between coarser ones */
    uint64_t unknown; /* nothing is known about them */
};

void pixel_loss_add(struct pixel_loss *loss, const struct pixel_loss *more);

/* Approximately what remains of it at a scale. */
void pixel_loss_scale(struct pixel_loss *loss, unsigned scale);

/* Fill pixels with what stands for unknown ones: mid-range and opaque, or the first colour of a palette. */
void picture_fill_unknown(const struct picture_info *info, uint8_t *samples, size_t pixels);

#endif
