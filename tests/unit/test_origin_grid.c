/* SPDX-License-Identifier: MIT */
/*
 * The phase of the JPEG grid: right at all 64 offsets of a drawn picture at several qualities, and not found where
 * there is none.
 */
#include "check.h"
#include "test_origin_draw.h"

#include "origin/origin.h"

#include <string.h>

static int phase_of_cut(const struct drawing *grey, uint32_t left, uint32_t top, uint32_t width, uint32_t height) {
    uint8_t *plane = get((size_t)width * height);
    for (uint32_t y = 0; y < height; y++) {
        memcpy(plane + (size_t)y * width, grey->bytes + (size_t)(top + y) * grey->width + left, width);
    }
    int phase = origin_grid_phase(plane, width, height, NULL);
    free(plane);
    return phase;
}

static void test_grid(void) {
    struct drawing drawing = {200, 168, get(200 * 168)};
    for (uint32_t y = 0; y < drawing.height; y++) {
        for (uint32_t x = 0; x < drawing.width; x++) {
            drawing.bytes[(size_t)y * drawing.width + x] = clip(texture(x, y, 91, 10, 245));
        }
    }
    int none = 0;
    for (uint32_t i = 0; i < 16; i++) {
        none += phase_of_cut(&drawing, i % 4, i / 4, 190, 160) == -1;
    }
    CHECK(none == 16, "%d of 16 have no grid", none);
    static const int qualities[] = {50, 75, 92, 96};
    for (size_t q = 0; q < 4; q++) {
        struct memory jpeg = compress_jpeg(&drawing, 1, qualities[q], 1);
        struct drawing grey = decompress_jpeg(&jpeg, JCS_GRAYSCALE);
        int right = 0;
        for (uint32_t offset = 0; offset < 64; offset++) {
            uint32_t top = offset / 8, left = offset % 8;
            int wanted = (int)((8 - top) % 8 * 8 + (8 - left) % 8);
            right += phase_of_cut(&grey, left, top, 192, 160) == wanted;
        }
        CHECK(right == 64, "quality %d: %d of 64 phases", qualities[q], right);
        for (uint32_t size = 1; size < 40; size++) { /* too small to be sure; must not read out of bounds */
            CHECK(phase_of_cut(&grey, 0, 0, size, 40 - size) == -1, "size %u", size);
        }
        free(grey.bytes);
        free(jpeg.bytes);
    }
    memset(drawing.bytes, 77, 200 * 168);
    CHECK(origin_grid_phase(drawing.bytes, 200, 168, NULL) == -1, "flat");
    uint64_t state = 23;
    for (size_t i = 0; i < 200 * 168; i++) {
        drawing.bytes[i] = (uint8_t)(noise(&state) >> 40);
    }
    CHECK(origin_grid_phase(drawing.bytes, 200, 168, NULL) == -1, "noise");
    for (size_t i = 0; i < 200 * 168; i++) {
        drawing.bytes[i] = (uint8_t)(i % 200 + i / 200 / 3);
    }
    CHECK(origin_grid_phase(drawing.bytes, 200, 168, NULL) == -1, "gradient");
    free(drawing.bytes);
}

int main(void) {
    test_grid();
    return check_summary();
}
