/* SPDX-License-Identifier: MIT */
/*
 * Writing BMP and TIFF files exactly (layout.h): the other bytes of the record, and the rows between them.
 *
 * Rows are written as they come, unless the first row in the file is the lowest: then they are collected and
 * written at the end.
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/layout.h"

#include <stdlib.h>
#include <string.h>

/* Rows are passed on in blocks of about this many bytes. */
#define BLOCK_BYTES ((size_t)65536)

struct layout_writing {
    struct byte_buffer record; /* a copy; layout points into it */
    struct sample_layout layout;
    size_t stride;
    size_t position;    /* in the other bytes: those before it have been written */
    uint32_t rows_left; /* of the current run */
    uint8_t *block;     /* block_rows rows of the file */
    uint32_t block_rows;
    uint8_t *whole; /* bottom-up: all rows of samples; otherwise NULL */
};

static enum bswz_status open_writer(struct picture_writer *writer, const struct byte_buffer *head,
                                    struct bswz_error *error) {
    const struct picture_info *info = &writer->info;
    struct layout_writing *state = bswz_allocate_zero(1, sizeof *state);
    writer->state = state;
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = BSWZ_OK;
    if (head != NULL) {
        status = byte_buffer_append(&state->record, head->data, head->size, error);
    }
    if (status == BSWZ_OK) {
        status = layout_take(&state->record, info, &state->layout, error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    state->stride = layout_stride(&state->layout, info);
    state->block_rows = state->stride < BLOCK_BYTES ? (uint32_t)(BLOCK_BYTES / state->stride) : 1;
    state->block = bswz_allocate(state->block_rows, state->stride);
    if (state->layout.bottom_up) {
        state->whole = bswz_allocate(info->height, writer->row_bytes);
    }
    if (state->block == NULL || (state->layout.bottom_up && state->whole == NULL)) {
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

/* Write the next size of the other bytes. */
static enum bswz_status write_others(struct picture_writer *writer, size_t size, struct bswz_error *error) {
    struct layout_writing *state = writer->state;
    const uint8_t *bytes = state->layout.others + state->position;
    state->position += size;
    return size == 0 ? BSWZ_OK : writer->sink.write(writer->sink.context, bytes, size, error);
}

/* Write count rows of the current run, step bytes apart, the first one at row. */
static enum bswz_status write_block(struct picture_writer *writer, const uint8_t *row, ptrdiff_t step, uint32_t count,
                                    struct bswz_error *error) {
    struct layout_writing *state = writer->state;
    for (uint32_t i = 0; i < count; i++) {
        layout_pack_row(&state->layout, &writer->info, row + (ptrdiff_t)i * step, state->block + i * state->stride);
    }
    state->rows_left -= count;
    return writer->sink.write(writer->sink.context, state->block, count * state->stride, error);
}

/* Write count rows in the order of the file, with the other bytes before each run. */
static enum bswz_status write_in_order(struct picture_writer *writer, const uint8_t *row, ptrdiff_t step,
                                       uint32_t count, struct bswz_error *error) {
    struct layout_writing *state = writer->state;
    enum bswz_status status = BSWZ_OK;
    for (uint32_t done = 0; done < count && status == BSWZ_OK;) {
        if (state->rows_left == 0) {
            size_t gap;
            layout_next_run(&state->layout.runs, &gap, &state->rows_left);
            status = write_others(writer, gap, error);
        }
        uint32_t block = count - done < state->block_rows ? count - done : state->block_rows;
        block = block < state->rows_left ? block : state->rows_left;
        if (status == BSWZ_OK) {
            status = write_block(writer, row + (ptrdiff_t)done * step, step, block, error);
        }
        done += block;
    }
    return status;
}

static enum bswz_status write_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                   struct bswz_error *error) {
    struct layout_writing *state = writer->state;
    if (state->whole != NULL) {
        memcpy(state->whole + writer->next_row * writer->row_bytes, rows, count * writer->row_bytes);
        return BSWZ_OK;
    }
    return write_in_order(writer, rows, (ptrdiff_t)writer->row_bytes, count, error);
}

static enum bswz_status finish_writer(struct picture_writer *writer, const struct byte_buffer *tail,
                                      struct bswz_error *error) {
    struct layout_writing *state = writer->state;
    const uint32_t height = writer->info.height;
    enum bswz_status status = BSWZ_OK;
    (void)tail; /* everything is in the head record */
    if (state->whole != NULL) {
        status = write_in_order(writer, state->whole + (height - 1) * writer->row_bytes, -(ptrdiff_t)writer->row_bytes,
                                height, error);
    }
    return status == BSWZ_OK ? write_others(writer, state->layout.others_size - state->position, error) : status;
}

static void close_writer(struct picture_writer *writer) {
    struct layout_writing *state = writer->state;
    if (state != NULL) {
        free(state->record.data);
        free(state->block);
        free(state->whole);
        free(state);
    }
}

const struct picture_writer_methods picture_layout_writer = {open_writer, write_rows, finish_writer, close_writer};

/* A BMP file may begin with its lowest row. */
uint64_t bmp_held(const struct picture_info *info, const struct byte_buffer *head) {
    (void)head;
    return (uint64_t)info->width * info->height * info->channels * (info->depth / 8u);
}
