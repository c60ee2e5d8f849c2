/* SPDX-License-Identifier: MIT */
/*
 * Deflating with given settings, or into stored blocks of given sizes
 * (png_file.h).
 *
 * The stream is raw deflate between a zlib header and a checksum of our own: the header of many files does not show the
 * settings of zlib, since libpng reduces the window in it afterwards. Level 0 does not go through zlib, whose stored
 * blocks depend on the buffers of its caller. If the stream is described, all data is collected before any of it can be
 * written.
 */
#include "png_exact/png_file.h"

#include "deflate/deflate.h"
#include "image/format.h"

#include <stdlib.h>
#include <string.h>

static enum bswz_status open_zlib(struct png_deflater *deflater, const struct png_settings *settings,
                                  struct bswz_error *error) {
    if (deflateInit2(&deflater->stream, settings->level, Z_DEFLATED, -settings->window_bits, settings->memory_level,
                     settings->strategy) != Z_OK) {
        return bswz_no_memory(error);
    }
    deflater->is_open = true;
    return BSWZ_OK;
}

enum bswz_status png_deflater_open(struct png_deflater *deflater, const struct png_recipe *recipe,
                                   struct byte_sink sink, struct bswz_error *error) {
    const struct png_settings *settings = &recipe->settings;
    *deflater = (struct png_deflater){.sink = sink,
                                      .settings = *settings,
                                      .adler = (uint32_t)adler32(0, NULL, 0),
                                      .blocks = recipe->blocks,
                                      .recipe = recipe};
    if (settings->level > 0 && settings->level != PNG_LEVEL_DESCRIBED) {
        const enum bswz_status status = open_zlib(deflater, settings, error);
        if (status != BSWZ_OK) {
            return status;
        }
    }
    return sink.write(sink.context, recipe->zlib_header, sizeof recipe->zlib_header, error);
}

/* Let zlib work until it has taken all input, or to the end of the stream. */
static enum bswz_status run_zlib(struct png_deflater *deflater, int flush, struct bswz_error *error) {
    uint8_t piece[4096];
    do {
        deflater->stream.next_out = piece;
        deflater->stream.avail_out = sizeof piece;
        deflate(&deflater->stream, flush); /* cannot fail: the state is valid, and there is room */
        const size_t size = sizeof piece - deflater->stream.avail_out;
        if (size > 0) {
            const enum bswz_status status = deflater->sink.write(deflater->sink.context, piece, size, error);
            if (status != BSWZ_OK) {
                return status;
            }
        }
    } while (deflater->stream.avail_out == 0);
    return BSWZ_OK;
}

/* Begin the next stored block; false if there is none. */
static bool next_block(struct png_deflater *deflater, enum bswz_status *status, struct bswz_error *error) {
    if (!png_sizes_next(&deflater->blocks, &deflater->block_left)) {
        return false;
    }
    const bool last = deflater->blocks.runs == 0 && deflater->blocks.count == 0;
    const unsigned size = (unsigned)deflater->block_left; /* at most 65535 */
    const uint8_t header[5] = {last, (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)~size, (uint8_t)(~size >> 8)};
    *status = deflater->sink.write(deflater->sink.context, header, sizeof header, error);
    return true;
}

static enum bswz_status store(struct png_deflater *deflater, const uint8_t *bytes, size_t size,
                              struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    while (size > 0 && status == BSWZ_OK) {
        if (deflater->block_left == 0) {
            if (!next_block(deflater, &status, error)) { /* the sizes in the recipe add up to that of the data */
                return bswz_fail(error, BSWZ_ERROR_FORMAT, "the recipe of a PNG file is invalid");
            }
            continue;
        }
        const size_t take = size < deflater->block_left ? size : (size_t)deflater->block_left;
        status = deflater->sink.write(deflater->sink.context, bytes, take, error);
        bytes += take;
        size -= take;
        deflater->block_left -= take;
    }
    return status;
}

static enum bswz_status run_all(struct png_deflater *deflater, const uint8_t *bytes, size_t size,
                                struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    while (size > 0 && status == BSWZ_OK) {
        const uInt take = size < 1u << 30 ? (uInt)size : 1u << 30;
        deflater->stream.next_in = bytes;
        deflater->stream.avail_in = take;
        status = run_zlib(deflater, Z_NO_FLUSH, error);
        bytes += take;
        size -= take;
    }
    return status;
}

enum bswz_status png_deflater_write(struct png_deflater *deflater, const uint8_t *bytes, size_t size,
                                    struct bswz_error *error) {
    deflater->adler = (uint32_t)adler32_z(deflater->adler, bytes, size);
    if (deflater->settings.level == 0) {
        return store(deflater, bytes, size, error);
    }
    if (deflater->settings.level == PNG_LEVEL_DESCRIBED) {
        return byte_buffer_append(&deflater->plain, bytes, size, error);
    }
    return run_all(deflater, bytes, size, error);
}

/* Rebuild the stream from the data and the description. */
static enum bswz_status write_described(struct png_deflater *deflater, bool may_change, struct bswz_error *error) {
    const struct png_recipe *recipe = deflater->recipe;
    const struct byte_buffer *plain = &deflater->plain;
    const struct png_described *described = deflater->described;
    struct byte_buffer stream = {0};
    const bool is_same = described != NULL && described->plain.size == plain->size &&
                         memcmp(described->plain.data, plain->data, plain->size) == 0;
    enum bswz_status status =
        deflate_rebuild_recalling(plain->data, plain->size, recipe->description, recipe->description_size,
                                  recipe->chunk_bytes < SIZE_MAX ? (size_t)recipe->chunk_bytes : SIZE_MAX,
                                  is_same ? described->guesses : NULL, &stream, may_change ? NULL : error);
    if (status == BSWZ_OK) {
        status = deflater->sink.write(deflater->sink.context, stream.data, stream.size, error);
    } else if (may_change && status != BSWZ_ERROR_MEMORY) {
        status = open_zlib(deflater, &(struct png_settings){6, Z_DEFAULT_STRATEGY, MAX_WBITS, 8}, error);
        if (status == BSWZ_OK) {
            status = run_all(deflater, plain->data, plain->size, error);
        }
        if (status == BSWZ_OK) {
            status = run_zlib(deflater, Z_FINISH, error);
        }
    }
    free(stream.data);
    return status;
}

enum bswz_status png_deflater_finish(struct png_deflater *deflater, bool may_change, struct bswz_error *error) {
    uint8_t check[4];
    enum bswz_status status = BSWZ_OK;
    if (deflater->settings.level == 0) {
        while (status == BSWZ_OK && next_block(deflater, &status, error)) { /* empty ones */
        }
    } else if (deflater->settings.level == PNG_LEVEL_DESCRIBED) {
        status = write_described(deflater, may_change, error);
    } else {
        status = run_zlib(deflater, Z_FINISH, error);
    }
    store_big_32(check, deflater->adler);
    return status == BSWZ_OK ? deflater->sink.write(deflater->sink.context, check, sizeof check, error) : status;
}

void png_deflater_close(struct png_deflater *deflater) {
    if (deflater->is_open) {
        deflateEnd(&deflater->stream);
        deflater->is_open = false;
    }
    free(deflater->plain.data);
    deflater->plain = (struct byte_buffer){0};
}
