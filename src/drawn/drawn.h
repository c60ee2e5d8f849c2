/*
 * Drawn pictures: screenshots, charts, pixel art, scans, icons, masks.
 *
 * Such pictures repeat exact colours, so a pixel is coded by asking which of the colours that stood in such a place
 * before it is: a few yes-or-no decisions, each with a probability that many contexts vote on. Colours that no
 * context names are coded sample by sample. Everything is integers; doc/drawn.md explains the model.
 *
 * A payload is complete in itself: it says which setting and which colours it uses. It takes the shape of the picture
 * from its surroundings.
 */
#ifndef BSWZ_DRAWN_H
#define BSWZ_DRAWN_H

#include "buffer.h"
#include "image/known.h"

#include <stdbool.h>

/* Where the bits of a payload went. */
enum drawn_part {
    DRAWN_HEADER,     /* the setting, a palette */
    DRAWN_FLAT,       /* pixels in flat surroundings */
    DRAWN_SURE,       /* pixels where a long context has seen one colour alone */
    DRAWN_CANDIDATES, /* is it one of these colours? */
    DRAWN_RESIDUALS,  /* the others */
    DRAWN_TWO_VALUED, /* pixels of two-valued pictures */
    DRAWN_PARTS
};

/* The encoder has popped the decisions again from a finished payload, and made pixels of them as a decoder does: only
 * the probabilities are the encoder's own. A decoder would restore the samples from the payload with this hash. What
 * does not come back is not coded. */
struct drawn_proof {
    bool is_made;  /* for what was coded */
    bool is_wrong; /* something did not come back */
    size_t size;
    uint64_t hash;
};

struct drawn_picture {
    uint32_t width, height; /* neither is zero */
    unsigned channels;      /* 1 ... 4 interleaved samples: grey or palette index, grey and alpha, RGB, RGBA */
    bool is_indexed;        /* one channel of palette indices: their distances mean nothing */
    const uint8_t *known;   /* NULL, or a map of blocks whose pixels are not coded (image/known.h); in their place
                             * contexts see the pixel to the left of the block */
    uint32_t *block_bits;   /* encoding: NULL, or [blocks as in known]: what each took in bits, about, is added; not
                             * for pictures of one or two colours */
    struct drawn_proof *proof; /* encoding: NULL, or where to say which payload has been proved */
};

/* Append the samples' payload to *out. level: 1 ... 9. limit: the encoder gives up where the payload would certainly
 * be larger, and *out stays as it was (SIZE_MAX: it never does); *is_coded tells. bits: NULL, or where to add the bits
 * of each part. Errors: MEMORY. */
enum bswz_status drawn_encode(const struct drawn_picture *picture, const uint8_t *samples, int level, size_t limit,
                              struct byte_buffer *out, bool *is_coded, double bits[DRAWN_PARTS],
                              struct bswz_error *error);

/* Fill samples from an untrusted payload. is_cut: the caller knows that its end is missing, which cannot be seen from
 * what is left. Known pixels are left as they are. CORRUPT: it is damaged or cut off; then *known_rows (NULL, or) tells how many rows from the top were
 * decoded before the payload ended, and the rows from there on are zeros where they are not known. Damage shows only as a rule, and
 * not where: the caller's hash must tell. */
enum bswz_status drawn_decode(const struct drawn_picture *picture, const uint8_t *bytes, size_t size, bool is_cut,
                              uint8_t *samples, uint32_t *known_rows, struct bswz_error *error);

/* Is this the payload that was proved? */
bool drawn_is_proven(const struct drawn_proof *proof, const uint8_t *payload, size_t size);

#endif
