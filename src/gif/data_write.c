/* SPDX-License-Identifier: MIT */
/*
 * From indices and choices to image data (data.h).
 *
 * The choices are untrusted: each number is checked against what it counts, and the output against the limit, so that
 * time and memory are bounded by the indices and the limit.
 */
#include "gif/lzw_choices.h"
#include "gif/lzw_table.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum { CHOICES_USUAL = 1, CHOICES_ALL = 2 };

struct writer {
    struct lzw_strings strings;
    const uint8_t *pixels;
    size_t at, count;
    unsigned index_bits;
    uint64_t since;
    struct gif_choices choices;
    struct cursor clears, lengths; /* the rest of each list */
    bool may_differ;
    size_t limit; /* on bytes, and so on codes */
    struct byte_buffer data;
    uint64_t bits;      /* not yet in data */
    unsigned bit_count; /* their number */
};

static enum bswz_status damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "the data of a GIF image is damaged");
}

/* Step over a list; *list is a cursor over its numbers. each: how many numbers an entry has. */
static bool take_list(struct cursor *choices, unsigned each, uint64_t *count, struct cursor *list) {
    if (!take_varint(choices, cursor_left(choices), count)) {
        return false;
    }
    *list = *choices;
    for (uint64_t i = 0; i < *count * each; i++) {
        uint64_t number;
        if (!take_varint(choices, UINT32_MAX, &number)) {
            return false;
        }
    }
    return true;
}

static bool take_choices(struct cursor *cursor, struct writer *writer, struct cursor *blocks, const uint8_t **rest) {
    struct gif_choices *choices = &writer->choices;
    uint64_t kind, flags;
    if (!take_varint(cursor, CHOICES_ALL, &kind) || kind < CHOICES_USUAL) {
        return false;
    }
    if (kind == CHOICES_USUAL) {
        choices->flags = GIF_ENDED | GIF_TERMINATED;
        return true;
    }
    if (!take_varint(cursor, UINT32_MAX, &choices->habits.clear) || !take_varint(cursor, 255, &choices->habits.block) ||
        !take_varint(cursor, UINT32_MAX, &choices->habits.longest) || !take_varint(cursor, GIF_FLAGS - 1, &flags) ||
        !take_varint(cursor, writer->count, &choices->missing)) {
        return false;
    }
    choices->flags = (unsigned)flags;
    return ((flags & GIF_LISTED_CLEARS) == 0 || take_list(cursor, 1, &choices->clears, &writer->clears)) &&
           take_list(cursor, 2, &choices->lengths, &writer->lengths) && take_varint(cursor, 127, &choices->fill) &&
           take_varint(cursor, cursor_left(cursor), &choices->rest) &&
           take_bytes(cursor, (size_t)choices->rest, rest) &&
           ((flags & GIF_LISTED_BLOCKS) == 0 || take_list(cursor, 1, &choices->blocks, blocks)) &&
           take_varint(cursor, 255, &choices->cut);
}

/* ---- codes ---- */

static enum bswz_status put_code(struct writer *writer, unsigned code, struct bswz_error *error) {
    writer->bits |= (uint64_t)code << writer->bit_count;
    writer->bit_count += lzw_width(writer->index_bits, writer->since);
    enum bswz_status status = BSWZ_OK;
    if (writer->data.size > writer->limit) {
        return damaged(error);
    }
    while (writer->bit_count >= 8 && status == BSWZ_OK) {
        status = put_8(&writer->data, (unsigned)(writer->bits & 255), error);
        writer->bits >>= 8;
        writer->bit_count -= 8;
    }
    return status;
}

static enum bswz_status put_clear(struct writer *writer, struct bswz_error *error) {
    const enum bswz_status status = put_code(writer, lzw_clear_code(writer->index_bits), error);
    lzw_strings_clear(&writer->strings);
    writer->since = 0;
    return status;
}

/* The longest string, or the one of `wanted` indices, if that is not 0. */
static enum bswz_status put_string(struct writer *writer, uint64_t wanted, struct bswz_error *error) {
    const uint64_t habit = writer->choices.habits.longest;
    const uint64_t most = wanted != 0 ? wanted : habit != 0 ? habit : UINT64_MAX;
    const size_t start = writer->at;
    unsigned code = writer->pixels[writer->at++];
    while (writer->at < writer->count && writer->at - start < most) {
        const unsigned longer = lzw_strings_find(&writer->strings, code, writer->pixels[writer->at]);
        if (longer == LZW_CODES) {
            break;
        }
        code = longer;
        writer->at++;
    }
    if (wanted != 0 && writer->at - start != wanted && !writer->may_differ) {
        return damaged(error);
    }
    const unsigned number = lzw_next_entry(writer->index_bits, writer->since);
    const enum bswz_status status = put_code(writer, code, error);
    writer->since++;
    if (number < LZW_CODES && writer->at < writer->count) {
        lzw_strings_add(&writer->strings, code, writer->pixels[writer->at], number);
    }
    return status;
}

/* The number of codes before the next clear code; UINT64_MAX: there is none. */
static uint64_t next_clear(struct writer *writer) {
    uint64_t after;
    if ((writer->choices.flags & GIF_LISTED_CLEARS) == 0) {
        return writer->choices.habits.clear == 0 ? UINT64_MAX : writer->choices.habits.clear;
    }
    if (writer->choices.clears == 0 || !take_varint(&writer->clears, UINT32_MAX, &after)) {
        return UINT64_MAX;
    }
    writer->choices.clears--;
    return after;
}

/* The number of codes of strings before the next unusual length. */
static uint64_t next_length(struct writer *writer, uint64_t *length) {
    uint64_t after;
    if (writer->choices.lengths == 0 || !take_varint(&writer->lengths, UINT32_MAX, &after) ||
        !take_varint(&writer->lengths, UINT32_MAX, length)) {
        return UINT64_MAX;
    }
    writer->choices.lengths--;
    return after;
}

static enum bswz_status put_codes(struct writer *writer, struct bswz_error *error) {
    const bool is_listed = (writer->choices.flags & GIF_LISTED_CLEARS) != 0;
    uint64_t length = 0, unusual = next_length(writer, &length);
    enum bswz_status status = is_listed ? BSWZ_OK : put_clear(writer, error);
    uint64_t clear = next_clear(writer);
    while (status == BSWZ_OK) {
        if (writer->since == clear && (is_listed || writer->at < writer->count)) {
            status = put_clear(writer, error);
            clear = next_clear(writer);
        } else if (writer->at == writer->count) {
            break;
        } else if (unusual > 0) {
            status = put_string(writer, 0, error);
            unusual -= unusual != UINT64_MAX;
        } else {
            if (length == 0) {
                return damaged(error);
            }
            status = put_string(writer, length, error);
            unusual = next_length(writer, &length);
        }
    }
    if (status == BSWZ_OK && (writer->choices.flags & GIF_CLEAR_AT_END) != 0) {
        status = put_clear(writer, error);
    }
    if (status == BSWZ_OK && (writer->choices.flags & GIF_ENDED) != 0) {
        status = put_code(writer, lzw_clear_code(writer->index_bits) + 1, error);
    }
    if (status == BSWZ_OK && writer->bit_count > 0) {
        const uint64_t last = writer->bits | writer->choices.fill << writer->bit_count;
        status = put_8(&writer->data, (unsigned)(last & 255), error);
    }
    return status;
}

/* ---- blocks ---- */

static enum bswz_status put_block(const struct byte_buffer *data, size_t at, size_t length, uint64_t cut,
                                  struct byte_buffer *out, struct bswz_error *error) {
    if (length > data->size - at || length + cut == 0 || length + cut > 255) {
        return damaged(error);
    }
    const enum bswz_status status = put_8(out, (unsigned)(length + cut), error);
    return status == BSWZ_OK ? byte_buffer_append(out, data->data + at, length, error) : status;
}

static enum bswz_status put_blocks(const struct writer *writer, struct cursor list, struct byte_buffer *out,
                                   struct bswz_error *error) {
    const struct gif_choices *choices = &writer->choices;
    const struct byte_buffer *data = &writer->data;
    const uint64_t size = choices->habits.block;
    const bool is_listed = (choices->flags & GIF_LISTED_BLOCKS) != 0 && !writer->may_differ;
    enum bswz_status status = BSWZ_OK;
    size_t at = 0;
    if (!is_listed && size == 0) {
        return damaged(error);
    }
    const uint64_t count = is_listed ? choices->blocks : (data->size + size - 1) / size;
    for (uint64_t i = 0; i < count && status == BSWZ_OK; i++) {
        const size_t left = data->size - at;
        uint64_t length = left < size ? left : size;
        if (is_listed && !take_varint(&list, 255, &length)) {
            return damaged(error);
        }
        status = put_block(data, at, (size_t)length, i + 1 == count ? choices->cut : 0, out, error);
        at += (size_t)length;
    }
    if (status == BSWZ_OK && at != data->size) {
        return damaged(error);
    }
    return status == BSWZ_OK && (choices->flags & GIF_TERMINATED) != 0 ? put_8(out, 0, error) : status;
}

static enum bswz_status write_data(struct writer *writer, struct cursor *cursor, struct byte_buffer *out,
                                   struct bswz_error *error) {
    struct cursor blocks = {.size = 0};
    const uint8_t *rest = NULL;
    if (!take_choices(cursor, writer, &blocks, &rest)) {
        return damaged(error);
    }
    writer->count -= (size_t)writer->choices.missing;
    enum bswz_status status = put_codes(writer, error);
    if (status == BSWZ_OK && writer->choices.rest > 0) {
        status = byte_buffer_append(&writer->data, rest, (size_t)writer->choices.rest, error);
    }
    if (status == BSWZ_OK && writer->data.size > writer->limit) {
        status = damaged(error);
    }
    return status == BSWZ_OK ? put_blocks(writer, blocks, out, error) : status;
}

enum bswz_status gif_data_write(const struct gif_image *image, struct gif_habits *habits, const uint8_t *pixels,
                                bool may_differ, size_t limit, struct cursor *choices, struct byte_buffer *out,
                                struct bswz_error *error) {
    struct writer *writer = bswz_allocate_zero(1, sizeof *writer);
    if (writer == NULL) {
        return bswz_no_memory(error);
    }
    writer->pixels = pixels;
    writer->count = (size_t)image->width * image->height;
    writer->index_bits = image->index_bits;
    writer->choices.habits = *habits;
    writer->may_differ = may_differ;
    writer->limit = limit;
    const enum bswz_status status = write_data(writer, choices, out, error);
    *habits = writer->choices.habits;
    free(writer->data.data);
    free(writer);
    return status;
}
