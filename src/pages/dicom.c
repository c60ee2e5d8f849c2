/* SPDX-License-Identifier: MIT */
/*
 * DICOM: the frames of uncompressed pixel data (take_apart.h). Explicit and implicit little endian, explicit big
 * endian, after 128 bytes of preamble and "DICM".
 *
 * The data set is walked element by element. Sequences are skipped, item by item if their length is undefined.
 * Compressed pixel data consists of JPEG files among other bytes, which are found there.
 */
#include "image/format.h"
#include "pages/take_apart.h"

#include <string.h>

enum { PREAMBLE = 128, FIRST_ELEMENT = 132 };
#define UNDEFINED UINT32_MAX

enum tag {
    TAG_SYNTAX = 0x00020010,
    TAG_SAMPLES = 0x00280002,
    TAG_PLANAR = 0x00280006,
    TAG_FRAMES = 0x00280008,
    TAG_ROWS = 0x00280010,
    TAG_COLUMNS = 0x00280011,
    TAG_ALLOCATED = 0x00280100,
    TAG_STORED = 0x00280101,
    TAG_SIGNED = 0x00280103,
    TAG_PIXELS = 0x7fe00010
};
enum { GROUP_META = 2, GROUP_ITEMS = 0xfffe };
#define TAG_ITEM 0xfffee000u
#define TAG_ITEM_END 0xfffee00du
#define TAG_SEQUENCE_END 0xfffee0ddu

struct data_set {
    const uint8_t *file;
    size_t size, at;
    bool is_implicit, is_big; /* after the meta elements */
    unsigned depth;           /* of items of undefined length */
};

struct element {
    uint32_t tag, length;
    size_t at; /* of its value */
    bool is_sequence;
};

static uint16_t load_16(const struct data_set *set, size_t at, bool is_big) {
    return is_big ? load_big_16(set->file + at) : load_little_16(set->file + at);
}

static uint32_t load_32(const struct data_set *set, size_t at, bool is_big) {
    return is_big ? load_big_32(set->file + at) : load_little_32(set->file + at);
}

/* Kinds of values whose length has 32 bits. */
static bool is_long(const uint8_t *kind) {
    static const char kinds[] = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
    for (size_t i = 0; i < sizeof kinds; i += 3) {
        if (memcmp(kinds + i, kind, 2) == 0) {
            return true;
        }
    }
    return false;
}

static bool next_element(struct data_set *set, struct element *element) {
    if (set->size - set->at < 8) {
        return false;
    }
    const uint8_t *bytes = set->file + set->at;
    const bool is_meta = load_little_16(bytes) == GROUP_META, is_big = set->is_big && !is_meta;
    const uint32_t group = load_16(set, set->at, is_big);
    element->tag = group << 16 | load_16(set, set->at + 2, is_big);
    element->is_sequence = false;
    if (group == GROUP_ITEMS || (set->is_implicit && !is_meta)) {
        element->length = load_32(set, set->at + 4, is_big);
        element->at = set->at + 8;
        element->is_sequence = element->length == UNDEFINED;
    } else if (is_long(bytes + 4)) {
        if (set->size - set->at < 12) {
            return false;
        }
        element->length = load_32(set, set->at + 8, is_big);
        element->at = set->at + 12;
        element->is_sequence = memcmp(bytes + 4, "SQ", 2) == 0 || element->length == UNDEFINED;
    } else {
        element->length = load_16(set, set->at + 6, is_big);
        element->at = set->at + 8;
    }
    return true;
}

/* Skip an element, or enter it if its length is undefined. */
static bool step(struct data_set *set, const struct element *element) {
    if (element->tag == TAG_ITEM_END || element->tag == TAG_SEQUENCE_END) {
        set->depth -= set->depth > 0;
        set->at = element->at;
        return true;
    }
    if (element->length == UNDEFINED) {
        set->depth++;
        set->at = element->at;
        return true;
    }
    if (element->length > set->size - element->at) {
        return false;
    }
    set->at = element->at + element->length;
    return true;
}

/* The coding of all but the meta elements, by its name. false: compressed. */
static bool take_syntax(struct data_set *set, const struct element *element) {
    static const char implicit[] = "1.2.840.10008.1.2", explicit_little[] = "1.2.840.10008.1.2.1",
                      explicit_big[] = "1.2.840.10008.1.2.2";
    char name[64] = "";
    if (element->length >= sizeof name || element->length > set->size - element->at) {
        return false;
    }
    memcpy(name, set->file + element->at, element->length);
    for (size_t end = strlen(name); end > 0 && name[end - 1] == ' '; end--) {
        name[end - 1] = 0;
    }
    set->is_implicit = strcmp(name, implicit) == 0;
    set->is_big = strcmp(name, explicit_big) == 0;
    return set->is_implicit || set->is_big || strcmp(name, explicit_little) == 0;
}

struct shape {
    uint32_t samples, planar, frames, rows, columns, allocated, stored, is_signed;
};

static uint32_t number_of(const struct data_set *set, const struct element *element) {
    return element->length >= 2 ? load_16(set, element->at, set->is_big) : 0;
}

/* A number in decimal digits. */
static uint32_t text_number(const struct data_set *set, const struct element *element) {
    uint32_t number = 0;
    for (size_t i = 0; i < element->length && i < 8; i++) {
        const uint8_t byte = set->file[element->at + i];
        number = byte >= '0' && byte <= '9' ? 10 * number + byte - '0' : number;
    }
    return number;
}

static void take_shape(const struct data_set *set, const struct element *element, struct shape *shape) {
    if (element->length > set->size - element->at) {
        return;
    }
    switch (element->tag) {
    case TAG_SAMPLES: shape->samples = number_of(set, element); break;
    case TAG_PLANAR: shape->planar = number_of(set, element); break;
    case TAG_FRAMES: shape->frames = text_number(set, element); break;
    case TAG_ROWS: shape->rows = number_of(set, element); break;
    case TAG_COLUMNS: shape->columns = number_of(set, element); break;
    case TAG_ALLOCATED: shape->allocated = number_of(set, element); break;
    case TAG_STORED: shape->stored = number_of(set, element); break;
    case TAG_SIGNED: shape->is_signed = number_of(set, element); break;
    default: break;
    }
}

/* Walk up to the pixels. */
static bool find_pixels(struct data_set *set, struct shape *shape, struct element *pixels) {
    while (next_element(set, pixels)) {
        if (pixels->tag == TAG_SYNTAX && !take_syntax(set, pixels)) {
            return false;
        }
        if (pixels->tag == TAG_PIXELS && set->depth == 0) {
            return pixels->length != UNDEFINED;
        }
        if (set->depth == 0) {
            take_shape(set, pixels, shape);
        }
        if (!step(set, pixels)) {
            return false;
        }
    }
    return false;
}

static enum bswz_status add_frames(const struct data_set *set, const struct shape *shape, const struct element *pixels,
                                   struct pages_found *found, struct bswz_error *error) {
    const struct page page = {
        .width = shape->columns,
        .height = shape->rows,
        .tile_width = shape->columns,
        .tile_height = shape->rows,
        .samples = (uint8_t)shape->samples,
        .together = (uint8_t)(shape->allocated == 32 ? 1 : shape->samples),
        .bits = (uint8_t)shape->allocated,
        .values = shape->is_signed == 1 && shape->stored == shape->allocated ? PAGE_SIGNED : PAGE_UNSIGNED,
        .flags = (set->is_big ? PAGE_BIG : 0u) | (shape->samples > 1 && shape->planar == 1 ? PAGE_PLANAR : 0u)};
    const size_t end = pixels->length < set->size - pixels->at ? pixels->at + pixels->length : set->size;
    size_t at = pixels->at;
    enum bswz_status status = BSWZ_OK;
    for (uint32_t i = 0; i < (shape->frames > 0 ? shape->frames : 1) && status == BSWZ_OK; i++) {
        bool added;
        status = pages_add(found, &page, &added, error);
        if (!added) {
            break;
        }
        const size_t piece = page_piece_bytes(&page, 0);
        const uint32_t pieces = page_tiles(&page);
        if (end - at < piece * pieces) {
            pages_drop(found);
            break;
        }
        for (uint32_t k = 0; k < pieces && status == BSWZ_OK; k++, at += piece) {
            status = pages_add_piece(found, at, piece, error);
        }
    }
    return status;
}

enum bswz_status pages_of_dicom(const uint8_t *file, size_t size, struct pages_found *found, struct bswz_error *error) {
    struct data_set set = {.file = file, .size = size, .at = FIRST_ELEMENT};
    struct shape shape = {.samples = 1};
    struct element pixels;
    if (size < FIRST_ELEMENT || memcmp(file + PREAMBLE, "DICM", 4) != 0) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "DICOM: invalid header");
    }
    if (!find_pixels(&set, &shape, &pixels) || shape.samples == 0 || shape.samples > 4 ||
        (shape.allocated != 8 && shape.allocated != 16 && shape.allocated != 32)) {
        return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "DICOM: its pixels are compressed, or missing");
    }
    return add_frames(&set, &shape, &pixels, found, error);
}
