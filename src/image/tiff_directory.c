/* SPDX-License-Identifier: MIT */
/*
 * Directories of TIFF files (tiff_directory.h).
 */
#include "image/tiff_directory.h"

#include "image/format.h"

#include <string.h>

/* Types of numbers. */
enum { BYTE = 1, SHORT = 3, LONG = 4, UNDEFINED = 7, IFD = 13, LONG8 = 16, IFD8 = 18 };

static uint16_t load_16(const struct tiff *tiff, size_t at) {
    return tiff->is_big ? load_big_16(tiff->bytes + at) : load_little_16(tiff->bytes + at);
}

static uint32_t load_32(const struct tiff *tiff, size_t at) {
    return tiff->is_big ? load_big_32(tiff->bytes + at) : load_little_32(tiff->bytes + at);
}

static uint64_t load_64(const struct tiff *tiff, size_t at) {
    const uint64_t first = load_32(tiff, at), second = load_32(tiff, at + 4);
    return tiff->is_big ? first << 32 | second : second << 32 | first;
}

/* A position or a count: of 4 bytes, or of 8 in BigTIFF. */
static uint64_t load_long(const struct tiff *tiff, size_t at) {
    return tiff->is_wide ? load_64(tiff, at) : load_32(tiff, at);
}

bool tiff_is_file(const uint8_t *bytes, size_t size) {
    return size >= TIFF_LEAST && (memcmp(bytes, "II*\0", 4) == 0 || memcmp(bytes, "MM\0*", 4) == 0 ||
                                  memcmp(bytes, "II+\0\10\0\0", 8) == 0 || memcmp(bytes, "MM\0+\0\10\0", 8) == 0);
}

struct tiff tiff_open(const uint8_t *bytes, size_t size) {
    const bool is_big = bytes[0] == 'M';
    return (struct tiff){bytes, size, is_big, bytes[is_big ? 3 : 2] == '+'};
}

bool tiff_is_within(const struct tiff *tiff, uint64_t at, uint64_t size) {
    return at <= tiff->size && size <= tiff->size - at;
}

/* ---- directories ---- */

struct field tiff_field(const struct tiff *tiff, const struct tiff_page *page, enum tiff_tag tag) {
    static const uint8_t sizes[] = {
        [BYTE] = 1, [SHORT] = 2, [LONG] = 4, [UNDEFINED] = 1, [IFD] = 4, [LONG8] = 8, [IFD8] = 8};
    for (uint32_t i = 0; i < page->entries; i++) {
        const size_t entry = page->entries_at + (size_t)(tiff->is_wide ? 20 : 12) * i;
        if (load_16(tiff, entry) != tag) {
            continue;
        }
        const uint16_t type = load_16(tiff, entry + 2);
        const uint64_t count = load_long(tiff, entry + 4);
        const uint8_t size = type < sizeof sizes ? sizes[type] : 0;
        if (size == 0 || count > UINT32_MAX) {
            break;
        }
        const size_t value = entry + (tiff->is_wide ? 12 : 8);
        const uint64_t at = count * size <= (tiff->is_wide ? 8 : 4) ? value : load_long(tiff, value);
        if (!tiff_is_within(tiff, at, count * size)) {
            break;
        }
        return (struct field){(size_t)at, (uint32_t)count, size};
    }
    return (struct field){.count = 0};
}

uint64_t tiff_value(const struct tiff *tiff, const struct field *field, uint32_t index) {
    const size_t at = field->at + (size_t)index * field->size;
    switch (field->size) {
    case 1: return tiff->bytes[at];
    case 2: return load_16(tiff, at);
    case 4: return load_32(tiff, at);
    default: return load_64(tiff, at);
    }
}

uint32_t tiff_number(const struct tiff *tiff, const struct tiff_page *page, enum tiff_tag tag, uint32_t otherwise) {
    const struct field field = tiff_field(tiff, page, tag);
    const uint64_t value = field.count == 0 ? otherwise : tiff_value(tiff, &field, 0);
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
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

uint64_t tiff_first(const struct tiff *tiff) {
    return load_long(tiff, tiff->is_wide ? 8 : 4);
}

bool tiff_find_page(const struct tiff *tiff, uint64_t at, struct tiff_page *page, uint64_t *next) {
    const size_t counted = tiff->is_wide ? 8 : 2;
    if (!tiff_is_within(tiff, at, counted)) {
        return false;
    }
    const uint64_t entries = tiff->is_wide ? load_64(tiff, (size_t)at) : load_16(tiff, (size_t)at);
    if (entries == 0 || entries > UINT16_MAX) {
        return false;
    }
    page->entries = (uint32_t)entries;
    page->entries_at = (size_t)at + counted;
    const size_t size = (size_t)(tiff->is_wide ? 20 : 12) * page->entries;
    if (!tiff_is_within(tiff, page->entries_at, size + (tiff->is_wide ? 8 : 4))) {
        return false;
    }
    *next = load_long(tiff, page->entries_at + size);
    return true;
}
