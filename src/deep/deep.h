/*
 * Deep pictures: samples of 9 to 16 bits, as scanners, cameras, microscopes and medicine make them; and grey ones of 8.
 *
 * Most of what such a sample says is noise that no net of 8-bit samples knows.  So each is predicted from those before
 * it by several means, above all by least squares over the neighbourhood, and coded as a few yes-or-no decisions about
 * where it lies around the prediction, each with a probability that many contexts vote on.  Everything is integers;
 * doc/deep.md explains the model.
 *
 * A payload is complete in itself but for the picture's shape.
 */
#ifndef BSWZ_DEEP_H
#define BSWZ_DEEP_H

#include "base/buffer.h"

#include <stdbool.h>

struct deep_picture {
    uint32_t width, height; /* neither is zero */
    unsigned channels;      /* 1 ... 4 interleaved samples: grey, grey and alpha, RGB, RGBA */
    unsigned bytes;         /* of a sample: 1, or 2 with the lower one first */
};

/* Append the samples' payload to *out. level: 1 ... 9. limit: the encoder gives up where the payload would certainly
 * be larger, and *out stays as it was (SIZE_MAX: it never does); *is_coded tells. Errors: MEMORY. */
enum bswz_status deep_encode(const struct deep_picture *picture, const uint8_t *samples, int level, size_t limit,
                             struct byte_buffer *out, bool *is_coded, struct bswz_error *error);

/* Fill samples from an untrusted payload. is_cut: the caller knows that its end is missing. CORRUPT: it is damaged or
 * cut off; then *known_rows (NULL, or) tells how many rows from the top were decoded before the payload ended, and the
 * rows from there on are zeros. Damage shows only as a rule, and not where: the caller's hash must tell. */
enum bswz_status deep_decode(const struct deep_picture *picture, const uint8_t *bytes, size_t size, bool is_cut,
                             uint8_t *samples, uint32_t *known_rows, struct bswz_error *error);

#endif
