/* SPDX-License-Identifier: MIT */
/*
 * Drawn pictures: screenshots, charts, pixel art, scans, icons, masks.
 *
 * Such pictures repeat exact colours. So a pixel is coded by asking which of the colours seen earlier in similar
 * surroundings it has: a few binary decisions, each with a probability that many contexts vote on. A colour that no
 * context knows is coded sample by sample. All arithmetic is in integers; doc/drawn.md explains the model.
 *
 * A payload is self-contained, except for the shape of the picture, and except for an earlier picture if it refers to
 * one: it says which setting and which colours it uses.
 */
#ifndef BSWZ_DRAWN_H
#define BSWZ_DRAWN_H

#include "base/buffer.h"
#include "image/known.h"
#include "mixing/payload_proof.h"

#include <stdbool.h>

/* Where the bits of a payload went. */
enum drawn_part {
    DRAWN_HEADER,     /* the setting, a palette */
    DRAWN_FLAT,       /* pixels in flat surroundings */
    DRAWN_SURE,       /* pixels for which a long context has seen only one colour */
    DRAWN_CANDIDATES, /* is it one of these colours? */
    DRAWN_RESIDUALS,  /* the others */
    DRAWN_TWO_VALUED, /* pixels of two-valued pictures */
    DRAWN_PARTS
};

struct drawn_picture {
    uint32_t width, height; /* neither is zero */
    unsigned channels;      /* 1 ... 4 interleaved samples: grey or palette index, grey and alpha, RGB, RGBA */
    bool is_indexed;        /* one channel of palette indices, whose differences mean nothing */
    bool is_noise;          /* encoding: it is known to be noise, so contexts of exact colours are not tried */
    bool is_photo;          /* encoding: hardly any colour recurs nearby; the same, unless it has a palette */
    const uint8_t *known;   /* NULL, or a map of blocks whose pixels are not coded (image/known.h); in their place
                             * contexts see the pixel to the left of the block */
    uint32_t *block_bits;   /* encoding: NULL, or an array with the blocks of known: the approximate bits of each block
                             * are added; not for pictures of one or two colours */
    struct payload_proof *proof;    /* encoding: NULL, or gets the payload that has been proved */
    const struct cost_place *place; /* decoding: NULL, or where the bits of pixels are counted */
    const uint8_t *const *before;   /* samples of earlier pictures of the same shape; the payload may refer to one */
    unsigned before_count;          /* at most 256 */
    bool is_plain;                  /* tests: only plain functions are used */
};

/* Append the samples' payload to *out. level: 1 ... 9. limit: if the payload would certainly be larger, the encoder
 * gives up, leaves *out unchanged, and clears *is_coded (SIZE_MAX: it never gives up). bits: NULL, or where to add the
 * bits of each part. Errors: MEMORY. */
enum bswz_status drawn_encode(const struct drawn_picture *picture, const uint8_t *samples, int level, size_t limit,
                              struct byte_buffer *out, bool *is_coded, double bits[DRAWN_PARTS],
                              struct bswz_error *error);

/* Fill samples from an untrusted payload. is_cut: the caller knows that its end is missing, which the remaining bytes
 * do not show. Known pixels are left unchanged. CORRUPT: the payload is damaged or truncated; then *known_rows (unless
 * NULL) is the number of rows from the top that were decoded before the payload ended, and later rows are zero except
 * for known pixels. Damage is usually detected, but not where it is, so the caller must check a hash. */
enum bswz_status drawn_decode(const struct drawn_picture *picture, const uint8_t *bytes, size_t size, bool is_cut,
                              uint8_t *samples, uint32_t *known_rows, struct bswz_error *error);

/* Do parts of the picture recur at a distance? That takes little time to find out. Error: MEMORY. */
enum bswz_status drawn_repeats(const struct drawn_picture *picture, const uint8_t *samples, bool *repeats,
                               struct bswz_error *error);

#endif
