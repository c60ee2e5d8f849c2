/* SPDX-License-Identifier: MIT */
/*
 * Prints everything in a PNG file, so that two files can be compared with cmp: first a line for each chunk except
 * IDAT (name, length, CRC), in order, with those before and after the pixels kept apart; then the samples as
 * stored.
 *
 *     pngdump FILE             chunks and samples
 *     pngdump --pixels FILE    only samples, as 16-bit RGBA
 */
#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void fail(const char *words) {
    fprintf(stderr, "pngdump: %s\n", words);
    exit(1);
}

static uint32_t read_number(FILE *file) {
    uint8_t bytes[4];
    if (fread(bytes, 1, 4, file) != 4) {
        fail("cut off");
    }
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void dump_chunks(FILE *file) {
    char name[5] = "";
    int pixels_seen = 0;
    if (fseek(file, 8, SEEK_SET) != 0) {
        fail("cannot seek");
    }
    while (strcmp(name, "IEND") != 0) {
        uint32_t length = read_number(file);
        if (fread(name, 1, 4, file) != 4 || fseek(file, (long)length, SEEK_CUR) != 0) {
            fail("cut off");
        }
        uint32_t check = read_number(file);
        if (strcmp(name, "IDAT") != 0) {
            printf("%s %u %08x\n", name, length, check);
        } else if (!pixels_seen) {
            printf("IDAT\n");
            pixels_seen = 1;
        }
    }
}

static void dump_samples(FILE *file, int expand) {
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (info == NULL || setjmp(png_jmpbuf(png))) {
        fail("libpng failed");
    }
    rewind(file);
    png_init_io(png, file);
    png_read_info(png, info);
    if (expand) {
        png_set_expand_16(png);
        png_set_gray_to_rgb(png);
        png_set_add_alpha(png, 0xffff, PNG_FILLER_AFTER);
    } else {
        png_set_packing(png);
    }
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    uint32_t height = png_get_image_height(png, info);
    size_t row_size = png_get_rowbytes(png, info);
    png_bytep *rows = malloc(height * sizeof *rows);
    for (uint32_t y = 0; rows != NULL && y < height; y++) {
        rows[y] = calloc(1, row_size);
        if (rows[y] == NULL) {
            fail("no memory");
        }
    }
    if (rows == NULL) {
        fail("no memory");
    }
    png_read_image(png, rows);
    png_read_end(png, NULL);
    printf("%u %u\n", png_get_image_width(png, info), height);
    for (uint32_t y = 0; y < height; y++) {
        fwrite(rows[y], 1, row_size, stdout);
        free(rows[y]);
    }
    free(rows);
    png_destroy_read_struct(&png, &info, NULL);
}

int main(int argc, char **argv) {
    int expand = argc == 3 && strcmp(argv[1], "--pixels") == 0;
    FILE *file = argc == 2 + expand ? fopen(argv[1 + expand], "rb") : NULL;
    if (file == NULL) {
        fail("usage: pngdump [--pixels] FILE");
    }
    if (!expand) {
        dump_chunks(file);
    }
    dump_samples(file, expand);
    fclose(file);
    return fflush(stdout) != 0;
}
