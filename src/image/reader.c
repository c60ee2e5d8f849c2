/* SPDX-License-Identifier: MIT */
/*
 * The reader that callers see: it looks the format up, counts rows, and remembers a failure so that a
 * decoder that has failed is never called again.
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/formats.h"

#include <stdlib.h>

static enum bswz_status open_reader(enum picture_format format, struct byte_source source,
                                    const struct raw_geometry *raw, bool is_lenient, struct picture_reader **reader,
                                    struct bswz_error *error) {
    *reader = NULL;
    const struct picture_reader_methods *methods = picture_format_row(format)->reader;
    if (methods == NULL) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "not a picture format");
    }
    struct picture_reader *opened = bswz_allocate_zero(1, sizeof *opened);
    if (opened == NULL) {
        return bswz_no_memory(error);
    }
    opened->methods = methods;
    opened->source = source;
    opened->info.format = format;
    opened->is_lenient = is_lenient;
    enum bswz_status status = methods->open(opened, raw, error);
    if (status == BSWZ_OK) { /* the formats have checked this, but what is handed out is checked again */
        status = picture_check_info(&opened->info, &opened->row_bytes, error);
    }
    if (status != BSWZ_OK) {
        picture_reader_close(opened);
        return status;
    }
    *reader = opened;
    return BSWZ_OK;
}

enum bswz_status picture_reader_open(enum picture_format format, struct byte_source source,
                                     const struct raw_geometry *raw, struct picture_reader **reader,
                                     struct bswz_error *error) {
    return open_reader(format, source, raw, false, reader, error);
}

enum bswz_status picture_reader_open_damaged(enum picture_format format, struct byte_source source,
                                             struct picture_reader **reader, struct bswz_error *error) {
    return open_reader(format, source, NULL, true, reader, error);
}

bool picture_reader_is_damaged(const struct picture_reader *reader) {
    return reader->is_damaged;
}

const struct picture_info *picture_reader_info(const struct picture_reader *reader) {
    return &reader->info;
}

const struct byte_buffer *picture_reader_head(const struct picture_reader *reader) {
    return &reader->head;
}

enum bswz_status picture_reader_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                     struct bswz_error *error) {
    if (reader->failed != BSWZ_OK) {
        return bswz_fail(error, reader->failed, "the picture could not be read");
    }
    if (count > reader->info.height - reader->next_row) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "more rows requested than the picture has");
    }
    if (count == 0) {
        return BSWZ_OK;
    }
    reader->failed = reader->methods->rows(reader, rows, count, error);
    reader->next_row += count;
    return reader->failed;
}

enum bswz_status picture_reader_finish(struct picture_reader *reader, const struct byte_buffer **tail,
                                       struct bswz_error *error) {
    *tail = &reader->tail;
    if (reader->failed != BSWZ_OK) {
        return bswz_fail(error, reader->failed, "the picture could not be read");
    }
    if (reader->next_row != reader->info.height) {
        return bswz_fail(error, BSWZ_ERROR_ARGUMENT, "the picture was not read completely");
    }
    if (reader->methods->finish != NULL) {
        reader->failed = reader->methods->finish(reader, error);
    }
    return reader->failed;
}

void picture_reader_close(struct picture_reader *reader) {
    if (reader == NULL) {
        return;
    }
    reader->methods->close(reader);
    free(reader->head.data);
    free(reader->tail.data);
    free(reader);
}
