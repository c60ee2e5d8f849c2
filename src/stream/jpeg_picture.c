/* SPDX-License-Identifier: MIT */
/*
 * The pixels of restored JPEG files (jpeg_picture.h).
 */
#include "stream/jpeg_picture.h"

#include "base/allocate.h"
#include "container/container.h"
#include "image/scaled.h"

#include <stdlib.h>

#define PIECE_BYTES ((size_t)1 << 20) /* approximate size of the rows passed on at a time */

enum bswz_status jpeg_picture_open(struct jpeg_picture *picture, const uint8_t *file, size_t size, unsigned scale,
                                   bool is_lenient, struct bswz_error *error) {
    *picture = (struct jpeg_picture){.file = {file, size}, .scale = scale};
    const struct byte_source source = picture_memory_source(&picture->file);
    enum bswz_status status = is_lenient ? picture_reader_open_damaged(PICTURE_JPEG, source, &picture->reader, error)
                                         : picture_reader_open(PICTURE_JPEG, source, NULL, &picture->reader, error);
    if (status != BSWZ_OK) {
        picture->reader = NULL;
        return status;
    }
    const struct picture_info *info = picture_reader_info(picture->reader);
    const struct byte_buffer *head = picture_reader_head(picture->reader);
    picture->info = *info;
    status = scale > 0 ? picture_scale_head(info, head, scale, &picture->info, &picture->head, error)
                       : byte_buffer_append(&picture->head, head->data, head->size, error);
    if (status != BSWZ_OK) {
        jpeg_picture_close(picture);
    }
    return status;
}

/* Pass on the next rows, starting with number first. */
static enum bswz_status give_rows(struct jpeg_picture *picture, uint32_t first, uint32_t rows,
                                  struct restorer *restorer, struct bswz_error *error) {
    const struct picture_info *info = picture_reader_info(picture->reader);
    const uint32_t wanted = picture_scaled_rows(first, rows, picture->scale);
    uint8_t *samples = bswz_allocate(rows, picture_row_bytes(info)), *scaled = samples;
    if (samples == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = picture_reader_rows(picture->reader, samples, rows, error);
    if (status == BSWZ_OK && picture->scale > 0 && wanted > 0) {
        scaled = bswz_allocate(wanted, picture_row_bytes(&picture->info));
        if (scaled != NULL) {
            picture_scale_samples(samples, info->width, first, rows, info->channels, picture->scale, scaled);
        } else {
            status = bswz_no_memory(error);
        }
        free(samples);
    }
    if (status != BSWZ_OK || wanted == 0) {
        free(scaled);
        return status;
    }
    return restorer_rows(restorer, scaled, wanted, true, error);
}

enum bswz_status jpeg_picture_give(struct jpeg_picture *picture, struct restorer *restorer, struct bswz_error *error) {
    const struct picture_info *info = picture_reader_info(picture->reader);
    const size_t row_bytes = picture_row_bytes(info);
    const uint32_t most = row_bytes < PIECE_BYTES ? (uint32_t)(PIECE_BYTES / row_bytes) : 1;
    enum bswz_status status = restorer_picture(restorer, &picture->info, &picture->head, error);
    for (uint32_t row = 0; row < info->height && status == BSWZ_OK; row += most) {
        status = give_rows(picture, row, info->height - row < most ? info->height - row : most, restorer, error);
    }
    const struct byte_buffer *tail;
    if (status == BSWZ_OK) {
        status = picture_reader_finish(picture->reader, &tail, error);
    }
    return status == BSWZ_OK ? restorer_picture_end(restorer, tail, false, error) : status;
}

void jpeg_picture_close(struct jpeg_picture *picture) {
    picture_reader_close(picture->reader);
    free(picture->head.data);
}
