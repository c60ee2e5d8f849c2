/* SPDX-License-Identifier: MIT */
/*
 * What parsers of file formats add (take_apart.h).
 */
#include "pages/rows.h"
#include "pages/take_apart.h"

#include <stdlib.h>

/* Smaller pages are left among the other bytes. */
#define PAGE_LEAST 256

/* Room for one more item. */
static enum bswz_status make_room(void **items, size_t count, size_t *room, size_t size, struct bswz_error *error) {
    if (count < *room) {
        return BSWZ_OK;
    }
    const size_t wanted = *room == 0 ? 16 : 2 * *room;
    void *grown = wanted > SIZE_MAX / size ? NULL : realloc(*items, wanted * size);
    if (grown == NULL) {
        return bswz_no_memory(error);
    }
    *items = grown;
    *room = wanted;
    return BSWZ_OK;
}

enum bswz_status pages_add(struct pages_found *found, const struct page *page, bool *added, struct bswz_error *error) {
    *added = false;
    if (found->page_count == PAGES_MOST || !page_is_sound(page) ||
        (page->coding != PAGE_JPEG && page_pictures_bytes(page) < PAGE_LEAST) ||
        page_tiles(page) > found->piece_most - found->piece_count) {
        return BSWZ_OK;
    }
    void *pages = found->pages;
    const enum bswz_status status = make_room(&pages, found->page_count, &found->page_room, sizeof *page, error);
    found->pages = pages;
    if (status == BSWZ_OK) {
        found->pages[found->page_count++] = *page;
        *added = true;
    }
    return status;
}

enum bswz_status pages_add_piece(struct pages_found *found, size_t at, size_t size, struct bswz_error *error) {
    void *pieces = found->pieces;
    const enum bswz_status status =
        make_room(&pieces, found->piece_count, &found->piece_room, sizeof *found->pieces, error);
    found->pieces = pieces;
    if (status == BSWZ_OK) {
        const uint32_t page = (uint32_t)found->page_count - 1;
        const struct piece *last = found->piece_count > 0 ? &found->pieces[found->piece_count - 1] : NULL;
        const uint32_t tile = last != NULL && last->page == page ? last->tile + 1 : 0;
        found->pieces[found->piece_count++] =
            (struct piece){.at = at, .size = size, .page = page, .tile = tile, .is_kept = size == 0};
    }
    return status;
}

void pages_drop(struct pages_found *found) {
    found->page_count--;
    while (found->piece_count > 0 && found->pieces[found->piece_count - 1].page == found->page_count) {
        found->piece_count--;
    }
}
