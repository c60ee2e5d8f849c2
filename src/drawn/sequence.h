/*
 * Pictures one after the other that have places and colours in common: frames of an animation.
 *
 * One model codes them all and goes on learning, and one payload holds them. Each pixel sees what stood in its place
 * before. Colours are numbers that mean the same in all pictures; each picture has a palette of those that it may
 * have.
 */
#ifndef BSWZ_DRAWN_SEQUENCE_H
#define BSWZ_DRAWN_SEQUENCE_H

#include "base/buffer.h"

#include <stdbool.h>

enum { SEQUENCE_PALETTE = 256 };

struct drawn_frame {
    uint32_t width, height;  /* neither is zero */
    const uint32_t *before;  /* what stood in each place */
    uint32_t *pixels;        /* the decoder fills them */
    const uint32_t *palette; /* `colours` different numbers */
    unsigned colours;        /* 1 ... SEQUENCE_PALETTE */
};

struct drawn_sequence; /* one owner */

/* level: 1 ... 9. pixels: of all pictures, about. Appends to *out, at most about limit bytes. Errors: MEMORY. */
enum bswz_status drawn_sequence_encode(int level, uint64_t pixels, size_t limit, struct byte_buffer *out,
                                       struct drawn_sequence **sequence, struct bswz_error *error);
/* From an untrusted payload. Errors: MEMORY, CORRUPT. */
enum bswz_status drawn_sequence_decode(const uint8_t *bytes, size_t size, struct drawn_sequence **sequence,
                                       struct bswz_error *error);

/* Code the next picture. The decoder fills all pixels whatever the payload. *known_rows: NULL, or as in drawn_decode.
 */
enum bswz_status drawn_sequence_frame(struct drawn_sequence *sequence, const struct drawn_frame *frame,
                                      uint32_t *known_rows, struct bswz_error *error);

/* A table that the tables to come may be like: the caller knows it on both sides. */
void drawn_sequence_known_table(struct drawn_sequence *sequence, const uint8_t *entries, unsigned count);
/* Code a table of at most 256 colours, three bytes each; the decoder fills it. */
void drawn_sequence_table(struct drawn_sequence *sequence, uint8_t *entries, unsigned count);

/* After the last picture. The encoder: is the payload within the limit? The decoder: did it end as it must? Errors:
 * MEMORY. */
enum bswz_status drawn_sequence_end(struct drawn_sequence *sequence, bool *is_good, struct bswz_error *error);

/* NULL is allowed. */
void drawn_sequence_free(struct drawn_sequence *sequence);

#endif
