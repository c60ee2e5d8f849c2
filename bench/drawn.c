/* SPDX-License-Identifier: MIT */
/*
 * Codes PNG files with the coder for drawings: bytes, seconds of processor time, and where the bits go.
 *
 *     drawn LEVEL[,LEVEL]... FILE...
 *
 * Prints a line of tab-separated fields for each file and level: level, file, width, height, channels (i: palette
 * indices), bytes, seconds to encode and to decode, then the bytes of headers, flat surroundings, sure contexts,
 * candidates, residuals and two-valued pixels. A palette in the file counts three bytes per colour. Every picture
 * is decoded and compared, unless DRAWN_ENCODE is set in the environment. Pictures are divided into bands of two
 * megapixels, as the program does.
 */
#include "drawn_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool measure(const char *name, const struct loaded *loaded, int level) {
    const uint32_t width = loaded->picture.width, height = loaded->picture.height;
    const size_t stride = (size_t)width * loaded->picture.channels;
    uint32_t rows = (1u << 21) / width > 0 ? (1u << 21) / width : 1;
    const uint32_t bands = (height + rows - 1) / rows;
    rows = (height + bands - 1) / bands;
    uint8_t *restored = malloc(stride * rows);
    double bits[DRAWN_PARTS] = {0}, encoding = 0, decoding = 0;
    size_t size = 0;
    bool is_right = true;
    const bool skip_decoding = getenv("DRAWN_ENCODE") != NULL;
    for (uint32_t y = 0; y < height && is_right; y += rows) {
        struct drawn_picture band = loaded->picture;
        band.height = height - y < rows ? height - y : rows;
        struct byte_buffer out = {0};
        struct bswz_error error = {0};
        bool is_coded;
        const double start = seconds();
        enum bswz_status status =
            drawn_encode(&band, loaded->samples + y * stride, level, SIZE_MAX, &out, &is_coded, bits, &error);
        const double middle = seconds();
        status = status == BSWZ_OK && !skip_decoding
                     ? drawn_decode(&band, out.data, out.size, false, restored, NULL, &error)
                     : status;
        encoding += middle - start;
        decoding += seconds() - middle;
        is_right = status == BSWZ_OK && is_coded &&
                   (skip_decoding || memcmp(restored, loaded->samples + y * stride, stride * band.height) == 0);
        size += out.size;
        free(out.data);
    }
    free(restored);
    printf("%d\t%s\t%u\t%u\t%u%s\t%zu\t%.3f\t%.3f", level, name, width, height, loaded->picture.channels,
           loaded->picture.is_indexed ? "i" : "", size + loaded->palette_bytes, encoding, decoding);
    for (unsigned i = 0; i < DRAWN_PARTS; i++) {
        printf("\t%.0f", bits[i] / 8);
    }
    printf(is_right ? "\n" : "\tWRONG\n");
    fflush(stdout);
    return is_right;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: drawn LEVEL[,LEVEL]... PNG...\n", stderr);
        return 2;
    }
    bool is_right = true;
    for (int i = 2; i < argc; i++) {
        struct loaded loaded;
        if (!load(argv[i], &loaded)) {
            is_right = false;
            continue;
        }
        for (const char *level = argv[1]; *level != '\0'; level += level[1] == ',' ? 2 : 1) {
            is_right &= measure(argv[i], &loaded, *level - '0');
        }
        free(loaded.samples);
    }
    return is_right ? 0 : 1;
}
