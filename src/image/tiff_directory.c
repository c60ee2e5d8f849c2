/* SPDX-License-Identifier: MIT */
/*
 * Directories of TIFF files (tiff_directory.h).
 */
#include "image/tiff_directory.h"

#include "image/format.h"

static uint16_t load_16(const struct tiff *tiff, size_t at) {
    return tiff->is_big ? load_big_16(tiff->bytes + at) : load_little_16(tiff->bytes + at);
}

static uint32_t load_32(const struct tiff *tiff, size_t at) {
    return tiff->is_big ? load_big_32(tiff->bytes + at) : load_little_32(tiff->bytes + at);
}

bool tiff_is_within(const struct tiff *tiff, uint64_t at, uint64_t size) {
    return at <= tiff->size && size <= tiff->size - at;
}

/* ---- directories ---- */

struct field tiff_field(const struct tiff *tiff, const struct tiff_page *page, enum tiff_tag tag) {
    static const uint8_t sizes[] = {0, 1, 0, 2, 4}; /* BYTE, ASCII, SHORT, LONG */
    for (uint16_t i = 0; i < page->entries; i++) {
        const size_t entry = page->entries_at + (size_t)12 * i;
        if (load_16(tiff, entry) != tag) {
            continue;
        }
        const uint16_t type = load_16(tiff, entry + 2);
        struct field field = {.count = load_32(tiff, entry + 4), .size = type < sizeof sizes ? sizes[type] : 0};
        const uint64_t bytes = (uint64_t)field.count * field.size;
        field.at = bytes <= 4 ? entry + 8 : load_32(tiff, entry + 8);
        if (field.size == 0 || !tiff_is_within(tiff, field.at, bytes)) {
            field.count = 0;
        }
        return field;
    }
    return (struct field){.count = 0};
}

uint32_t tiff_value(const struct tiff *tiff, const struct field *field, uint32_t index) {
    const size_t at = field->at + (size_t)index * field->size;
    return field->size == 1 ? tiff->bytes[at] : field->size == 2 ? load_16(tiff, at) : load_32(tiff, at);
}

uint32_t tiff_number(const struct tiff *tiff, const struct tiff_page *page, enum tiff_tag tag, uint32_t otherwise) {
    const struct field field = tiff_field(tiff, page, tag);
    return field.count == 0 ? otherwise : tiff_value(tiff, &field, 0);
}

bool tiff_all_are(const struct tiff *tiff, const struct tiff_page *page, enum tiff_tag tag, uint32_t count,
                  uint32_t number, uint32_t otherwise) {
    const struct field field = tiff_field(tiff, page, tag);
    if (field.count == 0) {
        return number == otherwise;
    }
    for (uint32_t i = 0; i < count && i < field.count; i++) {
        if (tiff_value(tiff, &field, i) != number) {
            return false;
        }
    }
    return true;
}

uint32_t tiff_first(const struct tiff *tiff) {
    return load_32(tiff, 4);
}

bool tiff_find_page(const struct tiff *tiff, uint32_t at, struct tiff_page *page, uint32_t *next) {
    if (!tiff_is_within(tiff, at, 2)) {
        return false;
    }
    page->entries = load_16(tiff, at);
    page->entries_at = (size_t)at + 2;
    const size_t size = (size_t)12 * page->entries;
    if (page->entries == 0 || !tiff_is_within(tiff, page->entries_at, size + 4)) {
        return false;
    }
    *next = load_32(tiff, page->entries_at + size);
    return true;
}
