/* SPDX-License-Identifier: MIT */
/*
 * Decompressing a JPEG file (decompress.h): its coefficients and recipe become the file, or its pixels if the caller wants
 * them.
 */
#include "stream/decompress.h"

#include "base/allocate.h"
#include "stream/jpeg_picture.h"

#include <stdlib.h>

enum bswz_status decompress_jpeg_begin(struct decompressor *decompressor) {
    decompressor->restored = 0;
    decompressor->in_jpeg = true;
    /* among other data, as in an archive, it stays a file */
    const struct bswz_decompress_options *options = decompressor->options;
    decompressor->is_converted = (options->target != BSWZ_TO_SOURCE || options->scale > 0) &&
                                 decompressor->last_bytes != decompressor->walk.streams;
    if (!decompressor->is_converted) {
        decompressor->last_bytes = decompressor->walk.streams;
    }
    return jpeg_restoration_begin(&decompressor->jpeg, &decompressor->coding, &decompressor->walk.jpeg,
                                  decompressor->rescue.wanted, NULL, decompressor->error);
}

enum bswz_status decompress_jpeg_band(struct decompressor *decompressor, const uint8_t *bytes, size_t available) {
    const bool is_cut = available < decompressor->walk.frame.payload_size;
    return jpeg_restoration_push(&decompressor->jpeg, bytes, available, is_cut, input_position(decompressor->input),
                                 decompressor->error);
}

/* A damaged file keeps its length, so that everything after it stays in its place. */
static enum bswz_status rescue_jpeg(struct decompressor *decompressor, uint8_t **file) {
    const struct jpeg_header *header = &decompressor->walk.jpeg;
    char what[64];
    jpeg_describe(&header->planes, what);
    rescue_report_file(&decompressor->rescue, what, *file != NULL, decompressor->walk.segment_start);
    if (*file == NULL) {
        *file = bswz_allocate_zero(header->file_size, 1);
    }
    return *file != NULL ? BSWZ_OK : bswz_no_memory(decompressor->error);
}

/* The file is as it was, but cannot be decoded, or not without loss. */
static enum bswz_status not_decoded(struct decompressor *decompressor, enum bswz_status status,
                                    const struct bswz_error *failure) {
    const bool is_damaged = status == BSWZ_ERROR_FORMAT || status == BSWZ_ERROR_TRUNCATED;
    return !is_damaged && status != BSWZ_ERROR_UNSUPPORTED
               ? bswz_fail_at(decompressor->error, status, failure->offset, "%s", failure->message)
               : bswz_fail(decompressor->error, status, "%s; the file comes back as it was without --to and --scale%s",
                           failure->message, is_damaged ? ", or as decoders show it with --rescue" : "");
}

/* Write the pixels of the file that has been restored. */
static enum bswz_status write_pixels(struct decompressor *decompressor, const uint8_t *file) {
    struct jpeg_picture picture;
    struct bswz_error own = {.status = BSWZ_OK};
    const bool is_lenient = decompressor->rescue.wanted;
    enum bswz_status status = jpeg_picture_open(&picture, file, decompressor->walk.jpeg.file_size,
                                                decompressor->options->scale, is_lenient, &own);
    if (status != BSWZ_OK) {
        return not_decoded(decompressor, status, &own);
    }
    decompressor->info = picture.info;
    status = decompressor_check_target(decompressor, &picture.head);
    if (status == BSWZ_OK) {
        status = jpeg_picture_give(&picture, decompressor->restorer, &own);
        status = status == BSWZ_OK ? status : not_decoded(decompressor, status, &own);
    }
    if (status == BSWZ_OK && picture_reader_is_damaged(picture.reader)) {
        char what[64];
        jpeg_describe(&decompressor->walk.jpeg.planes, what);
        rescue_report_file(&decompressor->rescue, what, true, decompressor->walk.segment_start);
    }
    jpeg_picture_close(&picture);
    return status;
}

enum bswz_status decompress_jpeg_end(struct decompressor *decompressor) {
    const struct jpeg_header *header = &decompressor->walk.jpeg;
    struct bswz_error failure = {.status = BSWZ_OK};
    char what[64];
    uint8_t *file = NULL;
    enum bswz_status status = jpeg_restoration_finish(&decompressor->jpeg, &file, &failure);
    if (status != BSWZ_OK) {
        status = rescue_goes_on(&decompressor->rescue, status)
                     ? rescue_jpeg(decompressor, &file)
                     : bswz_fail_at(decompressor->error, status,
                                    failure.offset != 0 ? failure.offset : input_position(decompressor->input), "%s",
                                    failure.message);
    }
    jpeg_restoration_close(&decompressor->jpeg);
    decompressor->in_jpeg = false;
    if (status != BSWZ_OK) {
        free(file);
        return status;
    }
    decompressor->restored = header->file_size;
    jpeg_describe(&header->planes, what);
    decompressor_notice(decompressor, what);
    if (decompressor->is_converted) {
        status = write_pixels(decompressor, file);
        free(file);
        return status;
    }
    return restorer_bytes(decompressor->restorer, file, header->file_size, decompressor->error);
}
