/* SPDX-License-Identifier: MIT */
/*
 * Decompressing a GIF file (decompress.h), which stays a file, whatever format the caller wants for pictures.
 */
#include "stream/decompress.h"

#include <stdlib.h>

enum bswz_status decompress_gif_begin(struct decompressor *decompressor) {
    decompressor->restored = 0;
    decompressor->in_gif = true;
    decompressor->last_bytes = decompressor->walk.streams;
    return decompressor_placed(decompressor, gif_restoration_begin(&decompressor->gif, &decompressor->walk.gif,
                                                                   decompressor->rescue.wanted, decompressor->error));
}

enum bswz_status decompress_gif_part(struct decompressor *decompressor, const uint8_t *bytes, size_t available) {
    const bool is_cut = available < decompressor->walk.frame.payload_size;
    return decompressor_placed(decompressor,
                               gif_restoration_push(&decompressor->gif, bytes, available, is_cut, decompressor->error));
}

enum bswz_status decompress_gif_end(struct decompressor *decompressor) {
    const struct gif_header *header = &decompressor->walk.gif;
    struct bswz_error failure = {.status = BSWZ_OK};
    char what[64];
    uint8_t *file;
    enum bswz_status status = gif_restoration_finish(&decompressor->gif, &file, &failure);
    gif_describe(header, what);
    if (status != BSWZ_OK && file != NULL && rescue_goes_on(&decompressor->rescue, status)) {
        rescue_report_file(&decompressor->rescue, what, true, decompressor->walk.segment_start);
        status = BSWZ_OK;
    }
    gif_restoration_close(&decompressor->gif);
    decompressor->in_gif = false;
    if (status != BSWZ_OK) {
        free(file);
        return bswz_fail_at(decompressor->error, status, input_position(decompressor->input), "%s", failure.message);
    }
    decompressor->restored = header->file_size;
    decompressor_notice(decompressor, what);
    return restorer_bytes(decompressor->restorer, file, header->file_size, decompressor->error);
}
