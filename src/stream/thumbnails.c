/* SPDX-License-Identifier: MIT */
/*
 * JPEG files in headers (thumbnails.h).
 */
#include "stream/thumbnails.h"

#include "base/allocate.h"
#include "coefficients/coefficients.h"
#include "image/format.h"
#include "jpeg/file.h"
#include "jpeg/read.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_SAVING 8
#define MOST_VAIN 64                       /* beginnings that turn out not to be thumbnails */
#define LARGEST_PLANES ((uint64_t)8 << 20) /* in bytes: four megapixels */

/* Where thumbnails are, in a file or its headers. */
struct places {
    size_t at[THUMBNAILS_MAX], size[THUMBNAILS_MAX];
    unsigned count;
};

/* The end of the last one. */
static size_t end_of(const struct places *places) {
    return places->count == 0 ? 0 : places->at[places->count - 1] + places->size[places->count - 1];
}

static void add_place(struct places *places, size_t at, size_t size) {
    places->at[places->count] = at;
    places->size[places->count++] = size;
}

/* The state of a search through the headers. */
struct search {
    const uint8_t *file;
    struct places places;
    uint8_t *blank;
    size_t file_size;
    unsigned vain;
    struct byte_buffer *out;
};

static bool is_small(const struct jpeg_planes *planes) {
    return jpeg_planes_bytes(planes) <= LARGEST_PLANES;
}

/* Failures that do not depend on the thumbnail. */
static bool is_fatal(enum bswz_status status) {
    return status == BSWZ_ERROR_MEMORY || status == BSWZ_ERROR_MACHINE;
}

/* n: it is identical to the n-th before it; 0: to none. */
static unsigned find_same(const struct search *search, size_t at, size_t size) {
    const struct places *places = &search->places;
    for (unsigned i = places->count; i-- > 0;) {
        if (places->size[i] == size && memcmp(search->file + places->at[i], search->file + at, size) == 0) {
            return places->count - i;
        }
    }
    return 0;
}

static enum bswz_status put_place(struct search *search, size_t at, size_t size, unsigned same,
                                  struct bswz_error *error) {
    enum bswz_status status = put_varint(search->out, at - end_of(&search->places), error);
    if (status == BSWZ_OK) {
        status = put_varint(search->out, size, error);
    }
    return status == BSWZ_OK ? put_varint(search->out, same, error) : status;
}

/* Append the thumbnail, if that saves space. */
static enum bswz_status put_thumbnail(struct search *search, size_t at, size_t size, bool *is_put,
                                      struct bswz_error *error) {
    struct byte_buffer *out = search->out, payload = {0};
    const size_t start = out->size;
    struct jpeg_planes planes;
    struct bswz_error reason = {.status = BSWZ_OK};
    const unsigned same = find_same(search, at, size);
    *is_put = same > 0;
    if (same > 0) {
        return put_place(search, at, size, same, error);
    }
    if (jpeg_file_planes(search->file + at, size, &planes, &reason) != BSWZ_OK || !is_small(&planes)) {
        return BSWZ_OK;
    }
    enum bswz_status status = put_place(search, at, size, 0, error);
    if (status != BSWZ_OK) {
        return status;
    }
    enum bswz_status taken = jpeg_file_take_apart(search->file + at, size, &planes, out, &reason);
    if (taken == BSWZ_OK) {
        taken = coefficients_encode(&planes, true, NULL, NULL, &payload, &reason);
        jpeg_planes_free(&planes);
    }
    if (taken == BSWZ_OK) {
        status = put_sized(out, &payload, error);
        *is_put = out->size - start + LEAST_SAVING < size;
    } else if (is_fatal(taken)) {
        status = bswz_fail(error, taken, "%s", reason.message);
    }
    if (!*is_put) {
        out->size = start;
    }
    free(payload.data);
    return status;
}

/* A thumbnail may begin here, and must end before `end`. *next: where to continue. */
static enum bswz_status try_place(struct search *search, size_t at, size_t end, size_t *next,
                                  struct bswz_error *error) {
    bool is_put = false;
    const size_t size = picture_extent(PICTURE_JPEG, search->file + at, end - at, true);
    enum bswz_status status = BSWZ_OK;
    *next = at + 1;
    if (size != SIZE_MAX) {
        status = put_thumbnail(search, at, size, &is_put, error);
    }
    search->vain += !is_put;
    if (status != BSWZ_OK || !is_put) {
        return status;
    }
    if (search->blank == NULL) {
        search->blank = bswz_allocate(search->file_size, 1);
        if (search->blank == NULL) {
            return bswz_no_memory(error);
        }
        memcpy(search->blank, search->file, search->file_size);
    }
    memset(search->blank + at, 0, size);
    add_place(&search->places, at, size);
    *next = at + size;
    return BSWZ_OK;
}

/* Search one segment. */
static enum bswz_status search_segment(struct search *search, size_t at, size_t end, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    while (status == BSWZ_OK && search->vain < MOST_VAIN && search->places.count < THUMBNAILS_MAX) {
        const uint8_t *found = memmem(search->file + at, end - at, "\xff\xd8\xff", 3);
        if (found == NULL) {
            break;
        }
        status = try_place(search, (size_t)(found - search->file), end, &at, error);
    }
    return status;
}

enum bswz_status thumbnails_put(const uint8_t *file, size_t size, struct byte_buffer *out, uint8_t **blank,
                                struct bswz_error *error) {
    struct search search = {.file = file, .file_size = size, .out = out};
    enum bswz_status status = BSWZ_OK;
    size_t at = 2; /* up to the first scan, a file and its headers are the same */
    while (status == BSWZ_OK && size - at >= 4 && file[at] == 0xff && file[at + 1] >= 0xc0 && file[at + 1] < 0xff &&
           file[at + 1] != 0xda) {
        const size_t length = (size_t)file[at + 2] << 8 | file[at + 3];
        if (length < 2 || length > size - at - 2) {
            break;
        }
        if (file[at + 1] >= 0xe0 && file[at + 1] <= 0xef) {
            status = search_segment(&search, at + 4, at + 2 + length, error);
        }
        at += 2 + length;
    }
    if (status != BSWZ_OK) {
        free(search.blank);
        search.blank = NULL;
    }
    *blank = search.blank;
    return status;
}

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the thumbnail of a JPEG file is damaged");
}

/* Restore the next thumbnail into `size` bytes of headers. */
static enum bswz_status restore(struct cursor *cursor, uint8_t *to, size_t size, struct bswz_error *error) {
    struct jpeg_recipe recipe = {.headers = {0}};
    struct jpeg_planes planes;
    uint64_t payload_size = 0;
    const uint8_t *payload = NULL; /* with calls inlined at link time, gcc does not see that it is set */
    enum bswz_status status = jpeg_recipe_take(cursor, size, NULL, &recipe, error);
    if (status == BSWZ_OK && (!take_varint(cursor, cursor_left(cursor), &payload_size) ||
                              !take_bytes(cursor, (size_t)payload_size, &payload) ||
                              jpeg_markers_planes(recipe.headers.data, recipe.headers.size, &planes, NULL) != BSWZ_OK ||
                              jpeg_planes_check(&planes, size, NULL) != BSWZ_OK || !is_small(&planes))) {
        status = damaged(error);
    }
    if (status == BSWZ_OK) {
        status = jpeg_planes_allocate(&planes, error);
        if (status == BSWZ_OK) {
            status = coefficients_decode(&planes, NULL, NULL, payload, (size_t)payload_size, false, error);
            if (status == BSWZ_OK) {
                status = jpeg_write(&planes, &recipe, NULL, to, size, error);
            }
            jpeg_planes_free(&planes);
        }
    }
    jpeg_recipe_free(&recipe);
    return status;
}

enum bswz_status thumbnails_restore(const uint8_t *thumbnails, size_t size, struct byte_buffer *headers,
                                    struct bswz_error *error) {
    struct cursor cursor = {.bytes = thumbnails, .size = size};
    struct places places = {.count = 0};
    enum bswz_status status = BSWZ_OK;
    while (cursor_left(&cursor) > 0 && status == BSWZ_OK) {
        const size_t left = headers->size - end_of(&places);
        uint64_t between, length;
        uint32_t same;
        if (places.count == THUMBNAILS_MAX || !take_varint(&cursor, left, &between) ||
            !take_varint(&cursor, left - between, &length) || length == 0 ||
            !take_varint_32(&cursor, places.count, &same) || (same > 0 && places.size[places.count - same] != length)) {
            return damaged(error);
        }
        const size_t at = end_of(&places) + (size_t)between;
        if (same > 0) {
            memcpy(headers->data + at, headers->data + places.at[places.count - same], (size_t)length);
        } else {
            status = restore(&cursor, headers->data + at, (size_t)length, error);
        }
        add_place(&places, at, (size_t)length);
    }
    return status;
}
