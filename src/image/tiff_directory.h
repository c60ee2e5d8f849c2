/* SPDX-License-Identifier: MIT */
/*
 * The directories of TIFF and BigTIFF files: pages, and the numbers that their tags have.
 *
 * All positions come from the file: each is checked before it is used.
 */
#ifndef BSWZ_IMAGE_TIFF_DIRECTORY_H
#define BSWZ_IMAGE_TIFF_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tiff_tag {
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_BITS = 258,
    TAG_COMPRESSION = 259,
    TAG_PHOTOMETRIC = 262,
    TAG_FILL_ORDER = 266,
    TAG_STRIP_OFFSETS = 273,
    TAG_SAMPLES = 277,
    TAG_ROWS_PER_STRIP = 278,
    TAG_STRIP_SIZES = 279,
    TAG_PLANES = 284,
    TAG_FAX_OPTIONS = 292,
    TAG_PREDICTOR = 317,
    TAG_COLOURS = 320,
    TAG_TILE_WIDTH = 322,
    TAG_TILE_HEIGHT = 323,
    TAG_TILE_OFFSETS = 324,
    TAG_TILE_SIZES = 325,
    TAG_MORE_PAGES = 330, /* thumbnails, raw samples */
    TAG_EXTRA_SAMPLES = 338,
    TAG_SAMPLE_FORMAT = 339,
    TAG_JPEG_TABLES = 347
};

enum {
    PHOTOMETRIC_INVERTED = 0,
    PHOTOMETRIC_GREY = 1,
    PHOTOMETRIC_RGB = 2,
    PHOTOMETRIC_PALETTE = 3,
    PHOTOMETRIC_CMYK = 5
};
enum { EXTRA_PREMULTIPLIED = 1 };

struct tiff {
    const uint8_t *bytes;
    size_t size;
    bool is_big;  /* byte order */
    bool is_wide; /* BigTIFF: positions and counts take 8 bytes */
};

/* Does a file begin like this? It has at least TIFF_LEAST bytes then. */
#define TIFF_LEAST ((size_t)16)
bool tiff_is_file(const uint8_t *bytes, size_t size);
struct tiff tiff_open(const uint8_t *bytes, size_t size);

/* The values of a tag: count numbers of size bytes at a position, all within the file. */
struct field {
    size_t at;
    uint32_t count; /* 0: the tag is missing, or not a number */
    uint8_t size;   /* 1, 2, 4, 8 */
};

/* A page: its directory's entries. */
struct tiff_page {
    size_t entries_at;
    uint32_t entries;
};

/* Is that within the file? */
bool tiff_is_within(const struct tiff *tiff, uint64_t at, uint64_t size);

/* The values of a tag of a page. */
struct field tiff_field(const struct tiff *tiff, const struct tiff_page *page, enum tiff_tag tag);

/* One of them; index must be below field->count. */
uint64_t tiff_value(const struct tiff *tiff, const struct field *field, uint32_t index);

/* The first value of a tag, UINT32_MAX at most, or its default if the tag is missing. */
uint32_t tiff_number(const struct tiff *tiff, const struct tiff_page *page, enum tiff_tag tag, uint32_t otherwise);

/* Do all values of a tag, count of them at most, equal this number? The tag may be missing if that is its default. */
bool tiff_all_are(const struct tiff *tiff, const struct tiff_page *page, enum tiff_tag tag, uint32_t count,
                  uint32_t number, uint32_t otherwise);

/* The position of the first directory; the directory at a position, and the position of the next one. */
uint64_t tiff_first(const struct tiff *tiff);
bool tiff_find_page(const struct tiff *tiff, uint64_t at, struct tiff_page *page, uint64_t *next);

#endif
