/* SPDX-License-Identifier: MIT */
/*
 * The plan of a file (pages.h): its pages, and the pieces that their samples are in, in the order of the file.
 *
 *     plan  = version (1), number of pages, page ..., number of pieces, piece ...
 *     page  = width, height, width and height of a tile (varints), samples (1), of which together (1), bits (1),
 *             kind of values (1), coding (1), flags (2), base (varint, if a flag says so),
 *             size of its JPEG files, size of their shared tables (varints, if the coding says so)
 *     piece = other bytes before it (varint), pages to go on by, tiles to go on by less 1 (varints, the sign lowest),
 *             size of its notes (varint), notes
 *
 * Numbers of more than one byte are little-endian. Notes are what a coding needs in addition to the samples (coding.h).
 */
#ifndef BSWZ_PAGES_PLAN_H
#define BSWZ_PAGES_PLAN_H

#include "base/fields.h"
#include "pages/pages.h"

#define PLAN_VERSION 1
#define PAGES_MOST 4096
#define PAGE_SAMPLES_MAX 16

/* The numbers are part of the stream format, like those of the next two enums. */
enum page_values { PAGE_UNSIGNED = 0, PAGE_SIGNED = 1, PAGE_FLOAT = 2 };
enum page_coding {
    PAGE_PLAIN = 0,
    PAGE_PACKBITS = 1,
    PAGE_LZW = 2,
    PAGE_ZLIB = 3,
    PAGE_FAX = 4,
    PAGE_RLE = 5,     /* of BMP */
    PAGE_TEXT = 6,    /* of PNM */
    PAGE_JPEG = 7,    /* the pieces are parts of JPEG files (jpeg_pieces.h) */
    PAGE_FILTERED = 8 /* as PNG filters rows */
};

enum page_flag {
    PAGE_BIG = 1,          /* samples of 16 and 32 bits: the upper byte comes first */
    PAGE_PLANAR = 2,       /* a piece holds one sample of each pixel; all pieces of the first sample come first */
    PAGE_TILED = 4,        /* pieces are as large as a tile, also at the lower edge */
    PAGE_DIFFERENCES = 8,  /* values are differences from the pixel to the left */
    PAGE_FLOAT_BYTES = 16, /* rows are byte planes of the samples, with differences from byte to byte */
    PAGE_REVERSED = 32,    /* the bits of each byte of a piece are in reverse order */
    PAGE_BOTTOM_UP = 64,   /* the first row in the file is the lowest; there is one piece */
    PAGE_ALIGNED = 128,    /* rows in the file take a multiple of 4 bytes */
    PAGE_NARROW = 256,     /* samples of 32 bits that differ from the base by less than 2^16 */
    PAGE_FLAGS = 511
};

struct page {
    uint32_t width, height;
    uint32_t tile_width, tile_height; /* of a piece */
    uint8_t samples;                  /* of a pixel, 1 ... PAGE_SAMPLES_MAX */
    uint8_t together; /* the first 1 ... 4 are one picture; each of the others is a picture of its own */
    uint8_t bits;     /* of a sample, 1 ... 16, 32 */
    enum page_values values;
    enum page_coding coding;
    unsigned flags;
    uint32_t base;
    uint32_t jpeg_size, tables_size; /* of PAGE_JPEG: of its JPEG files in plain, and of the tables in each */
    size_t tables_at;                /* in the file, while the plan is being made */
};

/* A piece while the plan is being made. */
struct piece {
    size_t at, size; /* in the file */
    uint32_t page, tile;
    struct byte_buffer notes;
    bool is_kept; /* its bytes are among the others */
};

/* Is the description of a page consistent, and are its sizes small enough for the arithmetic below? */
bool page_is_sound(const struct page *page);

/* Sizes of a sound page. */
uint32_t page_tiles(const struct page *page);
size_t page_row_bytes(const struct page *page); /* of a piece */
size_t page_piece_bytes(const struct page *page, uint32_t tile);
/* All pieces, before they are coded. */
uint64_t page_all_bytes(const struct page *page);

/* A page is not sound if its pieces together take more than this per plain byte. */
#define PAGES_SPREAD 16
#define PAGES_SPREAD_FREE ((uint64_t)1 << 16)

enum bswz_status plan_put_page(const struct page *page, struct byte_buffer *out, struct bswz_error *error);
bool plan_take_page(struct cursor *cursor, struct page *page);

#endif
