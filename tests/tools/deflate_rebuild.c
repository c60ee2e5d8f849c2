/* SPDX-License-Identifier: MIT */
/*
 * How large are the recipes of deflate streams? Prints a line for each file, which must begin with a zlib stream, a
 * gzip member or a bare stream, or be a PNG file (whose IDAT chunks are joined):
 *
 *     deflate_rebuild FILE...
 *
 *     rebuilt    81234  300211   45  FILE      bytes of the stream, plain bytes, bytes of the recipe
 *     kept       81234  300211    -  FILE: why
 *
 * "rebuilt" means that the stream has been rebuilt and compared here. With --seconds, each line starts with the
 * processor time for inflating (zlib), describing and rebuilding. Exit status 1 if a file cannot be read or a stream
 * comes back wrong.
 */
#include "deflate/deflate.h"
#include "rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t big(const uint8_t *bytes) {
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

/* Replace a PNG file by the contents of its IDAT chunks. */
static void join_chunks(struct byte_buffer *file) {
    size_t joined = 0;
    for (size_t at = 8; file->size - at >= 12 && at < file->size;) {
        const size_t length = big(file->data + at);
        if (length > file->size - at - 12) {
            break;
        }
        if (memcmp(file->data + at + 4, "IDAT", 4) == 0) {
            memmove(file->data + joined, file->data + at + 8, length);
            joined += length;
        }
        at += length + 12;
    }
    file->size = joined;
}

/* Bytes before the deflate stream. */
static size_t header_size(const struct byte_buffer *file) {
    const uint8_t *bytes = file->data;
    size_t at = 10;
    if (file->size < 18 || bytes[0] != 0x1f || bytes[1] != 0x8b) {
        return file->size > 6 && (bytes[0] & 15) == 8 && (bytes[0] << 8 | bytes[1]) % 31 == 0 ? 2 : 0;
    }
    at += bytes[3] & 4 ? (size_t)(bytes[10] | bytes[11] << 8) + 2 : 0;
    for (int flag = 8; flag <= 16; flag *= 2) { /* name, comment */
        while (bytes[3] & flag && at < file->size && bytes[at] != 0) {
            at++;
        }
        at += bytes[3] & flag ? 1 : 0;
    }
    return at < file->size ? at : file->size;
}

/* 1: something is wrong. */
static int try_file(const char *path, int timed) {
    struct byte_buffer file = {0}, plain = {0}, recipe = {0}, again = {0};
    struct bswz_error error = {0};
    int wrong = 0;
    size_t used = 0;
    if (!load(path, &file)) {
        fprintf(stderr, "deflate_rebuild: %s cannot be read\n", path);
        return 1;
    }
    if (file.size > 8 && memcmp(file.data, "\x89PNG", 4) == 0) {
        join_chunks(&file);
    }
    const size_t start = header_size(&file);
    const uint8_t *stream = file.data + start;
    const double began = seconds();
    enum bswz_status status = deflate_inflate(stream, file.size - start, DEFLATE_PLAIN_MAX, &plain, &used, &error);
    const double inflated = seconds();
    double described = inflated, rebuilt = inflated;
    if (status == BSWZ_OK) {
        status = deflate_describe(stream, used, plain.data, plain.size, used, &recipe, NULL, &error);
        described = seconds();
    }
    if (status == BSWZ_OK) {
        status = deflate_rebuild(plain.data, plain.size, recipe.data, recipe.size, used, &again, &error);
        rebuilt = seconds();
        wrong = status != BSWZ_OK || again.size != used || memcmp(again.data, stream, used) != 0;
    }
    if (timed) {
        printf("%.3f %.3f %.3f ", inflated - began, described - inflated, rebuilt - described);
    }
    if (status != BSWZ_OK && !wrong) {
        printf("kept    %9zu %9zu %7s  %s: %s\n", used, plain.size, "-", path, error.message);
    } else {
        printf("%s %9zu %9zu %7zu  %s\n", wrong ? "WRONG  " : "rebuilt", used, plain.size, recipe.size, path);
    }
    free(file.data);
    free(plain.data);
    free(recipe.data);
    free(again.data);
    return wrong;
}

int main(int count, char **arguments) {
    return try_files(count, arguments, try_file);
}
