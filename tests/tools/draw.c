/* SPDX-License-Identifier: MIT */
/*
 * Draws small test pictures in every kind of PNG, PNM, PAM and raw samples.
 *
 *     draw png  grey1|grey2|grey4|grey8|grey16|greyalpha8|greyalpha16|rgb8|rgb16|rgba8|rgba16|
 *               palette1|palette2|palette4|palette8          WIDTH HEIGHT [FLAG]...
 *     draw pnm  pbm|pgm|ppm|pgm16|ppm16|pgm100               WIDTH HEIGHT [FLAG]...
 *     draw pam  bw|grey|greyalpha|rgb|rgba|rgb16|rgba16      WIDTH HEIGHT [FLAG]...
 *     draw raw  1|2|3|4 (channels)                           WIDTH HEIGHT [FLAG]...
 *
 * Flags: interlaced, transparent (tRNS), chunks (gamma, text, physical size, time, EXIF, ICC profile, before and
 * after the pixels), noise (only noise), flat (a single colour), comment (PNM), signature (a chunk that depends on
 * the coded pixels).
 */
#include <png.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct flavour {
    const char *format, *type;
    int channels, depth, colour; /* colour: of PNG, or the digit of PNM */
};

static const struct flavour flavours[] = {
    {"png", "grey1", 1, 1, PNG_COLOR_TYPE_GRAY},
    {"png", "grey2", 1, 2, PNG_COLOR_TYPE_GRAY},
    {"png", "grey4", 1, 4, PNG_COLOR_TYPE_GRAY},
    {"png", "grey8", 1, 8, PNG_COLOR_TYPE_GRAY},
    {"png", "grey16", 1, 16, PNG_COLOR_TYPE_GRAY},
    {"png", "greyalpha8", 2, 8, PNG_COLOR_TYPE_GRAY_ALPHA},
    {"png", "greyalpha16", 2, 16, PNG_COLOR_TYPE_GRAY_ALPHA},
    {"png", "rgb8", 3, 8, PNG_COLOR_TYPE_RGB},
    {"png", "rgb16", 3, 16, PNG_COLOR_TYPE_RGB},
    {"png", "rgba8", 4, 8, PNG_COLOR_TYPE_RGB_ALPHA},
    {"png", "rgba16", 4, 16, PNG_COLOR_TYPE_RGB_ALPHA},
    {"png", "palette1", 1, 1, PNG_COLOR_TYPE_PALETTE},
    {"png", "palette2", 1, 2, PNG_COLOR_TYPE_PALETTE},
    {"png", "palette4", 1, 4, PNG_COLOR_TYPE_PALETTE},
    {"png", "palette8", 1, 8, PNG_COLOR_TYPE_PALETTE},
    {"pnm", "pbm", 1, 1, 4},
    {"pnm", "pgm", 1, 8, 5},
    {"pnm", "pgm16", 1, 16, 5},
    {"pnm", "pgm100", 1, 7, 5},
    {"pnm", "ppm", 3, 8, 6},
    {"pnm", "ppm16", 3, 16, 6},
    {"pam", "bw", 1, 1, 0},
    {"pam", "grey", 1, 8, 0},
    {"pam", "greyalpha", 2, 8, 0},
    {"pam", "rgb", 3, 8, 0},
    {"pam", "rgba", 4, 8, 0},
    {"pam", "rgb16", 3, 16, 0},
    {"pam", "rgba16", 4, 16, 0},
    {"raw", "1", 1, 8, 0},
    {"raw", "2", 2, 8, 0},
    {"raw", "3", 3, 8, 0},
    {"raw", "4", 4, 8, 0},
};

struct flags {
    bool interlaced, transparent, chunks, noise, flat, comment, signature;
};

static _Noreturn void fail(const char *words) {
    fprintf(stderr, "draw: %s\n", words);
    exit(1);
}

/* ---- what is drawn ---- */

static uint32_t hash(uint32_t x, uint32_t y, uint32_t c) {
    uint32_t value = x * 0x9e3779b1u ^ y * 0x85ebca77u ^ (c + 1) * 0xc2b2ae3du;
    value = (value ^ value >> 15) * 0x2c1b3c6du;
    return value ^ value >> 13;
}

/* A slope, a disc with a hard edge, a little noise; alpha is mostly two-valued. 16 bits. */
static unsigned draw(uint32_t x, uint32_t y, int c, bool alpha, const struct flags *flags) {
    if (flags->flat) {
        return 40000u - 9000u * (unsigned)c;
    }
    if (flags->noise) {
        return hash(x, y, (uint32_t)c) & 0xffff;
    }
    uint32_t right = x % 97, down = y % 89;
    bool disc = (right - 40u) * (right - 40u) + (down - 35u) * (down - 35u) < 600u;
    if (alpha) {
        return disc ? 0xffff : right == down ? 0x7fff : 0;
    }
    unsigned value = 9000 + 300 * right + 250 * down * (unsigned)(3 - c) / 2 + (hash(x, y, (uint32_t)c) & 0x3ff);
    return disc ? value / 3 + 4000u * (unsigned)c : value;
}

/* One sample of a flavour, 0 ... maxval. */
static unsigned sample(const struct flavour *flavour, unsigned maxval, uint32_t x, uint32_t y, int c,
                       const struct flags *flags) {
    bool alpha = (flavour->channels == 2 || flavour->channels == 4) && c == flavour->channels - 1;
    return draw(x, y, c, alpha, flags) * (maxval + 1) >> 16;
}

/* Rows as stored by PNM and PNG: big-endian, and packed below 8 bits. */
static size_t fill_row(const struct flavour *flavour, unsigned maxval, uint32_t width, uint32_t y, bool pack,
                       const struct flags *flags, uint8_t *row) {
    size_t size = 0;
    unsigned bits = 0, held = 0;
    for (uint32_t x = 0; x < width; x++) {
        for (int c = 0; c < flavour->channels; c++) {
            unsigned value = sample(flavour, maxval, x, y, c, flags);
            if (pack) {
                held = held << flavour->depth | value;
                bits += (unsigned)flavour->depth;
                if (bits == 8) {
                    row[size++] = (uint8_t)held;
                    bits = held = 0;
                }
                continue;
            }
            if (maxval > 255) {
                row[size++] = (uint8_t)(value >> 8);
            }
            row[size++] = (uint8_t)value;
        }
    }
    if (bits > 0) {
        row[size++] = (uint8_t)(held << (8 - bits));
    }
    return size;
}

/* ---- PNG ---- */

static void write_palette(png_structp png, png_infop info, int count, const struct flags *flags) {
    png_color colours[256];
    png_byte alphas[256];
    for (int i = 0; i < count; i++) {
        uint32_t value = hash((uint32_t)i, 3, 7);
        colours[i] = (png_color){(png_byte)value, (png_byte)(value >> 8), (png_byte)(value >> 16)};
        alphas[i] = (png_byte)(i * 5);
    }
    png_set_PLTE(png, info, colours, count);
    if (flags->transparent) {
        png_set_tRNS(png, info, alphas, count / 2 + 1, NULL);
    }
}

/* A chunk of each kind that must survive. libpng decides on which side of the pixels it puts them, but text set in
 * the end info comes after the pixels. */
static void set_chunks(png_structp png, png_infop info, png_infop end) {
    static char title[] = "Title", words[] = "drawn for a test", later[] = "Comment", more[] = "behind the pixels";
    static png_byte exif[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    png_text text = {.compression = PNG_TEXT_COMPRESSION_NONE, .key = title, .text = words};
    png_text last = {.compression = PNG_TEXT_COMPRESSION_zTXt, .key = later, .text = more};
    png_set_text(png, info, &text, 1);
    png_set_text(png, end, &last, 1);
    png_set_gAMA(png, info, 0.45455);
    png_set_pHYs(png, info, 2835, 2836, PNG_RESOLUTION_METER);
    png_time when = {.year = 2001, .month = 2, .day = 3, .hour = 4, .minute = 5, .second = 6};
    png_set_tIME(png, info, &when);
    png_set_eXIf_1(png, info, sizeof exif, exif);
}

static void write_png(const struct flavour *flavour, uint32_t width, uint32_t height, const struct flags *flags) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png), end = png_create_info_struct(png);
    if (info == NULL || end == NULL || setjmp(png_jmpbuf(png))) {
        fail("libpng failed");
    }
    png_init_io(png, stdout);
    png_set_IHDR(png, info, width, height, flavour->depth, flavour->colour,
                 flags->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (flavour->colour == PNG_COLOR_TYPE_PALETTE) {
        write_palette(png, info, 1 << flavour->depth, flags);
    } else if (flags->transparent && flavour->channels % 2 == 1) {
        png_color_16 colour = {.gray = 1, .red = 1, .green = 2, .blue = 3};
        png_set_tRNS(png, info, NULL, 0, &colour);
    }
    if (flags->chunks) {
        set_chunks(png, info, end);
    }
    png_write_info(png, info);
    if (flags->signature) {
        png_write_chunk(png, (png_const_bytep) "caBX", (png_const_bytep) "of these very bytes", 19);
    }
    png_bytep *rows = malloc(height * sizeof *rows);
    if (rows == NULL) {
        fail("no memory");
    }
    for (uint32_t y = 0; y < height; y++) {
        rows[y] = malloc((size_t)width * 8 + 8);
        if (rows[y] == NULL) {
            fail("no memory");
        }
        fill_row(flavour, (1u << flavour->depth) - 1, width, y, flavour->depth < 8, flags, rows[y]);
    }
    png_write_image(png, rows);
    png_write_end(png, flags->chunks ? end : NULL);
    for (uint32_t y = 0; y < height; y++) {
        free(rows[y]);
    }
    free(rows);
    png_destroy_info_struct(png, &end);
    png_destroy_write_struct(&png, &info);
}

/* ---- the others ---- */

static void write_header(const struct flavour *flavour, unsigned maxval, uint32_t width, uint32_t height,
                         const struct flags *flags) {
    static const char *const tuples[] = {"GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"};
    const char *comment = flags->comment ? "# drawn for a test\n" : "";
    if (strcmp(flavour->format, "pam") == 0) {
        printf("P7\n%sWIDTH %u\nHEIGHT %u\nDEPTH %d\nMAXVAL %u\nTUPLTYPE %s\nENDHDR\n", comment, width, height,
               flavour->channels, maxval, maxval == 1 ? "BLACKANDWHITE" : tuples[flavour->channels - 1]);
    } else if (strcmp(flavour->type, "pbm") == 0) {
        printf("P4\n%s%u %u\n", comment, width, height);
    } else if (strcmp(flavour->format, "pnm") == 0) {
        printf("P%d\n%s%u %u\n%u\n", flavour->colour, comment, width, height, maxval);
    }
}

static void write_plain(const struct flavour *flavour, uint32_t width, uint32_t height, const struct flags *flags) {
    unsigned maxval = flavour->depth == 7 ? 100 : (1u << flavour->depth) - 1;
    uint8_t *row = malloc((size_t)width * 8 + 8);
    if (row == NULL) {
        fail("no memory");
    }
    write_header(flavour, maxval, width, height, flags);
    for (uint32_t y = 0; y < height; y++) {
        size_t size = fill_row(flavour, maxval, width, y, strcmp(flavour->type, "pbm") == 0, flags, row);
        fwrite(row, 1, size, stdout);
    }
    free(row);
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fail("usage: draw FORMAT TYPE WIDTH HEIGHT [FLAG]...");
    }
    struct flags flags = {0};
    for (int i = 5; i < argc; i++) {
        const struct {
            const char *name;
            bool *flag;
        } known[] = {{"interlaced", &flags.interlaced},
                     {"transparent", &flags.transparent},
                     {"chunks", &flags.chunks},
                     {"noise", &flags.noise},
                     {"flat", &flags.flat},
                     {"comment", &flags.comment},
                     {"signature", &flags.signature}};
        size_t k = 0;
        while (k < sizeof known / sizeof known[0] && strcmp(argv[i], known[k].name) != 0) {
            k++;
        }
        if (k == sizeof known / sizeof known[0]) {
            fail("no such flag");
        }
        *known[k].flag = true;
    }
    uint32_t width = (uint32_t)strtoul(argv[3], NULL, 10), height = (uint32_t)strtoul(argv[4], NULL, 10);
    if (width < 1 || height < 1 || width > 10000 || height > 10000) {
        fail("bad size");
    }
    for (size_t i = 0; i < sizeof flavours / sizeof flavours[0]; i++) {
        if (strcmp(argv[1], flavours[i].format) == 0 && strcmp(argv[2], flavours[i].type) == 0) {
            if (strcmp(argv[1], "png") == 0) {
                write_png(&flavours[i], width, height, &flags);
            } else {
                write_plain(&flavours[i], width, height, &flags);
            }
            return fflush(stdout) != 0;
        }
    }
    fail("no such format and type");
}
