/* SPDX-License-Identifier: MIT */
/*
 * Mixed pictures: in a band, some blocks are drawn (drawn/drawn.h), and the others coded with the model. The payload of
 * FRAME_MIXED, without the parts that precede every method:
 *
 *     varint, bytes   the map: a drawn picture with a pixel for each block (image/known.h), 1 if the block is drawn
 *     varint, bytes   the drawn blocks, all channels
 *     sized blob      the exceptions of the origin, if there are any
 *     planes          the colours of the others, as model_planes_encode writes them
 *     plane           with alpha: that of the others, as plane_encode writes it
 *
 * The model sees the drawn pixels as context from the beginning. The drawn part never sees the others.
 */
#ifndef BSWZ_MIXED_H
#define BSWZ_MIXED_H

#include "band/plane.h"

struct mixed {
    uint32_t width, rows;
    unsigned channels;
    bool is_indexed;
    enum origin_kind origin; /* of the blocks that are not drawn: RGB, JFIF, or GREY. It is GREY for fewer than three
                              * channels, and if the whole band is grey. Encoding, JFIF is a wish; planes->kind says
                              * what was found */
    bool has_exceptions;     /* decoding */
    struct frame_proofs *proofs; /* NULL, or where proofs are stored and looked up */
};

/* What an encoder passes and gets. */
struct mixed_source {
    const uint8_t *samples;
    const uint8_t *map;                /* [blocks] */
    struct origin_planes *planes;      /* the proofs refer to them: the caller frees them after using the proofs */
    uint8_t **alpha;                   /* the same */
    uint32_t *drawn_bits, *model_bits; /* [blocks]: the approximate bits of each are added */
};

/* What only a decoder needs. */
struct mixed_target {
    const struct model_reference *model;
    uint8_t *samples;
    struct account *account; /* NULL, or where to count the bits of the payload */
    struct pixel_loss *loss; /* NULL, or the payload may be truncated or damaged; as in struct coded_planes */
    const uint8_t *stand_in; /* with loss: substitutes for unknown samples of each channel */
};

/* The pixels that the model knows from the beginning. */
static inline struct known_blocks mixed_known(const struct mixed *mixed, const uint8_t *map) {
    return (struct known_blocks){.map = map, .columns = known_blocks_across(mixed->width)};
}

/* The number of blocks in a band. */
static inline size_t mixed_blocks(uint32_t width, uint32_t rows) {
    return (size_t)known_blocks_across(width) * known_blocks_across(rows);
}

/* Append the payload. CORRUPT: the result failed a check. */
enum bswz_status mixed_encode(struct coding_context *coding, const struct mixed *mixed,
                              const struct mixed_source *source, struct byte_buffer *out, struct bswz_error *error);

/* Fill the samples from an untrusted payload. */
enum bswz_status mixed_decode(struct coding_context *coding, const struct mixed *mixed,
                              const struct mixed_target *target, struct cursor *payload, struct bswz_error *error);

#endif
