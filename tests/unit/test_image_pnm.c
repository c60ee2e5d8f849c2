/* SPDX-License-Identifier: MIT */
/*
 * Pictures: PNM, PAM and raw samples, byte for byte, and the conversions between
 * formats.
 */
#include "test_image.h"

/* ---- PNM and PAM ---- */

/* header, then random pixels none of whose samples exceeds maxval. */
static struct byte_buffer make_pnm(const char *header, size_t samples, unsigned maxval) {
    struct byte_buffer file = {0};
    uint64_t state = 7;
    byte_buffer_append(&file, header, strlen(header), NULL);
    for (size_t i = 0; i < samples; i++) {
        const unsigned sample = (unsigned)(noise(&state) >> 20) % (maxval + 1);
        const uint8_t bytes[2] = {(uint8_t)(sample >> 8), (uint8_t)sample};
        byte_buffer_append(&file, maxval > 255 ? bytes : bytes + 1, maxval > 255 ? 2 : 1, NULL);
    }
    return file;
}

static const struct {
    const char *header;
    uint32_t width, height;
    uint8_t channels;
    unsigned maxval;
} pnm_cases[] = {
    {"P5\n7 5\n255\n", 7, 5, 1, 255},
    {"P5 7 5 255 ", 7, 5, 1, 255},
    {"P5 7 5 255#the end of this line is the one space\n", 7, 5, 1, 255},
    {"P5\r7\r\r5\r255\r", 7, 5, 1, 255},
    {"P6# colours\n#\n3\n# more\n\t4\v255\f", 3, 4, 3, 255},
    {"P6\n00003 000000000004\n0255\n", 3, 4, 3, 255},
    {"P5\n7 5\n1\n", 7, 5, 1, 1},
    {"P5\n7 5\n100\n", 7, 5, 1, 100},
    {"P5\n7 5\n256\n", 7, 5, 1, 256},
    {"P6\n7 5\n1000\n", 7, 5, 3, 1000},
    {"P6\n7 5\n65535\n", 7, 5, 3, 65535},
    {"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n", 7, 5, 4, 255},
    {"P7\n# c\n\n  TUPLTYPE any\nTUPLTYPE thing\nMAXVAL 1000 \r\nDEPTH\t2\nWIDTH 7\nHEIGHT 5\n ENDHDR \n", 7, 5, 2,
     1000},
    {"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n", 7, 5, 1, 1},
    {"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 3\nMAXVAL 65535\nENDHDR\n", 7, 5, 3, 65535},
};

static void test_pnm_identity(void) {
    for (size_t i = 0; i < sizeof pnm_cases / sizeof *pnm_cases; i++) {
        const size_t samples = (size_t)pnm_cases[i].width * pnm_cases[i].height * pnm_cases[i].channels;
        struct byte_buffer file = make_pnm(pnm_cases[i].header, samples, pnm_cases[i].maxval), again;
        const enum picture_format format = picture_recognise(file.data, file.size);
        CHECK(format == (file.data[1] == '7' ? PICTURE_PAM : PICTURE_PNM), "case %zu", i);
        struct memory_source source = {file.data, file.size, 0, 3};
        struct picture picture = picture_load_from(format, &source, NULL, 2);
        struct bswz_error error = {0};
        const struct picture_info *info = &picture.info;
        CHECK(picture.status == BSWZ_OK, "case %zu: %s", i, picture.error.message);
        CHECK(info->width == pnm_cases[i].width && info->height == pnm_cases[i].height &&
                  info->channels == pnm_cases[i].channels && info->maxval == pnm_cases[i].maxval &&
                  info->depth == (info->maxval > 255 ? 16 : 8) && info->format == format && !info->lossy,
              "case %zu", i);
        CHECK(picture_save(format, &picture, 3, &again, &error) == BSWZ_OK, "case %zu: %s", i, error.message);
        CHECK(same_bytes(&file, &again), "case %zu", i);
        const uint8_t *pixels = file.data + strlen(pnm_cases[i].header);
        if (info->depth == 16) {
            CHECK(picture.rows.data[0] == pixels[1] && picture.rows.data[1] == pixels[0], "case %zu", i);
        } else {
            CHECK(memcmp(picture.rows.data, pixels, samples) == 0, "case %zu", i);
        }
        free(again.data);
        for (size_t size = 0; size < file.size; size++) { /* truncated anywhere */
            struct byte_buffer cut = {file.data, size, size};
            struct picture part = picture_load(format, &cut);
            if (part.status != BSWZ_ERROR_TRUNCATED) {
                CHECK(false, "case %zu cut to %zu: %d", i, size, (int)part.status);
            }
            picture_free(&part);
        }
        picture_free(&picture);
        free(file.data);
    }
}

static void test_bitmap(void) {
    struct bswz_error error = {0};
    for (uint32_t width = 1; width <= 18; width++) {
        struct byte_buffer file = {0}, again;
        char header[32];
        uint64_t state = width;
        const uint32_t height = 3, row = (width + 7) / 8;
        snprintf(header, sizeof header, "P4\n%u %u\n", width, height);
        byte_buffer_append(&file, header, strlen(header), NULL);
        for (uint32_t y = 0; y < height; y++) {
            for (uint32_t i = 0; i < row; i++) {
                uint8_t byte = (uint8_t)(noise(&state) >> 30);
                if (i == row - 1 && width % 8 != 0) {
                    byte &= (uint8_t)(0xff00u >> (width % 8));
                }
                byte_buffer_append(&file, &byte, 1, NULL);
            }
        }
        struct picture picture = picture_load(PICTURE_PNM, &file);
        CHECK(picture.status == BSWZ_OK && picture.info.maxval == 1 && picture.rows.size == (size_t)width * height,
              "width %u: %s", width, picture.error.message);
        CHECK(picture.rows.data[0] == !(file.data[strlen(header)] & 0x80), "white is 1");
        CHECK(picture_save(PICTURE_PNM, &picture, 0, &again, &error) == BSWZ_OK && same_bytes(&file, &again),
              "width %u: %s", width, error.message);
        picture_free(&picture);
        free(again.data);
        if (width % 8 != 0) { /* a bit beyond the edge would be lost */
            file.data[file.size - 1] |= 1;
            picture = picture_load(PICTURE_PNM, &file);
            CHECK(picture.status == BSWZ_ERROR_UNSUPPORTED, "width %u", width);
            picture_free(&picture);
        }
        free(file.data);
    }
}

static void test_concatenated(void) {
    struct byte_buffer all = {0};
    for (size_t i = 0; i < sizeof pnm_cases / sizeof *pnm_cases; i++) {
        struct byte_buffer file =
            make_pnm(pnm_cases[i].header, (size_t)pnm_cases[i].width * pnm_cases[i].height * pnm_cases[i].channels,
                     pnm_cases[i].maxval);
        byte_buffer_append(&all, file.data, file.size, NULL);
        free(file.data);
    }
    byte_buffer_append(&all, "P4 9 1 \xff\x80raw!rest", 17, NULL);
    struct memory_source source = {all.data, all.size, 0, 0};
    struct byte_buffer written = {0};
    for (size_t i = 0; i <= sizeof pnm_cases / sizeof *pnm_cases; i++) {
        const enum picture_format format = picture_recognise(all.data + source.at, all.size - source.at);
        struct picture picture = picture_load_from(format, &source, NULL, 1);
        struct byte_buffer again;
        CHECK(picture.status == BSWZ_OK, "picture %zu: %s", i, picture.error.message);
        CHECK(picture_save(format, &picture, 1, &again, NULL) == BSWZ_OK, "picture %zu", i);
        byte_buffer_append(&written, again.data, again.size, NULL);
        free(again.data);
        picture_free(&picture);
    }
    const struct raw_geometry geometry = {2, 1, 2, 1, false};
    struct picture raw = picture_load_from(PICTURE_RAW, &source, &geometry, 0);
    CHECK(raw.status == BSWZ_OK && raw.head.size == 0 && memcmp(raw.rows.data, "raw!", 4) == 0, "raw: %s",
          raw.error.message);
    CHECK(written.size + 8 == all.size && memcmp(written.data, all.data, written.size) == 0, "concatenation");
    CHECK(all.size - source.at == 4, "the rest is untouched");
    struct byte_buffer again;
    CHECK(picture_save(PICTURE_RAW, &raw, 0, &again, NULL) == BSWZ_OK && same_bytes(&again, &raw.rows), "raw");
    picture_free(&raw);
    free(again.data);
    free(written.data);
    free(all.data);
}

static void test_pnm_refused(void) {
    static const struct {
        const char *header;
        enum bswz_status status;
    } cases[] = {
        {"P1\n2 2\n0 1 1 0\n", BSWZ_ERROR_UNSUPPORTED},
        {"P2\n2 2\n255\n0 1 1 0\n", BSWZ_ERROR_UNSUPPORTED},
        {"P3\n1 1\n255\n0 1 1\n", BSWZ_ERROR_UNSUPPORTED},
        {"P8\n1 1\n255\n", BSWZ_ERROR_FORMAT},
        {"Q5\n1 1\n255\n", BSWZ_ERROR_FORMAT},
        {"P5x1 1\n255\n", BSWZ_ERROR_FORMAT},
        {"P51 1 255\n", BSWZ_ERROR_FORMAT},
        {"P5\n0 1\n255\n", BSWZ_ERROR_FORMAT},
        {"P5\n1 0\n255\n", BSWZ_ERROR_FORMAT},
        {"P5\n1 1\n0\n", BSWZ_ERROR_FORMAT},
        {"P5\n-1 1\n255\n", BSWZ_ERROR_FORMAT},
        {"P5\n1 1\n255x", BSWZ_ERROR_FORMAT},
        {"P5\n1 1\n65536\n", BSWZ_ERROR_LIMIT},
        {"P5\n1073741824 1\n255\n", BSWZ_ERROR_LIMIT},
        {"P5\n99999999999999999999999999999999 1\n255\n", BSWZ_ERROR_LIMIT},
        {"P5\n1073741823 1073741823\n255\n", BSWZ_ERROR_LIMIT},
        {"P5\n65536 32768\n255\n", BSWZ_ERROR_LIMIT},
        {"P5\n2 1\n100\n\x64\x65", BSWZ_ERROR_FORMAT},
        {"P5\n1 1\n256\n\1\1", BSWZ_ERROR_FORMAT},
        {"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\n", BSWZ_ERROR_UNSUPPORTED},
        {"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nENDHDR\n", BSWZ_ERROR_FORMAT},
        {"P7\nWIDTH 1\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n", BSWZ_ERROR_FORMAT},
        {"P7\nWIDTH 1 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n", BSWZ_ERROR_FORMAT},
        {"P7\nWIDTH\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n", BSWZ_ERROR_FORMAT},
        {"P7\nSIZE 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n", BSWZ_ERROR_FORMAT},
        {"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 65536\nENDHDR\n", BSWZ_ERROR_LIMIT},
        {"P7 332\n1 1 255\n", BSWZ_ERROR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct byte_buffer file = {0};
        byte_buffer_append(&file, cases[i].header, strlen(cases[i].header), NULL);
        struct picture picture = picture_load(cases[i].header[1] == '7' ? PICTURE_PAM : PICTURE_PNM, &file);
        CHECK(picture.status == cases[i].status && picture.error.message[0] != 0, "%s: %d %s", cases[i].header,
              (int)picture.status, picture.error.message);
        picture_free(&picture);
        free(file.data);
    }
    struct byte_buffer endless = {0};
    byte_buffer_append(&endless, "P5 #", 4, NULL);
    for (int i = 0; i < 5000; i++) {
        byte_buffer_append(&endless, "x", 1, NULL);
    }
    struct memory_source source = {endless.data, endless.size, 0, 0};
    struct picture picture = picture_load_from(PICTURE_PNM, &source, NULL, 0);
    CHECK(picture.status == BSWZ_ERROR_LIMIT && source.at == 4096, "%zu", source.at);
    free(endless.data);
}

/* ---- conversions ---- */

/* From picture to target and back: the samples, and the kind of picture. */
static void check_converted(const char *name, const struct picture *picture, enum picture_format target,
                            uint8_t channels, unsigned maxval, const void *expected, size_t size) {
    struct byte_buffer file;
    struct bswz_error error = {0};
    CHECK(picture_save(target, picture, 1, &file, &error) == BSWZ_OK, "%s: %s", name, error.message);
    if (target == PICTURE_RAW) {
        CHECK(file.size == size && memcmp(file.data, expected, size) == 0, "%s", name);
    } else {
        CHECK(picture_recognise(file.data, file.size) == target, "%s", name);
        struct picture again = picture_load(target, &file);
        CHECK(again.status == BSWZ_OK && again.info.channels == channels && again.info.maxval == maxval &&
                  again.info.width == picture->info.width && again.info.height == picture->info.height,
              "%s: %s, %u channels, maxval %u", name, again.error.message, again.info.channels, again.info.maxval);
        CHECK(again.rows.size == size && memcmp(again.rows.data, expected, size) == 0, "%s: samples", name);
        picture_free(&again);
    }
    free(file.data);
}

static void check_impossible(const char *name, const struct picture *picture, enum picture_format target) {
    struct byte_buffer file;
    struct bswz_error error = {0};
    CHECK(picture_save(target, picture, 0, &file, &error) == BSWZ_ERROR_ARGUMENT && file.size == 0 &&
              error.message[0] != 0,
          "%s: %s", name, error.message);
    free(file.data);
}

/* A picture of one row from raw samples. */
static struct picture make_picture(enum picture_format format, uint32_t width, uint8_t channels, unsigned maxval,
                                   const void *samples) {
    struct picture picture = {0};
    picture.info = (struct picture_info){.width = width,
                                         .height = 1,
                                         .channels = channels,
                                         .depth = maxval > 255 ? 16 : 8,
                                         .maxval = (uint16_t)maxval,
                                         .format = format};
    byte_buffer_append(&picture.rows, samples, picture_row_bytes(&picture.info), NULL);
    return picture;
}

static void test_from_raw(void) {
    static const uint8_t samples[] = {0, 1, 2, 3, 100, 101, 102, 0, 255, 254, 253, 252};
    for (uint8_t channels = 1; channels <= 4; channels++) {
        struct picture picture = make_picture(PICTURE_RAW, 12u / channels, channels, 255, samples);
        check_converted("raw to PNG", &picture, PICTURE_PNG, channels, 255, samples, 12);
        check_converted("raw to PAM", &picture, PICTURE_PAM, channels, 255, samples, 12);
        check_converted("raw to raw", &picture, PICTURE_RAW, channels, 255, samples, 12);
        if (channels & 1) {
            check_converted("raw to PNM", &picture, PICTURE_PNM, channels, 255, samples, 12);
        } else {
            check_impossible("raw to PNM", &picture, PICTURE_PNM);
        }
        if (channels > 2) {
            check_converted("raw to WebP", &picture, PICTURE_WEBP, channels, 255, samples, 12);
        }
        check_impossible("raw to JPEG", &picture, PICTURE_JPEG);
        check_impossible("raw to nothing", &picture, PICTURE_NONE);
        picture_free(&picture);
    }
    static const uint8_t grey[] = {0, 100, 255}, grey_rgb[] = {0, 0, 0, 100, 100, 100, 255, 255, 255};
    struct picture picture = make_picture(PICTURE_RAW, 3, 1, 255, grey);
    check_converted("grey to WebP", &picture, PICTURE_WEBP, 3, 255, grey_rgb, 9);
    picture_free(&picture);
    static const uint8_t alpha[] = {9, 0, 100, 1}, alpha_rgba[] = {9, 9, 9, 0, 100, 100, 100, 1};
    picture = make_picture(PICTURE_RAW, 2, 2, 255, alpha);
    check_converted("grey and alpha to WebP", &picture, PICTURE_WEBP, 4, 255, alpha_rgba, 8);
    picture_free(&picture);
}

static void test_maxvals(void) {
    static const uint8_t low[] = {0, 1, 1, 0}, low_wide[] = {0, 1, 2, 0, 255, 0, 4, 0};
    static const unsigned maxvals[] = {1, 2, 3, 7, 15, 100, 255, 256, 1023, 65535};
    for (size_t i = 0; i < sizeof maxvals / sizeof *maxvals; i++) {
        const unsigned maxval = maxvals[i];
        const uint8_t *samples = maxval > 255 ? low_wide : low;
        const size_t size = maxval > 255 ? 8 : 4;
        const bool good = maxval == 1 || maxval == 3 || maxval == 15 || maxval == 255 || maxval == 65535;
        struct picture picture = make_picture(PICTURE_PAM, 4, 1, maxval, samples);
        check_converted("PAM to PNM", &picture, PICTURE_PNM, 1, maxval, samples, size);
        check_converted("PAM to raw", &picture, PICTURE_RAW, 1, maxval, samples, size);
        if (good) {
            check_converted("PAM to PNG", &picture, PICTURE_PNG, 1, maxval, samples, size);
        } else {
            check_impossible("PAM to PNG", &picture, PICTURE_PNG);
        }
        if (!good || maxval > 255) {
            check_impossible("PAM to WebP", &picture, PICTURE_WEBP);
        }
        picture_free(&picture);
        picture = make_picture(PICTURE_PNM, 4, 1, maxval, samples);
        check_converted("PNM to PAM", &picture, PICTURE_PAM, 1, maxval, samples, size);
        picture_free(&picture);
    }
    /* small depths with alpha are scaled, since PNG does not have them */
    static const uint8_t scaled[] = {0, 85, 85, 0};
    struct picture picture = make_picture(PICTURE_PAM, 2, 2, 3, low);
    check_converted("PAM with alpha to PNG", &picture, PICTURE_PNG, 2, 255, scaled, 4);
    picture_free(&picture);
}

/* A PNG picture with these chunks, read and ready to be converted. */
static struct picture read_png(int bit_depth, int colour_type, uint32_t width, const void *samples,
                               const char *transparency, size_t transparency_size) {
    static const uint8_t channels[7] = {1, 0, 3, 1, 2, 0, 4};
    struct picture_info info = {
        .width = width, .height = 1, .channels = channels[colour_type], .depth = bit_depth == 16 ? 16 : 8};
    struct byte_buffer middle = {0};
    if (transparency_size > 0) {
        put_chunk(&middle, "tRNS", transparency, transparency_size);
    }
    struct byte_buffer file = make_png(&info, bit_depth, colour_type, false, samples, NULL, &middle, NULL);
    struct picture picture = picture_load(PICTURE_PNG, &file);
    CHECK(picture.status == BSWZ_OK, "%s", picture.error.message);
    free(middle.data);
    free(file.data);
    return picture;
}

static void test_from_png(void) {
    /* the palette of make_png(): index i is (37 i, 255 - i, i i) */
    static const uint8_t indices[] = {0, 1, 3, 2};
    static const uint8_t rgb[] = {0, 255, 0, 37, 254, 1, 111, 252, 9, 74, 253, 4};
    static const uint8_t rgba[] = {0, 255, 0, 7, 37, 254, 1, 255, 111, 252, 9, 255, 74, 253, 4, 0};
    struct picture picture = read_png(2, 3, 4, indices, NULL, 0);
    check_converted("palette to PNM", &picture, PICTURE_PNM, 3, 255, rgb, 12);
    check_converted("palette to PAM", &picture, PICTURE_PAM, 3, 255, rgb, 12);
    check_converted("palette to raw", &picture, PICTURE_RAW, 3, 255, rgb, 12);
    check_converted("palette to WebP", &picture, PICTURE_WEBP, 3, 255, rgb, 12);
    picture_free(&picture);
    picture = read_png(4, 3, 4, indices, "\xff\xff", 2);
    check_converted("opaque palette to PNM", &picture, PICTURE_PNM, 3, 255, rgb, 12);
    picture_free(&picture);
    picture = read_png(8, 3, 4, indices, "\7\xff\0\xff", 4);
    check_converted("palette with alpha to PAM", &picture, PICTURE_PAM, 4, 255, rgba, 16);
    check_converted("palette with alpha to WebP", &picture, PICTURE_WEBP, 4, 255, rgba, 16);
    check_impossible("palette with alpha to PNM", &picture, PICTURE_PNM);
    picture_free(&picture);
    /* colour keys; only the low bits of the key count */
    static const uint8_t keyed[] = {0, 3, 1, 3, 3, 0, 2, 3};
    static const uint8_t keyed_scaled[] = {0, 0, 0, 255, 85, 85, 85, 255, 255, 255, 255, 0, 170, 170, 170, 255};
    picture = read_png(2, 0, 4, indices, "\xff\3", 2);
    check_converted("grey key to PAM", &picture, PICTURE_PAM, 2, 3, keyed, 8);
    check_converted("grey key to WebP", &picture, PICTURE_WEBP, 4, 255, keyed_scaled, 16);
    check_converted("grey key to PNG", &picture, PICTURE_PNG, 1, 3, indices, 4);
    check_impossible("grey key to PNM", &picture, PICTURE_PNM);
    picture_free(&picture);
    static const uint8_t wide[] = {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7};
    static const uint8_t wide_keyed[] = {1, 2, 3, 4, 5, 6, 0, 0, 1, 2, 3, 4, 5, 7, 255, 255};
    picture = read_png(16, 2, 2, wide, "\2\1\4\3\6\5", 6);
    check_converted("wide key to PAM", &picture, PICTURE_PAM, 4, 65535, wide_keyed, 16);
    check_impossible("16 bits to WebP", &picture, PICTURE_WEBP);
    picture_free(&picture);
    static const uint8_t wide_grey_keyed[] = {1, 2, 255, 255, 3, 4, 0, 0};
    picture = read_png(16, 0, 2, wide, "\4\3", 2);
    check_converted("wide grey key to PAM", &picture, PICTURE_PAM, 2, 65535, wide_grey_keyed, 8);
    picture_free(&picture);
    static const uint8_t colour_keyed[] = {1, 2, 3, 0, 4, 5, 6, 255};
    picture = read_png(8, 2, 2, "\1\2\3\4\5\6", "\0\1\0\2\0\3", 6);
    check_converted("key to PAM", &picture, PICTURE_PAM, 4, 255, colour_keyed, 8);
    picture_free(&picture);
    /* one-bit grey stays grey, with a maxval of 1 */
    picture = read_png(1, 0, 2, "\1\0", NULL, 0);
    check_converted("bits to PNM", &picture, PICTURE_PNM, 1, 1, "\1\0", 2);
    picture_free(&picture);
    picture = read_png(16, 6, 1, "\1\2\3\4\5\6\7\10", NULL, 0);
    check_converted("wide RGBA to PAM", &picture, PICTURE_PAM, 4, 65535, "\1\2\3\4\5\6\7\10", 8);
    check_converted("wide RGBA to raw", &picture, PICTURE_RAW, 4, 65535, "\1\2\3\4\5\6\7\10", 8);
    check_impossible("wide RGBA to PNM", &picture, PICTURE_PNM);
    picture_free(&picture);
    /* invalid keys make a conversion fail, but not a copy */
    picture = read_png(8, 2, 2, "\1\2\3\4\5\6", "\0\1\0\2", 4);
    struct byte_buffer file;
    CHECK(picture_save(PICTURE_PAM, &picture, 0, &file, NULL) == BSWZ_ERROR_FORMAT, "broken key");
    free(file.data);
    check_converted("broken key to PNG", &picture, PICTURE_PNG, 3, 255, "\1\2\3\4\5\6", 6);
    picture_free(&picture);
}

static void test_calls(void) {
    /* calls out of order are refused and do no harm */
    static const uint8_t bytes[] = {1, 2, 3, 4};
    const struct raw_geometry geometry = {1, 4, 1, 1, false}, none = {0, 1, 1, 1, false}, five = {1, 1, 5, 1, false};
    struct memory_source source = {bytes, 4, 0, 0};
    const struct byte_source input = {memory_read, &source};
    struct picture_reader *reader;
    struct bswz_error error = {0};
    uint8_t rows[8];
    const struct byte_buffer *tail;
    CHECK(picture_reader_open(PICTURE_RAW, input, NULL, &reader, NULL) == BSWZ_ERROR_ARGUMENT && reader == NULL,
          "no geometry");
    CHECK(picture_reader_open(PICTURE_RAW, input, &none, &reader, NULL) != BSWZ_OK, "no width");
    CHECK(picture_reader_open(PICTURE_RAW, input, &five, &reader, NULL) != BSWZ_OK, "five channels");
    CHECK(picture_reader_open(PICTURE_NONE, input, NULL, &reader, NULL) == BSWZ_ERROR_ARGUMENT, "no format");
    CHECK(picture_reader_open(PICTURE_RAW, input, &geometry, &reader, &error) == BSWZ_OK, "%s", error.message);
    CHECK(picture_reader_rows(reader, rows, 5, NULL) == BSWZ_ERROR_ARGUMENT, "too many rows");
    CHECK(picture_reader_finish(reader, &tail, NULL) == BSWZ_ERROR_ARGUMENT, "too early");
    CHECK(picture_reader_rows(reader, rows, 4, NULL) == BSWZ_OK && memcmp(rows, bytes, 4) == 0, "rows");
    CHECK(picture_reader_finish(reader, &tail, NULL) == BSWZ_OK && tail->size == 0, "finish");
    CHECK(picture_reader_rows(reader, rows, 1, NULL) == BSWZ_ERROR_ARGUMENT, "after the end");
    picture_reader_close(reader);
    picture_reader_close(NULL);
    struct picture_writer *writer;
    struct byte_buffer file = {0};
    struct picture picture = make_picture(PICTURE_RAW, 2, 1, 255, bytes);
    const struct byte_sink sink = {memory_write, &file};
    CHECK(picture_writer_open(PICTURE_RAW, &picture.info, NULL, sink, &writer, NULL) == BSWZ_OK, "no head");
    CHECK(picture_writer_rows(writer, bytes, 2, NULL) == BSWZ_ERROR_ARGUMENT, "too many rows");
    CHECK(picture_writer_finish(writer, NULL, NULL) == BSWZ_ERROR_ARGUMENT, "too early");
    CHECK(picture_writer_rows(writer, bytes, 1, NULL) == BSWZ_OK, "rows");
    CHECK(picture_writer_finish(writer, NULL, NULL) == BSWZ_OK && file.size == 2, "finish");
    picture_writer_close(writer);
    picture_writer_close(NULL);
    picture_free(&picture);
    free(file.data);
}

int main(void) {
    test_pnm_identity();
    test_bitmap();
    test_concatenated();
    test_pnm_refused();
    test_from_raw();
    test_maxvals();
    test_from_png();
    test_calls();
    return check_summary();
}
