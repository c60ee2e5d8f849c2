/* SPDX-License-Identifier: MIT */
/*
 * Describing and rebuilding deflate streams (deflate.h).
 */
#include "deflate/deflate.h"

#include "deflate/settings.h"

#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

/* ---- inflating ---- */

static enum bswz_status inflate_all(z_stream *zlib, size_t size, size_t most, struct byte_buffer *plain,
                                    struct bswz_error *error) {
    const size_t start = plain->size;
    size_t piece = 4 * size + 65536;
    for (;;) {
        const size_t room = most - (plain->size - start);
        piece = piece < room ? piece : room + 1; /* one byte more, to notice that there is more */
        piece = piece < (size_t)1 << 30 ? piece : (size_t)1 << 30;
        const enum bswz_status status = byte_buffer_reserve(plain, piece, error);
        if (status != BSWZ_OK) {
            return status;
        }
        zlib->next_out = plain->data + plain->size;
        zlib->avail_out = (uInt)piece;
        const int result = inflate(zlib, Z_NO_FLUSH);
        plain->size += piece - zlib->avail_out;
        if (result == Z_MEM_ERROR) {
            return bswz_no_memory(error);
        }
        if (plain->size - start > most) {
            return bswz_fail(error, BSWZ_ERROR_LIMIT, "the deflate stream expands to too much");
        }
        if (result == Z_STREAM_END) {
            return BSWZ_OK;
        }
        if ((result == Z_OK || result == Z_BUF_ERROR) && zlib->avail_out != 0) {
            return bswz_fail(error, BSWZ_ERROR_TRUNCATED, "the deflate stream is truncated");
        }
        if (result != Z_OK) {
            return bswz_fail(error, BSWZ_ERROR_FORMAT, "the deflate stream is invalid");
        }
    }
}

enum bswz_status deflate_inflate(const uint8_t *bytes, size_t size, size_t most, struct byte_buffer *plain,
                                 size_t *used, struct bswz_error *error) {
    const size_t start = plain->size, given = size < UINT32_MAX ? size : UINT32_MAX;
    z_stream zlib = {.next_in = bytes, .avail_in = (uInt)given};
    if (inflateInit2(&zlib, -MAX_WBITS) != Z_OK) {
        return bswz_no_memory(error);
    }
    const enum bswz_status status = inflate_all(&zlib, given < 4096 ? given : 4096, most, plain, error);
    *used = given - zlib.avail_in;
    inflateEnd(&zlib);
    if (status != BSWZ_OK) {
        plain->size = start;
    }
    return status;
}

/* ---- describing ---- */

static enum bswz_status describe(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                 size_t most, uint64_t *steps, struct byte_buffer *recipe, struct guesses *guesses,
                                 struct bswz_error *error) {
    const size_t start = recipe->size;
    struct deflate_found found[2];
    if (plain_size > DEFLATE_PLAIN_MAX) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "the deflate stream expands to too much");
    }
    enum bswz_status status = deflate_settings_find(stream, size, plain, plain_size, found, error);
    for (unsigned i = 0; i < 2 && (i == 0 ? status == BSWZ_OK : status == BSWZ_ERROR_LIMIT && *steps > 0); i++) {
        bswz_forget(error);
        recipe->size = start;
        status = deflate_settings_put(found[i].preset, &found[i].settings, recipe, error);
        if (status == BSWZ_OK) {
            status = deflate_encode(stream, size, plain, plain_size, &found[i].settings, NULL, steps, most, recipe,
                                    guesses, error);
        }
        if (found[0].preset == found[1].preset) {
            break;
        }
    }
    if (status != BSWZ_OK) {
        recipe->size = start;
    }
    return status;
}

enum bswz_status deflate_describe(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                  size_t most, struct byte_buffer *recipe, struct guesses *guesses,
                                  struct bswz_error *error) {
    uint64_t steps = UINT64_MAX;
    return describe(stream, size, plain, plain_size, most, &steps, recipe, guesses, error);
}

/* A recipe no longer than this is that of the same writer. */
#define SAME_WRITER 32
#define SAME_WRITER_PART 2048

/* Describe a stream with the settings of the last one. LIMIT: it has another writer. */
static enum bswz_status describe_alike(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                       size_t most, const struct deflate_writer *writer, uint64_t *steps,
                                       struct byte_buffer *recipe, struct guesses *guesses, struct bswz_error *error) {
    struct cursor cursor = {.bytes = writer->settings, .size = writer->size};
    struct deflate_settings settings;
    const size_t start = recipe->size, usual = SAME_WRITER + size / SAME_WRITER_PART;
    if (writer->size == 0 || !deflate_settings_take(&cursor, &settings)) {
        return BSWZ_ERROR_LIMIT;
    }
    enum bswz_status status = deflate_settings_adapt(stream, size, plain, plain_size, &settings, error);
    if (status == BSWZ_OK) {
        status = deflate_settings_put(writer->settings[0], &settings, recipe, error);
    }
    if (status == BSWZ_OK) {
        status = deflate_encode(stream, size, plain, plain_size, &settings, NULL, steps, usual < most ? usual : most,
                                recipe, guesses, error);
    }
    recipe->size = status == BSWZ_OK ? recipe->size : start;
    return status;
}

/* Keep the settings of a recipe. */
static void note_writer(const uint8_t *recipe, size_t size, struct deflate_writer *writer) {
    struct cursor cursor = {.bytes = recipe, .size = size};
    struct deflate_settings settings;
    writer->size = 0;
    if (deflate_settings_take(&cursor, &settings) && cursor.at <= sizeof writer->settings) {
        memcpy(writer->settings, recipe, cursor.at);
        writer->size = (uint8_t)cursor.at;
    }
}

enum bswz_status deflate_describe_next(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                                       size_t most, struct deflate_writer *writer, uint64_t *steps,
                                       struct byte_buffer *recipe, struct guesses *guesses, struct bswz_error *error) {
    const size_t start = recipe->size;
    enum bswz_status status = plain_size > DEFLATE_PLAIN_MAX ? BSWZ_ERROR_LIMIT
                                                             : describe_alike(stream, size, plain, plain_size, most,
                                                                              writer, steps, recipe, guesses, error);
    if (status == BSWZ_ERROR_LIMIT) {
        bswz_forget(error);
        status = describe(stream, size, plain, plain_size, most, steps, recipe, guesses, error);
    }
    if (status == BSWZ_OK) {
        note_writer(recipe->data + start, recipe->size - start, writer);
    }
    return status;
}

/* ---- rebuilding ---- */

static enum bswz_status rebuild(struct deflate_coder *coder, const uint8_t *plain, size_t plain_size, size_t most,
                                struct byte_buffer *stream, struct block *block, struct bswz_error *error) {
    struct bit_writer writer = {.out = stream};
    const size_t start = stream->size;
    size_t coded = 0;
    enum bswz_status status;
    do {
        const size_t before = coded;
        status = deflate_code_block(coder, block, &coded, error);
        if (status == BSWZ_OK) {
            status = block_write(&writer, block, plain, before, error);
        }
        if (status == BSWZ_OK && stream->size - start > most) {
            status = bswz_fail(error, BSWZ_ERROR_FORMAT, "the recipe of a deflate stream gives too much data");
        }
    } while (status == BSWZ_OK && !block->is_last);
    const unsigned padding = status == BSWZ_OK ? deflate_code_padding(coder, 0) : 0;
    if (status == BSWZ_OK) {
        status = bit_writer_finish(&writer, padding, error);
    }
    if (status == BSWZ_OK &&
        (coded != plain_size || !decisions_end(&coder->decisions) || stream->size - start > most)) {
        status = bswz_fail(error, BSWZ_ERROR_FORMAT, "the recipe of a deflate stream is invalid");
    }
    return status;
}

enum bswz_status deflate_rebuild_recalling(const uint8_t *plain, size_t plain_size, const uint8_t *recipe,
                                           size_t recipe_size, size_t most, struct guesses *guesses,
                                           struct byte_buffer *stream, struct bswz_error *error) {
    struct guesses *recalled = guesses != NULL && guesses->is_complete ? guesses : NULL;
    struct cursor cursor = {.bytes = recipe, .size = recipe_size};
    struct deflate_settings settings;
    struct deflate_coder *coder;
    struct block block = {.count = 0};
    const size_t start = stream->size;
    if (plain_size > DEFLATE_PLAIN_MAX || !deflate_settings_take(&cursor, &settings)) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the recipe of a deflate stream is invalid");
    }
    enum bswz_status status = deflate_coder_open(&coder, &settings, plain, plain_size, recalled, error);
    if (status == BSWZ_OK) {
        decisions_begin_decoding(&coder->decisions, recipe + cursor.at, recipe_size - cursor.at);
        status = rebuild(coder, plain, plain_size, most, stream, &block, error);
    }
    deflate_coder_close(coder);
    free(block.tokens);
    if (status != BSWZ_OK) {
        stream->size = start;
    }
    return status;
}

enum bswz_status deflate_rebuild(const uint8_t *plain, size_t plain_size, const uint8_t *recipe, size_t recipe_size,
                                 size_t most, struct byte_buffer *stream, struct bswz_error *error) {
    return deflate_rebuild_recalling(plain, plain_size, recipe, recipe_size, most, NULL, stream, error);
}

enum bswz_status deflate_prove(const uint8_t *stream, size_t size, const uint8_t *plain, size_t plain_size,
                               const uint8_t *recipe, size_t recipe_size, struct guesses *guesses,
                               struct bswz_error *error) {
    struct byte_buffer again = {0};
    struct bswz_error own = {.status = BSWZ_OK};
    enum bswz_status status =
        deflate_rebuild_recalling(plain, plain_size, recipe, recipe_size, size, guesses, &again, &own);
    if (status != BSWZ_ERROR_MEMORY &&
        (status != BSWZ_OK || again.size != size || memcmp(again.data, stream, size) != 0)) {
        status = BSWZ_ERROR_CORRUPT;
    }
    free(again.data);
    return status == BSWZ_OK             ? BSWZ_OK
           : status == BSWZ_ERROR_MEMORY ? bswz_no_memory(error)
                                         : bswz_fail(error, status, "the deflate stream does not come back");
}
