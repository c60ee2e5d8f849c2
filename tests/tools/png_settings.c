/* SPDX-License-Identifier: MIT */
/*
 * Writes a PNG file again with libpng, with every level and strategy of zlib, and in turn each filter, both usual
 * memory levels of zlib, smaller windows, and several sizes of chunks:
 *
 *     png_settings FILE PREFIX
 *
 * writes PREFIX-LEVEL-STRATEGY.png, 50 files.
 */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>

static const int filters[] = {PNG_FILTER_NONE, PNG_FILTER_SUB,   PNG_FILTER_UP,
                              PNG_FILTER_AVG,  PNG_FILTER_PAETH, PNG_ALL_FILTERS};

static _Noreturn void fail(const char *words) {
    fprintf(stderr, "png_settings: %s\n", words);
    exit(1);
}

static void write_anew(png_structp from, png_infop info, png_bytepp rows, int level, int strategy, const char *path) {
    const int turn = level + strategy;
    FILE *file = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop written = png_create_info_struct(png);
    png_colorp palette;
    int entries;
    if (file == NULL || written == NULL || setjmp(png_jmpbuf(png))) {
        fail("libpng failed to write");
    }
    png_init_io(png, file);
    png_set_compression_level(png, level);
    png_set_compression_strategy(png, strategy);
    png_set_compression_mem_level(png, 8 + turn % 2);
    png_set_compression_window_bits(png, turn % 5 == 4 ? 10 : 15);
    png_set_compression_buffer_size(png, turn % 3 == 0 ? 8192 : turn % 3 == 1 ? 1000 : 65536);
    png_set_filter(png, 0, filters[turn % 6]);
    png_set_IHDR(png, written, png_get_image_width(from, info), png_get_image_height(from, info),
                 png_get_bit_depth(from, info), png_get_color_type(from, info), png_get_interlace_type(from, info), 0,
                 0);
    if (png_get_PLTE(from, info, &palette, &entries) != 0) {
        png_set_PLTE(png, written, palette, entries);
    }
    png_write_info(png, written);
    png_write_image(png, rows);
    png_write_end(png, written);
    png_destroy_write_struct(&png, &written);
    if (fclose(file) != 0) {
        fail("a file cannot be written");
    }
}

int main(int count, char **arguments) {
    FILE *file = count == 3 ? fopen(arguments[1], "rb") : NULL;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    char path[4096];
    if (file == NULL || info == NULL || setjmp(png_jmpbuf(png))) {
        fail("usage: png_settings FILE PREFIX, with a sound PNG file");
    }
    png_init_io(png, file);
    png_read_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    for (int level = 0; level <= 9; level++) {
        for (int strategy = 0; strategy <= 4; strategy++) {
            snprintf(path, sizeof path, "%s-%d-%d.png", arguments[2], level, strategy);
            write_anew(png, info, png_get_rows(png, info), level, strategy, path);
        }
    }
    png_destroy_read_struct(&png, &info, NULL);
    fclose(file);
    return 0;
}
