/* SPDX-License-Identifier: MIT */
/*
 * How pieces are compressed in files: between the bytes in the file and those of its rows.
 *
 * Where a coding leaves choices to its writer, they are guessed, and notes list the wrong guesses. Decoders accept files
 * with any content; encoders accept any rows and notes, since streams may be damaged.
 */
#ifndef BSWZ_PAGES_CODING_H
#define BSWZ_PAGES_CODING_H

#include "pages/jpeg_pieces.h"
#include "pages/plan.h"

/* What codings need to know about a piece. */
struct piece_shape {
    size_t row_bytes;
    uint32_t rows;
    uint32_t width; /* in samples, for those that code samples */
    uint8_t bits;
    uint8_t pixel_bytes; /* at least 1 */
};

/* State that passes from one piece to the next. */
struct coding_state {
    struct byte_buffer recipe; /* of the last zlib stream, with its header */
    struct jpeg_joined jpeg;   /* where the JPEG files of the page have been read to */
};

/* Fill exactly rows * row_bytes bytes, and append the notes. *used: the bytes of the piece that were read. false: the
 * piece is not coded like this. The only error is MEMORY. */
enum bswz_status piece_decode(enum page_coding coding, const struct piece_shape *shape, const uint8_t *coded,
                              size_t size, uint8_t *bytes, size_t *used, struct byte_buffer *notes,
                              struct coding_state *state, bool *is_done, struct bswz_error *error);

/* Append the piece, `most` bytes or fewer. FORMAT: the notes do not fit. */
enum bswz_status piece_encode(enum page_coding coding, const struct piece_shape *shape, const uint8_t *bytes,
                              struct cursor *notes, size_t most, struct byte_buffer *out, struct coding_state *state,
                              struct bswz_error *error);

/* The codings themselves. The decoders return the number of bytes read, 0 if the piece is something else, or
 * SIZE_MAX if there is no memory. The encoders return false if the notes do not fit or there is no memory; *error says
 * which. */
size_t packbits_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                       struct byte_buffer *notes);
bool packbits_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                     struct byte_buffer *out, struct bswz_error *error);
size_t lzw_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                  struct byte_buffer *notes);
bool lzw_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                struct byte_buffer *out, struct bswz_error *error);
size_t fax_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                  struct byte_buffer *notes);
bool fax_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                struct byte_buffer *out, struct bswz_error *error);
size_t rle_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                  struct byte_buffer *notes);
bool rle_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                struct byte_buffer *out, struct bswz_error *error);
size_t filtered_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                       struct byte_buffer *notes);
bool filtered_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                     struct byte_buffer *out, struct bswz_error *error);
size_t text_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                   struct byte_buffer *notes);
bool text_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                 struct byte_buffer *out, struct bswz_error *error);

#endif
