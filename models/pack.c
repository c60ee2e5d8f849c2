/* SPDX-License-Identifier: MIT */
/*
 * Packs a model for the library (src/model/packed.h), when that is built: on the machine that builds, for any other.
 *
 *     pack MODEL.bsm PACKED
 *
 * Written: the hash of the file and its size, 64 bits each with the lowest byte first, and the file, compressed with
 * zstd.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

enum { LEVEL = 19 };

static void put_64(FILE *file, uint64_t value) {
    for (unsigned i = 0; i < 8; i++) {
        putc((int)(value >> 8 * i & 255), file);
    }
}

static int fail(const char *name) {
    perror(name);
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: pack MODEL.bsm PACKED\n", stderr);
        return 1;
    }
    FILE *from = fopen(argv[1], "rb");
    long size = -1;
    if (from == NULL || fseek(from, 0, SEEK_END) != 0 || (size = ftell(from)) < 0 || fseek(from, 0, SEEK_SET) != 0) {
        return fail(argv[1]);
    }
    const size_t bytes = (size_t)size, room = ZSTD_compressBound(bytes);
    void *model = malloc(bytes + 1), *packed = malloc(room);
    if (model == NULL || packed == NULL || fread(model, 1, bytes, from) != bytes) {
        return fail(argv[1]);
    }
    const size_t got = ZSTD_compress(packed, room, model, bytes, LEVEL);
    if (ZSTD_isError(got)) {
        fprintf(stderr, "%s: %s\n", argv[1], ZSTD_getErrorName(got));
        return 1;
    }
    FILE *to = fopen(argv[2], "wb");
    if (to == NULL) {
        return fail(argv[2]);
    }
    put_64(to, XXH3_64bits(model, bytes));
    put_64(to, bytes);
    if (fwrite(packed, 1, got, to) != got || fclose(to) != 0) {
        return fail(argv[2]);
    }
    fclose(from);
    free(model);
    free(packed);
    return 0;
}
