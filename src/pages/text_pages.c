/* SPDX-License-Identifier: MIT */
/*
 * PNM files whose samples are text: P1, P2, P3 (take_apart.h).
 */
#include "pages/take_apart.h"

static bool is_space(uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Past white space and comments. */
static size_t skip_space(const uint8_t *file, size_t size, size_t at) {
    while (at < size && (is_space(file[at]) || file[at] == '#')) {
        if (file[at] == '#') {
            while (at < size && file[at] != '\n') {
                at++;
            }
        } else {
            at++;
        }
    }
    return at;
}

static bool take_number(const uint8_t *file, size_t size, size_t *at, uint32_t *number) {
    const size_t start = *at = skip_space(file, size, *at);
    *number = 0;
    for (; *at < size && file[*at] >= '0' && file[*at] <= '9' && *number <= PICTURE_MAX_SIDE; ++*at) {
        *number = 10 * *number + file[*at] - '0';
    }
    return *at > start && *number <= PICTURE_MAX_SIDE;
}

enum bswz_status pages_of_text(const uint8_t *file, size_t size, struct pages_found *found, struct bswz_error *error) {
    struct page page = {.samples = 1, .coding = PAGE_TEXT, .flags = PAGE_BIG};
    const bool is_bitmap = size > 1 && file[1] == '1';
    uint32_t maxval = 1;
    size_t at = 2;
    bool added = false;
    if (size < 3 || file[0] != 'P' || file[1] < '1' || file[1] > '3' || !take_number(file, size, &at, &page.width) ||
        !take_number(file, size, &at, &page.height) || (!is_bitmap && !take_number(file, size, &at, &maxval)) ||
        maxval == 0 || maxval > 65535) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNM: invalid header");
    }
    page.tile_width = page.width;
    page.tile_height = page.height;
    page.samples = page.together = file[1] == '3' ? 3 : 1;
    page.bits = is_bitmap ? 1 : maxval > 255 ? 16 : 8;
    at = skip_space(file, size, at);
    const enum bswz_status status = at < size ? pages_add(found, &page, &added, error) : BSWZ_OK;
    return status == BSWZ_OK && added ? pages_add_piece(found, at, size - at, error) : status;
}
