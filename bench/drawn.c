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
#include "drawn/drawn.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct loaded {
    struct drawn_picture picture;
    uint8_t *samples;
    size_t palette_bytes;
};

static bool load(const char *name, struct loaded *loaded) {
    FILE *file = fopen(name, "rb");
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (file == NULL || setjmp(png_jmpbuf(png))) {
        fprintf(stderr, "%s: cannot be read\n", name);
        png_destroy_read_struct(&png, &info, NULL);
        return false;
    }
    png_init_io(png, file);
    png_read_info(png, info);
    const unsigned type = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
    const bool is_indexed = type == PNG_COLOR_TYPE_PALETTE;
    if (depth > 8) {
        fprintf(stderr, "%s: more than 8 bits\n", name);
        png_destroy_read_struct(&png, &info, NULL);
        fclose(file);
        return false;
    }
    png_set_packing(png);
    if (!is_indexed && png_get_valid(png, info, PNG_INFO_tRNS) != 0) {
        png_set_tRNS_to_alpha(png);
    }
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    const uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
    const unsigned channels = png_get_channels(png, info);
    const size_t stride = (size_t)width * channels;
    loaded->picture =
        (struct drawn_picture){.width = width, .height = height, .channels = channels, .is_indexed = is_indexed};
    loaded->samples = malloc(stride * height);
    png_bytep *rows = malloc(height * sizeof *rows);
    for (uint32_t y = 0; y < height; y++) {
        rows[y] = loaded->samples + y * stride;
    }
    png_read_image(png, rows);
    free(rows);
    unsigned largest = 0;
    for (size_t i = 0; is_indexed && i < stride * height; i++) {
        largest = loaded->samples[i] > largest ? loaded->samples[i] : largest;
    }
    loaded->palette_bytes = is_indexed ? 3 * (largest + 1) : 0;
    png_destroy_read_struct(&png, &info, NULL);
    fclose(file);
    return true;
}

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
