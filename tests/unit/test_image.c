/* SPDX-License-Identifier: MIT */
/*
 * Pictures: recognition, extents, and PNG in all its colour types.
 */
#include "test_image.h"

static void test_recognise(void) {
    static const struct {
        const char *bytes;
        size_t size;
        enum picture_format format;
    } cases[] = {
        {"\x89PNG\r\n\x1a\n", 8, PICTURE_PNG},
        {"\x89PNG\r\n\x1a", 7, PICTURE_NONE},
        {"\xff\xd8\xff\xe0", 4, PICTURE_JPEG},
        {"\xff\xd8\xff", 3, PICTURE_JPEG},
        {"\xff\xd8\xff\x01", 4, PICTURE_NONE},
        {"\xff\xd8", 2, PICTURE_NONE},
        {"RIFF\x10\0\0\0WEBPVP8L", 16, PICTURE_WEBP},
        {"RIFF\x10\0\0\0WAVEfmt ", 16, PICTURE_NONE},
        {"P5\n3 4\n255\n", 11, PICTURE_PNM},
        {"P6 # a comment\n#another\n3 4 255 ", 32, PICTURE_PNM},
        {"P6#and one that goes on and on and on and on and on and on and on", 64, PICTURE_PNM},
        {"P4\n31", 5, PICTURE_PNM},
        {"P1 2 2 0 1 1 0\n", 15, PICTURE_TEXT},
        {"P5 2020 report", 14, PICTURE_NONE},
        {"P5x", 3, PICTURE_NONE},
        {"P5", 2, PICTURE_NONE},
        {"P9\n1 1\n", 7, PICTURE_NONE},
        {"P7\nWIDTH 3\n", 11, PICTURE_PAM},
        {"P7\n# c\nDEPTH 3\n", 15, PICTURE_PAM},
        {"P7 332\n", 7, PICTURE_NONE},
        {"P7\nx", 4, PICTURE_NONE},
        {"", 0, PICTURE_NONE},
        {"GIF89a", 6, PICTURE_GIF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const enum picture_format found = picture_recognise((const uint8_t *)cases[i].bytes, cases[i].size);
        CHECK(found == cases[i].format, "case %zu: %d", i, (int)found);
    }
}

/* Read file and write it again; both must show these samples and the same chunks. */
static void check_png(const char *name, const struct byte_buffer *file, const struct picture_info *info,
                      const struct byte_buffer *rows, const char *dropped) {
    struct memory_source source = {file->data, file->size, 0, 13};
    struct picture picture = picture_load_from(PICTURE_PNG, &source, NULL, 3);
    struct byte_buffer again, expected = list_chunks(file, dropped);
    struct bswz_error error = {0};
    CHECK(picture.status == BSWZ_OK, "%s: %s", name, picture.error.message);
    CHECK(same_info(&picture.info, info), "%s: description", name);
    CHECK(same_bytes(&picture.rows, rows), "%s: samples", name);
    CHECK(picture_save(PICTURE_PNG, &picture, 2, &again, &error) == BSWZ_OK, "%s: %s", name, error.message);
    struct byte_buffer chunks = list_chunks(&again, NULL);
    CHECK(same_bytes(&chunks, &expected), "%s: chunks", name);
    struct picture second = picture_load(PICTURE_PNG, &again);
    CHECK(second.status == BSWZ_OK && same_bytes(&second.rows, rows) && same_bytes(&second.head, &picture.head) &&
              same_bytes(&second.tail, &picture.tail),
          "%s: second reading: %s", name, second.error.message);
    free(again.data);
    free(chunks.data);
    free(expected.data);
    picture_free(&picture);
    picture_free(&second);
}

static const struct {
    int bit_depth, colour_type;
} kinds[15] = {{1, 0}, {2, 0}, {4, 0}, {8, 0}, {16, 0}, {8, 2}, {16, 2}, {1, 3},
               {2, 3}, {4, 3}, {8, 3}, {8, 4}, {16, 4}, {8, 6}, {16, 6}};

static void test_png_kinds(void) {
    static const uint32_t sizes[][2] = {{1, 1}, {2, 3}, {7, 5}, {33, 18}};
    for (size_t k = 0; k < 15; k++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (int interlaced = 0; interlaced < 2; interlaced++) {
                const struct picture_info info =
                    png_info_of(PICTURE_PNG, sizes[s][0], sizes[s][1], kinds[k].bit_depth, kinds[k].colour_type);
                struct byte_buffer rows;
                char name[64];
                draw(&info, &rows);
                snprintf(name, sizeof name, "depth %d type %d %s %u x %u", kinds[k].bit_depth, kinds[k].colour_type,
                         interlaced ? "interlaced" : "plain", info.width, info.height);
                struct byte_buffer file =
                    make_png(&info, kinds[k].bit_depth, kinds[k].colour_type, interlaced, rows.data, NULL, NULL, NULL);
                check_png(name, &file, &info, &rows, NULL);
                free(file.data);
                free(rows.data);
            }
        }
    }
}

static void test_png_chunks(void) {
    for (int type = 0; type <= 6; type++) {
        if (type == 1 || type == 5) {
            continue;
        }
        const bool palette = type == 3;
        struct picture_info info = png_info_of(PICTURE_PNG, 9, 6, 8, type);
        struct byte_buffer before = {0}, middle = {0}, after = {0}, rows;
        const uint8_t zeros[64] = {0};
        draw(&info, &rows);
        put_chunk(&before, "gAMA", "\0\0\xb1\x8f", 4);
        put_chunk(&before, "cHRM", zeros, 32);
        put_chunk(&before, "sRGB", "\0", 1);
        put_chunk(&before, "iCCP", "not a profile that anybody could read", 37);
        put_chunk(&before, "sBIT", "\5\6\5\4", palette ? 3 : info.channels);
        put_chunk(&before, "spAm", "unknown, safe to copy", 21);
        if (type == 2) { /* a palette that is only a suggestion */
            put_chunk(&middle, "PLTE", "\1\2\3\4\5\6", 6);
        }
        if (type == 0 || type == 2 || palette) {
            put_chunk(&middle, "tRNS", "\0\1\0\2\0\3", type == 0 ? 2 : 6);
        }
        put_chunk(&middle, "bKGD", zeros, palette ? 1 : type & 2 ? 6 : 2);
        if (palette) {
            uint8_t histogram[512] = {1};
            put_chunk(&middle, "hIST", histogram, sizeof histogram);
        }
        put_chunk(&middle, "pHYs", "\0\0\x0b\x13\0\0\x0b\x13\1", 9);
        put_chunk(&middle, "sPLT", "name\0\10\1\2\3\4\0\7", 12);
        put_chunk(&middle, "tIME", "\7\xe8\1\2\3\4\5", 7);
        put_chunk(&middle, "tEXt", "Title\0one", 9);
        put_chunk(&middle, "tEXt", "Title\0two", 9);
        put_chunk(&middle, "zTXt", "Comment\0\0broken", 15);
        put_chunk(&middle, "eXIf", "II*\0\10\0\0\0\0\0\0\0\0\0", 14);
        put_chunk(&middle, "cICP", "\1\15\0\1", 4);
        put_chunk(&after, "iTXt", "Author\0\0\0en\0\0somebody", 22);
        put_chunk(&after, "tEXt", "Late\0words", 10);
        put_chunk(&after, "tIME", "\7\xe8\1\2\3\4\6", 7);
        put_chunk(&after, "vpAg", "", 0);
        struct byte_buffer file = make_png(&info, 8, type, false, rows.data, &before, &middle, &after);
        check_png("chunks", &file, &info, &rows, NULL);
        free(file.data);
        file = make_png(&info, 8, type, true, rows.data, &before, &middle, &after);
        check_png("chunks, interlaced", &file, &info, &rows, NULL);
        put_chunk(&before, "iDOT", zeros, 28);
        free(file.data);
        file = make_png(&info, 8, type, false, rows.data, &before, &middle, &after);
        check_png("chunks and iDOT", &file, &info, &rows, "iDOT");
        /* whatever is written follows the first picture: the reader stops at IEND */
        byte_buffer_append(&file, "trailing", 8, NULL);
        struct picture picture = picture_load(PICTURE_PNG, &file);
        CHECK(picture.status == BSWZ_OK && same_bytes(&picture.rows, &rows), "trailing bytes: %s",
              picture.error.message);
        picture_free(&picture);
        free(file.data);
        free(before.data);
        free(middle.data);
        free(after.data);
        free(rows.data);
    }
}

/* A PNG with one more chunk must be refused with this status. */
static void check_refused(const char *name, const char *type, const void *data, size_t size, int place,
                          enum bswz_status expected) {
    struct picture_info info = png_info_of(PICTURE_PNG, 5, 5, 8, 2);
    struct byte_buffer rows, chunk = {0};
    draw(&info, &rows);
    put_chunk(&chunk, type, data, size);
    struct byte_buffer file = make_png(&info, 8, 2, false, rows.data, place == 0 ? &chunk : NULL,
                                       place == 1 ? &chunk : NULL, place == 2 ? &chunk : NULL);
    struct picture picture = picture_load(PICTURE_PNG, &file);
    CHECK(picture.status == expected && picture.error.status == expected && picture.error.message[0] != 0, "%s: %d %s",
          name, (int)picture.status, picture.error.message);
    picture_free(&picture);
    free(file.data);
    free(chunk.data);
    free(rows.data);
}

static void test_png_refused(void) {
    check_refused("animation", "acTL", "\0\0\0\1\0\0\0\0", 8, 1, BSWZ_ERROR_UNSUPPORTED);
    check_refused("unknown critical", "CgBI", "\0\0\0\0", 4, 0, BSWZ_ERROR_UNSUPPORTED);
    check_refused("unknown, unsafe to copy", "abCD", "", 0, 1, BSWZ_ERROR_UNSUPPORTED);
    check_refused("signature", "dSIG", "", 0, 2, BSWZ_ERROR_UNSUPPORTED);
    check_refused("late palette", "PLTE", "abc", 3, 2, BSWZ_ERROR_FORMAT);
    check_refused("odd palette", "PLTE", "abcd", 4, 1, BSWZ_ERROR_FORMAT);
    check_refused("empty palette", "PLTE", "", 0, 1, BSWZ_ERROR_FORMAT);
    check_refused("second header", "IHDR", "\0\0\0\1\0\0\0\1\10\2\0\0\0", 13, 1, BSWZ_ERROR_FORMAT);
    struct picture_info info = png_info_of(PICTURE_PNG, 5, 5, 8, 2);
    struct byte_buffer rows;
    draw(&info, &rows);
    struct byte_buffer file = make_png(&info, 8, 2, false, rows.data, NULL, NULL, NULL);
    for (size_t at = 8; at < file.size;) { /* spoil the checksums one by one */
        at += get_big_32(file.data + at) + (size_t)12;
        file.data[at - 1] ^= 1;
        struct picture picture = picture_load(PICTURE_PNG, &file);
        CHECK(picture.status == BSWZ_ERROR_FORMAT && picture.rows.data == NULL, "checksum at %zu", at);
        picture_free(&picture);
        file.data[at - 1] ^= 1;
    }
    /* a header of 2^28 x 4 pixels, over the same few bytes of pixels */
    struct byte_buffer bomb = {0};
    byte_buffer_append(&bomb, file.data, 8, NULL);
    put_chunk(&bomb, "IHDR", "\x10\0\0\0\0\0\0\4\10\2\0\0\0", 13);
    byte_buffer_append(&bomb, file.data + 33, file.size - 33, NULL);
    struct picture picture = picture_load(PICTURE_PNG, &bomb);
    CHECK(picture.status == BSWZ_ERROR_FORMAT, "bomb: %d", (int)picture.status);
    picture_free(&picture);
    free(bomb.data);
    free(file.data);
    free(rows.data);
}

static void check_extents(const char *name, enum picture_format format, const struct byte_buffer *file) {
    struct byte_buffer longer = {0};
    byte_buffer_append(&longer, file->data, file->size, NULL);
    byte_buffer_append(&longer, "\xff\xd9RIFF and so on", 17, NULL);
    int wrong = 0;
    for (size_t size = 0; size <= longer.size; size++) {
        const bool whole = size >= file->size;
        wrong += picture_extent(format, longer.data, size, false) != (whole ? file->size : 0);
        wrong += picture_extent(format, longer.data, size, true) != (whole ? file->size : SIZE_MAX);
    }
    CHECK(wrong == 0, "%s: %d prefixes", name, wrong);
    CHECK(picture_extent(format, (const uint8_t *)"nonsense nonsense", 17, false) == SIZE_MAX, "%s", name);
    free(longer.data);
}

static void test_extents(void) {
    struct picture_info info = png_info_of(PICTURE_PNG, 40, 30, 16, 6);
    struct byte_buffer rows;
    draw(&info, &rows);
    struct byte_buffer file = make_png(&info, 16, 6, true, rows.data, NULL, NULL, NULL);
    check_extents("PNG", PICTURE_PNG, &file);
    CHECK(picture_extent(PICTURE_PNM, file.data, file.size, false) == SIZE_MAX, "PNM has no extent here");
    free(file.data);
    free(rows.data);
    /* a JPEG by its markers alone: fill bytes, a restart, a stuffed zero, a marker inside a segment */
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xff, 0xe1, 0,    6,    0xff, 0xd9, 1,    2,    0xff, 0xc0, 0,
                                   3,    9,    0xff, 0xda, 0,    3,    7,    0x55, 0xff, 0,    1,    0xff, 0xd3, 2,
                                   0xff, 0xff, 0xc4, 0,    2,    0xff, 0xda, 0,    2,    0x77, 0xff, 0xd9};
    struct byte_buffer bytes = {(uint8_t *)(uintptr_t)jpeg, sizeof jpeg, sizeof jpeg};
    check_extents("JPEG", PICTURE_JPEG, &bytes);
    static const uint8_t webp[] = "RIFF\x16\0\0\0WEBPVP8L\12\0\0\0\x2f\0\0\0\0\0\0\0\0";
    bytes = (struct byte_buffer){(uint8_t *)(uintptr_t)webp, sizeof webp, sizeof webp};
    CHECK(sizeof webp == 30, "%zu", sizeof webp);
    check_extents("WebP", PICTURE_WEBP, &bytes);
}

int main(void) {
    test_recognise();
    test_png_kinds();
    test_png_chunks();
    test_png_refused();
    test_extents();
    return check_summary();
}
