/* SPDX-License-Identifier: MIT */
/*
 * The writer that callers see: it plans the conversion to the target, looks the format up, converts
 * rows in blocks, and remembers a failure.
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/formats.h"
#include "image/indices.h"

#include <stdlib.h>

/* Converted rows are passed on in blocks of about this many bytes. */
#define BLOCK_BYTES ((size_t)65536)

static enum bswz_status prepare(struct picture_writer *writer, const struct byte_buffer *head,
                                struct bswz_error *error) {
    enum bswz_status status = picture_check_info(&writer->source_info, &writer->source_row_bytes, error);
    if (status == BSWZ_OK) {
        status =
            picture_convert_plan(writer->target, &writer->source_info, head, &writer->conversion, &writer->info, error);
    }
    if (status == BSWZ_OK) {
        status = picture_check_info(&writer->info, &writer->row_bytes, error);
    }
    if (status != BSWZ_OK || !picture_converts(&writer->conversion)) {
        return status;
    }
    const size_t block = BLOCK_BYTES / writer->row_bytes;
    writer->converted_rows = block == 0 ? 1 : (uint32_t)block;
    writer->converted = bswz_allocate(writer->converted_rows, writer->row_bytes);
    if (writer->converted == NULL) {
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

enum bswz_status picture_writer_open(enum picture_format target, const struct picture_info *info,
                                     const struct byte_buffer *head, struct byte_sink sink,
                                     struct picture_writer **writer, struct bswz_error *error) {
    *writer = NULL;
    const struct picture_format_row *row = picture_format_row(target);
    const struct picture_writer_methods *methods = row->writer;
    if (methods == NULL) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "pictures cannot be written in this format");
    }
    struct picture_writer *opened = bswz_allocate_zero(1, sizeof *opened);
    if (opened == NULL) {
        return bswz_no_memory(error);
    }
    opened->methods = row->indices_writer != NULL && indices_are_wanted(info, head) ? row->indices_writer : methods;
    opened->sink = sink;
    opened->target = target;
    opened->source_info = *info;
    enum bswz_status status = prepare(opened, head, error);
    if (status == BSWZ_OK) {
        status = opened->methods->open(opened, head, error);
    }
    if (status != BSWZ_OK) {
        picture_writer_close(opened);
        return status;
    }
    *writer = opened;
    return BSWZ_OK;
}

void picture_writer_allow_changes(struct picture_writer *writer) {
    writer->may_change = true;
}

enum bswz_status picture_writer_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                     struct bswz_error *error) {
    if (writer->failed != BSWZ_OK) {
        return bswz_fail(error, writer->failed, "the picture could not be written");
    }
    if (count > writer->info.height - writer->next_row) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "more rows given than the picture has");
    }
    while (count > 0 && writer->failed == BSWZ_OK) {
        uint32_t block = count;
        if (writer->converted == NULL) {
            writer->failed = writer->methods->rows(writer, rows, block, error);
        } else {
            block = count < writer->converted_rows ? count : writer->converted_rows;
            picture_convert(&writer->conversion, rows, writer->converted, (size_t)block * writer->info.width);
            writer->failed = writer->methods->rows(writer, writer->converted, block, error);
        }
        rows += (size_t)block * writer->source_row_bytes;
        count -= block;
        writer->next_row += block;
    }
    return writer->failed;
}

enum bswz_status picture_writer_finish(struct picture_writer *writer, const struct byte_buffer *tail,
                                       struct bswz_error *error) {
    if (writer->failed != BSWZ_OK) {
        return bswz_fail(error, writer->failed, "the picture could not be written");
    }
    if (writer->next_row != writer->info.height) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "the picture was not written completely");
    }
    writer->failed = writer->methods->finish(writer, tail, error);
    return writer->failed;
}

void picture_writer_close(struct picture_writer *writer) {
    if (writer == NULL) {
        return;
    }
    writer->methods->close(writer);
    free(writer->converted);
    free(writer);
}

uint64_t picture_writer_holds(enum picture_format target, const struct picture_info *info,
                              const struct byte_buffer *head) {
    const struct picture_format_row *row = picture_format_row(target);
    return row->held != NULL ? row->held(info, head) : 0;
}
