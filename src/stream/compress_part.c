/* SPDX-License-Identifier: MIT */
/*
 * A part of the input that is not an archive: a picture, or bytes (compress.h).
 */
#include "stream/compress.h"

enum bswz_status compress_part(struct compressor *compressor, bool *more) {
    const bool is_raw = compressor->options->raw_width > 0;
    const uint8_t *bytes;
    size_t available;
    enum bswz_status status = input_peek(compressor->input, PICTURE_LOOK, &bytes, &available, compressor->error);
    *more = status == BSWZ_OK && available > 0;
    if (!*more) {
        return status;
    }
    const struct pdf_rows rows = compressor->rows;
    compressor->rows.width = 0; /* it is no more than this part */
    if (compressor->depth > 0 && rows.width > 0) {
        bool is_coded;
        status = compress_rows(compressor, &rows, &is_coded);
        if (status != BSWZ_OK || is_coded) {
            return status;
        }
        status = input_peek(compressor->input, PICTURE_LOOK, &bytes, &available, compressor->error);
        if (status != BSWZ_OK) {
            return status;
        }
    }
    const enum picture_format format = is_raw ? PICTURE_RAW : picture_recognise(bytes, available);
    uint64_t as_bytes = ALL_BYTES;
    if (format != PICTURE_NONE) {
        status = compress_picture(compressor, format, &as_bytes);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    return is_raw ? compress_bytes(compressor, as_bytes) : compress_inside(compressor, as_bytes);
}
