/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Deflate segments: data compressed by gzip, ZIP, PDF and others is coded by its content.
 *
 * A stream is inflated, described (deflate/deflate.h), and rebuilt as a trial. If its content and the description are
 * likely to take less than the stream, the content is compressed like an input of its own, in segments between the
 * header and an end.
 *
 * Much that looks like a stream is not one, and some streams are made to hold a thousand times their size. So inflating
 * is limited by the size of the stream and by the work that the input has earned (work_budget.h).
 */
#include "stream/compress.h"

#include "bytes/zstd.h"
#include "container/deflate_header.h"
#include "deflate/deflate.h"
#include "stream/wrapped.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Shorter streams are not worth a segment. */
#define LEAST_STREAM 64
/* Streams that hold more than RATIO_MAX bytes per byte, and more than SMALL_HELD in all, are kept as bytes. */
#define RATIO_MAX 1000
#define SMALL_HELD ((size_t)1 << 20)

/* The first look is at this many bytes. */
#define FIRST_LOOK ((size_t)16384)

struct found {
    size_t start, size; /* of the stream, relative to the position of the input */
    struct byte_buffer plain;
    struct deflate_header header;
};

static void free_found(struct found *found) {
    free(found->plain.data);
    deflate_header_free(&found->header);
}

static size_t longest_held(const struct compressor *compressor) {
    const uint64_t part = compressor->options->memory_limit / 8;
    return part == 0 || part > DEFLATE_HELD_MAX ? DEFLATE_HELD_MAX : (size_t)part;
}

/* How much a stream of this size may hold. */
static size_t most_held(const struct compressor *compressor, size_t size) {
    const size_t longest = longest_held(compressor), by_ratio = size * RATIO_MAX;
    const size_t most = by_ratio > SMALL_HELD ? by_ratio : SMALL_HELD;
    return most < longest ? most : longest;
}

/* Inflate the stream at found->start, however much of the input that takes. found->size: 0 if there is no stream. */
static enum bswz_status inflate_here(struct compressor *compressor, struct found *found, uint64_t limit,
                                     uint64_t *looked) {
    size_t wanted = FIRST_LOOK;
    for (;;) {
        const uint8_t *bytes;
        size_t available;
        struct bswz_error own = {.status = BSWZ_OK};
        enum bswz_status status = input_peek(compressor->input, found->start + wanted, &bytes, &available, compressor->error);
        if (status != BSWZ_OK) {
            return status;
        }
        const bool is_all = available < found->start + wanted || available >= limit;
        available = available < limit ? available : (size_t)limit;
        if (available <= found->start) {
            return BSWZ_OK;
        }
        const size_t size = available - found->start;
        found->plain.size = 0;
        const size_t most = most_held(compressor, size);
        status = deflate_inflate(bytes + found->start, size, most, &found->plain, &found->size, &own);
        *looked += found->size + (status == BSWZ_ERROR_LIMIT ? most : found->plain.size);
        if (status == BSWZ_OK) {
            return BSWZ_OK;
        }
        found->size = 0;
        if (status == BSWZ_ERROR_MEMORY) {
            return bswz_fail(compressor->error, status, "%s", own.message);
        }
        if (status != BSWZ_ERROR_TRUNCATED || is_all || size >= DEFLATE_STREAM_MAX || size >= longest_held(compressor)) {
            return BSWZ_OK;
        }
        wanted = 4 * wanted;
    }
}

/* Would the bytes take fewer than `limit`? Judged by what they look like, or by a trial. */
static enum bswz_status is_worth(struct compressor *compressor, const struct byte_buffer *plain, size_t limit,
                                 bool *worth) {
    struct byte_buffer packed = {0};
    const size_t look = plain->size < 64 ? plain->size : 64;
    *worth = true;
    if (picture_recognise(plain->data, look) != PICTURE_NONE) {
        return BSWZ_OK;
    }
    const enum bswz_status status = bytes_pack(plain->data, plain->size, compressor->codec.level, limit, &packed, worth, compressor->error);
    free(packed.data);
    return status;
}

/* Describe the stream. header.size: 0 if it is better kept as bytes. */
static enum bswz_status describe(struct compressor *compressor, const uint8_t *stream, struct found *found) {
    struct bswz_error own = {.status = BSWZ_OK};
    struct deflate_header *header = &found->header;
    const struct byte_buffer *plain = &found->plain;
    enum bswz_status status = deflate_describe(stream, found->size, plain->data, plain->size, found->size / 2, &header->recipe, &own);
    if (status == BSWZ_OK) {
        status = deflate_prove(stream, found->size, plain->data, plain->size, header->recipe.data, header->recipe.size, &own);
    }
    if (status == BSWZ_ERROR_MEMORY) {
        return bswz_fail(compressor->error, status, "%s", own.message);
    }
    const size_t cost = header->recipe.size + LEAST_STREAM / 2;
    bool worth = status == BSWZ_OK && cost < found->size;
    status = worth ? is_worth(compressor, plain, found->size - cost, &worth) : BSWZ_OK;
    if (worth) {
        header->size = found->size;
        header->plain_size = plain->size;
        header->hash = XXH3_64bits(stream, found->size);
    }
    return status;
}

/* ---- writing ---- */

static enum bswz_status write_header(struct compressor *compressor, const struct deflate_header *header) {
    struct byte_buffer bytes = {0};
    struct deflate_header taken = {.size = 0};
    struct bswz_error *error = compressor->error;
    size_t used;
    enum bswz_status status = put_8(&bytes, SEGMENT_DEFLATE, error);
    status = status == BSWZ_OK ? deflate_header_put(header, &bytes, error) : status;
    if (status == BSWZ_OK && compressor->codec.verify) {
        status = deflate_header_take(bytes.data + 1, bytes.size - 1, &taken, &used, error);
        if (status == BSWZ_OK && (used != bytes.size - 1 || taken.hash != header->hash || taken.recipe.size != header->recipe.size ||
                                  memcmp(taken.recipe.data, header->recipe.data, taken.recipe.size) != 0)) {
            status = bswz_fail(error, BSWZ_ERROR_MACHINE, "the header of a deflate stream does not come back");
        }
        deflate_header_free(&taken);
    }
    status = status == BSWZ_OK ? output_write(compressor->output, bytes.data, bytes.size, error) : status;
    free(bytes.data);
    return status;
}

static size_t read_memory(void *context, uint8_t *bytes, size_t size) {
    struct picture_memory *memory = context;
    const size_t count = size < memory->left ? size : memory->left;
    memcpy(bytes, memory->bytes, count);
    memory->bytes += count;
    memory->left -= count;
    return count;
}

/* For a small input, zstd is told how much will come at most: after one stream there may be more. */
#define STREAMS_HOLD 16

static void expect_more(struct compressor *compressor, size_t more) {
    if (compressor->input_size == SIZE_MAX) {
        return;
    }
    const size_t own = compressor->own_size, needed = own + (compressor->held_size += more);
    if (compressor->bytes.encoder == NULL) {
        compressor->input_size = needed > STREAMS_HOLD * own ? needed : STREAMS_HOLD * own;
    } else if (needed > compressor->input_size) {
        bytes_encoder_restart(compressor->bytes.encoder); /* which forgets that size */
        compressor->input_size = SIZE_MAX;
    }
}

/* The content of the stream, as an input of its own. */
static enum bswz_status write_held(struct compressor *compressor, const struct byte_buffer *plain, uint64_t end) {
    struct input *outer = compressor->input;
    const bool was_inside = compressor->is_inside;
    const uint64_t outer_paid = compressor->paid;
    struct picture_memory memory = {plain->data, plain->size};
    enum bswz_status status = input_open((struct bswz_input){read_memory, &memory}, false, &compressor->input, compressor->error);
    if (status == BSWZ_OK) {
        compressor->is_inside = true;
        compressor->paid = compressor->depth == 0 ? end : outer_paid;
        compressor->depth++;
        status = compressor->segments(compressor);
        compressor->depth--;
        input_close(compressor->input);
    }
    compressor->input = outer;
    compressor->is_inside = was_inside;
    compressor->paid = outer_paid;
    return status;
}

static enum bswz_status write_segment(struct compressor *compressor, const struct found *found, enum wrapper wrapper) {
    static const uint8_t end = SEGMENT_END;
    const uint64_t start = output_position(compressor->output);
    enum bswz_status status = compress_bytes_end(compressor, false);
    expect_more(compressor, found->plain.size);
    status = status == BSWZ_OK ? write_header(compressor, &found->header) : status;
    status = status == BSWZ_OK ? write_held(compressor, &found->plain, input_position(compressor->input) + found->size) : status;
    status = status == BSWZ_OK ? compress_bytes_end(compressor, false) : status;
    status = status == BSWZ_OK ? output_write(compressor->output, &end, 1, compressor->error) : status;
    if (status == BSWZ_OK) {
        compressor_notice(compressor, "%s stream, by its content: %zu bytes -> %zu -> %" PRIu64 " bytes, %zu of them to rebuild the stream",
                          wrapper_name(wrapper), found->size, found->plain.size,
                          output_position(compressor->output) - start, found->header.recipe.size);
    }
    return status;
}

/* A stream has been found: code it if that pays. */
static enum bswz_status code(struct compressor *compressor, struct found *found, enum wrapper wrapper) {
    const uint8_t *bytes;
    size_t available;
    if (found->size < LEAST_STREAM || compressor->depth >= DEFLATE_DEPTH ||
        !work_take(&compressor->work, compressor_position(compressor) + (compressor->depth > 0 ? 0 : found->size),
                   WORK_DEFLATE + WORK_DESCRIBED * (uint64_t)found->plain.size)) {
        return BSWZ_OK;
    }
    enum bswz_status status = input_peek(compressor->input, found->start + found->size, &bytes, &available, compressor->error);
    status = status == BSWZ_OK ? describe(compressor, bytes + found->start, found) : status;
    if (status != BSWZ_OK) {
        return status;
    }
    if (found->header.size == 0) {
        compressor_notice(compressor, "%s stream kept unchanged (%zu bytes)", wrapper_name(wrapper), found->size);
        return BSWZ_OK;
    }
    status = compress_bytes(compressor, found->start);
    status = status == BSWZ_OK ? write_segment(compressor, found, wrapper) : status;
    if (status == BSWZ_OK) {
        input_consume(compressor->input, found->size); /* it is still in the window: nothing has been read since */
    }
    return status;
}

enum bswz_status compress_deflate(struct compressor *compressor, uint64_t limit, uint64_t *as_bytes, uint64_t *debt) {
    const uint8_t *bytes;
    size_t available;
    struct found found = {.size = 0};
    uint64_t looked = 0;
    *as_bytes = 1;
    enum bswz_status status = input_peek(compressor->input, FIRST_LOOK, &bytes, &available, compressor->error);
    if (status != BSWZ_OK) {
        return status;
    }
    const uint64_t before = input_position(compressor->input);
    const enum wrapper wrapper = wrapper_at(bytes, available, &found.start);
    if (wrapper != WRAPPER_NONE && found.start < limit) {
        status = inflate_here(compressor, &found, limit, &looked);
        if (status == BSWZ_OK && found.size > 0) {
            status = code(compressor, &found, wrapper);
        }
    }
    if (input_position(compressor->input) > before) {
        *as_bytes = 0;
    } else {
        *debt += looked;
        *as_bytes = found.size >= LEAST_STREAM ? found.start + found.size : 1; /* pointless to look inside */
    }
    free_found(&found);
    return status;
}
