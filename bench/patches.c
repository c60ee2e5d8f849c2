/* SPDX-License-Identifier: MIT */
/*
 * Square patches of pictures, in an order in which neighbours in the output are far apart in the input: test
 * pictures for models of small pictures.
 *
 *     patches SIDE FILE.ppm... > rgb
 *
 * Every picture (binary PPM, 255 levels) is cut into whole patches, starting in its upper left corner; the rest at
 * the right and at the bottom is dropped. The output, interleaved RGB without a header, has one patch of each
 * picture, then another of each, until there are no more. Within a picture, consecutive patches are 0.618 of their
 * number apart. Nothing is random.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct picture {
    uint8_t *rgb;
    size_t width, across, count, step; /* patches in a row, in all, and between two in the output */
};

static void fail(const char *file, const char *why) {
    fprintf(stderr, "patches: %s: %s\n", file, why);
    exit(1);
}

static size_t common_divisor(size_t a, size_t b) {
    return b == 0 ? a : common_divisor(b, a % b);
}

static struct picture load(const char *path, size_t side) {
    struct picture picture = {0};
    size_t height = 0;
    unsigned largest = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fscanf(file, "P6 %zu %zu %u", &picture.width, &height, &largest) != 3 || largest != 255 ||
        fgetc(file) == EOF || picture.width > 1 << 16 || height > 1 << 16) {
        fail(path, "no PPM picture");
    }
    picture.rgb = malloc(picture.width * height * 3 + 1);
    if (picture.rgb == NULL || fread(picture.rgb, 3 * picture.width, height, file) != height) {
        fail(path, "cannot be read");
    }
    fclose(file);
    picture.across = picture.width / side;
    picture.count = picture.across * (height / side);
    picture.step = (size_t)(0.618 * (double)picture.count);
    while (common_divisor(picture.count, picture.step) > 1) {
        picture.step++;
    }
    return picture;
}

static void write_patch(const struct picture *picture, size_t number, size_t side) {
    const size_t row = number / picture->across * side, column = number % picture->across * side;
    for (size_t y = 0; y < side; y++) {
        fwrite(picture->rgb + 3 * ((row + y) * picture->width + column), 3, side, stdout);
    }
}

int main(int argc, char **argv) {
    const size_t side = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, count = argc > 2 ? (size_t)argc - 2 : 0;
    if (count == 0 || side == 0 || side > 1 << 16) {
        fputs("usage: patches SIDE FILE.ppm...\n", stderr);
        return 2;
    }
    struct picture *pictures = calloc(count, sizeof *pictures);
    size_t most = 0;
    for (size_t i = 0; i < count && pictures != NULL; i++) {
        pictures[i] = load(argv[2 + i], side);
        most = pictures[i].count > most ? pictures[i].count : most;
    }
    for (size_t k = 0; k < most; k++) {
        for (size_t i = 0; i < count; i++) {
            if (k < pictures[i].count) {
                write_patch(&pictures[i], k * pictures[i].step % pictures[i].count, side);
            }
        }
    }
    for (size_t i = 0; i < count && pictures != NULL; i++) {
        free(pictures[i].rgb);
    }
    free(pictures);
    return most > 0 && fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
