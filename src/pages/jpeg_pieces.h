/* SPDX-License-Identifier: MIT */
/*
 * Pieces that are JPEG streams: strips and tiles of TIFF files, whose tables may be stored once for the page.
 *
 *     file   = SOI, tables, piece without its SOI
 *            | SOI, tables, DRI, header, data, RST, data, RST ... data, EOI
 *     notes  = nothing: the next part of the file before
 *            | size of the next JPEG file, number of pieces in it (varints)
 *
 * A JPEG file resets its predictions at a restart marker, as at the beginning of a strip. So pieces with the same
 * header, one below the other, are the restart intervals of a single JPEG file, and share its statistics. Their headers
 * differ only in the height. A piece that is alone in its file is not looked into.
 */
#ifndef BSWZ_PAGES_JPEG_PIECES_H
#define BSWZ_PAGES_JPEG_PIECES_H

#include "base/fields.h"
#include "pages/plan.h"

/* How far the JPEG files of a page have been read; all zero: not begun. Positions are in plain. */
struct jpeg_joined {
    size_t next;                           /* of the next file, relative to the first */
    size_t at, end;                        /* what is left of the file that is being read */
    uint64_t pieces;                       /* left in it */
    size_t header, header_size, height_at; /* of all its pieces, without SOI; the height is relative to the header */
};

/* Append the next piece, `most` bytes or fewer, from the JPEG files at `files` in plain. FORMAT: they, or the notes, are
 * damaged. */
enum bswz_status jpeg_piece_put(const struct page *page, uint32_t rows, const uint8_t *plain, size_t files,
                                struct cursor *notes, size_t most, struct jpeg_joined *joined, struct byte_buffer *out,
                                struct bswz_error *error);

/* Append the JPEG files of a page to plain, at most `most` bytes in all, and set page->jpeg_size. pieces: in the order
 * of the file, count of them; those that are not JPEG are kept. */
enum bswz_status jpeg_pieces_take(struct page *page, struct piece **pieces, size_t count, const uint8_t *file,
                                  size_t most, struct byte_buffer *plain, struct bswz_error *error);

#endif
