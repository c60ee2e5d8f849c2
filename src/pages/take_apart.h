/* SPDX-License-Identifier: MIT */
/*
 * What the parsers of file formats find, from which a plan is made.
 */
#ifndef BSWZ_PAGES_TAKE_APART_H
#define BSWZ_PAGES_TAKE_APART_H

#include "pages/plan.h"

/* What a parser has found. */
struct pages_found {
    struct page *pages;
    size_t page_count, page_room;
    struct piece *pieces; /* all pieces of the first page, in order, and so on */
    size_t piece_count, piece_room, piece_most;
    uint32_t *order; /* of pieces: those of the first page in the order of the file, and so on */
    size_t *starts;  /* where each page begins in order, and the end */
    struct pages_limits left;
    uint64_t work;   /* done */
    bool is_limited; /* a page was too much */
};

/* Add a page, of which page_tiles() pieces must follow. A page that is not sound, too small to matter, or in too
 * many pieces is not added: *added is false. */
enum bswz_status pages_add(struct pages_found *found, const struct page *page, bool *added, struct bswz_error *error);
/* Add a piece of the last page. Pieces without bytes are kept. */
enum bswz_status pages_add_piece(struct pages_found *found, size_t at, size_t size, struct bswz_error *error);

/* Forget the page that was added last. */
void pages_drop(struct pages_found *found);

/* The parsers: each adds what it finds. UNSUPPORTED, FORMAT: nothing. */
enum bswz_status pages_of_tiff(const uint8_t *file, size_t size, struct pages_found *found, struct bswz_error *error);
enum bswz_status pages_of_bmp(const uint8_t *file, size_t size, struct pages_found *found, struct bswz_error *error);
enum bswz_status pages_of_dicom(const uint8_t *file, size_t size, struct pages_found *found, struct bswz_error *error);
enum bswz_status pages_of_fits(const uint8_t *file, size_t size, struct pages_found *found, struct bswz_error *error);
enum bswz_status pages_of_text(const uint8_t *file, size_t size, struct pages_found *found, struct bswz_error *error);

#endif
