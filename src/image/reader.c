/* SPDX-License-Identifier: MIT */
/*
 * The reader that callers see: it looks the format up, counts rows, and remembers a failure so that a
 * decoder that has failed is never called again.
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/formats.h"
#include "image/indices.h"

#include <stdlib.h>
#include <string.h>

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

/* All rows have been read: go back to the first, with colours or with the same indices. */
static enum bswz_status keep_whole(struct picture_reader *reader, uint8_t *indices, struct bswz_error *error) {
    struct whole_picture coloured;
    bool found;
    const enum bswz_status status = indices_to_colours(&reader->info, &reader->head, indices, &coloured, &found, error);
    reader->next_row = 0;
    reader->colours = indices;
    if (status != BSWZ_OK || !found) {
        return status;
    }
    reader->info = coloured.info;
    reader->colours = coloured.samples;
    coloured.samples = indices;
    const struct byte_buffer head = reader->head;
    reader->head = coloured.head;
    coloured.head = head;
    whole_picture_free(&coloured);
    return picture_check_info(&reader->info, &reader->row_bytes, error);
}

enum bswz_status picture_reader_find_colours(struct picture_reader *reader, struct bswz_error *error) {
    if (!indices_are_eligible(&reader->info)) {
        return BSWZ_OK;
    }
    uint8_t *indices = bswz_allocate(reader->info.height, reader->row_bytes);
    if (indices == NULL) {
        return bswz_no_memory(error);
    }
    const enum bswz_status status = picture_reader_rows(reader, indices, reader->info.height, error);
    if (status != BSWZ_OK) {
        free(indices);
        return status;
    }
    return keep_whole(reader, indices, error);
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
    if (reader->colours != NULL) {
        memcpy(rows, reader->colours + reader->next_row * reader->row_bytes, count * reader->row_bytes);
    } else {
        reader->failed = reader->methods->rows(reader, rows, count, error);
    }
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
    free(reader->colours);
    free(reader->head.data);
    free(reader->tail.data);
    free(reader);
}
