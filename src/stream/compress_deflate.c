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
/* No recipe is shorter. */
#define LEAST_RECIPE 5
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
    bool is_sure; /* the stream pays, or it will with those that follow */
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

/* The effort of zstd in a first trial. The effort of the level makes it smaller by an eighth at most, almost always; and
 * long texts by a third. */
#define QUICK_EFFORT 3
#define QUICK_MARGIN 8
/* That of a second one, if the level's is much slower. */
#define MIDDLE_EFFORT 9
/* That of the last one is at most this, or what the level has for documents: more takes three times as long, for one
 * stream in a thousand. */
#define FULL_EFFORT 16
#define DOCUMENT ((size_t)1 << 20)
#define LONG_CONTENT ((size_t)32768)
#define LONG_MARGIN 2

/* What a segment costs at most, if many follow each other: its frames, its header, and the recipe of a usual writer. */
#define USUAL_COST 96

/* What a segment may take more than its stream: see limit_of. The end of a stream and the bytes before it take up to 35
 * bytes, and 24 and these are less than the 64 that a stream may take more than its source. It may
 * take a thousandth more, of which frames of noise need a part. */
#define FIRST_CREDIT 24
#define CREDIT_PART 1200
#define CREDIT_MOST 4096
#define CREDIT_INSIDE 32
/* A segment that takes too much may cost this, since zstd forgets what came before it. */
#define FAILURE_COST 16

/* Units of work for STEP_PART steps of the matcher, in the description and in the proof. */
#define STEP_UNITS 7
#define STEP_PART 5

/* What a stream may take more than the input. */
static uint64_t credit(const struct compressor *compressor) {
    const uint64_t in = input_position(compressor->input);
    const uint64_t least = compressor->own_size != SIZE_MAX ? compressor->own_size
                           : in > SMALL_INPUT               ? in
                                                            : SMALL_INPUT;
    return FIRST_CREDIT + least / CREDIT_PART;
}

/* What the input has saved so far, and a little more. pending: what the bytes that are not written yet will take. */
static int64_t earned(const struct compressor *compressor, size_t pending) {
    return (int64_t)(credit(compressor) + input_position(compressor->input) - output_position(compressor->output) -
                     pending);
}

/* May a segment turn out to take too much? The first one may, and any as long as zstd has seen nothing; the next few, if
 * the headers around the streams are likely to become smaller. */
static bool may_fail(const struct compressor *compressor) {
    enum { FEW = 3 };
    const size_t pending = compressor->bytes.block.size;
    const size_t kept = compressor->bytes.kept < pending ? compressor->bytes.kept : pending;
    return compressor->failures == 0 || compressor->depth > 0 || compressor->bytes.encoder == NULL ||
           earned(compressor, pending) >= FAILURE_COST ||
           (compressor->failures < FEW && earned(compressor, kept + (pending - kept) / 2) >= 2 * FAILURE_COST);
}

/* After a failure, nothing is known of what the streams before contained, although they are alike. So the next streams
 * are not taken for alike, twice as many after each failure. */
static void note_result(struct compressor *compressor, bool is_written) {
    enum { FAILURES_MOST = 16 };
    if (is_written) {
        compressor->waits = 0;
        return;
    }
    compressor->failures += compressor->failures < FAILURES_MOST;
    compressor->waits = 1u << compressor->failures;
}

/* Is the content like that of streams before it, so that it takes little after them? It is known to those that follow. */
static enum bswz_status is_alike(struct compressor *compressor, const struct found *found, bool *alike) {
    const bool is_first = compressor->recent.context == NULL;
    size_t taken;
    const enum bswz_status status =
        recent_add(&compressor->recent, found->plain.data, found->plain.size, &taken, compressor->error);
    *alike = !is_first && compressor->waits == 0 && taken + USUAL_COST < found->size;
    if (!is_first && compressor->waits > 0 && found->size > USUAL_COST) {
        compressor->waits--;
    }
    return status;
}

/* By when the stream has been paid for. */
static uint64_t paid_position(const struct compressor *compressor, const struct found *found) {
    return compressor_position(compressor) + (compressor->depth > 0 ? 0 : found->size);
}

/* What zstd makes of the bytes with this effort, if that is less than `most`. */
static enum bswz_status pack_at(struct compressor *compressor, const struct byte_buffer *plain, int effort, size_t most,
                                size_t *size) {
    struct byte_buffer packed = {0};
    bool fits = false;
    const enum bswz_status status =
        bytes_pack_after(NULL, 0, plain->data, plain->size, effort, most, &packed, &fits, compressor->error);
    *size = fits ? packed.size : SIZE_MAX;
    free(packed.data);
    return status;
}

/* Is the content mostly of a few values, like the letters of DNA? */
static bool has_few_values(const struct byte_buffer *plain) {
    enum { FEW = 8 };
    size_t counts[256] = {0}, most = 0;
    for (size_t i = 0; i < plain->size; i++) {
        counts[plain->data[i]]++;
    }
    for (unsigned n = 0; n < FEW; n++) {
        unsigned best = 0;
        for (unsigned i = 1; i < 256; i++) {
            best = counts[i] > counts[best] ? i : best;
        }
        most += counts[best];
        counts[best] = 0;
    }
    return most >= plain->size - plain->size / 8;
}

/* Pay for packing the content as a trial. What is written pays then (compress_held.c). */
static bool pay_packing(struct compressor *compressor, const struct found *found) {
    const uint64_t each = has_few_values(&found->plain) ? WORK_PACKED_FEW : WORK_PACKED;
    return work_take(&compressor->work, paid_position(compressor, found), each * found->plain.size);
}

/* From this size on, some bytes from the middle tell what a large effort does for all. */
#define SAMPLED_CONTENT ((size_t)1 << 19)
#define SAMPLE_BYTES ((size_t)1 << 17)
/* The estimate is off by less than one part of this many, or the packing decides. */
#define SAMPLE_MARGIN 32

/* Estimate what this effort makes of the content from what the middle one made of it. */
static enum bswz_status estimate(struct compressor *compressor, const struct byte_buffer *plain, int effort,
                                 size_t middle, size_t *size) {
    const struct byte_buffer sample = {.data = plain->data + (plain->size - SAMPLE_BYTES) / 2, .size = SAMPLE_BYTES};
    size_t less, more;
    enum bswz_status status = pack_at(compressor, &sample, MIDDLE_EFFORT, 2 * SAMPLE_BYTES, &more);
    if (status == BSWZ_OK) {
        status = pack_at(compressor, &sample, effort, 2 * SAMPLE_BYTES, &less);
    }
    *size = status == BSWZ_OK && more > 0 ? (size_t)((uint64_t)middle * less / more) : middle;
    return status;
}

/* What zstd makes of the content; SIZE_MAX: `limit` or more. Most often a small effort tells. */
static enum bswz_status pack(struct compressor *compressor, const struct found *found, size_t limit, size_t *size) {
    const struct byte_buffer *plain = &found->plain;
    const int level = compressor->coding.level, usual = bytes_effort(level, DOCUMENT);
    const int most = usual > FULL_EFFORT ? usual : FULL_EFFORT, whole = bytes_effort(level, plain->size);
    const int effort = whole < most ? whole : most;
    const size_t margin = plain->size < LONG_CONTENT ? QUICK_MARGIN : LONG_MARGIN;
    if (effort > QUICK_EFFORT) {
        const enum bswz_status status = pack_at(compressor, plain, QUICK_EFFORT, limit + limit / margin, size);
        if (status != BSWZ_OK || *size < limit || *size == SIZE_MAX) {
            return status;
        }
    }
    if (effort > MIDDLE_EFFORT) {
        const bool is_long = plain->size >= SAMPLED_CONTENT;
        enum bswz_status status = pack_at(compressor, plain, MIDDLE_EFFORT, is_long ? 2 * plain->size : limit, size);
        if (status != BSWZ_OK || *size < limit) {
            return status;
        }
        size_t estimated = limit;
        if (is_long) {
            status = estimate(compressor, plain, effort, *size, &estimated);
            *size = SIZE_MAX;
        }
        const size_t margin_sampled = estimated / SAMPLE_MARGIN;
        if (status != BSWZ_OK || estimated > limit + margin_sampled || !pay_packing(compressor, found)) {
            return status;
        }
        if (estimated + margin_sampled < limit) {
            *size = estimated;
            return BSWZ_OK;
        }
    }
    return pack_at(compressor, plain, effort, limit, size);
}

static bool is_picture(const struct byte_buffer *plain) {
    return picture_recognise(plain->data, plain->size < PICTURE_LOOK ? plain->size : PICTURE_LOOK) != PICTURE_NONE;
}

/* What the content of the stream may take, according to zstd, if its header and recipe take so much. */
static size_t limit_with(const struct found *found, size_t recipe) {
    const size_t cost = recipe + LEAST_STREAM / 2;
    return cost < found->size ? (found->size - cost) / MARGIN * (MARGIN - 1) : 0;
}

/* May more be in it than bytes? Only a trial tells what that takes. Deflate can do nothing for what is compressed. */
static bool may_hold_more(const struct found *found) {
    const struct byte_buffer *plain = &found->plain;
    struct archive archive = {.kind = ARCHIVE_NONE};
    return found->size >= LEAST_TRIAL && (found->size / 3 >= plain->size / 4 || is_picture(plain) ||
                                          archive_begins(&archive, plain->data, plain->size));
}

/* Is the stream likely to pay? *is_sure: without a trial. */
static enum bswz_status may_pay(struct compressor *compressor, const struct found *found, bool *is_sure,
                                size_t *packed) {
    enum bswz_status status = BSWZ_OK;
    *packed = 0;
    *is_sure = true;
    if (!may_fail(compressor)) {
        *packed = SIZE_MAX;
        return BSWZ_OK;
    }
    if (is_picture(&found->plain) || compressor->rows.width > 0) {
        *is_sure = found->size < LEAST_TRIAL;
        return BSWZ_OK;
    }
    bool alike = false;
    status = is_alike(compressor, found, &alike);
    if (status == BSWZ_OK && !alike) {
        status = pack(compressor, found, limit_with(found, LEAST_RECIPE), packed);
    }
    if (*packed == SIZE_MAX && may_hold_more(found)) {
        *packed = 0;
        *is_sure = false;
    }
    return status;
}

/* The longest recipe that may pay. What zstd makes of the content does not tell all: it may be like something before it.
 * But to try all that takes long. */
static size_t longest_recipe(const struct compressor *compressor, const struct found *found, size_t packed) {
    const uint64_t tried = WORK_TRIED * (uint64_t)found->plain.size;
    const size_t most = found->size / 2;
    if (packed == 0 || work_has(&compressor->work, paid_position(compressor, found), tried)) {
        return most;
    }
    return found->size - packed < most ? found->size - packed : most;
}

/* Describe the stream, unless it would not pay: that is found sooner. header.size: 0 if it is better kept as bytes. */
static enum bswz_status describe(struct compressor *compressor, const uint8_t *stream, struct found *found) {
    struct bswz_error own = {.status = BSWZ_OK};
    struct deflate_header *header = &found->header;
    const struct byte_buffer *plain = &found->plain;
    const uint64_t paid = paid_position(compressor, found);
    size_t packed;
    bool is_sure;
    enum bswz_status status = may_pay(compressor, found, &is_sure, &packed);
    if (status != BSWZ_OK || packed == SIZE_MAX) {
        return status;
    }
    const uint64_t left = work_left(&compressor->work, paid);
    uint64_t steps = left / STEP_UNITS * STEP_PART;
    struct guesses guesses = {0};
    status =
        deflate_describe_next(stream, found->size, plain->data, plain->size, longest_recipe(compressor, found, packed),
                              &compressor->writer, &steps, &header->recipe, &guesses, &own);
    work_take(&compressor->work, paid, left - steps / STEP_PART * STEP_UNITS);
    if (status == BSWZ_OK) {
        status = deflate_prove(stream, found->size, plain->data, plain->size, header->recipe.data, header->recipe.size,
                               &guesses, &own);
    }
    guesses_free(&guesses);
    if (status == BSWZ_ERROR_MEMORY) {
        return bswz_fail(compressor->error, status, "%s", own.message);
    }
    const size_t limit = status == BSWZ_OK ? limit_with(found, header->recipe.size) : 0;
    if (is_sure && packed >= limit && limit > 0) { /* with a recipe of this size, a small effort did not tell */
        status = pack(compressor, found, limit, &packed);
        if (status != BSWZ_OK) {
            return status;
        }
    }
    is_sure &= packed < limit;
    found->is_sure = is_sure;
    if (limit > 0 && (is_sure || found->size >= LEAST_TRIAL)) {
        header->size = found->size;
        header->plain_size = plain->size;
        header->hash = XXH3_64bits(stream, found->size);
    }
    return BSWZ_OK;
}

/* ---- writing ---- */

static void tell_kept(const struct compressor *compressor, const struct found *found, enum wrapper wrapper) {
    compressor_notice(compressor, "%s stream kept unchanged (%zu bytes): its content would take more",
                      wrapper_name(wrapper), found->size);
}

/* What a segment may take. The first streams of an archive pay for what they have in common with those that follow, so
 * they may take more, but an input must not grow. What is inside other streams is limited by them. */
static struct held_limit limit_of(const struct compressor *compressor, const struct found *found) {
    if (!found->is_sure) {
        return (struct held_limit){.size = found->size - LEAST_STREAM / 2};
    }
    if (compressor->depth > 0) {
        return (struct held_limit){.size = found->size + FIRST_CREDIT + found->size / CREDIT_INSIDE};
    }
    return (struct held_limit){.size = found->size - LEAST_SAVING,
                               .credit = LEAST_SAVING + CREDIT_MOST,
                               .position = input_position(compressor->input) + found->size + credit(compressor)};
}

/* Write the segment, unless it takes too much. */
static enum bswz_status write_segment(struct compressor *compressor, const struct found *found, enum wrapper wrapper,
                                      bool *is_written) {
    size_t size = 0;
    const struct held_limit limit = limit_of(compressor, found);
    const enum bswz_status status = compress_held_if_smaller(compressor, &found->header, &found->plain, &limit, &size);
    *is_written = status == BSWZ_OK && size > 0;
    note_result(compressor, *is_written);
    if (status == BSWZ_OK && !*is_written) {
        tell_kept(compressor, found, wrapper);
    } else if (status == BSWZ_OK) {
        compressor_notice(compressor,
                          "%s stream, by its content: %zu bytes -> %zu -> %zu bytes, %zu of them to rebuild the stream",
                          wrapper_name(wrapper), found->size, found->plain.size, size, found->header.recipe.size);
    }
    return status;
}

/* A stream has been found: code it if that pays. */
static enum bswz_status code(struct compressor *compressor, struct found *found, enum wrapper wrapper,
                             bool *is_written) {
    const uint8_t *bytes;
    size_t available;
    if (found->size < LEAST_STREAM || compressor->depth >= DEFLATE_DEPTH ||
        !work_take(&compressor->work, paid_position(compressor, found),
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
        const char *name;
        const size_t length = wrapper_member(bytes, available, wrapper, &name);
        const size_t outer = compressor_enter(compressor, name, length);
        status = inflate_here(compressor, &found, limit, &looked);
        if (status == BSWZ_OK && found.size > 0) {
            status = code(compressor, &found, wrapper, &is_written);
        }
        compressor_leave(compressor, outer);
    }
    if (input_position(compressor->input) > before) {
        *as_bytes = is_written ? 0 : found.size; /* what comes before it has been taken */
    } else {
        *debt += looked;
        *as_bytes = found.size >= LEAST_STREAM ? found.start + found.size : 1; /* pointless to look inside */
        compressor->bytes.kept += found.size < BYTES_FRAME_MAX / 4 ? found.size : 0;
    }
    free_found(&found);
    return status;
}
