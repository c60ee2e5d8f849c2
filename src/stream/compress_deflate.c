/* SPDX-License-Identifier: MIT */
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

/* From this size on, streams are coded on trial where zstd alone does not tell: if a trial fails, that costs some bytes. */
#define LEAST_TRIAL 16384
/* Zstd alone takes a little less than it takes among other bytes: one part of this many. */
#define MARGIN 32

struct found {
    size_t start, size; /* of the stream, relative to the position of the input */
    struct byte_buffer plain;
    struct deflate_header header;
    size_t limit; /* on trial: what is held must take less */
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
        enum bswz_status status =
            input_peek(compressor->input, found->start + wanted, &bytes, &available, compressor->error);
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
        if (status != BSWZ_ERROR_TRUNCATED || is_all || size >= DEFLATE_STREAM_MAX ||
            size >= longest_held(compressor)) {
            return BSWZ_OK;
        }
        wanted = 4 * wanted;
    }
}

/* The effort of zstd in a first trial, which is enough for most. */
#define QUICK_LEVEL 3

/* Would the bytes take fewer than `limit`? Judged by what they look like, or by trials. */
static enum bswz_status is_worth(struct compressor *compressor, const struct byte_buffer *plain, size_t limit,
                                 bool *worth) {
    struct byte_buffer packed = {0};
    const size_t look = plain->size < PICTURE_LOOK ? plain->size : PICTURE_LOOK;
    const int level = compressor->coding.level;
    *worth = true;
    if (picture_recognise(plain->data, look) != PICTURE_NONE) {
        *worth = limit < LEAST_TRIAL; /* or the trial tells */
        return BSWZ_OK;
    }
    enum bswz_status status = bytes_pack(plain->data, plain->size, level < QUICK_LEVEL ? level : QUICK_LEVEL, limit,
                                         &packed, worth, compressor->error);
    if (status == BSWZ_OK && !*worth && level > QUICK_LEVEL) {
        status = bytes_pack(plain->data, plain->size, level, limit, &packed, worth, compressor->error);
    }
    free(packed.data);
    return status;
}

/* Describe the stream. header.size: 0 if it is better kept as bytes. */
static enum bswz_status describe(struct compressor *compressor, const uint8_t *stream, struct found *found) {
    struct bswz_error own = {.status = BSWZ_OK};
    struct deflate_header *header = &found->header;
    const struct byte_buffer *plain = &found->plain;
    enum bswz_status status =
        deflate_describe(stream, found->size, plain->data, plain->size, found->size / 2, &header->recipe, &own);
    if (status == BSWZ_OK) {
        status = deflate_prove(stream, found->size, plain->data, plain->size, header->recipe.data, header->recipe.size,
                               &own);
    }
    if (status == BSWZ_ERROR_MEMORY) {
        return bswz_fail(compressor->error, status, "%s", own.message);
    }
    const size_t cost = header->recipe.size + LEAST_STREAM / 2;
    const bool may_be = status == BSWZ_OK && cost < found->size;
    bool worth = may_be;
    status = may_be ? is_worth(compressor, plain, (found->size - cost) / MARGIN * (MARGIN - 1), &worth) : BSWZ_OK;
    found->limit = worth ? SIZE_MAX : found->size - LEAST_STREAM / 2;
    if (worth || (may_be && found->size >= LEAST_TRIAL)) {
        header->size = found->size;
        header->plain_size = plain->size;
        header->hash = XXH3_64bits(stream, found->size);
    }
    return status;
}

/* ---- writing ---- */

static void tell_kept(const struct compressor *compressor, const struct found *found, enum wrapper wrapper) {
    compressor_notice(compressor, "%s stream kept unchanged (%zu bytes)", wrapper_name(wrapper), found->size);
}

/* Write the segment, unless that is on trial and fails. */
static enum bswz_status write_segment(struct compressor *compressor, const struct found *found, enum wrapper wrapper,
                                      bool *is_written) {
    size_t size = 1;
    enum bswz_status status = compress_bytes_end(compressor, false);
    const uint64_t start = output_position(compressor->output);
    if (status == BSWZ_OK && found->limit == SIZE_MAX) {
        status = compress_held(compressor, &found->header, &found->plain);
    } else if (status == BSWZ_OK) {
        status = compress_held_if_smaller(compressor, &found->header, &found->plain, found->limit, &size);
    }
    *is_written = status == BSWZ_OK && size > 0;
    if (status == BSWZ_OK && !*is_written) {
        tell_kept(compressor, found, wrapper);
    } else if (status == BSWZ_OK) {
        compressor_notice(compressor,
                          "%s stream, by its content: %zu bytes -> %zu -> %" PRIu64
                          " bytes, %zu of them to rebuild the stream",
                          wrapper_name(wrapper), found->size, found->plain.size,
                          output_position(compressor->output) - start, found->header.recipe.size);
    }
    return status;
}

/* A stream has been found: code it if that pays. */
static enum bswz_status code(struct compressor *compressor, struct found *found, enum wrapper wrapper,
                             bool *is_written) {
    const uint8_t *bytes;
    size_t available;
    if (found->size < LEAST_STREAM || compressor->depth >= DEFLATE_DEPTH ||
        !work_take(&compressor->work, compressor_position(compressor) + (compressor->depth > 0 ? 0 : found->size),
                   WORK_DEFLATE + WORK_DESCRIBED * (uint64_t)found->plain.size)) {
        return BSWZ_OK;
    }
    enum bswz_status status =
        input_peek(compressor->input, found->start + found->size, &bytes, &available, compressor->error);
    if (status == BSWZ_OK) {
        status = describe(compressor, bytes + found->start, found);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    if (found->header.size == 0) {
        tell_kept(compressor, found, wrapper);
        return BSWZ_OK;
    }
    status = compress_bytes(compressor, found->start);
    if (status == BSWZ_OK) {
        status = write_segment(compressor, found, wrapper, is_written);
    }
    if (status == BSWZ_OK && *is_written) {
        input_consume(compressor->input, found->size); /* it is in the window still: nobody has read on */
    }
    return status;
}

enum bswz_status compress_deflate(struct compressor *compressor, uint64_t limit, uint64_t *as_bytes, uint64_t *debt) {
    const uint8_t *bytes;
    size_t available;
    struct found found = {.size = 0};
    uint64_t looked = 0;
    bool is_written = false;
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
            status = code(compressor, &found, wrapper, &is_written);
        }
    }
    if (input_position(compressor->input) > before) {
        *as_bytes = is_written ? 0 : found.size; /* what comes before it has been taken */
    } else {
        *debt += looked;
        *as_bytes = found.size >= LEAST_STREAM ? found.start + found.size : 1; /* pointless to look inside */
    }
    free_found(&found);
    return status;
}
