/* SPDX-License-Identifier: MIT */
/*
 * What does a picture look like to a compressor: like a photograph, a drawing, or something in between?
 */
#ifndef BSWZ_CONTENT_H
#define BSWZ_CONTENT_H

#include <stddef.h>
#include <stdint.h>

enum content {
    CONTENT_PHOTO, /* neighbours differ: a model of smooth, noisy pixels wins */
    CONTENT_DRAWN, /* flat areas, few colours: exact colours win */
    CONTENT_MIXED  /* worth trying both */
};

/* For interleaved 8-bit samples, rows without padding. */
enum content content_of(const uint8_t *samples, uint32_t width, uint32_t rows, unsigned channels);

#endif
