/* SPDX-License-Identifier: MIT */
/*
 * From the uncompressed rows of a piece to the samples of the pictures in plain, and back.
 */
#ifndef BSWZ_PAGES_ROWS_H
#define BSWZ_PAGES_ROWS_H

#include "pages/plan.h"

/* Where a piece is in its page: pixels from x, y on, which may reach beyond the right and lower edges. */
struct page_place {
    uint32_t x, y, rows;
    uint8_t first, samples; /* of each pixel, in the piece */
};
struct page_place page_place_of(const struct page *page, uint32_t tile);

/* Bytes from a pixel to the next one in a row, at least 1. */
uint8_t page_pixel_bytes(const struct page *page);

/* The pictures of a page in plain. Samples of 32 bits are two pictures, the upper 16 bits first. JPEG files are not
 * counted; they go from the first start to the end. */
struct page_pictures {
    unsigned count;
    size_t start[2 * PAGE_SAMPLES_MAX];   /* of each picture's header */
    size_t samples[2 * PAGE_SAMPLES_MAX]; /* of its samples */
    uint8_t channels[2 * PAGE_SAMPLES_MAX];
    uint8_t bytes; /* of a sample */
    uint64_t end;
};
void page_find_pictures(const struct page *page, size_t at, struct page_pictures *pictures);
/* The bytes that they take in plain. */
uint64_t page_pictures_bytes(const struct page *page);

/* The header of one picture, and its length. */
#define PAGE_HEADER_MAX 128
size_t page_header(const struct page *page, unsigned channels, char text[PAGE_HEADER_MAX]);

/* Fill the samples of plain from the bytes of a piece. values: room for tile_width * samples numbers. *is_empty:
 * all samples beyond the page's edges are zero. */
void page_rows_to_samples(const struct page *page, const struct page_pictures *pictures, const struct page_place *place,
                          uint8_t *bytes, uint32_t *values, uint8_t *plain, bool *is_empty);

/* The reverse; bytes are page_row_bytes() for each row. */
void page_samples_to_rows(const struct page *page, const struct page_pictures *pictures, const struct page_place *place,
                          const uint8_t *plain, uint32_t *values, uint8_t *bytes);

/* For narrow pages: find the base, from the bytes of a piece; the least and the largest value are updated. */
void page_find_range(const struct page *page, const struct page_place *place, uint8_t *bytes, uint32_t *values,
                     uint32_t *least, uint32_t *largest);

/* Reverse the order of the bits in each byte. */
void pages_reverse_bits(uint8_t *bytes, size_t size);

/* The number of values in a row of a piece. */
size_t page_row_values(const struct page *page);

#endif
