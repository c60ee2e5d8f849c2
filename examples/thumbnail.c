/* SPDX-License-Identifier: MIT */
/*
 * A thumbnail of a compressed picture, as PPM: as many rows and columns are left out as it takes to fit into a square.
 *
 *     cc thumbnail.c $(pkg-config --cflags --libs bswz) -o thumbnail
 *     ./thumbnail 256 < photo.bsw > small.ppm
 *
 * The picture is read into memory, since it is looked at twice: once to find its size, once to decode it.
 */
#include <bswz.h>
#include <stdio.h>
#include <stdlib.h>

static int read_all(FILE *file, struct bswz_buffer *buffer) {
    const struct bswz_output output = bswz_to_buffer(buffer);
    uint8_t piece[65536];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0) {
        if (output.write(output.context, piece, got) != 0) {
            return -1;
        }
    }
    return ferror(file) ? -1 : 0;
}

static int write_ppm(const struct bswz_pixels *pixels, FILE *file) {
    const uint8_t *row = pixels->samples;
    fprintf(file, "P6\n%u %u\n255\n", (unsigned)pixels->width, (unsigned)pixels->height);
    for (uint32_t y = 0; y < pixels->height; y++, row += pixels->stride) {
        fwrite(row, 3, pixels->width, file);
    }
    return fflush(file) == 0 && !ferror(file) ? 0 : -1;
}

int main(int count, char **arguments) {
    const unsigned side = count == 2 ? (unsigned)strtoul(arguments[1], NULL, 10) : 0;
    struct bswz_buffer file = {0};
    struct bswz_info info = {.size = sizeof info};
    struct bswz_pixels pixels = {.size = sizeof pixels, .channels = 3, .bits = 8};
    struct bswz_decompress_options options = {.size = sizeof options};
    struct bswz_error error;
    if (side == 0) {
        fprintf(stderr, "Usage: %s PIXELS < FILE.bsw > FILE.ppm\n", arguments[0]);
        return 1;
    }
    if (read_all(stdin, &file) != 0) {
        perror("standard input");
        return 1;
    }
    struct bswz_memory memory = {file.bytes, file.size};
    enum bswz_status status = bswz_get_info(bswz_from_memory(&memory), &info, &error);
    if (status == BSWZ_OK) {
        while (options.scale < 4 && (info.width >> options.scale > side || info.height >> options.scale > side)) {
            options.scale++;
        }
        memory = (struct bswz_memory){file.bytes, file.size};
        status = bswz_decompress_pixels(bswz_from_memory(&memory), &pixels, &options, &error);
    }
    if (status != BSWZ_OK) {
        fprintf(stderr, "%s\n", error.message);
    } else if (write_ppm(&pixels, stdout) != 0) {
        perror("standard output");
        status = BSWZ_ERROR_WRITE;
    }
    bswz_free(pixels.samples);
    bswz_free(file.bytes);
    return status != BSWZ_OK;
}
