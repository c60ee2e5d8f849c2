/* SPDX-License-Identifier: MIT */
/*
 * BMP: every supported kind of header and pixel, where samples end up, and that the same bytes come back; what is
 * refused; where a file ends.
 */
#include "test_plain_files.h"

#define USUAL_MASKS                                                                                                    \
    { 0xff0000, 0xff00, 0xff, 0xff000000 }

static void check_kind(const char *name, struct bmp_shape shape, uint8_t channels, bool is_indexed) {
    for (uint32_t width = 5; width <= 40; width += 5) { /* every amount of padding */
        struct byte_buffer file = make_bmp(&shape, width, 7);
        struct picture picture = check_plain_file(name, PICTURE_BMP, &file);
        const unsigned maxval = shape.bits < 8 ? (1u << shape.bits) - 1 : 255;
        CHECK(picture.info.width == width && picture.info.height == 7 && picture.info.channels == channels &&
                  picture.info.depth == 8 && picture.info.maxval == maxval && picture.info.indexed == is_indexed &&
                  !picture.info.lossy,
              "%s: %u channels", name, picture.info.channels);
        picture_free(&picture);
        free(file.data);
    }
}

static void test_kinds(void) {
    check_kind("24 bits", (struct bmp_shape){.info_size = 40, .bits = 24}, 3, false);
    check_kind("24 bits, top down", (struct bmp_shape){.info_size = 40, .bits = 24, .is_top_down = true}, 3, false);
    check_kind("24 bits, gap and tail", (struct bmp_shape){.info_size = 40, .bits = 24, .gap = 3, .trailing = 11}, 3,
               false);
    check_kind("24 bits, OS/2", (struct bmp_shape){.info_size = 12, .bits = 24}, 3, false);
    check_kind("24 bits, version 4", (struct bmp_shape){.info_size = 108, .bits = 24}, 3, false);
    check_kind("24 bits, version 5", (struct bmp_shape){.info_size = 124, .bits = 24, .trailing = 300}, 3, false);
    check_kind("32 bits, zero", (struct bmp_shape){.info_size = 40, .bits = 32}, 3, false);
    check_kind("32 bits, 255", (struct bmp_shape){.info_size = 40, .bits = 32, .fourth = 255}, 3, false);
    check_kind("32 bits, more", (struct bmp_shape){.info_size = 40, .bits = 32, .has_alpha = true}, 4, false);
    check_kind("three masks", (struct bmp_shape){.info_size = 40, .bits = 32, .compression = 3, .masks = USUAL_MASKS},
               3, false);
    check_kind(
        "four masks",
        (struct bmp_shape){.info_size = 40, .bits = 32, .compression = 6, .masks = USUAL_MASKS, .has_alpha = true}, 4,
        false);
    for (uint32_t size = 56; size <= 124; size = size == 56 ? 108 : size + 16) {
        check_kind("masks in the header",
                   (struct bmp_shape){
                       .info_size = size, .bits = 32, .compression = 3, .masks = USUAL_MASKS, .has_alpha = true},
                   4, false);
        check_kind(
            "alpha that is the same everywhere",
            (struct bmp_shape){.info_size = size, .bits = 32, .compression = 3, .masks = {0xff0000, 0xff00, 0xff, 0}},
            3, false);
    }
    check_kind("red first",
               (struct bmp_shape){.info_size = 52, .bits = 32, .compression = 3, .masks = {0xff, 0xff00, 0xff0000, 0}},
               3, false);
    for (uint32_t bits = 1; bits <= 8; bits *= bits == 1 ? 4 : 2) {
        check_kind("palette", (struct bmp_shape){.info_size = 40, .bits = bits}, 1, true);
        check_kind("palette, top down", (struct bmp_shape){.info_size = 108, .bits = bits, .is_top_down = true}, 1,
                   true);
        check_kind("palette, OS/2", (struct bmp_shape){.info_size = 12, .bits = bits, .gap = 2}, 1, true);
        check_kind("greys", (struct bmp_shape){.info_size = 40, .bits = bits, .has_grey_palette = true}, 1, false);
    }
    check_kind("short palette", (struct bmp_shape){.info_size = 40, .bits = 8, .colours = 10}, 1, true);
}

/* Other formats get the palette. */
static void test_palette(void) {
    const struct bmp_shape shapes[] = {{.info_size = 40, .bits = 4}, {.info_size = 12, .bits = 8}};
    for (size_t s = 0; s < 2; s++) {
        struct byte_buffer file = make_bmp(&shapes[s], 9, 5), raw;
        struct picture picture = picture_load(PICTURE_BMP, &file);
        CHECK(picture_save(PICTURE_RAW, &picture, 0, &raw, NULL) == BSWZ_OK && raw.size == 9 * 5 * 3, "%zu", raw.size);
        bool same = raw.size == 9 * 5 * 3;
        for (uint32_t i = 0; i < 45 && same; i++) {
            const unsigned index = plain_sample(i % 9, i / 9, 0) & ((1u << shapes[s].bits) - 1);
            for (unsigned c = 0; c < 3; c++) {
                const unsigned in_file = 2 - c; /* blue, green, red */
                same = same && raw.data[3 * i + c] == ((index * (3 + in_file) + 40 * in_file) & 255);
            }
        }
        CHECK(same, "palette %zu", s);
        picture_free(&picture);
        free(file.data);
        free(raw.data);
    }
}

static void check_refused(const char *name, struct byte_buffer file, enum bswz_status status) {
    struct picture picture = picture_load(PICTURE_BMP, &file);
    CHECK(picture.status == status && picture.error.message[0] != 0, "%s: %d %s", name, (int)picture.status,
          picture.error.message);
    picture_free(&picture);
    free(file.data);
}

static void test_refused(void) {
    check_refused("run lengths", make_bmp(&(struct bmp_shape){.info_size = 40, .bits = 8, .compression = 1}, 9, 5),
                  BSWZ_ERROR_UNSUPPORTED);
    check_refused("16 bits", make_bmp(&(struct bmp_shape){.info_size = 40, .bits = 16}, 9, 5), BSWZ_ERROR_UNSUPPORTED);
    check_refused("odd masks",
                  make_bmp(
                      &(struct bmp_shape){
                          .info_size = 56, .bits = 32, .compression = 3, .masks = {0xff000000, 0xff0000, 0xff00, 0xff}},
                      9, 5),
                  BSWZ_ERROR_UNSUPPORTED);
    check_refused("a long palette", make_bmp(&(struct bmp_shape){.info_size = 40, .bits = 4, .colours = 17}, 9, 5),
                  BSWZ_ERROR_FORMAT);
    struct byte_buffer file = make_bmp(&(struct bmp_shape){.info_size = 40, .bits = 24}, 9, 5);
    file.data[file.size - 1] = 1;
    check_refused("padding that is not zero", file, BSWZ_ERROR_UNSUPPORTED);
    file = make_bmp(&(struct bmp_shape){.info_size = 40, .bits = 1}, 9, 5);
    file.data[file.size - 3] |= 1;
    check_refused("stray bits", file, BSWZ_ERROR_UNSUPPORTED);
    file = make_bmp(&(struct bmp_shape){.info_size = 40, .bits = 24}, 9, 5);
    file.size--;
    check_refused("cut off", file, BSWZ_ERROR_TRUNCATED);
}

static void test_extent(void) {
    const struct bmp_shape shape = {.info_size = 40, .bits = 24, .trailing = 10};
    struct byte_buffer file = make_bmp(&shape, 9, 5);
    const size_t size = file.size;
    put_zeros(&file, 100);
    CHECK(picture_extent(PICTURE_BMP, file.data, file.size, true) == size, "what the header says");
    CHECK(picture_extent(PICTURE_BMP, file.data, size - 1, false) == 0, "more is needed");
    CHECK(picture_extent(PICTURE_BMP, file.data, size - 1, true) == size - 10, "only trailing bytes are missing");
    CHECK(picture_extent(PICTURE_BMP, file.data, size - 11, true) == SIZE_MAX, "pixels are missing");
    memset(file.data + 2, 0, 4);
    CHECK(picture_extent(PICTURE_BMP, file.data, file.size, false) == size - 10, "no size in the header");
    memset(file.data + 2, 0xff, 4);
    CHECK(picture_extent(PICTURE_BMP, file.data, file.size, false) == size - 10, "an absurd size in the header");
    file.data[26] = 2; /* planes */
    CHECK(picture_extent(PICTURE_BMP, file.data, file.size, false) == SIZE_MAX, "no BMP");
    CHECK(picture_recognise(file.data, 64) == PICTURE_NONE, "no BMP");
    CHECK(picture_recognise((const uint8_t *)"BMW and other cars, seventy letters of text which are no picture at all",
                            64) == PICTURE_NONE,
          "text");
    free(file.data);
}

int main(void) {
    test_kinds();
    test_palette();
    test_refused();
    test_extent();
    return check_summary();
}
