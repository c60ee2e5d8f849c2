/* SPDX-License-Identifier: MIT */
/*
 * What does a picture look like to a compressor: like a photograph, a drawing, or something in between?
 */
#ifndef BSWZ_CONTENT_H
#define BSWZ_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum content {
    CONTENT_PHOTO, /* neighbours differ: a model of smooth, noisy pixels wins */
    CONTENT_DRAWN, /* flat areas, few colours: exact colours win */
    CONTENT_MIXED  /* worth trying both */
};

/* For interleaved 8-bit samples, rows without padding. */
enum content content_of(const uint8_t *samples, uint32_t width, uint32_t rows, unsigned channels);

/* The entropy of the samples in bytes, if each of them were coded for itself; SIZE_MAX: there are more than
 * CONTENT_FEW values. */
enum { CONTENT_FEW = 16 };
size_t content_entropy(const uint8_t *samples, size_t count);

/* How many pixels differ from one of their neighbours above or from the one to the left. channels: bytes of a pixel. */
size_t content_busy(const uint8_t *samples, uint32_t width, uint32_t rows, unsigned channels);

/* Have all pixels one of two colours? */
bool content_is_two_valued(const uint8_t *samples, size_t pixels, unsigned channels);

#endif
