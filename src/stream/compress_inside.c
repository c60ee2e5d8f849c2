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
/* A place near the end of what is searched is looked at again with what comes before and after it. */
#define OVERLAP ((size_t)1024)

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

/* What begins at the nearest place. */
struct beginning {
    enum { BEGINS_NOTHING, BEGINS_PICTURE, BEGINS_DEFLATE, BEGINS_FAX } kind;
    size_t at;
    enum picture_format format;
    struct pdf_rows rows;
    struct pdf_fax fax;
};

/* at: that of the first picture that may be there. */
static struct beginning find_nearest(const uint8_t *bytes, size_t size, size_t at) {
    struct beginning nearest = {.kind = BEGINS_NOTHING, .at = size};
    const size_t picture = size > at ? find_beginning(bytes, size, at, &nearest.format) : size;
    const size_t stream = wrapper_find(bytes, picture, 0);
    const struct pdf_fax fax = pdf_fax_find(bytes, stream < picture ? stream : picture);
    if (fax.word < stream && fax.word < picture) {
        nearest.kind = BEGINS_FAX;
        nearest.at = fax.data;
        nearest.fax = fax;
    } else if (stream < picture) {
        nearest.kind = BEGINS_DEFLATE;
        nearest.at = stream;
        nearest.rows = bytes[stream] == 's' ? pdf_rows_find(bytes, stream) : nearest.rows;
    } else if (picture < size) {
        nearest.kind = BEGINS_PICTURE;
        nearest.at = picture;
    }
    return nearest;
}

/* The input is at what begins. */
static enum bswz_status compress_found(struct compressor *compressor, const struct beginning *found, uint64_t limit,
                                       uint64_t *as_bytes, uint64_t *debt) {
    switch (found->kind) {
    case BEGINS_FAX: return compress_fax(compressor, &found->fax, limit, longest(compressor), as_bytes, debt);
    case BEGINS_PICTURE: return compress_candidate(compressor, found->format, limit, as_bytes, debt);
    default: break;
    }
    compressor->rows = found->rows;
    const enum bswz_status status = compress_deflate(compressor, limit, as_bytes, debt);
    compressor->rows.width = 0;
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
        const bool at_end = available < LOOK;
        size_t size = available < LOOK ? available : LOOK;
        size = size < count ? size : (size_t)count;
        const struct beginning found =
            debt < INSIDE_MAX ? find_nearest(bytes, size, start) : (struct beginning){.kind = BEGINS_NOTHING};
        const bool any = found.kind != BEGINS_NOTHING;
        uint64_t step = any ? found.at : at_end || size == count || size < 2 * OVERLAP ? size : size - OVERLAP;
        status = compress_bytes(compressor, step);
        count -= step;
        debt -= debt < step ? debt : step;
        start = 0;
        if (any && status == BSWZ_OK) {
            const uint64_t before = input_position(compressor->input);
            status = compress_found(compressor, &found, count, &step, &debt);
            if (status == BSWZ_OK) {
                status = compress_bytes(compressor, step);
            }
            count -= input_position(compressor->input) - before;
        }
    }
    return status;
}
