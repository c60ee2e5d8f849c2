/* SPDX-License-Identifier: MIT */
/*
 * Archives: headers and padding are bytes; a member that is an ordinary file is treated like a small input of its own.
 *
 * A picture cannot reach beyond its member, since the input seems to end where the member does. Members are not
 * buffered: data that is not a picture is passed on as it comes, however large it is. An archive inside an archive is
 * bytes.
 */
#include "stream/compress.h"

/* An ordinary file. */
static enum bswz_status compress_member(struct compressor *compressor, const struct archive_part *part) {
    const size_t before = compressor_enter(compressor, part->name, sizeof part->name);
    enum bswz_status status;
    bool more;
    const bool was_inside = compressor->is_inside;
    compressor->is_inside = true;
    input_limit(compressor->input, part->data);
    do {
        status = compress_part(compressor, &more);
    } while (status == BSWZ_OK && more);
    input_lift_limit(compressor->input);
    compressor->is_inside = was_inside;
    compressor_leave(compressor, before);
    return status;
}

static enum bswz_status compress_archive_part(struct compressor *compressor, const struct archive_part *part) {
    enum bswz_status status = compress_bytes(compressor, part->header);
    if (status == BSWZ_OK) {
        status = part->is_file ? compress_member(compressor, part) : compress_bytes(compressor, part->data);
    }
    return status == BSWZ_OK ? compress_bytes(compressor, part->padding) : status;
}

enum bswz_status compress_archive(struct compressor *compressor, struct archive *archive) {
    size_t wanted = ARCHIVE_LOOK;
    for (;;) {
        const uint8_t *bytes;
        size_t available;
        struct archive_part part;
        enum bswz_status status = input_peek(compressor->input, wanted, &bytes, &available, compressor->error);
        if (status != BSWZ_OK || available == 0) {
            return status;
        }
        switch (archive_next(archive, bytes, available, available < wanted, &part)) {
        case ARCHIVE_PART:
            status = compress_archive_part(compressor, &part);
            wanted = ARCHIVE_LOOK;
            break;
        case ARCHIVE_MORE: wanted = part.wanted; break;
        case ARCHIVE_OVER:
        default: return BSWZ_OK;
        }
        if (status != BSWZ_OK) {
            return status;
        }
    }
}
