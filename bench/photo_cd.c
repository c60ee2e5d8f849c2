/* SPDX-License-Identifier: MIT */
/*
 * Converts a picture as a Photo CD would have done: PhotoYCC planes with chroma at half resolution, interpolated, and
 * back to RGB.
 *
 *     photo_cd < picture.ppm > scanned.ppm
 *
 * Real Photo CD pictures cannot be shipped or fetched here; these have the same origin. It is written from the
 * formulas alone, without the codec's own tables, so that an error in those would show as a rate no better than
 * without an origin.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *why) {
    fprintf(stderr, "photo_cd: %s\n", why);
    exit(1);
}

static uint8_t to_byte(double value) {
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : floor(value + 0.5));
}

/* floor(value / 10^power): the conversion is defined in numbers of four decimals. */
static int64_t floor_divide(int64_t value, int64_t by) {
    return value >= 0 ? value / by : -((-value + by - 1) / by);
}

static uint8_t clipped(int64_t value) {
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void to_rgb(uint8_t y, uint8_t chroma_1, uint8_t chroma_2, uint8_t rgb[3]) {
    const int64_t luma = 13584 * (int64_t)y, c1 = chroma_1 - 156, c2 = chroma_2 - 137;
    rgb[0] = clipped(floor_divide(luma + 18215 * c2, 10000));
    rgb[2] = clipped(floor_divide(luma + 22179 * c1, 10000));
    /* 0.194 and 0.509 have three decimals, and the products are rounded down first */
    rgb[1] = clipped(
        floor_divide(luma - 1940 * floor_divide(22179 * c1, 10000) - 5090 * floor_divide(18215 * c2, 10000), 10000));
}

/* Replace a plane of [height][width] samples by the mean of each 2 x 2, and interpolate these. */
static void halve_and_interpolate(uint8_t *plane, size_t width, size_t height) {
    const size_t across = width / 2, down = height / 2;
    uint8_t *small = malloc(across * down);
    if (small == NULL) {
        fail("no memory");
    }
    for (size_t i = 0; i < down; i++) {
        for (size_t j = 0; j < across; j++) {
            const uint8_t *at = plane + 2 * i * width + 2 * j;
            small[i * across + j] = (uint8_t)((at[0] + at[1] + at[width] + at[width + 1] + 2) >> 2);
        }
    }
    for (size_t i = 0; i < down; i++) {
        const size_t below = i + 1 < down ? i + 1 : i;
        for (size_t j = 0; j < across; j++) {
            const size_t right = j + 1 < across ? j + 1 : j;
            const unsigned a = small[i * across + j], b = small[i * across + right];
            const unsigned c = small[below * across + j], d = small[below * across + right];
            uint8_t *at = plane + 2 * i * width + 2 * j;
            at[0] = (uint8_t)a;
            at[1] = (uint8_t)((a + b + 1) >> 1);
            at[width] = (uint8_t)((a + c + 1) >> 1);
            at[width + 1] = (uint8_t)((a + b + c + d + 2) >> 2);
        }
    }
    free(small);
}

int main(void) {
    size_t width, height;
    if (scanf("P6 %zu %zu 255", &width, &height) != 2 || getchar() == EOF || width < 2 || height < 2 || width > 65535 ||
        height > 65535) {
        fail("not a plain PPM picture");
    }
    const size_t even_width = width / 2 * 2, even_height = height / 2 * 2, count = even_width * even_height;
    uint8_t *row = malloc(3 * width), *planes = malloc(3 * count), *rgb = malloc(3 * count);
    if (row == NULL || planes == NULL || rgb == NULL) {
        fail("no memory");
    }
    for (size_t i = 0; i < even_height; i++) {
        if (fread(row, 3, width, stdin) != width) {
            fail("the picture is truncated");
        }
        for (size_t j = 0; j < even_width; j++) {
            const double r = row[3 * j], g = row[3 * j + 1], b = row[3 * j + 2];
            const double y = 0.299 * r + 0.587 * g + 0.114 * b;
            const size_t at = i * even_width + j;
            planes[at] = to_byte(y / 1.3584);
            planes[count + at] = to_byte((b - y) / 2.2179 + 156);
            planes[2 * count + at] = to_byte((r - y) / 1.8215 + 137);
        }
    }
    halve_and_interpolate(planes + count, even_width, even_height);
    halve_and_interpolate(planes + 2 * count, even_width, even_height);
    for (size_t at = 0; at < count; at++) {
        to_rgb(planes[at], planes[count + at], planes[2 * count + at], rgb + 3 * at);
    }
    printf("P6\n%zu %zu\n255\n", even_width, even_height);
    fwrite(rgb, 3, count, stdout);
    free(row);
    free(planes);
    free(rgb);
    return fflush(stdout) == 0 ? 0 : 1;
}
