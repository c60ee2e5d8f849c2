/* SPDX-License-Identifier: MIT */
/*
 * Recipes as bytes (recipe.h).
 *
 *     byte    bits 0-6 quality of the known segments (standard.h), 0: without steps; bit 7 refers to the last headers
 *     varint  size of what follows before it is packed, 1 ... the file's size, or JPEG_RECIPE_MAX
 *     varint  packed size, less than that; 0: it is not packed
 *             zstd against the known segments, and then the last headers, with differences in place of curves, of:
 *
 *     byte    bits 0-1 padding, bit 2 turns, bit 3 gaps, others 0
 *     varint  number of pads, and the pads     if they are listed
 *     varint  size of the turns, and the turns if there are any
 *     varint  size of the gaps, and the gaps   if there are any
 *             the headers, with differences in place of curves (curves.h)
 */
#include "jpeg/recipe.h"

#include "base/allocate.h"
#include "bytes/zstd.h"
#include "jpeg/curves.h"
#include "jpeg/standard.h"

#include <stdlib.h>
#include <string.h>

enum { PADDING_MASK = 3, HAS_TURNS = 4, HAS_GAPS = 8 };
enum { QUALITY_MASK = 127, REFERS = 128 };

void jpeg_recipe_free(struct jpeg_recipe *recipe) {
    free(recipe->headers.data);
    jpeg_choices_free(&recipe->choices);
}

static size_t largest_recipe(size_t file_size) {
    return file_size < JPEG_RECIPE_MAX ? file_size : JPEG_RECIPE_MAX;
}

static enum bswz_status put_plain(const struct jpeg_recipe *recipe, struct byte_buffer *out, struct bswz_error *error) {
    const struct jpeg_choices *choices = &recipe->choices;
    const bool has_turns = choices->turns.size > 0, has_gaps = choices->gaps.size > 0;
    enum bswz_status status =
        put_8(out, (unsigned)choices->padding | (has_turns ? HAS_TURNS : 0) | (has_gaps ? HAS_GAPS : 0), error);
    if (status == BSWZ_OK && choices->padding == JPEG_PADDING_LISTED) {
        status = put_sized(out, &choices->pads, error);
    }
    if (status == BSWZ_OK && has_turns) {
        status = put_sized(out, &choices->turns, error);
    }
    if (status == BSWZ_OK && has_gaps) {
        status = put_sized(out, &choices->gaps, error);
    }
    const size_t before = out->size;
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, recipe->headers.data, recipe->headers.size, error);
    }
    return status == BSWZ_OK ? jpeg_curves_to_differences(out->data + before, out->size - before, error) : status;
}

static bool may_refer(const struct byte_buffer *last) {
    return last != NULL && last->size > 0 && last->size <= JPEG_LAST_MAX;
}

/* What a recipe is packed against. last: NULL if it does not refer to any. */
static enum bswz_status list_known(unsigned quality, const struct byte_buffer *last, struct byte_buffer *known,
                                   struct bswz_error *error) {
    uint8_t segments[JPEG_STANDARD_MAX];
    const size_t size = jpeg_standard_segments(quality, segments);
    enum bswz_status status = byte_buffer_append(known, segments, size, error);
    if (status == BSWZ_OK && last != NULL) {
        status = byte_buffer_append(known, last->data, last->size, error);
        if (status == BSWZ_OK) {
            status = jpeg_curves_to_differences(known->data + size, last->size, error);
        }
    }
    return status;
}

enum bswz_status jpeg_recipe_put(const struct jpeg_recipe *recipe, size_t file_size, const struct byte_buffer *last,
                                 struct byte_buffer *out, struct bswz_error *error) {
    struct byte_buffer plain = {0}, packed = {0}, known = {0};
    bool fits = false;
    const unsigned quality = jpeg_standard_quality(recipe->headers.data, recipe->headers.size);
    const bool refers = may_refer(last);
    enum bswz_status status = list_known(quality, refers ? last : NULL, &known, error);
    if (status == BSWZ_OK) {
        status = put_plain(recipe, &plain, error);
    }
    if (status == BSWZ_OK && plain.size > largest_recipe(file_size)) {
        status = bswz_fail(error, BSWZ_ERROR_LIMIT, "JPEG: the recipe would be too large");
    }
    if (status == BSWZ_OK) {
        status = bytes_pack_against(known.data, known.size, plain.data, plain.size, plain.size, &packed, &fits, error);
    }
    if (status == BSWZ_OK) {
        status = put_8(out, quality | (refers ? REFERS : 0), error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, plain.size, error);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, packed.size, error);
    }
    if (status == BSWZ_OK) {
        status = fits ? byte_buffer_append(out, packed.data, packed.size, error)
                      : byte_buffer_append(out, plain.data, plain.size, error);
    }
    free(plain.data);
    free(packed.data);
    free(known.data);
    return status;
}

/* Parse the numbers before the packed bytes, and the size of these. */
static bool take_sizes(struct cursor *cursor, size_t file_size, uint8_t *quality, size_t *size, bool *is_packed,
                       size_t *stored_size) {
    uint64_t plain, packed;
    if (!take_8(cursor, quality) || (*quality & QUALITY_MASK) > JPEG_QUALITIES ||
        !take_varint(cursor, largest_recipe(file_size), &plain) || plain == 0 ||
        !take_varint(cursor, plain - 1, &packed)) {
        return false;
    }
    *size = (size_t)plain;
    *is_packed = packed > 0;
    *stored_size = (size_t)(packed > 0 ? packed : plain);
    return true;
}

bool jpeg_recipe_skip(struct cursor *cursor, size_t file_size, size_t *wanted) {
    uint8_t quality;
    size_t size, stored_size;
    bool is_packed;
    const uint8_t *stored;
    *wanted = cursor->size + 1;
    if (!take_sizes(cursor, file_size, &quality, &size, &is_packed, &stored_size)) {
        return false;
    }
    *wanted = cursor->at + stored_size;
    return take_bytes(cursor, stored_size, &stored);
}

static enum bswz_status bad_recipe(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the headers of a JPEG file are damaged");
}

static enum bswz_status take_sized(struct cursor *cursor, struct byte_buffer *bytes, struct bswz_error *error) {
    uint64_t size;
    const uint8_t *found;
    if (!take_varint(cursor, cursor_left(cursor), &size) || !take_bytes(cursor, (size_t)size, &found)) {
        return bad_recipe(error);
    }
    return byte_buffer_append(bytes, found, (size_t)size, error);
}

static enum bswz_status take_plain(const uint8_t *plain, size_t size, struct jpeg_recipe *recipe,
                                   struct bswz_error *error) {
    struct cursor cursor = {.bytes = plain, .size = size};
    uint8_t flags;
    if (!take_8(&cursor, &flags) || flags > (HAS_GAPS | HAS_TURNS | PADDING_MASK) ||
        (flags & PADDING_MASK) > JPEG_PADDING_LISTED) {
        return bad_recipe(error);
    }
    recipe->choices.padding = (enum jpeg_padding)(flags & PADDING_MASK);
    enum bswz_status status = BSWZ_OK;
    if (recipe->choices.padding == JPEG_PADDING_LISTED) {
        status = take_sized(&cursor, &recipe->choices.pads, error);
    }
    if (status == BSWZ_OK && (flags & HAS_TURNS) != 0) {
        status = take_sized(&cursor, &recipe->choices.turns, error);
    }
    if (status == BSWZ_OK && (flags & HAS_GAPS) != 0) {
        status = take_sized(&cursor, &recipe->choices.gaps, error);
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&recipe->headers, plain + cursor.at, cursor_left(&cursor), error);
    }
    return status == BSWZ_OK ? jpeg_curves_from_differences(recipe->headers.data, recipe->headers.size, error) : status;
}

enum bswz_status jpeg_recipe_take(struct cursor *cursor, size_t file_size, const struct byte_buffer *last,
                                  struct jpeg_recipe *recipe, struct bswz_error *error) {
    uint8_t quality;
    size_t size, stored_size;
    bool is_packed;
    const uint8_t *stored;
    if (!take_sizes(cursor, file_size, &quality, &size, &is_packed, &stored_size) ||
        !take_bytes(cursor, stored_size, &stored) || ((quality & REFERS) != 0 && !may_refer(last))) {
        return bad_recipe(error);
    }
    if (!is_packed) {
        return take_plain(stored, size, recipe, error);
    }
    uint8_t *plain = bswz_allocate(size, 1);
    if (plain == NULL) {
        return bswz_no_memory(error);
    }
    struct byte_buffer known = {0};
    enum bswz_status status = list_known(quality & QUALITY_MASK, (quality & REFERS) != 0 ? last : NULL, &known, error);
    if (status == BSWZ_OK) {
        status = bytes_unpack_against(known.data, known.size, stored, stored_size, plain, size, error);
    }
    if (status == BSWZ_OK) {
        status = take_plain(plain, size, recipe, error);
    }
    free(known.data);
    free(plain);
    return status;
}

/* Unpack a recipe, and pack it again. */
static enum bswz_status repack(const struct byte_buffer *packed, size_t file_size, const struct byte_buffer *from,
                               const struct byte_buffer *to, struct byte_buffer *out, struct bswz_error *error) {
    struct cursor cursor = {.bytes = packed->data, .size = packed->size};
    struct jpeg_recipe recipe = {.headers = {0}};
    enum bswz_status status = jpeg_recipe_take(&cursor, file_size, from, &recipe, error);
    if (status == BSWZ_OK) {
        status = jpeg_recipe_put(&recipe, file_size, to, out, error);
    }
    jpeg_recipe_free(&recipe);
    return status;
}

enum bswz_status jpeg_recipe_refer(struct byte_buffer *packed, size_t file_size, const struct byte_buffer *last,
                                   struct bswz_error *error) {
    struct byte_buffer smaller = {0}, back = {0};
    if (!may_refer(last) || packed->size > JPEG_LAST_MAX) {
        return BSWZ_OK;
    }
    enum bswz_status status = repack(packed, file_size, NULL, last, &smaller, error);
    if (status == BSWZ_OK && smaller.size < packed->size) {
        status = repack(&smaller, file_size, last, NULL, &back, error);
        if (status == BSWZ_OK && back.size == packed->size && memcmp(back.data, packed->data, back.size) == 0) {
            packed->size = 0; /* there is room, since it is smaller */
            status = byte_buffer_append(packed, smaller.data, smaller.size, error);
        }
    }
    free(smaller.data);
    free(back.data);
    return status;
}
