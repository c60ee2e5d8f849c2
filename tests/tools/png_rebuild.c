/* SPDX-License-Identifier: MIT */
/*
 * Which PNG files come back byte for byte from samples and a recipe (PICTURE_PNG_FILE)? Prints for each file the
 * result, its size and that of its records:
 *
 *     png_rebuild FILE...
 *
 *     rebuilt   81234  45  FILE
 *     kept      81234   -  FILE: PNG: the pixels were not compressed by zlib as it is here
 *
 * "rebuilt" means that the file has been written again and compared here, not just that the reader says so. With
 * --seconds, each line starts with the times of reading and writing. Exit status 1 if a file cannot be read or
 * comes back wrong.
 */
#include "image/picture.h"
#include "rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum bswz_status write_memory(void *context, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    return byte_buffer_append(context, bytes, size, error);
}

/* From an open reader through all rows to a file. */
static enum bswz_status copy(struct picture_reader *reader, struct byte_buffer *file, struct byte_buffer *tail_copy,
                             struct bswz_error *error) {
    const struct picture_info *info = picture_reader_info(reader);
    const size_t row_bytes = (size_t)info->width * info->channels * (info->depth / 8u);
    const struct byte_buffer *tail;
    struct picture_writer *writer = NULL;
    uint8_t *row = malloc(row_bytes);
    enum bswz_status status = row == NULL ? BSWZ_ERROR_MEMORY
                                          : picture_writer_open(PICTURE_PNG_FILE, info, picture_reader_head(reader),
                                                                (struct byte_sink){write_memory, file}, &writer, error);
    for (uint32_t y = 0; y < info->height && status == BSWZ_OK; y++) {
        status = picture_reader_rows(reader, row, 1, error);
        status = status == BSWZ_OK ? picture_writer_rows(writer, row, 1, error) : status;
    }
    status = status == BSWZ_OK ? picture_reader_finish(reader, &tail, error) : status;
    status = status == BSWZ_OK ? byte_buffer_append(tail_copy, tail->data, tail->size, error) : status;
    status = status == BSWZ_OK ? picture_writer_finish(writer, tail_copy, error) : status;
    picture_writer_close(writer);
    free(row);
    return status;
}

/* 1: something is wrong. */
static int try_file(const char *path, int timed) {
    struct byte_buffer file = {0};
    struct byte_buffer again = {0}, tail = {0};
    struct bswz_error error = {0};
    struct picture_reader *reader;
    int wrong = 0;
    if (!load(path, &file)) {
        fprintf(stderr, "png_rebuild: %s cannot be read\n", path);
        free(file.data);
        return 1;
    }
    const double start = seconds();
    struct picture_memory memory = {file.data, file.size};
    enum bswz_status status =
        picture_reader_open(PICTURE_PNG_FILE, picture_memory_source(&memory), NULL, &reader, &error);
    const double opened = seconds();
    if (status != BSWZ_OK) {
        if (timed) {
            printf("%.3f      - ", opened - start);
        }
        printf("kept    %9zu %7s  %s: %s\n", file.size, "-", path, error.message);
    } else {
        const size_t head_size = picture_reader_head(reader)->size;
        status = copy(reader, &again, &tail, &error);
        wrong = status != BSWZ_OK || again.size != file.size || memcmp(again.data, file.data, again.size) != 0;
        if (timed) {
            printf("%.3f  %.3f ", opened - start, seconds() - opened);
        }
        printf("%s %9zu %7zu  %s%s%s\n", wrong ? "WRONG  " : "rebuilt", file.size, head_size + tail.size, path,
               wrong ? ": " : "", wrong ? error.message : "");
        picture_reader_close(reader);
    }
    free(file.data);
    free(again.data);
    free(tail.data);
    return wrong;
}

int main(int count, char **arguments) {
    return try_files(count, arguments, try_file);
}
