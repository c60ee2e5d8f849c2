/*
 * Recipes as bytes (recipe.h).
 *
 *     byte    quality of the known segments (standard.h), 0: without steps
 *     varint  size of what follows as it is before it is packed, 1 ... the file's size
 *     varint  packed size, less than that; 0: it is not packed
 *             zstd against the known segments, of:
 *
 *     byte    bits 0-1 padding, bit 2 turns, others 0
 *     varint  number of pads, and the pads     if they are listed
 *     varint  size of the turns, and the turns if there are any
 *             the headers
 */
#include "jpeg/recipe.h"

#include "allocate.h"
#include "bytes/zstd.h"
#include "jpeg/standard.h"

#include <stdlib.h>
#include <string.h>

enum { PADDING_MASK = 3, HAS_TURNS = 4 };

void jpeg_recipe_free(struct jpeg_recipe *recipe) {
    free(recipe->headers.data);
    jpeg_choices_free(&recipe->choices);
}

static enum bswz_status put_sized(struct byte_buffer *out, const struct byte_buffer *bytes, struct bswz_error *error) {
    const enum bswz_status status = put_varint(out, bytes->size, error);
    return status == BSWZ_OK ? byte_buffer_append(out, bytes->data, bytes->size, error) : status;
}

static enum bswz_status put_plain(const struct jpeg_recipe *recipe, struct byte_buffer *out, struct bswz_error *error) {
    const struct jpeg_choices *choices = &recipe->choices;
    const bool has_turns = choices->turns.size > 0;
    enum bswz_status status = put_8(out, (unsigned)choices->padding | (has_turns ? HAS_TURNS : 0), error);
    if (status == BSWZ_OK && choices->padding == JPEG_PADDING_LISTED) {
        status = put_sized(out, &choices->pads, error);
    }
    if (status == BSWZ_OK && has_turns) {
        status = put_sized(out, &choices->turns, error);
    }
    return status == BSWZ_OK ? byte_buffer_append(out, recipe->headers.data, recipe->headers.size, error) : status;
}

enum bswz_status jpeg_recipe_put(const struct jpeg_recipe *recipe, size_t file_size, struct byte_buffer *out,
                                 struct bswz_error *error) {
    struct byte_buffer plain = {0}, packed = {0};
    uint8_t known[JPEG_STANDARD_MAX];
    bool fits = false;
    const unsigned quality = jpeg_standard_quality(recipe->headers.data, recipe->headers.size);
    const size_t known_size = jpeg_standard_segments(quality, known);
    enum bswz_status status = put_plain(recipe, &plain, error);
    if (status == BSWZ_OK && plain.size > file_size) {
        status = bswz_fail(error, BSWZ_ERROR_LIMIT, "JPEG: too much to say about how it was coded");
    }
    if (status == BSWZ_OK) {
        status = bytes_pack_against(known, known_size, plain.data, plain.size, plain.size, &packed, &fits, error);
    }
    status = status == BSWZ_OK ? put_8(out, quality, error) : status;
    status = status == BSWZ_OK ? put_varint(out, plain.size, error) : status;
    status = status == BSWZ_OK ? put_varint(out, packed.size, error) : status;
    if (status == BSWZ_OK) {
        status = fits ? byte_buffer_append(out, packed.data, packed.size, error)
                      : byte_buffer_append(out, plain.data, plain.size, error);
    }
    free(plain.data);
    free(packed.data);
    return status;
}

/* The numbers and the packed bytes. */
static bool take_packed(struct cursor *cursor, size_t file_size, uint8_t *quality, uint64_t *size,
                        uint64_t *packed_size, const uint8_t **packed) {
    return take_8(cursor, quality) && take_varint(cursor, file_size, size) && *size > 0 &&
           take_varint(cursor, *size - 1, packed_size) && *quality <= JPEG_QUALITIES &&
           take_bytes(cursor, (size_t)(*packed_size == 0 ? *size : *packed_size), packed);
}

bool jpeg_recipe_skip(struct cursor *cursor, size_t file_size) {
    uint8_t quality;
    uint64_t size, packed_size;
    const uint8_t *packed;
    return take_packed(cursor, file_size, &quality, &size, &packed_size, &packed);
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
    if (!take_8(&cursor, &flags) || flags > (HAS_TURNS | PADDING_MASK) ||
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
    return status == BSWZ_OK
               ? byte_buffer_append(&recipe->headers, plain + cursor.at, cursor_left(&cursor), error)
               : status;
}

enum bswz_status jpeg_recipe_take(struct cursor *cursor, size_t file_size, struct jpeg_recipe *recipe,
                                  struct bswz_error *error) {
    uint8_t quality, known[JPEG_STANDARD_MAX];
    uint64_t size, packed_size;
    const uint8_t *packed;
    if (!take_packed(cursor, file_size, &quality, &size, &packed_size, &packed)) {
        return bad_recipe(error);
    }
    if (packed_size == 0) {
        return take_plain(packed, (size_t)size, recipe, error);
    }
    uint8_t *plain = bswz_allocate((size_t)size, 1);
    if (plain == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    const size_t known_size = jpeg_standard_segments(quality, known);
    enum bswz_status status =
        bytes_unpack_against(known, known_size, packed, (size_t)packed_size, plain, (size_t)size, error);
    if (status == BSWZ_OK) {
        status = take_plain(plain, (size_t)size, recipe, error);
    }
    free(plain);
    return status;
}
