/* SPDX-License-Identifier: MIT */
/*
 * What several formats need: a growing buffer, reading in full, the limits of a picture. Every size that comes
 * from a file is checked here before it is multiplied or used for an allocation.
 */
#include "image/format.h"
#include "image/formats.h"

#include <stdlib.h>
#include <string.h>

/* The first piece that is read of a file held in memory. Each further piece is as long as all before it, so that
 * the walks of picture_extent() add up to O(size). */
#define FIRST_PIECE ((size_t)65536)

enum bswz_status picture_check_info(const struct picture_info *info, size_t *row_bytes, struct bswz_error *error) {
    if (info->width == 0 || info->height == 0) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the picture has no pixels");
    }
    if (info->width > PICTURE_MAX_SIDE || info->height > PICTURE_MAX_SIDE ||
        (uint64_t)info->width * info->height > PICTURE_MAX_PIXELS) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "the picture is too large (%u x %u pixels)", info->width,
                         info->height);
    }
    if (info->channels < 1 || info->channels > 4 || (info->depth != 8 && info->depth != 16) || info->maxval == 0 ||
        (info->maxval > 255) != (info->depth == 16) || (info->indexed && (info->channels != 1 || info->depth != 8)) ||
        picture_format_row(info->format)->reader == NULL) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "the description of the picture is inconsistent");
    }
    const size_t pixel_bytes = (size_t)info->channels * (info->depth / 8u);
    size_t row, all;
    if (__builtin_mul_overflow((size_t)info->width, pixel_bytes, &row) ||
        __builtin_mul_overflow(row, (size_t)info->height, &all)) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "the picture is larger than the address space");
    }
    *row_bytes = row;
    return BSWZ_OK;
}

/* Read until there are size bytes or the input ends; SIZE_MAX on failure. */
static size_t read_up_to(struct byte_source source, uint8_t *bytes, size_t size, struct bswz_error *error) {
    size_t done = 0;
    while (done < size) {
        const size_t got = source.read(source.context, bytes + done, size - done, error);
        if (got > size - done) { /* SIZE_MAX, or a source that lies */
            bswz_fail(error, BSWZ_ERROR_READ, "cannot read the input");
            return SIZE_MAX;
        }
        if (got == 0) {
            break;
        }
        done += got;
    }
    return done;
}

/* The source has described the failure; pass on its status. */
static enum bswz_status read_failure(const struct bswz_error *error) {
    return error != NULL && error->status != BSWZ_OK ? error->status : BSWZ_ERROR_READ;
}

enum bswz_status picture_read_exactly(struct byte_source source, uint8_t *bytes, size_t size,
                                      struct bswz_error *error) {
    const size_t got = read_up_to(source, bytes, size, error);
    if (got == SIZE_MAX) {
        return read_failure(error);
    }
    if (got < size) {
        return bswz_fail(error, BSWZ_ERROR_TRUNCATED, "the picture ends too early");
    }
    return BSWZ_OK;
}

/* The next bytes of the source. *is_end: there are no more. */
static enum bswz_status read_more(struct byte_source source, struct byte_buffer *buffer, bool *is_end,
                                  struct bswz_error *error) {
    const size_t piece = buffer->size < FIRST_PIECE ? FIRST_PIECE : buffer->size;
    const enum bswz_status status = byte_buffer_reserve(buffer, piece, error);
    if (status != BSWZ_OK) {
        return status;
    }
    const size_t got = read_up_to(source, buffer->data + buffer->size, piece, error);
    if (got == SIZE_MAX) {
        return read_failure(error);
    }
    buffer->size += got;
    *is_end = got < piece;
    return BSWZ_OK;
}

enum bswz_status picture_read_all(struct byte_source source, struct byte_buffer *buffer, struct bswz_error *error) {
    bool is_end = false;
    enum bswz_status status = BSWZ_OK;
    while (status == BSWZ_OK && !is_end) {
        status = read_more(source, buffer, &is_end, error);
    }
    return status;
}

enum bswz_status picture_read_file(enum picture_format format, struct byte_source source, struct byte_buffer *buffer,
                                   struct bswz_error *error) {
    for (;;) {
        bool is_end = false;
        const enum bswz_status status = read_more(source, buffer, &is_end, error);
        if (status != BSWZ_OK) {
            return status;
        }
        size_t extent = picture_extent(format, buffer->data, buffer->size, false);
        if (extent == 0 && is_end) {
            extent = picture_extent(format, buffer->data, buffer->size, true);
            if (extent == SIZE_MAX) {
                return bswz_fail(error, BSWZ_ERROR_TRUNCATED, "the picture ends too early");
            }
        }
        if (extent == SIZE_MAX) {
            return bswz_fail(error, BSWZ_ERROR_FORMAT, "the picture file is invalid");
        }
        if (extent != 0) {
            buffer->size = extent;
            return BSWZ_OK;
        }
    }
}

void picture_swap_samples(uint8_t *to, const uint8_t *from, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t first = from[2 * i], second = from[2 * i + 1];
        to[2 * i] = second;
        to[2 * i + 1] = first;
    }
}

static size_t read_memory(void *context, uint8_t *bytes, size_t size, struct bswz_error *error) {
    struct picture_memory *memory = context;
    (void)error;
    const size_t take = size < memory->left ? size : memory->left;
    if (take > 0) {
        memcpy(bytes, memory->bytes, take);
        memory->bytes += take;
        memory->left -= take;
    }
    return take;
}

struct byte_source picture_memory_source(struct picture_memory *memory) {
    return (struct byte_source){read_memory, memory};
}
