/* SPDX-License-Identifier: MIT */
/*
 * TIFF: byte orders, kinds of samples, strips in any place; that the same bytes come back; what is refused.
 */
#include "test_plain_files.h"

static void check_kind(const char *name, struct tiff_shape shape, uint8_t channels) {
    for (int variant = 0; variant < 16; variant++) {
        shape.is_big = (variant & 1) != 0;
        shape.directory_last = (variant & 2) != 0;
        shape.rows_per_strip = (variant & 4) != 0 ? 2 : 0;
        shape.gap = (variant & 8) != 0 ? 3 : 0;
        shape.trailing = variant == 6 ? 9 : 0;
        struct byte_buffer file = make_tiff(&shape, 9, 7);
        struct picture picture = check_plain_file(name, PICTURE_TIFF, &file);
        CHECK(picture.info.width == 9 && picture.info.height == 7 && picture.info.channels == channels &&
                  picture.info.depth == (shape.bits == 16 ? 16 : 8) && picture.info.maxval == (1u << shape.bits) - 1 &&
                  picture.info.indexed == (shape.photometric == 3),
              "%s, variant %d", name, variant);
        picture_free(&picture);
        free(file.data);
    }
}

static void test_kinds(void) {
    for (uint16_t bits = 1; bits <= 16; bits = (uint16_t)(2 * bits)) {
        check_kind("grey", (struct tiff_shape){TIFF_USUAL, .bits = bits, .samples = 1, .photometric = 1}, 1);
        check_kind("inverted", (struct tiff_shape){TIFF_USUAL, .bits = bits, .samples = 1, .photometric = 0}, 1);
        if (bits <= 8) {
            check_kind("palette", (struct tiff_shape){TIFF_USUAL, .bits = bits, .samples = 1, .photometric = 3}, 1);
        }
    }
    for (uint16_t bits = 8; bits <= 16; bits += 8) {
        struct tiff_shape shape = {TIFF_USUAL, .bits = bits, .samples = 3, .photometric = 2};
        check_kind("RGB", shape, 3);
        shape.samples = 4;
        for (int extra = -1; extra <= 2; extra++) {
            shape.extra = extra;
            check_kind("RGBA", shape, 4);
        }
        check_kind("grey with alpha",
                   (struct tiff_shape){
                       .compression = 1, .planes = 1, .bits = bits, .samples = 2, .photometric = 1, .extra = 2},
                   2);
    }
}

/* Palettes become colours, premultiplied ones are not converted. */
static void test_conversion(void) {
    struct tiff_shape shape = {TIFF_USUAL, .bits = 4, .samples = 1, .photometric = 3, .is_big = true};
    struct byte_buffer file = make_tiff(&shape, 9, 5), raw;
    struct picture picture = picture_load(PICTURE_TIFF, &file);
    CHECK(picture_save(PICTURE_RAW, &picture, 0, &raw, NULL) == BSWZ_OK && raw.size == 135, "%zu", raw.size);
    bool same = raw.size == 135;
    for (uint32_t i = 0; i < 45 && same; i++) {
        const unsigned index = plain_sample(i % 9, i / 9, 0) & 15;
        for (unsigned c = 0; c < 3; c++) {
            same = same && raw.data[3 * i + c] == ((16 * c + index) * 71 & 255);
        }
    }
    CHECK(same, "palette");
    picture_free(&picture);
    free(file.data);
    free(raw.data);
    shape = (struct tiff_shape){.compression = 1, .planes = 1, .bits = 8, .samples = 4, .photometric = 2, .extra = 1};
    file = make_tiff(&shape, 9, 5);
    picture = picture_load(PICTURE_TIFF, &file);
    CHECK(picture_save(PICTURE_PNG, &picture, 0, &raw, NULL) == BSWZ_ERROR_ARGUMENT, "premultiplied");
    picture_free(&picture);
    free(file.data);
    free(raw.data);
}

/* Two pages: the larger one is the picture, wherever it is. */
static void test_pages(void) {
    const struct tiff_shape shape = {TIFF_USUAL, .bits = 8, .samples = 1, .photometric = 1};
    for (int first_is_small = 0; first_is_small < 2; first_is_small++) {
        struct byte_buffer file = make_tiff(&shape, first_is_small ? 3 : 9, first_is_small ? 3 : 7);
        const uint32_t width = first_is_small ? 9 : 3, height = first_is_small ? 7 : 3;
        const uint32_t second = (uint32_t)file.size;
        const uint32_t size_of_directory = 2 + 12 * 10 + 4, pixels_at = second + size_of_directory;
        struct byte_buffer directory = tiff_directory(&shape, width, height, second, &pixels_at, 1, 0);
        CHECK(directory.size == size_of_directory, "%zu", directory.size);
        byte_buffer_append(&file, directory.data, directory.size, NULL);
        for (uint32_t y = 0; y < height; y++) {
            put_tiff_row(&file, &shape, width, y);
        }
        struct byte_buffer next = {0};
        put_number(&next, second, 4, false);
        memcpy(file.data + 8 + 2 + 12 * 10, next.data, 4);
        struct picture picture = check_plain_file("pages", PICTURE_TIFF, &file);
        CHECK(picture.info.width == 9 && picture.info.height == 7, "the larger page");
        picture_free(&picture);
        memcpy(file.data + second + 2 + 12 * 10, "\10\0\0", 4); /* in a circle */
        picture = check_plain_file("circle", PICTURE_TIFF, &file);
        picture_free(&picture);
        free(next.data);
        free(directory.data);
        free(file.data);
    }
}

static void check_refused(const char *name, struct byte_buffer file, enum bswz_status status) {
    struct picture picture = picture_load(PICTURE_TIFF, &file);
    CHECK(picture.status == status && picture.error.message[0] != 0, "%s: %d %s", name, (int)picture.status,
          picture.error.message);
    picture_free(&picture);
    free(file.data);
}

/* The position of a tag's value in the directory at byte 8. */
static size_t value_at(const struct byte_buffer *file, unsigned tag) {
    for (size_t at = 10; at + 12 <= file->size; at += 12) {
        if (file->data[at] + 256u * file->data[at + 1] == tag) {
            return at + 8;
        }
    }
    return 0;
}

static void test_refused(void) {
    const struct tiff_shape usual = {TIFF_USUAL, .bits = 8, .samples = 3, .photometric = 2, .rows_per_strip = 2};
    struct tiff_shape shape = usual;
    shape.compression = 5;
    check_refused("compressed", make_tiff(&shape, 9, 7), BSWZ_ERROR_UNSUPPORTED);
    shape = usual;
    shape.planes = 2;
    check_refused("planes", make_tiff(&shape, 9, 7), BSWZ_ERROR_UNSUPPORTED);
    shape = usual;
    shape.samples = 4;
    shape.photometric = 5;
    check_refused("print colours", make_tiff(&shape, 9, 7), BSWZ_ERROR_UNSUPPORTED);
    struct byte_buffer file = make_tiff(&usual, 9, 7);
    file.data[value_at(&file, 284) - 8] = 322 & 255;
    check_refused("tiles", file, BSWZ_ERROR_UNSUPPORTED);
    file = make_tiff(&usual, 9, 7);
    uint8_t *offsets = file.data + file.data[value_at(&file, 273)] + 256u * file.data[value_at(&file, 273) + 1];
    for (int i = 0; i < 4; i++) {
        const uint8_t byte = offsets[i];
        offsets[i] = offsets[4 + i];
        offsets[4 + i] = byte;
    }
    check_refused("strips out of order", file, BSWZ_ERROR_UNSUPPORTED);
    file = make_tiff(&usual, 9, 7);
    file.size--;
    check_refused("cut off", file, BSWZ_ERROR_FORMAT);
    file = make_tiff(&usual, 9, 7);
    file.data[value_at(&file, 278)] = 1;
    check_refused("too few strips", file, BSWZ_ERROR_FORMAT);
    shape = usual;
    shape.trailing = 70000;
    check_refused("a small picture in a large file", make_tiff(&shape, 9, 7), BSWZ_ERROR_UNSUPPORTED);
    file = make_tiff(&(struct tiff_shape){TIFF_USUAL, .bits = 1, .samples = 1, .photometric = 1}, 9, 7);
    file.data[file.size - 1] |= 1;
    check_refused("stray bits", file, BSWZ_ERROR_UNSUPPORTED);
    file = make_tiff(&(struct tiff_shape){TIFF_USUAL, .bits = 4, .samples = 1, .photometric = 3}, 9, 7);
    const size_t strip = value_at(&file, 273), palette = value_at(&file, 320);
    memcpy(file.data + strip, file.data + palette, 4);
    check_refused("a palette among the pixels", file, BSWZ_ERROR_UNSUPPORTED);
}

static void test_extent(void) {
    const struct tiff_shape shape = {TIFF_USUAL, .bits = 8, .samples = 1, .photometric = 1};
    struct byte_buffer file = make_tiff(&shape, 9, 7);
    CHECK(picture_extent(PICTURE_TIFF, file.data, file.size, false) == 0, "more may come");
    CHECK(picture_extent(PICTURE_TIFF, file.data, file.size, true) == file.size, "all is the file");
    CHECK(picture_extent(PICTURE_TIFF, file.data, 7, true) == SIZE_MAX, "less than a header");
    file.data[2] = 44;
    CHECK(picture_extent(PICTURE_TIFF, file.data, file.size, true) == SIZE_MAX, "another version");
    CHECK(picture_recognise(file.data, 64) == PICTURE_NONE, "another version");
    free(file.data);
}

int main(void) {
    test_kinds();
    test_conversion();
    test_pages();
    test_refused();
    test_extent();
    return check_summary();
}
