/* SPDX-License-Identifier: MIT */
/*
 * Pages segments: files whose pictures are in several pages, strips, tiles, or in a way of the format's own, by these
 * pictures (pages/pages.h).
 *
 * The pictures and all around them are compressed like an input of their own, into memory: if that is no smaller than
 * the file, or than what zstd makes of it, it is dropped, and nothing has happened.
 */
#include "stream/compress.h"

#include "bytes/zstd.h"
#include "image/format.h"
#include "image/record.h"
#include "pages/pages.h"
#include "pages/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Smaller files are not tried: among others, it takes some bytes to find that one is better kept. */
#define LEAST_FILE 256
#define LEAST_INSIDE 12288
/* If frames of an animation take less as bytes, no picture is smaller. */
#define LEAST_FRAME 24
/* A fax is never smaller as bytes. */
#define LEAST_FAX 512

/* A file may hold so much for each of its bytes, or this. */
#define RATIO_MAX 1000
#define SMALL_PLAIN ((size_t)1 << 20)

/* The first look at a stream of a PDF document is at this many bytes. */
#define FIRST_LOOK ((size_t)65536)

/* Rows may be followed by fewer bytes than this: line ends. */
#define ROWS_FOLLOWED 16

/* Where the input has come to with the file. */
static uint64_t paid_by(const struct compressor *compressor, size_t size) {
    return compressor_position(compressor) + (compressor->depth > 0 ? 0 : size);
}

/* With regard to the caller's memory and to the work that has been earned. */
static struct pages_limits limits_of(const struct compressor *compressor, size_t size) {
    const uint64_t part = compressor->options->memory_limit / 8;
    const size_t longest = part == 0 || part > PAGES_PLAIN_MAX ? PAGES_PLAIN_MAX : (size_t)part;
    const size_t by_ratio = size > PAGES_PLAIN_MAX / RATIO_MAX ? PAGES_PLAIN_MAX : size * RATIO_MAX;
    const size_t most = by_ratio > SMALL_PLAIN ? by_ratio : SMALL_PLAIN;
    return (struct pages_limits){.plain = most < longest ? most : longest,
                                 .work = work_left(&compressor->work, paid_by(compressor, size))};
}

/* Does the file come back? */
static enum bswz_status check(const struct deflate_header *header, const struct byte_buffer *plain, const uint8_t *file,
                              bool *comes_back, struct bswz_error *error) {
    struct byte_buffer again = {0};
    struct bswz_error own = {.status = BSWZ_OK};
    const enum bswz_status status = deflate_header_restore(header, plain, &again, &own);
    *comes_back = status == BSWZ_OK && again.size == header->size && memcmp(again.data, file, header->size) == 0;
    free(again.data);
    return status == BSWZ_ERROR_MEMORY ? bswz_fail(error, status, "%s", own.message) : BSWZ_OK;
}

/* What zstd makes of the file, if that is less. */
static enum bswz_status find_limit(struct compressor *compressor, const uint8_t *file, size_t size, size_t *limit) {
    struct byte_buffer packed = {0};
    bool fits;
    const enum bswz_status status =
        bytes_pack(file, size, compressor->coding.level, size - LEAST_SAVING, &packed, &fits, compressor->error);
    *limit = fits ? packed.size : size - LEAST_SAVING;
    free(packed.data);
    return status;
}

static const char *page_name(enum picture_format format, const struct page *rows) {
    return rows == NULL ? picture_format_name(format) : rows->coding == PAGE_FAX ? "fax" : "rows";
}

static void tell_coded(const struct compressor *compressor, const char *name, const struct pages_summary *summary,
                       size_t size, size_t taken) {
    char kept[48] = "";
    if (summary->kept > 0) {
        snprintf(kept, sizeof kept, ", %u kept as bytes", summary->kept);
    }
    compressor_notice(compressor,
                      "%s %" PRIu32 "x%" PRIu32 ", by its pictures: %u page%s in %u piece%s%s: %zu -> %zu bytes", name,
                      summary->width, summary->height, summary->pages, summary->pages == 1 ? "" : "s", summary->pieces,
                      summary->pieces == 1 ? "" : "s", kept, size, taken);
}

/* What the chunks of an animation take in the record after its first picture, as which they would be kept. */
static enum bswz_status pack_chunks(struct compressor *compressor, const uint8_t *chunks, size_t size, size_t *packed) {
    struct byte_buffer record = {0}, coded = {0};
    enum bswz_status status = BSWZ_OK;
    for (size_t at = 0; at < size && status == BSWZ_OK;) { /* they have been walked before */
        const uint32_t length = load_big_32(chunks + at);
        const char *type = (const char *)chunks + at + 4;
        if (memcmp(type, "IEND", 4) != 0) {
            status = picture_record_add(&record, type, type + 4, length, compressor->error);
        }
        at += (size_t)length + 12;
    }
    *packed = size; /* too large for a record: then the file would be kept */
    if (status == BSWZ_OK && record.size <= RECORD_MAX) {
        status = tail_record_put(&record, &compressor->models, compressor->coding.level, &coded, compressor->error);
        *packed = coded.size;
    }
    free(record.data);
    free(coded.data);
    return status;
}

/* What the segment must be smaller than: the file, and what zstd makes of it; or the first picture of an animation, and
 * its other chunks as they are. */
static enum bswz_status limit_of(struct compressor *compressor, const struct pages_summary *summary,
                                 const uint8_t *file, size_t size, struct held_limit *limit) {
    const size_t first = summary->first_size;
    *limit = (struct held_limit){.size = size - LEAST_SAVING};
    return first == 0 ? find_limit(compressor, file, size, &limit->size)
                      : pack_chunks(compressor, file + first, size - first, &limit->rest);
}

/* format: PICTURE_NONE for rows, whose stream is on trial itself. */
static enum bswz_status code(struct compressor *compressor, enum picture_format format, const struct page *rows,
                             const struct deflate_header *header, const struct pages_summary *summary,
                             const struct byte_buffer *plain, const uint8_t *file, bool *is_coded) {
    const bool is_file = format != PICTURE_NONE;
    struct held_limit limit = {.size = header->size - LEAST_SAVING};
    size_t taken = 0;
    const bool is_animation = summary->first_size > 0;
    const uint64_t spent = compressor->work.spent;
    enum bswz_status status = is_file ? limit_of(compressor, summary, file, header->size, &limit) : BSWZ_OK;
    if (status == BSWZ_OK && (!is_animation || limit.rest / LEAST_FRAME >= summary->pages)) {
        compressor->first_picture = 0;
        status = compress_held_if_smaller(compressor, header, plain, &limit, &taken);
    }
    if (is_animation && taken == 0) { /* it is as if nothing had been tried */
        work_return(&compressor->work, paid_by(compressor, header->size), compressor->work.spent - spent);
    }
    *is_coded = status == BSWZ_OK && taken > 0;
    if (*is_coded) {
        tally_pages(&compressor->tally, format);
        tell_coded(compressor, page_name(format, rows), summary, header->size, taken);
    }
    return status;
}

/* Why a file of this size is not tried; NULL: it is. */
static const char *why_not(const struct compressor *compressor, enum picture_format format, size_t size, bool is_fax) {
    const bool is_compared = format != PICTURE_PNG; /* an animation is compared with what it takes otherwise */
    const size_t least = is_fax ? LEAST_FAX : compressor->is_inside && is_compared ? LEAST_INSIDE : LEAST_FILE;
    if (size < least || size > PAGES_FILE_MAX) {
        return size < least ? "it is too small" : "it is too large";
    }
    if (compressor->depth >= DEFLATE_DEPTH) {
        return "it is inside too many other files";
    }
    return work_has(&compressor->work, paid_by(compressor, size), WORK_PICTURE + (uint64_t)size * WORK_SAMPLE)
               ? NULL
               : "it takes too much time for its size";
}

static enum bswz_status compress(struct compressor *compressor, enum picture_format format, const struct page *rows,
                                 const uint8_t *file, size_t size, bool *is_coded, struct bswz_error *reason) {
    struct deflate_header header = {.is_pages = true, .size = size};
    struct pages_summary summary;
    struct byte_buffer plain = {0};
    struct bswz_error own = {.status = BSWZ_OK};
    bool comes_back = true;
    *is_coded = false;
    const struct pages_limits limits = limits_of(compressor, size);
    const bool is_fax = rows != NULL && rows->coding == PAGE_FAX;
    const char *why = why_not(compressor, format, size, is_fax);
    if (why != NULL) {
        bswz_fail(reason, BSWZ_ERROR_LIMIT, "%s", why);
        return BSWZ_OK;
    }
    enum bswz_status status = pages_take_apart(format, rows, file, size, &limits, &plain, &summary, &own);
    compressor->work.spent += WORK_PICTURE + summary.work;
    if (status != BSWZ_OK) {
        free(plain.data);
        bswz_fail(status == BSWZ_ERROR_MEMORY ? compressor->error : reason, status, "%s", own.message);
        return status == BSWZ_ERROR_MEMORY ? status : BSWZ_OK;
    }
    header.plain_size = plain.size;
    header.hash = XXH3_64bits(file, size);
    status = put_varint(&header.recipe, summary.pictures_size, compressor->error);
    if (status == BSWZ_OK && compressor->coding.verify) {
        status = check(&header, &plain, file, &comes_back, compressor->error);
    }
    if (status == BSWZ_OK && comes_back) {
        status = code(compressor, format, rows, &header, &summary, &plain, file, is_coded);
    }
    if (status == BSWZ_OK && !*is_coded) {
        bswz_fail(reason, BSWZ_ERROR_LIMIT, comes_back ? "its pictures take no less" : "its pictures do not come back");
    }
    deflate_header_free(&header);
    free(plain.data);
    return status;
}

enum bswz_status compress_pages(struct compressor *compressor, enum picture_format format, const uint8_t *file,
                                size_t size, bool *is_coded, struct bswz_error *reason) {
    return compress(compressor, format, NULL, file, size, is_coded, reason);
}

/* The samples of a pixel, from the size of all rows, if the dictionary does not say it. 0: it cannot be. */
static uint8_t find_samples(const struct pdf_rows *rows, size_t size) {
    for (uint8_t samples = 1; samples <= 4 && rows->samples == 0; samples++) {
        const uint64_t bytes = ((uint64_t)rows->width * samples * rows->bits + 7) / 8 * rows->height;
        if (bytes <= size && size - bytes < ROWS_FOLLOWED) {
            return samples;
        }
    }
    return rows->samples;
}

enum bswz_status compress_rows(struct compressor *compressor, const struct pdf_rows *rows, bool *is_coded) {
    struct bswz_error reason = {.status = BSWZ_OK};
    const uint8_t *bytes;
    size_t size;
    *is_coded = false;
    enum bswz_status status = input_peek(compressor->input, PAGES_FILE_MAX, &bytes, &size, compressor->error);
    const uint8_t samples = find_samples(rows, size);
    const struct page page = {.width = rows->width,
                              .height = rows->height,
                              .tile_width = rows->width,
                              .tile_height = rows->height,
                              .samples = samples,
                              .together = samples >= 3 ? 3 : 1,
                              .bits = rows->bits,
                              .coding = rows->predictor >= 10 ? PAGE_FILTERED : PAGE_PLAIN,
                              .flags = PAGE_BIG | (rows->predictor == 2 ? PAGE_DIFFERENCES : 0u)};
    if (status == BSWZ_OK && page_is_sound(&page)) {
        status = compress(compressor, PICTURE_NONE, &page, bytes, size, is_coded, &reason);
    }
    if (status == BSWZ_OK && *is_coded) {
        input_consume(compressor->input, size);
    }
    return status;
}

/* The stream at the input, up to its end, which what is there must fit; *size: 0 if that is further than most. */
static enum bswz_status peek_stream(struct compressor *compressor, size_t most, const uint8_t **bytes, size_t *size,
                                    uint64_t *looked) {
    for (size_t wanted = FIRST_LOOK;; wanted *= 4) {
        size_t available;
        const size_t now = wanted < most ? wanted : most;
        const enum bswz_status status = input_peek(compressor->input, now, bytes, &available, compressor->error);
        if (status != BSWZ_OK) {
            return status;
        }
        available = available < most ? available : most;
        *size = pdf_stream_size(*bytes, available);
        *looked += available;
        if (*size < available) {
            return BSWZ_OK;
        }
        if (available < now || now == most) {
            *size = 0;
            return BSWZ_OK;
        }
    }
}

enum bswz_status compress_fax(struct compressor *compressor, const struct pdf_fax *fax, uint64_t limit, size_t most,
                              uint64_t *as_bytes, uint64_t *debt) {
    struct bswz_error reason = {.status = BSWZ_OK};
    const struct page page = {.width = fax->width,
                              .height = fax->height,
                              .tile_width = fax->width,
                              .tile_height = fax->height,
                              .samples = 1,
                              .together = 1,
                              .bits = 1,
                              .coding = PAGE_FAX};
    const uint8_t *bytes;
    size_t size;
    bool is_coded = false;
    *as_bytes = 0;
    enum bswz_status status = peek_stream(compressor, limit < most ? (size_t)limit : most, &bytes, &size, debt);
    if (status == BSWZ_OK && size > 0 && page_is_sound(&page)) {
        status = compress(compressor, PICTURE_NONE, &page, bytes, size, &is_coded, &reason);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    if (is_coded) {
        input_consume(compressor->input, size);
        return BSWZ_OK;
    }
    if (size > 0) {
        compressor_notice(compressor, "fax kept unchanged (%zu bytes)%s%s", size, reason.message[0] != 0 ? ": " : "",
                          reason.message);
    }
    *as_bytes = size;
    return BSWZ_OK;
}
