/*
 * Mixed pictures: bands of which some blocks are drawn (drawn/drawn.h), and the others coded with the model. The payload
 * of FRAME_MIXED, but for what comes before every method.
 *
 *     varint, bytes   the map: a drawn picture, a pixel for each block (image/known.h), 1 where it is drawn
 *     varint, bytes   the drawn blocks, all channels
 *     sized blob      if there are exceptions: those of the colours' origin
 *     planes          the colours of the others, as model_planes_encode writes them
 *     plane           with alpha: that of the others, as plane_encode writes it
 *
 * The model sees the drawn pixels as context from the beginning. The drawn part sees nothing of the others.
 */
#ifndef BSWZ_MIXED_H
#define BSWZ_MIXED_H

#include "band/plane.h"

struct mixed {
    uint32_t width, rows;
    unsigned channels;
    bool is_indexed;
    enum origin_kind origin; /* of what is not drawn: RGB, JFIF, or GREY, as always of less than three channels, and where
                              * all of the band is grey. Encoding, JFIF is what is looked for; planes->kind says what was
                              * found */
    bool has_exceptions; /* decoding */
    struct frame_proofs *proofs; /* NULL, or where they are put, and taken from */
};

/* What an encoder tells, and what it learns. */
struct mixed_source {
    const uint8_t *samples;
    const uint8_t *map;                 /* [blocks] */
    struct origin_planes *planes;       /* the proofs refer to them: freed by the caller after these have been used */
    uint8_t **alpha;                    /* the same */
    uint32_t *drawn_bits, *model_bits; /* [blocks]: what each took, about, is added */
};

/* What a decoder is told besides. */
struct mixed_target {
    const struct model_reference *model;
    uint8_t *samples;
    struct account *account; /* NULL, or where to count what the payload is spent on */
    struct pixel_loss *loss; /* NULL, or what is coded may be cut off or damaged; as in struct coded_planes */
    const uint8_t *stand_in; /* then: for unknown samples of each channel */
};

/* What the model knows from the beginning. */
static inline struct known_blocks mixed_known(const struct mixed *mixed, const uint8_t *map) {
    return (struct known_blocks){.map = map, .columns = known_blocks_across(mixed->width)};
}

/* Blocks of a band. */
static inline size_t mixed_blocks(uint32_t width, uint32_t rows) {
    return (size_t)known_blocks_across(width) * known_blocks_across(rows);
}

/* Append the payload. CORRUPT: what was coded did not come back. */
enum bswz_status mixed_encode(struct codec *codec, const struct mixed *mixed, const struct mixed_source *source,
                              struct byte_buffer *out, struct bswz_error *error);

/* Fill the samples from an untrusted payload. */
enum bswz_status mixed_decode(struct codec *codec, const struct mixed *mixed, const struct mixed_target *target,
                              struct cursor *payload, struct bswz_error *error);

#endif
