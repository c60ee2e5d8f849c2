/* SPDX-License-Identifier: MIT */
/*
 * Pixels from coefficients: the same as libjpeg's, for every quality, sampling and odd size.
 */
#include "check.h"
#include "jpeg_draw.h"
#include "unjpeg/render.h"

#include <stdlib.h>
#include <string.h>

static void compare(uint32_t width, uint32_t height, int quality, enum drawn_sampling sampling) {
    struct drawn_jpeg jpeg;
    struct bswz_error error = {.status = BSWZ_OK};
    drawn_jpeg_make(&jpeg, width, height, quality, sampling, (uint64_t)width * 31 + (uint64_t)quality);
    const size_t size = (size_t)width * height * jpeg.planes.count;
    uint8_t *pixels = malloc(size);
    CHECK(render_can(&jpeg.planes), "%ux%u", width, height);
    CHECK(render_pixels(&jpeg.planes, 0, 0, NULL, pixels, &error) == BSWZ_OK, "%s", error.message);
    CHECK(memcmp(pixels, jpeg.pixels, size) == 0, "%ux%u quality %d sampling %d", width, height, quality,
          (int)sampling);
    free(pixels);
    drawn_jpeg_free(&jpeg);
}

/* Any coefficients give pixels, and nothing overflows. */
static void extremes(void) {
    struct jpeg_planes planes = {.count = 1, .width = 16, .height = 8};
    struct bswz_error error = {.status = BSWZ_OK};
    uint64_t state = 5;
    uint8_t pixels[128];
    planes.component[0].horizontal = planes.component[0].vertical = 1;
    render_shape(&planes);
    CHECK(jpeg_planes_allocate(&planes, &error) == BSWZ_OK, "%s", error.message);
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 64; i++) {
            planes.component[0].step[i] = (uint16_t)(noise(&state) | 1);
            planes.component[0].block[0][i] = (int16_t)((int)(noise(&state) % 4095) - 2047);
        }
        CHECK(render_pixels(&planes, (uint32_t)round % 16, 0, NULL, pixels, &error) == BSWZ_OK, "%s", error.message);
    }
    CHECK(pixels[127 - 16] <= 255, "a sample");
    jpeg_planes_free(&planes);
}

int main(void) {
    static const int qualities[] = {5, 20, 50, 75, 90, 96, 100};
    static const uint32_t sizes[][2] = {{64, 48}, {33, 35}, {47, 17}, {8, 8}, {5, 40}, {17, 16}, {96, 31}};
    for (size_t q = 0; q < sizeof qualities / sizeof qualities[0]; q++) {
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            for (int sampling = 0; sampling < DRAWN_SAMPLINGS; sampling++) {
                compare(sizes[s][0], sizes[s][1], qualities[q], (enum drawn_sampling)sampling);
            }
        }
    }
    extremes();
    return check_summary();
}
