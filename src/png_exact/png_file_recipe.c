/* SPDX-License-Identifier: MIT */
/*
 * Writing and parsing the recipe of a PNG file (layout: png_file.h).
 *
 * The parser is total. A recipe that it accepts may still be nonsense, but cannot make the writer overrun a buffer, run
 * forever, or write more than the data of the picture and a few bytes for each byte of the recipe.
 */
#include "png_exact/png_file.h"

#define CHUNK_MAX 0x7fffffffu /* the limit of PNG */
#define BLOCK_MAX 0xffffu     /* the limit of deflate for a stored block */

static enum bswz_status broken(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "the recipe of a PNG file is invalid");
}

/* ---- sizes ---- */

bool png_sizes_next(struct png_sizes *sizes, uint64_t *size) {
    if (sizes->count == 0) {
        if (sizes->runs == 0 || !take_varint(&sizes->cursor, UINT64_MAX, &sizes->size) ||
            !take_varint(&sizes->cursor, UINT64_MAX, &sizes->count)) {
            return false;
        }
        sizes->runs--;
    }
    sizes->count--;
    *size = sizes->size;
    return true;
}

static enum bswz_status close_run(struct png_sizes_builder *builder, struct bswz_error *error) {
    if (builder->count == 0) {
        return BSWZ_OK;
    }
    enum bswz_status status = put_varint(&builder->runs, builder->size, error);
    if (status == BSWZ_OK) {
        status = put_varint(&builder->runs, builder->count, error);
    }
    builder->count = 0;
    builder->closed++;
    return status;
}

enum bswz_status png_sizes_add(struct png_sizes_builder *builder, uint64_t size, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    if (size != builder->size || size == 0) {
        status = close_run(builder, error);
    }
    builder->size = size;
    builder->count++;
    return status;
}

enum bswz_status png_sizes_put(struct png_sizes_builder *builder, struct byte_buffer *out, struct bswz_error *error) {
    enum bswz_status status = close_run(builder, error);
    if (status == BSWZ_OK) {
        status = put_varint(out, builder->closed, error);
    }
    return status == BSWZ_OK ? byte_buffer_append(out, builder->runs.data, builder->runs.size, error) : status;
}

/* Check a list: sizes up to largest, zero only once in a row, with a sum of at most limit. */
static bool take_sizes(struct cursor *cursor, uint64_t largest, uint64_t limit, struct png_sizes *sizes,
                       uint64_t *sum) {
    if (!take_varint_32(cursor, UINT32_MAX, &sizes->runs)) {
        return false;
    }
    sizes->cursor = *cursor;
    *sum = 0;
    for (uint32_t i = 0; i < sizes->runs; i++) {
        uint64_t size, count;
        if (!take_varint(cursor, largest, &size) ||
            !take_varint(cursor, size == 0 ? 1 : (limit - *sum) / size, &count) || count == 0) {
            return false;
        }
        *sum += size * count;
    }
    return true;
}

/* ---- the recipe ---- */

static bool settings_are_sound(const struct png_settings *settings) {
    if (settings->level == 0 || settings->level == PNG_LEVEL_DESCRIBED) {
        return settings->strategy == 0 && settings->window_bits == 0 && settings->memory_level == 0;
    }
    return settings->level <= 9 && settings->strategy <= Z_FIXED && settings->window_bits >= 9 &&
           settings->window_bits <= 15 && settings->memory_level >= 1 && settings->memory_level <= 9;
}

enum bswz_status png_recipe_take(const uint8_t *bytes, size_t size, uint64_t rows, uint64_t data_size,
                                 struct png_recipe *recipe, struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    struct png_settings *settings = &recipe->settings;
    uint8_t method, memory;
    uint64_t sum;
    *recipe = (struct png_recipe){0};
    if (!take_64(&cursor, &recipe->hash) || !take_8(&cursor, &recipe->zlib_header[0]) ||
        !take_8(&cursor, &recipe->zlib_header[1]) || !take_8(&cursor, &method) || !take_8(&cursor, &memory) ||
        !take_8(&cursor, &recipe->filter_kind) || recipe->filter_kind > PNG_FILTER_GUESSED) {
        return broken(error);
    }
    *settings = (struct png_settings){method & 15, method >> 4, memory & 15, memory >> 4};
    if (!settings_are_sound(settings)) {
        return broken(error);
    }
    if (recipe->filter_kind >= PNG_FILTER_EACH) {
        if (rows > size || !take_bytes(&cursor, (size_t)rows, &recipe->filters)) {
            return broken(error);
        }
        for (uint64_t i = 0; i < rows; i++) {
            if (recipe->filters[i] >= PNG_FILTERS) {
                return broken(error);
            }
        }
    }
    if (!take_sizes(&cursor, CHUNK_MAX, UINT64_MAX >> 1, &recipe->chunks, &recipe->chunk_bytes) ||
        (settings->level == 0 && (!take_sizes(&cursor, BLOCK_MAX, data_size, &recipe->blocks, &sum) ||
                                  sum != data_size || recipe->blocks.runs == 0))) {
        return broken(error);
    }
    if (settings->level == PNG_LEVEL_DESCRIBED) {
        recipe->description_size = cursor_left(&cursor);
        take_bytes(&cursor, recipe->description_size, &recipe->description);
    }
    if (cursor_left(&cursor) != 0) {
        return broken(error);
    }
    return BSWZ_OK;
}

enum bswz_status png_recipe_put(const struct png_recipe *recipe, size_t rows, struct byte_buffer *out,
                                struct bswz_error *error) {
    const struct png_settings *settings = &recipe->settings;
    enum bswz_status status = put_64(out, recipe->hash, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, recipe->zlib_header, 2, error);
    }
    if (status == BSWZ_OK) {
        status = put_8(out, settings->level | (unsigned)settings->strategy << 4, error);
    }
    if (status == BSWZ_OK) {
        status = put_8(out, settings->window_bits | (unsigned)settings->memory_level << 4, error);
    }
    if (status == BSWZ_OK) {
        status = put_8(out, recipe->filter_kind, error);
    }
    if (status == BSWZ_OK && recipe->filter_kind >= PNG_FILTER_EACH) {
        status = byte_buffer_append(out, recipe->filters, rows, error);
    }
    return status;
}
