/* SPDX-License-Identifier: MIT */
/*
 * Pages: their sizes, and how they are stored (plan.h).
 */
#include "pages/plan.h"

#include "pages/rows.h"

/* Longer rows of a piece are not taken. */
#define ROW_MAX ((uint64_t)1 << 28)

bool page_is_sound(const struct page *page) {
    const bool is_wide = page->bits == 32, is_planar = (page->flags & PAGE_PLANAR) != 0;
    const bool is_tiled = (page->flags & PAGE_TILED) != 0;
    if (page->width == 0 || page->height == 0 || page->width > PICTURE_MAX_SIDE || page->height > PICTURE_MAX_SIDE ||
        page->tile_width == 0 || page->tile_height == 0 || page->tile_width > PICTURE_MAX_SIDE ||
        page->tile_height > PICTURE_MAX_SIDE || page->samples == 0 || page->samples > PAGE_SAMPLES_MAX ||
        page->together == 0 || page->together > 4 || page->together > page->samples || page->bits == 0 ||
        (page->bits > 16 && !is_wide) || page->values > PAGE_FLOAT || page->coding > PAGE_FILTERED ||
        page->flags > PAGE_FLAGS) {
        return false;
    }
    if ((!is_tiled && (page->tile_width != page->width || page->tile_height > page->height)) ||
        (uint64_t)page->tile_width * page->samples > ROW_MAX / 4 ||
        (page->coding != PAGE_JPEG && (uint64_t)page->width * page->height * page->samples > PAGES_PLAIN_MAX)) {
        return false;
    }
    const uint64_t tiles = (uint64_t)((page->width - 1) / page->tile_width + 1) *
                           ((page->height - 1) / page->tile_height + 1) * (is_planar ? page->samples : 1);
    return tiles <= PAGES_FILE_MAX && (uint64_t)page->tile_height * page_row_bytes(page) <= PAGES_PLAIN_MAX &&
           (page->values != PAGE_FLOAT || is_wide) && (page->together == 1 || !is_wide) &&
           (page->values == PAGE_UNSIGNED || page->bits == 8 || page->bits == 16 || is_wide) &&
           ((page->flags & PAGE_FLOAT_BYTES) == 0 || (is_wide && (page->flags & PAGE_DIFFERENCES) == 0)) &&
           ((page->flags & PAGE_NARROW) == 0 || is_wide) &&
           ((page->flags & PAGE_BOTTOM_UP) == 0 || (page->tile_height == page->height && !is_tiled)) &&
           ((page->coding != PAGE_FAX && page->coding != PAGE_RLE) ||
            (page->samples == 1 &&
             (page->coding == PAGE_FAX ? page->bits == 1 : page->bits == 4 || page->bits == 8))) &&
           (page->coding != PAGE_TEXT || page->bits == 1 || page->bits == 8 || page->bits == 16) &&
           (page->coding != PAGE_JPEG || (page->flags & ~(unsigned)(PAGE_BIG | PAGE_PLANAR | PAGE_TILED)) == 0);
}

static uint32_t across(const struct page *page) {
    return (page->width - 1) / page->tile_width + 1;
}

static uint32_t down(const struct page *page) {
    return (page->height - 1) / page->tile_height + 1;
}

uint32_t page_tiles(const struct page *page) {
    return across(page) * down(page) * ((page->flags & PAGE_PLANAR) != 0 ? page->samples : 1u);
}

size_t page_row_bytes(const struct page *page) {
    const uint64_t samples = (uint64_t)page->tile_width * ((page->flags & PAGE_PLANAR) != 0 ? 1u : page->samples);
    const size_t bytes = (size_t)((samples * page->bits + 7) / 8);
    return (page->flags & PAGE_ALIGNED) != 0 ? (bytes + 3) / 4 * 4 : bytes;
}

size_t page_piece_bytes(const struct page *page, uint32_t tile) {
    return page_row_bytes(page) * page_place_of(page, tile).rows;
}

uint64_t page_all_bytes(const struct page *page) {
    if (page->coding == PAGE_JPEG) {
        return (uint64_t)PAGES_SPREAD * page->jpeg_size;
    }
    const uint64_t rows = (page->flags & PAGE_TILED) != 0 ? (uint64_t)down(page) * page->tile_height : page->height;
    const uint64_t planes = (page->flags & PAGE_PLANAR) != 0 ? page->samples : 1;
    return rows * page_row_bytes(page) * across(page) * planes; /* below 2^30 * 2^28 * ...: see page_is_sound */
}

struct page_place page_place_of(const struct page *page, uint32_t tile) {
    const uint32_t plane = across(page) * down(page), in_plane = tile % plane;
    struct page_place place = {.x = in_plane % across(page) * page->tile_width,
                               .y = in_plane / across(page) * page->tile_height,
                               .rows = page->tile_height};
    const bool is_planar = (page->flags & PAGE_PLANAR) != 0;
    place.first = is_planar ? (uint8_t)(tile / plane) : 0;
    place.samples = is_planar ? 1 : page->samples;
    if ((page->flags & PAGE_TILED) == 0 && page->height - place.y < place.rows) {
        place.rows = page->height - place.y;
    }
    return place;
}

/* ---- storing ---- */

enum bswz_status plan_put_page(const struct page *page, struct byte_buffer *out, struct bswz_error *error) {
    const uint8_t bytes[5] = {page->samples, page->together, page->bits, (uint8_t)page->values, (uint8_t)page->coding};
    enum bswz_status status = put_varint(out, page->width, error);
    if (status == BSWZ_OK) {
        status = put_varint(out, page->height, error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, page->tile_width, error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, page->tile_height, error);
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, bytes, sizeof bytes, error);
    }
    if (status == BSWZ_OK) {
        status = put_16(out, page->flags, error);
    }
    if (status == BSWZ_OK && (page->flags & PAGE_NARROW) != 0) {
        status = put_varint(out, page->base, error);
    }
    if (status == BSWZ_OK && page->coding == PAGE_JPEG) {
        status = put_varint(out, page->jpeg_size, error);
    }
    return status == BSWZ_OK && page->coding == PAGE_JPEG ? put_varint(out, page->tables_size, error) : status;
}

bool plan_take_page(struct cursor *cursor, struct page *page) {
    uint8_t values, coding;
    uint16_t flags;
    *page = (struct page){.width = 0};
    if (!take_varint_32(cursor, PICTURE_MAX_SIDE, &page->width) ||
        !take_varint_32(cursor, PICTURE_MAX_SIDE, &page->height) ||
        !take_varint_32(cursor, PICTURE_MAX_SIDE, &page->tile_width) ||
        !take_varint_32(cursor, PICTURE_MAX_SIDE, &page->tile_height) || !take_8(cursor, &page->samples) ||
        !take_8(cursor, &page->together) || !take_8(cursor, &page->bits) || !take_8(cursor, &values) ||
        values > PAGE_FLOAT || !take_8(cursor, &coding) || coding > PAGE_FILTERED || !take_16(cursor, &flags)) {
        return false;
    }
    page->values = (enum page_values)values;
    page->coding = (enum page_coding)coding;
    page->flags = flags;
    if ((flags & PAGE_NARROW) != 0 && !take_varint_32(cursor, UINT32_MAX, &page->base)) {
        return false;
    }
    if (page->coding == PAGE_JPEG && (!take_varint_32(cursor, PAGES_PLAIN_MAX, &page->jpeg_size) ||
                                      !take_varint_32(cursor, PAGES_PLAIN_MAX, &page->tables_size))) {
        return false;
    }
    return page_is_sound(page);
}
