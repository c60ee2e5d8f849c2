/* SPDX-License-Identifier: MIT */
/*
 * Putting a file together from its pictures and the plan (pages.h). Everything comes from a stream, and is checked.
 */
#include "base/allocate.h"
#include "pages/animation.h"
#include "pages/coding.h"
#include "pages/rows.h"

#include <stdlib.h>
#include <string.h>

struct joining {
    const uint8_t *plain;
    struct page *pages;
    struct page_pictures *pictures;
    struct coding_state *states;
    uint32_t page_count;
    struct cursor plan, others;
    size_t most;   /* bytes of the file */
    uint64_t left; /* bytes of pieces, before they are coded, that may still come */
    uint8_t *rows;
    uint32_t *values;
    size_t rows_room, values_room;
    struct byte_buffer *file;
};

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "the plan of a file is damaged");
}

/* All pages, whose pictures must fill exactly the bytes before the plan. */
static enum bswz_status take_pages(struct joining *joining, size_t pictures_size, struct bswz_error *error) {
    uint64_t at = 0, all = 0;
    joining->pages = bswz_allocate_zero(joining->page_count, sizeof *joining->pages);
    joining->pictures = bswz_allocate_zero(joining->page_count, sizeof *joining->pictures);
    joining->states = bswz_allocate_zero(joining->page_count, sizeof *joining->states);
    if (joining->pages == NULL || joining->pictures == NULL || joining->states == NULL) {
        return bswz_no_memory(error);
    }
    for (uint32_t i = 0; i < joining->page_count; i++) {
        if (!plan_take_page(&joining->plan, &joining->pages[i]) ||
            page_pictures_bytes(&joining->pages[i]) > pictures_size - at) {
            return damaged(error);
        }
        page_find_pictures(&joining->pages[i], (size_t)at, &joining->pictures[i]);
        at = joining->pictures[i].end;
        all += page_all_bytes(&joining->pages[i]);
    }
    joining->left = all;
    return at == pictures_size && all <= PAGES_SPREAD * at + PAGES_SPREAD_FREE * joining->page_count ? BSWZ_OK
                                                                                                     : damaged(error);
}

static enum bswz_status make_room(struct joining *joining, const struct page *page, struct bswz_error *error) {
    const size_t rows = page_row_bytes(page) * page->tile_height, values = page_row_values(page);
    if (rows > joining->rows_room) {
        free(joining->rows);
        joining->rows = bswz_allocate(rows, 1);
        joining->rows_room = rows;
    }
    if (values > joining->values_room) {
        free(joining->values);
        joining->values = bswz_allocate(values, sizeof *joining->values);
        joining->values_room = values;
    }
    return joining->rows != NULL && joining->values != NULL ? BSWZ_OK : bswz_no_memory(error);
}

static enum bswz_status put_others(struct joining *joining, size_t size, struct bswz_error *error) {
    const uint8_t *bytes;
    if (size > joining->most - joining->file->size || !take_bytes(&joining->others, size, &bytes)) {
        return damaged(error);
    }
    return byte_buffer_append(joining->file, bytes, size, error);
}

static bool take_signed(struct cursor *cursor, int64_t *value) {
    uint64_t number;
    if (!take_varint(cursor, UINT32_MAX, &number)) {
        return false;
    }
    *value = (number & 1) != 0 ? -(int64_t)(number >> 1) - 1 : (int64_t)(number >> 1);
    return true;
}

static enum bswz_status put_jpeg(struct joining *joining, uint32_t number, uint32_t tile, struct cursor *notes,
                                 struct bswz_error *error) {
    const struct page *page = &joining->pages[number];
    const size_t start = joining->file->size, most = joining->most - start;
    const enum bswz_status status = jpeg_piece_put(
        page, page_place_of(page, tile).rows, joining->plain, joining->pictures[number].start[0], notes,
        most < joining->left ? most : (size_t)joining->left, &joining->states[number].jpeg, joining->file, error);
    joining->left -= joining->file->size - start;
    return status;
}

static enum bswz_status put_piece(struct joining *joining, uint32_t number, uint32_t tile, struct cursor *notes,
                                  struct bswz_error *error) {
    const struct page *page = &joining->pages[number];
    if (page->coding == PAGE_JPEG) {
        return put_jpeg(joining, number, tile, notes, error);
    }
    const struct page_place place = page_place_of(page, tile);
    const struct piece_shape shape = {page_row_bytes(page), place.rows, (uint32_t)page_row_values(page), page->bits,
                                      page_pixel_bytes(page)};
    const size_t start = joining->file->size, bytes = page_piece_bytes(page, tile);
    if (bytes > joining->left) {
        return damaged(error); /* pieces are repeated too often */
    }
    joining->left -= bytes;
    enum bswz_status status = make_room(joining, page, error);
    if (status == BSWZ_OK) {
        page_samples_to_rows(page, &joining->pictures[number], &place, joining->plain, joining->values, joining->rows);
        status = piece_encode(page->coding, &shape, joining->rows, notes, joining->most - start, joining->file,
                              &joining->states[number], error);
    }
    if (status == BSWZ_OK && (page->flags & PAGE_REVERSED) != 0) {
        pages_reverse_bits(joining->file->data + start, joining->file->size - start);
    }
    return status;
}

/* The largest number of pieces, so that no piece is written a thousand times. */
static uint64_t most_pieces(const struct joining *joining) {
    uint64_t pieces = 0;
    for (uint32_t i = 0; i < joining->page_count; i++) {
        pieces += page_tiles(&joining->pages[i]);
    }
    return pieces;
}

static enum bswz_status put_pieces(struct joining *joining, uint64_t count, struct cursor *pieces,
                                   struct bswz_error *error) {
    int64_t page = 0, tile = -1;
    enum bswz_status status = BSWZ_OK;
    for (uint64_t i = 0; i < count && status == BSWZ_OK; i++) {
        uint64_t gap, size;
        int64_t pages, tiles;
        const uint8_t *bytes;
        if (!take_varint(pieces, joining->most, &gap) || !take_signed(pieces, &pages) || !take_signed(pieces, &tiles) ||
            !take_varint(pieces, pieces->size, &size) || !take_bytes(pieces, (size_t)size, &bytes)) {
            return damaged(error);
        }
        page += pages;
        tile = (pages == 0 ? tile : -1) + 1 + tiles;
        if (page < 0 || page >= joining->page_count || tile < 0 || tile >= page_tiles(&joining->pages[page])) {
            return damaged(error);
        }
        struct cursor notes = {.bytes = bytes, .size = (size_t)size};
        status = put_others(joining, (size_t)gap, error);
        if (status == BSWZ_OK) {
            status = put_piece(joining, (uint32_t)page, (uint32_t)tile, &notes, error);
        }
    }
    return status == BSWZ_OK ? put_others(joining, cursor_left(&joining->others), error) : status;
}

/* Step over the pieces: the other bytes follow. */
static bool skip_pieces(struct cursor *cursor, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        uint64_t number = 0;
        const uint8_t *bytes;
        for (int k = 0; k < 4; k++) {
            if (!take_varint(cursor, UINT64_MAX, &number)) {
                return false;
            }
        }
        if (number > cursor_left(cursor) || !take_bytes(cursor, (size_t)number, &bytes)) {
            return false;
        }
    }
    return true;
}

static enum bswz_status join(struct joining *joining, size_t pictures_size, struct bswz_error *error) {
    uint8_t version;
    uint64_t count;
    if (!take_8(&joining->plan, &version) || version != PLAN_VERSION ||
        !take_varint_32(&joining->plan, PAGES_MOST, &joining->page_count)) {
        return damaged(error);
    }
    const enum bswz_status status = take_pages(joining, pictures_size, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (!take_varint(&joining->plan, most_pieces(joining), &count)) {
        return damaged(error);
    }
    struct cursor pieces = joining->plan;
    if (!skip_pieces(&joining->plan, count)) {
        return damaged(error);
    }
    joining->others = joining->plan;
    return put_pieces(joining, count, &pieces, error);
}

enum bswz_status pages_put_together(const uint8_t *plain, size_t size, size_t pictures_size, size_t most,
                                    struct byte_buffer *file, struct bswz_error *error) {
    const size_t start = file->size;
    if (pictures_size > size) {
        return damaged(error);
    }
    if (pictures_size == size) {
        return animation_put_together(plain, size, most <= SIZE_MAX - start ? start + most : SIZE_MAX, file, error);
    }
    struct joining joining = {.plain = plain,
                              .plan = {.bytes = plain + pictures_size, .size = size - pictures_size},
                              .most = most <= SIZE_MAX - start ? start + most : SIZE_MAX,
                              .file = file};
    const enum bswz_status status = join(&joining, pictures_size, error);
    for (uint32_t i = 0; i < joining.page_count && joining.states != NULL; i++) {
        free(joining.states[i].recipe.data);
    }
    free(joining.pages);
    free(joining.pictures);
    free(joining.states);
    free(joining.rows);
    free(joining.values);
    return status;
}
