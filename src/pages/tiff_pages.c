/* SPDX-License-Identifier: MIT */
/*
 * The pages of TIFF files: strips and tiles, plain or compressed, samples together or in planes (take_apart.h).
 *
 * Thumbnails and raw samples, which a page may refer to, are pages as well. What is of another kind stays among the
 * other bytes.
 */
#include "image/tiff_directory.h"
#include "pages/take_apart.h"

enum {
    TIFF_PLAIN = 1,
    TIFF_RUNS = 2,
    TIFF_FAX3 = 3,
    TIFF_FAX4 = 4,
    TIFF_LZW = 5,
    TIFF_JPEG = 7,
    TIFF_ZLIB = 8,
    TIFF_PACKBITS = 32773,
    TIFF_OLD_ZLIB = 32946
};
/* More pages that one refers to are not looked at. */
#define PAGES_OF_ONE 16

enum { FORMAT_UNSIGNED = 1, FORMAT_SIGNED = 2, FORMAT_FLOAT = 3 };

static bool find_coding(uint32_t compression, enum page_coding *coding) {
    switch (compression) {
    case TIFF_PLAIN: *coding = PAGE_PLAIN; return true;
    case TIFF_LZW: *coding = PAGE_LZW; return true;
    case TIFF_ZLIB:
    case TIFF_OLD_ZLIB: *coding = PAGE_ZLIB; return true;
    case TIFF_JPEG: *coding = PAGE_JPEG; return true;
    case TIFF_PACKBITS: *coding = PAGE_PACKBITS; return true;
    case TIFF_RUNS:
    case TIFF_FAX3:
    case TIFF_FAX4: *coding = PAGE_FAX; return true;
    default: return false;
    }
}

/* How values are to be read; false: in a way that is not known. */
static bool find_values(const struct tiff *tiff, const struct tiff_page *from, struct page *page) {
    const uint32_t format = tiff_number(tiff, from, TAG_SAMPLE_FORMAT, FORMAT_UNSIGNED);
    const uint32_t predictor =
        page->coding == PAGE_LZW || page->coding == PAGE_ZLIB ? tiff_number(tiff, from, TAG_PREDICTOR, 1) : 1;
    page->values = format == FORMAT_SIGNED && (page->bits == 8 || page->bits >= 16) ? PAGE_SIGNED
                   : format == FORMAT_FLOAT && page->bits == 32                     ? PAGE_FLOAT
                                                                                    : PAGE_UNSIGNED;
    page->flags |= predictor == 2 ? PAGE_DIFFERENCES : predictor == 3 ? PAGE_FLOAT_BYTES : 0;
    return predictor == 1 || (predictor == 2 && page->bits >= 8) || (predictor == 3 && page->bits == 32);
}

/* How samples become pictures: colours together, the others by themselves. */
static uint8_t find_together(const struct tiff *tiff, const struct tiff_page *from, const struct page *page) {
    const uint32_t photometric = tiff_number(tiff, from, TAG_PHOTOMETRIC, PHOTOMETRIC_GREY);
    if (page->bits == 32) {
        return 1;
    }
    if (photometric == PHOTOMETRIC_RGB && page->samples == 4) {
        return 4;
    }
    if (photometric != PHOTOMETRIC_CMYK && page->samples == 2) {
        return 2;
    }
    return page->samples >= 3 ? 3 : 1;
}

/* Samples of 64 bits are two of 32. */
static bool halve(const struct tiff *tiff, const struct tiff_page *from, struct page *page) {
    if ((page->flags & PAGE_PLANAR) != 0 || page->samples > PAGE_SAMPLES_MAX / 2 ||
        tiff_number(tiff, from, TAG_PREDICTOR, 1) != 1) {
        return false;
    }
    page->samples = (uint8_t)(2 * page->samples);
    page->bits = 32;
    page->together = 1;
    return true;
}

/* The tables of all pieces of a page, without their SOI and EOI. */
static void find_tables(const struct tiff *tiff, const struct tiff_page *from, struct page *page) {
    const struct field tables = tiff_field(tiff, from, TAG_JPEG_TABLES);
    const uint8_t *bytes = tiff->bytes + tables.at;
    if (tables.size == 1 && tables.count >= 4 && bytes[0] == 0xff && bytes[1] == 0xd8 &&
        bytes[tables.count - 2] == 0xff && bytes[tables.count - 1] == 0xd9) {
        page->tables_at = tables.at + 2;
        page->tables_size = tables.count - 4;
    }
}

static bool find_page(const struct tiff *tiff, const struct tiff_page *from, struct page *page) {
    const uint32_t samples = tiff_number(tiff, from, TAG_SAMPLES, 1), bits = tiff_number(tiff, from, TAG_BITS, 1);
    const uint32_t fill_order = tiff_number(tiff, from, TAG_FILL_ORDER, 1);
    *page = (struct page){.width = tiff_number(tiff, from, TAG_WIDTH, 0),
                          .height = tiff_number(tiff, from, TAG_HEIGHT, 0),
                          .flags = tiff->is_big ? PAGE_BIG : 0};
    if (samples == 0 || samples > PAGE_SAMPLES_MAX || bits == 0 || (bits > 32 && bits != 64) || page->width == 0 ||
        page->height == 0 || !tiff_all_are(tiff, from, TAG_BITS, samples, bits, 1) ||
        !find_coding(tiff_number(tiff, from, TAG_COMPRESSION, TIFF_PLAIN), &page->coding)) {
        return false;
    }
    page->samples = (uint8_t)samples;
    page->bits = (uint8_t)bits;
    page->together = find_together(tiff, from, page);
    if (samples > 1 && tiff_number(tiff, from, TAG_PLANES, 1) == 2) {
        page->flags |= PAGE_PLANAR;
    }
    if (fill_order == 2) {
        page->flags |= PAGE_REVERSED;
    }
    if (tiff_field(tiff, from, TAG_TILE_WIDTH).count != 0) {
        page->flags |= PAGE_TILED;
        page->tile_width = tiff_number(tiff, from, TAG_TILE_WIDTH, 0);
        page->tile_height = tiff_number(tiff, from, TAG_TILE_HEIGHT, 0);
    } else {
        const uint32_t rows = tiff_number(tiff, from, TAG_ROWS_PER_STRIP, UINT32_MAX);
        page->tile_width = page->width;
        page->tile_height = rows < page->height ? rows : page->height;
    }
    if (page->coding == PAGE_JPEG) {
        find_tables(tiff, from, page);
    }
    return bits == 64 ? halve(tiff, from, page) : find_values(tiff, from, page);
}

/* The page's pieces; a page that has too few is dropped. */
static enum bswz_status add_pieces(const struct tiff *tiff, const struct tiff_page *from, const struct page *page,
                                   struct pages_found *found, struct bswz_error *error) {
    const bool is_tiled = (page->flags & PAGE_TILED) != 0;
    struct field offsets = tiff_field(tiff, from, is_tiled ? TAG_TILE_OFFSETS : TAG_STRIP_OFFSETS);
    struct field sizes = tiff_field(tiff, from, is_tiled ? TAG_TILE_SIZES : TAG_STRIP_SIZES);
    if (is_tiled && offsets.count == 0) { /* some writers have tiles in strips' tags */
        offsets = tiff_field(tiff, from, TAG_STRIP_OFFSETS);
        sizes = tiff_field(tiff, from, TAG_STRIP_SIZES);
    }
    const uint32_t tiles = page_tiles(page);
    enum bswz_status status = BSWZ_OK;
    if (offsets.count < tiles || (sizes.count < tiles && (sizes.count != 0 || page->coding != PAGE_PLAIN))) {
        pages_drop(found);
        return BSWZ_OK;
    }
    for (uint32_t i = 0; i < tiles && status == BSWZ_OK; i++) {
        const uint64_t at = tiff_value(tiff, &offsets, i);
        const uint64_t size = sizes.count != 0 ? tiff_value(tiff, &sizes, i) : page_piece_bytes(page, i);
        const bool is_within = tiff_is_within(tiff, at, size);
        status = pages_add_piece(found, is_within ? (size_t)at : 0, is_within ? (size_t)size : 0, error);
    }
    return status;
}

static enum bswz_status add_page(const struct tiff *tiff, const struct tiff_page *from, struct pages_found *found,
                                 struct bswz_error *error) {
    struct page page;
    bool added = false;
    enum bswz_status status = BSWZ_OK;
    if (find_page(tiff, from, &page)) {
        status = pages_add(found, &page, &added, error);
    }
    return status == BSWZ_OK && added ? add_pieces(tiff, from, &page, found, error) : status;
}

enum bswz_status pages_of_tiff(const uint8_t *file, size_t size, struct pages_found *found, struct bswz_error *error) {
    if (!tiff_is_file(file, size)) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "TIFF: invalid header");
    }
    const struct tiff tiff = tiff_open(file, size);
    uint64_t at = tiff_first(&tiff);
    enum bswz_status status = BSWZ_OK;
    for (int i = 0; i < PAGES_MOST && at != 0 && status == BSWZ_OK; i++) {
        struct tiff_page page, more;
        uint64_t next;
        if (!tiff_find_page(&tiff, at, &page, &at)) {
            break;
        }
        status = add_page(&tiff, &page, found, error);
        const struct field others = tiff_field(&tiff, &page, TAG_MORE_PAGES);
        for (uint32_t k = 0; k < others.count && k < PAGES_OF_ONE && status == BSWZ_OK; k++) {
            if (tiff_find_page(&tiff, tiff_value(&tiff, &others, k), &more, &next)) {
                status = add_page(&tiff, &more, found, error);
            }
        }
    }
    return status;
}
