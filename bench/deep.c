/* SPDX-License-Identifier: MIT */
/*
 * Codes PGM, PPM and PNG files with the coder for deep pictures: bytes, and seconds of processor time.
 *
 *     deep LEVEL[,LEVEL]... FILE...
 *
 * DEEP_SLICES in the environment: each file may refer to the preceding one, if that has the same shape.
 *
 * A file noise:N is a drawn picture of normal noise with deviation N. For that, a line with level 0 is printed first: what
 * the noise takes, if its distribution is known.
 *
 * Prints a line for each file and level, separated by tabs: level, file, width, height, channels, bytes, seconds to
 * encode and to decode. Every picture is decoded and compared, unless DEEP_ENCODE is set in the environment. Each
 * picture is coded as one band, without converting colours; DEEP_GREY in the environment converts 8-bit colours to
 * grey.
 */
#include "deep/deep.h"

#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct loaded {
    struct deep_picture picture;
    uint8_t *samples;
};

static void swap_bytes(struct loaded *loaded) {
    const size_t count = (size_t)loaded->picture.width * loaded->picture.height * loaded->picture.channels;
    for (size_t i = 0; i < count && loaded->picture.bytes == 2; i++) {
        const uint8_t upper = loaded->samples[2 * i];
        loaded->samples[2 * i] = loaded->samples[2 * i + 1];
        loaded->samples[2 * i + 1] = upper;
    }
}

static bool load_png(FILE *file, struct loaded *loaded) {
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return false;
    }
    png_init_io(png, file);
    png_read_info(png, info);
    png_set_expand(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    loaded->picture = (struct deep_picture){.width = png_get_image_width(png, info),
                                            .height = png_get_image_height(png, info),
                                            .channels = png_get_channels(png, info),
                                            .bytes = png_get_bit_depth(png, info) / 8u};
    const size_t stride = png_get_rowbytes(png, info);
    loaded->samples = malloc(stride * loaded->picture.height);
    png_bytep *rows = malloc(loaded->picture.height * sizeof *rows);
    for (uint32_t y = 0; y < loaded->picture.height; y++) {
        rows[y] = loaded->samples + y * stride;
    }
    png_read_image(png, rows);
    free(rows);
    png_destroy_read_struct(&png, &info, NULL);
    return true;
}

static bool load_pnm(FILE *file, struct loaded *loaded) {
    char kind;
    unsigned width, height, most;
    if (fscanf(file, "P%c %u %u %u", &kind, &width, &height, &most) != 4 || (kind != '5' && kind != '6')) {
        return false;
    }
    getc(file);
    loaded->picture = (struct deep_picture){
        .width = width, .height = height, .channels = kind == '5' ? 1 : 3, .bytes = most > 255 ? 2 : 1};
    const size_t size = (size_t)width * height * loaded->picture.channels * loaded->picture.bytes;
    loaded->samples = malloc(size);
    return fread(loaded->samples, 1, size, file) == size;
}

static double uniform(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

/* What lies below a place in the normal distribution. */
static double below(double place, double deviation) {
    return 0.5 * erfc(-place / deviation / sqrt(2));
}

static bool draw_noise(const char *name, double deviation, struct loaded *loaded) {
    enum { SIDE = 700, MEAN = 20000 };
    uint64_t state = 1;
    double entropy = 0;
    loaded->picture = (struct deep_picture){.width = SIDE, .height = SIDE, .channels = 1, .bytes = 2};
    loaded->samples = malloc((size_t)SIDE * SIDE * 2);
    for (unsigned i = 0; i < SIDE * SIDE; i++) {
        const double normal = sqrt(-2 * log(uniform(&state))) * cos(2 * acos(-1.0) * uniform(&state));
        const unsigned sample = (unsigned)lround(MEAN + deviation * normal);
        loaded->samples[2 * i] = (uint8_t)(sample >> 8); /* as in files */
        loaded->samples[2 * i + 1] = (uint8_t)sample;
    }
    for (int i = -1000; i <= 1000; i++) {
        const double p = below(i + 0.5, deviation) - below(i - 0.5, deviation);
        entropy -= p > 0 ? p * log2(p) : 0;
    }
    printf("0\t%s\t%u\t%u\t1\t%.0f\t0\t0\n", name, SIDE, SIDE, entropy * SIDE * SIDE / 8);
    return deviation > 0 && deviation < 100;
}

static bool load(const char *name, struct loaded *loaded) {
    if (strncmp(name, "noise:", 6) == 0) {
        const bool is_drawn = draw_noise(name, strtod(name + 6, NULL), loaded);
        swap_bytes(loaded);
        return is_drawn;
    }
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        return false;
    }
    const int first = getc(file);
    rewind(file);
    const bool is_loaded = first == 'P' ? load_pnm(file, loaded) : load_png(file, loaded);
    fclose(file);
    if (is_loaded) {
        swap_bytes(loaded);
    }
    return is_loaded;
}

static void make_grey(struct loaded *loaded) {
    struct deep_picture *picture = &loaded->picture;
    if (picture->channels < 3 || picture->bytes != 1) {
        return;
    }
    const size_t pixels = (size_t)picture->width * picture->height;
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t *rgb = loaded->samples + i * picture->channels;
        loaded->samples[i] = (uint8_t)((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 32768) >> 16);
    }
    picture->channels = 1;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool measure(const char *name, const struct loaded *loaded, int level) {
    const struct deep_picture *picture = &loaded->picture;
    const size_t size = (size_t)picture->width * picture->height * picture->channels * picture->bytes;
    struct byte_buffer out = {0};
    bool is_coded, is_same = true;
    const double begin = seconds();
    if (deep_encode(picture, loaded->samples, level, SIZE_MAX, &out, &is_coded, NULL) != BSWZ_OK || !is_coded) {
        return false;
    }
    const double middle = seconds();
    if (getenv("DEEP_ENCODE") == NULL) {
        uint8_t *back = malloc(size);
        is_same = deep_decode(picture, out.data, out.size, false, back, NULL, NULL) == BSWZ_OK &&
                  memcmp(back, loaded->samples, size) == 0;
        free(back);
    }
    printf("%d\t%s\t%u\t%u\t%u\t%zu\t%.3f\t%.3f\n", level, name, picture->width, picture->height, picture->channels,
           out.size, middle - begin, seconds() - middle);
    fflush(stdout);
    free(out.data);
    return is_same;
}

int main(int count, char **arguments) {
    struct loaded last = {0};
    int status = count < 3;
    for (int i = 2; i < count; i++) {
        struct loaded loaded = {0};
        if (!load(arguments[i], &loaded)) {
            fprintf(stderr, "%s: cannot be read\n", arguments[i]);
            status = 1;
            continue;
        }
        if (getenv("DEEP_GREY") != NULL) {
            make_grey(&loaded);
        }
        const struct deep_picture *picture = &loaded.picture, *before = &last.picture;
        if (getenv("DEEP_SLICES") != NULL && picture->width == before->width && picture->height == before->height &&
            picture->channels == before->channels && picture->bytes == before->bytes) {
            loaded.picture.before = (const uint8_t *const *)&last.samples;
            loaded.picture.before_count = 1;
        }
        for (const char *level = arguments[1]; *level != '\0'; level += *level == ',') {
            char *end;
            if (!measure(arguments[i], &loaded, (int)strtol(level, &end, 10))) {
                fprintf(stderr, "%s: does not come back\n", arguments[i]);
                status = 1;
            }
            level = end;
        }
        free(last.samples);
        last = loaded;
    }
    free(last.samples);
    return status;
}
