/* SPDX-License-Identifier: MIT */
/*
 * Alpha apart from the colours: the two are coded differently.
 */
#ifndef BSWZ_BAND_ALPHA_H
#define BSWZ_BAND_ALPHA_H

#include <stddef.h>
#include <stdint.h>

/* Separate alpha from the colours: colours gets 1 or 3 bytes per pixel, alpha one. */
void split_alpha(const uint8_t *samples, size_t pixels, unsigned channels, uint8_t *colours, uint8_t *alpha);
void join_alpha(const uint8_t *colours, const uint8_t *alpha, size_t pixels, unsigned channels, uint8_t *samples);

#endif
