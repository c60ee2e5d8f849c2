/* SPDX-License-Identifier: MIT */
/*
 * Pictures inside other files: the scans of a PDF, the pages of a comic book, the previews in a raw file of a camera,
 * data that phones append to a photograph.
 *
 * Data that is kept as bytes is searched for the beginnings of JPEG, PNG and GIF files, which are too long to occur by
 * chance, and whose ends can be found. Such a file gets a segment of its own if it comes back byte for byte and gets
 * smaller; the bytes around it stay bytes. Deflate streams are found in the same way (wrapped.h, compress_deflate.c).
 *
 * A beginning without an end costs a search through everything after it. Such searches are paid for by bytes that are
 * not searched, so no input takes more than a few times as long as its size suggests.
 */
#include "stream/compress.h"

#include "gif/blocks.h"
#include "stream/wrapped.h"

#include <string.h>

/* Larger files are not searched for. */
#define INSIDE_MAX ((size_t)64 << 20)

/* Bytes that are searched at a time. */
#define LOOK ((size_t)65536)
/* Enough to recognise a beginning. */
#define BEGINNING 8

/* Where a file of this format begins, at position `at` or later; size: nowhere. first: the first byte of such files. */
static size_t find_format(const uint8_t *bytes, size_t size, size_t at, int first, enum picture_format format) {
    while (size - at >= BEGINNING) {
        const uint8_t *found = memchr(bytes + at, first, size - at - (BEGINNING - 1));
        if (found == NULL) {
            break;
        }
        at = (size_t)(found - bytes);
        if (picture_recognise(found, size - at) == format) {
            return at;
        }
        at++;
    }
    return size;
}

/* The first file of any format that is searched for. */
static size_t find_beginning(const uint8_t *bytes, size_t size, size_t at, enum picture_format *format) {
    size_t nearest = size;
    for (const struct picture_format_row *row = picture_format_rows(); row->format != PICTURE_NONE; row++) {
        const size_t found = row->inside != 0 ? find_format(bytes, nearest, at, row->inside, row->format) : nearest;
        if (found < nearest) {
            nearest = found;
            *format = row->format;
        }
    }
    return nearest;
}

/* The largest size of a file that is searched for. */
static size_t longest(const struct compressor *compressor) {
    const uint64_t part = compressor->options->memory_limit / 8; /* the window grows in steps of two to four times */
    return part == 0 || part > INSIDE_MAX ? INSIDE_MAX : (size_t)part;
}

/* Code the file that begins here, if it has an end. If not, the work spent is added to *debt. */
static enum bswz_status compress_candidate(struct compressor *compressor, enum picture_format format, uint64_t limit,
                                           uint64_t *as_bytes, uint64_t *debt) {
    const bool was_inside = compressor->is_inside;
    const uint8_t *bytes;
    size_t size, looked;
    *as_bytes = 1; /* not a file: continue after its first byte */
    enum bswz_status status = compress_peek_file(compressor, format, longest(compressor), &bytes, &size, &looked);
    const bool is_found = status == BSWZ_OK && size != SIZE_MAX && size <= limit;
    if (!is_found || (format == PICTURE_GIF && bytes[size - 1] != GIF_TRAILER)) {
        *debt += status == BSWZ_OK ? looked : 0;
        return status;
    }
    compressor->is_inside = true;
    status = compress_picture(compressor, format, as_bytes);
    compressor->is_inside = was_inside;
    if (status == BSWZ_ERROR_LIMIT) { /* nobody has asked for this picture: it may stay bytes */
        *compressor->error = (struct bswz_error){.status = BSWZ_OK};
        *as_bytes = size;
        status = BSWZ_OK;
    }
    return status;
}

enum bswz_status compress_inside(struct compressor *compressor, uint64_t count) {
    uint64_t debt = 0;
    size_t start = 1; /* a picture at 0 has already been tried */
    enum bswz_status status = BSWZ_OK;
    while (count > 0 && status == BSWZ_OK) {
        const uint8_t *bytes;
        size_t available;
        status = input_peek(compressor->input, LOOK, &bytes, &available, compressor->error);
        if (status != BSWZ_OK || available == 0) {
            break;
        }
        const bool at_end = available < LOOK, is_indebted = debt >= INSIDE_MAX;
        size_t size = available < LOOK ? available : LOOK;
        size = size < count ? size : (size_t)count;
        enum picture_format format = PICTURE_NONE;
        const size_t picture = !is_indebted && size > start ? find_beginning(bytes, size, start, &format) : size;
        const size_t stream = !is_indebted ? wrapper_find(bytes, size, 0) : size;
        const size_t at = stream < picture ? stream : picture;
        const bool found = at < size;
        /* a beginning may reach beyond the window */
        uint64_t step = found ? at : at_end || size == count || size < WRAPPER_LOOK ? size : size - (WRAPPER_LOOK - 1);
        const struct pdf_rows rows =
            stream < picture && bytes[at] == 's' ? pdf_rows_find(bytes, at) : (struct pdf_rows){.width = 0};
        status = compress_bytes(compressor, step);
        count -= step;
        debt -= debt < step ? debt : step;
        start = 0;
        if (found && status == BSWZ_OK) {
            const uint64_t before = input_position(compressor->input);
            compressor->rows = rows;
            status = stream < picture ? compress_deflate(compressor, count, &step, &debt)
                                      : compress_candidate(compressor, format, count, &step, &debt);
            compressor->rows.width = 0;
            if (status == BSWZ_OK) {
                status = compress_bytes(compressor, step);
            }
            count -= input_position(compressor->input) - before;
        }
    }
    return status;
}
