/* SPDX-License-Identifier: MIT */
/*
 * Write PNG files whose palette follows from their pixels (indices.h): collect the picture, and pass it on with its
 * indices.
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/indices.h"

#include <stdlib.h>
#include <string.h>

struct collected {
    struct byte_buffer head;
    uint8_t *colours;
};

static enum bswz_status open_writer(struct picture_writer *writer, const struct byte_buffer *head,
                                    struct bswz_error *error) {
    const struct picture_info *info = &writer->info;
    struct picture_record record;
    struct collected *state = bswz_allocate_zero(1, sizeof *state);
    writer->state = state;
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    if ((uint64_t)info->width * info->height > INDICES_PIXELS_MAX) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: the picture is too large to be one without a palette");
    }
    enum bswz_status status = picture_record_parse(head, info, &record, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&state->head, head->data, head->size, error);
    }
    if (status == BSWZ_OK) {
        state->colours = bswz_allocate(info->height, writer->row_bytes);
        status = state->colours == NULL ? bswz_no_memory(error) : BSWZ_OK;
    }
    return status;
}

static enum bswz_status write_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                   struct bswz_error *error) {
    struct collected *state = writer->state;
    (void)error;
    memcpy(state->colours + writer->next_row * writer->row_bytes, rows, count * writer->row_bytes);
    return BSWZ_OK;
}

static enum bswz_status pass_on(struct picture_writer *writer, enum picture_format target,
                                const struct whole_picture *picture, const struct byte_buffer *tail,
                                struct bswz_error *error) {
    struct picture_writer *inner;
    enum bswz_status status = picture_writer_open(target, &picture->info, &picture->head, writer->sink, &inner, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (writer->may_change) {
        picture_writer_allow_changes(inner);
    }
    status = picture_writer_rows(inner, picture->samples, picture->info.height, error);
    if (status == BSWZ_OK) {
        status = picture_writer_finish(inner, tail, error);
    }
    picture_writer_close(inner);
    return status;
}

static enum bswz_status finish_writer(struct picture_writer *writer, const struct byte_buffer *tail,
                                      struct bswz_error *error) {
    const struct collected *state = writer->state;
    struct whole_picture picture;
    enum picture_format target = writer->target;
    enum bswz_status status = indices_restore(&writer->info, &state->head, state->colours, &picture, error);
    if (status == BSWZ_ERROR_FORMAT && writer->may_change) { /* damage has added colours, so they stay colours */
        picture = (struct whole_picture){.info = writer->info};
        target = PICTURE_PNG;
        picture.samples = bswz_allocate(writer->info.height, writer->row_bytes);
        status = picture.samples == NULL ? bswz_no_memory(error) : indices_forget(&state->head, &picture.head, error);
        if (status == BSWZ_OK) {
            memcpy(picture.samples, state->colours, writer->info.height * writer->row_bytes);
        }
    }
    if (status == BSWZ_OK) {
        status = pass_on(writer, target, &picture, tail, error);
    }
    whole_picture_free(&picture);
    return status;
}

static void close_writer(struct picture_writer *writer) {
    struct collected *state = writer->state;
    if (state == NULL) {
        return;
    }
    free(state->head.data);
    free(state->colours);
    free(state);
}

const struct picture_writer_methods picture_indices_writer = {open_writer, write_rows, finish_writer, close_writer};
