/* SPDX-License-Identifier: MIT */
/*
 * Deep pictures: samples of 9 to 16 bits, from scanners, cameras, microscopes and medical devices; and grey samples of
 * 8.
 *
 * Most of the information in such a sample is noise that no network for 8-bit samples knows. So each sample is
 * predicted from those before it by several methods, mainly by least squares over the neighbourhood. It is coded as a
 * few binary decisions about where it lies around the prediction, each with a probability that many contexts vote on.
 * All arithmetic is in integers; doc/deep.md explains the model.
 *
 * A payload is self-contained, except for the shape of the picture, and except for the earlier picture if it refers to
 * that: the slice of a volume that comes before, for example.
 */
#ifndef BSWZ_DEEP_H
#define BSWZ_DEEP_H

#include "base/buffer.h"
#include "mixing/payload_proof.h"

#include <stdbool.h>

struct deep_picture {
    uint32_t width, height;         /* neither is zero */
    unsigned channels;              /* 1 ... 4 interleaved samples: grey, grey and alpha, RGB, RGBA */
    unsigned bytes;                 /* per sample: 1, or 2 in little-endian order */
    const uint8_t *const *before;   /* samples of earlier pictures of the same shape; the payload may refer to one */
    unsigned before_count;          /* at most 256 */
    struct payload_proof *proof;    /* encoding: NULL, or gets the payload that has been proved */
    const struct cost_place *place; /* decoding: NULL, or where the bits of pixels are counted */
};

/* Append the samples' payload to *out. level: 1 ... 9. limit: if the payload would certainly be larger, the encoder
 * gives up, leaves *out unchanged, and clears *is_coded (SIZE_MAX: it never gives up). Errors: MEMORY. */
enum bswz_status deep_encode(const struct deep_picture *picture, const uint8_t *samples, int level, size_t limit,
                             struct byte_buffer *out, bool *is_coded, struct bswz_error *error);

/* Fill samples from an untrusted payload. is_cut: the caller knows that its end is missing. CORRUPT: the payload is
 * damaged or truncated; then *known_rows (unless NULL) is the number of rows from the top that were decoded before the
 * payload ended, and later rows are zero. Damage is usually detected, but not where it is, so the caller must check a
 * hash. */
enum bswz_status deep_decode(const struct deep_picture *picture, const uint8_t *bytes, size_t size, bool is_cut,
                             uint8_t *samples, uint32_t *known_rows, struct bswz_error *error);

#endif
