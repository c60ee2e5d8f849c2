/* SPDX-License-Identifier: MIT */
/*
 * A sequence of pictures that share places and colours: the frames of an animation.
 *
 * One model codes all of them and keeps learning, and one payload holds them. The prediction of each pixel depends on
 * what was in its place before. Colours are numbers that mean the same in all pictures; each picture has a palette of
 * the numbers that may occur.
 */
#ifndef BSWZ_DRAWN_SEQUENCE_H
#define BSWZ_DRAWN_SEQUENCE_H

#include "base/buffer.h"

#include <stdbool.h>

enum { SEQUENCE_PALETTE = 256 };

struct drawn_frame {
    uint32_t width, height;         /* neither is zero */
    const uint32_t *before;         /* what was in each place */
    uint32_t *pixels;               /* the decoder fills them in */
    const uint32_t *palette;        /* `colours` different numbers */
    unsigned colours;               /* 1 ... SEQUENCE_PALETTE */
    const struct cost_place *place; /* decoder: NULL, or where the bits of pixels are counted */
};

struct drawn_sequence; /* one owner */

/* level: 1 ... 9. pixels: of all pictures, roughly. Appends to *out, at most about limit bytes. Errors: MEMORY. */
enum bswz_status drawn_sequence_encode(int level, uint64_t pixels, size_t limit, struct byte_buffer *out,
                                       struct drawn_sequence **sequence, struct bswz_error *error);
/* From an untrusted payload. Errors: MEMORY, CORRUPT. */
enum bswz_status drawn_sequence_decode(const uint8_t *bytes, size_t size, struct drawn_sequence **sequence,
                                       struct bswz_error *error);

/* Code the next picture. The decoder fills in all pixels, whatever the payload. known_rows: as for drawn_decode.
 */
enum bswz_status drawn_sequence_frame(struct drawn_sequence *sequence, const struct drawn_frame *frame,
                                      uint32_t *known_rows, struct bswz_error *error);

/* A table that later tables may resemble, which both sides know. */
void drawn_sequence_known_table(struct drawn_sequence *sequence, const uint8_t *entries, unsigned count);
/* Code a table of at most 256 colours, three bytes each; the decoder fills it in. */
void drawn_sequence_table(struct drawn_sequence *sequence, uint8_t *entries, unsigned count);

/* After the last picture. The encoder: is the payload within the limit? The decoder: did it end as it must? Errors:
 * MEMORY. */
enum bswz_status drawn_sequence_end(struct drawn_sequence *sequence, bool *is_good, struct bswz_error *error);

/* NULL is allowed. */
void drawn_sequence_free(struct drawn_sequence *sequence);

#endif
