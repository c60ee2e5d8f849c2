/*
 * Coding a band as a lossless WebP bitstream: strings, palettes and predictors
 * for what is not a photograph.
 *
 * The payload is what a VP8L chunk holds, without RIFF around it.  Grey samples
 * and palette indices are in the green channel, red and blue are 0; alpha is
 * alpha, and the colours under transparent pixels are kept.
 */
#ifndef BSWZ_STREAM_WEBP_H
#define BSWZ_STREAM_WEBP_H

#include "image/picture.h"

/* Can WebP hold a band of this size? */
bool webp_holds(uint32_t width, uint32_t rows);

/* Append the bitstream of interleaved 8-bit samples, or nothing where it would be too short for libwebp to read again;
 * level is bswz's. */
enum bswz_status webp_band_encode(const uint8_t *samples, uint32_t width, uint32_t rows, unsigned channels, int level,
                                  struct byte_buffer *out, struct bswz_error *error);

/* bytes are untrusted. */
enum bswz_status webp_band_decode(const uint8_t *bytes, size_t size, uint32_t width, uint32_t rows, unsigned channels,
                                  uint8_t *samples, struct bswz_error *error);

/* The same where the bytes may be cut off or damaged: the first *known rows; the others keep what they held. */
enum bswz_status webp_band_decode_part(const uint8_t *bytes, size_t size, uint32_t width, uint32_t rows,
                                       unsigned channels, uint8_t *samples, uint32_t *known, struct bswz_error *error);

#endif
