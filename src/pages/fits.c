/* SPDX-License-Identifier: MIT */
/*
 * FITS: the images of all header and data units (take_apart.h): planes of 8, 16, 32 or 64-bit integers, or of
 * floating point numbers, all big endian. Numbers of 64 bits are two of 32. Tables stay among the other bytes.
 */
#include "pages/take_apart.h"

#include <string.h>

enum { BLOCK = 2880, CARD = 80, AXES = 8 };

struct unit {
    int64_t bits; /* negative: floating point */
    uint32_t axes;
    uint64_t sides[AXES];
    uint64_t parameters, groups;
    bool is_image;
};

/* The number on a card, from column 10 on; false: there is none. */
static bool card_number(const uint8_t *card, int64_t *number) {
    size_t at = 10;
    bool is_negative = false, found = false;
    *number = 0;
    while (at < CARD && card[at] == ' ') {
        at++;
    }
    if (at < CARD && (card[at] == '-' || card[at] == '+')) {
        is_negative = card[at++] == '-';
    }
    for (; at < CARD && card[at] >= '0' && card[at] <= '9' && *number < INT64_C(1) << 40; at++) {
        *number = 10 * *number + card[at] - '0';
        found = true;
    }
    *number = is_negative ? -*number : *number;
    return found;
}

static bool is_key(const uint8_t *card, const char *key) {
    return memcmp(card, key, 8) == 0 && card[8] == '=';
}

static void take_card(const uint8_t *card, struct unit *unit) {
    int64_t number;
    if (is_key(card, "XTENSION")) {
        unit->is_image = memcmp(card + 10, "'IMAGE ", 7) == 0;
    } else if (!card_number(card, &number)) {
        return;
    } else if (is_key(card, "BITPIX  ")) {
        unit->bits = number;
    } else if (is_key(card, "NAXIS   ") && number >= 0 && number <= AXES) {
        unit->axes = (uint32_t)number;
    } else if (is_key(card, "PCOUNT  ") && number >= 0) {
        unit->parameters = (uint64_t)number;
    } else if (is_key(card, "GCOUNT  ") && number > 0) {
        unit->groups = (uint64_t)number;
    } else if (memcmp(card, "NAXIS", 5) == 0 && card[5] >= '1' && card[5] < '1' + AXES && card[6] == ' ' &&
               number >= 0) {
        unit->sides[card[5] - '1'] = (uint64_t)number;
    }
}

/* The header of a unit. *end: where its data begin; false: it has no end. */
static bool take_header(const uint8_t *file, size_t size, size_t at, struct unit *unit, size_t *end) {
    *unit = (struct unit){.is_image = true, .groups = 1};
    for (; size - at >= BLOCK; at += BLOCK) {
        for (size_t card = at; card < at + BLOCK; card += CARD) {
            if (memcmp(file + card, "END     ", 8) == 0) {
                *end = at + BLOCK;
                return true;
            }
            take_card(file + card, unit);
        }
    }
    return false;
}

/* Numbers in the data of a unit; SIZE_MAX: far too many. */
static uint64_t count_numbers(const struct unit *unit) {
    uint64_t count = unit->axes == 0 ? 0 : 1;
    for (uint32_t i = 0; i < unit->axes; i++) {
        if (__builtin_mul_overflow(count, unit->sides[i], &count)) {
            return UINT64_MAX;
        }
    }
    return __builtin_add_overflow(count, unit->parameters, &count) ||
                   __builtin_mul_overflow(count, unit->groups, &count)
               ? UINT64_MAX
               : count;
}

static enum bswz_status add_planes(const struct unit *unit, size_t at, size_t end, struct pages_found *found,
                                   struct bswz_error *error) {
    const uint64_t width = unit->sides[0], height = unit->axes > 1 ? unit->sides[1] : 1;
    struct page page = {.samples = 1, .together = 1, .flags = PAGE_BIG};
    enum bswz_status status = BSWZ_OK;
    const bool is_long = unit->bits == 64 || unit->bits == -64;
    bool added = true;
    if (unit->axes == 0 || width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE ||
        (unit->bits != 8 && unit->bits != 16 && unit->bits != 32 && unit->bits != -32 && !is_long)) {
        return BSWZ_OK;
    }
    page.width = page.tile_width = (uint32_t)width;
    page.height = page.tile_height = (uint32_t)height;
    page.samples = is_long ? 2 : 1;
    page.bits = (uint8_t)((unit->bits < 0 ? -unit->bits : unit->bits) / page.samples);
    page.values = is_long || unit->bits == 8 ? PAGE_UNSIGNED : unit->bits < 0 ? PAGE_FLOAT : PAGE_SIGNED;
    for (size_t piece = 0; status == BSWZ_OK && added; at += piece) {
        status = pages_add(found, &page, &added, error);
        if (status == BSWZ_OK && added) {
            piece = page_piece_bytes(&page, 0);
            if (end - at < piece) {
                pages_drop(found);
                break;
            }
            status = pages_add_piece(found, at, piece, error);
        }
    }
    return status;
}

enum bswz_status pages_of_fits(const uint8_t *file, size_t size, struct pages_found *found, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    size_t at = 0, data;
    struct unit unit;
    while (status == BSWZ_OK && at < size && take_header(file, size, at, &unit, &data)) {
        const uint64_t bytes = (uint64_t)(unit.bits < 0 ? -unit.bits : unit.bits) / 8, count = count_numbers(&unit);
        const size_t left = size - data;
        const size_t room = bytes == 0 || count > left / bytes ? left : (size_t)(count * bytes);
        if (unit.is_image && unit.parameters == 0 && unit.groups == 1) {
            status = add_planes(&unit, data, data + room, found, error);
        }
        const size_t blocks = (room + BLOCK - 1) / BLOCK;
        at = blocks > left / BLOCK ? size : data + blocks * BLOCK;
    }
    return status != BSWZ_OK || found->page_count > 0
               ? status
               : bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "FITS: it has no images that can be coded");
}
