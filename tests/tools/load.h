/* SPDX-License-Identifier: MIT */
/*
 * Reads a whole file into memory, for test and benchmark programs that are linked with the library.
 */
#ifndef LOAD_H
#define LOAD_H

#include "base/buffer.h"

#include <stdio.h>

/* Append the file; 0: it cannot be read. */
static inline int load(const char *path, struct byte_buffer *bytes) {
    FILE *file = fopen(path, "rb");
    size_t got = 1;
    if (file == NULL) {
        return 0;
    }
    while (got > 0 && byte_buffer_reserve(bytes, 65536, NULL) == BSWZ_OK) {
        got = fread(bytes->data + bytes->size, 1, 65536, file);
        bytes->size += got;
    }
    const int done = got == 0 && !ferror(file);
    fclose(file);
    return done;
}

#endif
