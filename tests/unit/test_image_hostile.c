/* SPDX-License-Identifier: MIT */
/*
 * Hostile pictures: small files with every byte damaged, truncated everywhere, and records for the writer that no
 * reader made. Nothing here may crash (the sanitizers watch), leak, or be accepted halfway.
 */
#include "test_plain_files.h"

#include <jpeglib.h>
#include <webp/encode.h>

static const uint8_t masks[] = {0x01, 0x10, 0x80, 0xff};

static const enum picture_format targets[] = {PICTURE_RAW,  PICTURE_PNM, PICTURE_PAM, PICTURE_PNG,
                                              PICTURE_WEBP, PICTURE_BMP, PICTURE_TIFF};

/* ---- files ---- */

static struct picture_info info_of(uint8_t channels, uint8_t depth, unsigned maxval) {
    return (struct picture_info){
        .width = 9, .height = 5, .channels = channels, .depth = depth, .maxval = (uint16_t)maxval};
}

static struct byte_buffer small_png(int bit_depth, int colour_type, bool interlaced) {
    static const uint8_t channels[7] = {1, 0, 3, 1, 2, 0, 4};
    const struct picture_info info = info_of(channels[colour_type], bit_depth == 16 ? 16 : 8, (1u << bit_depth) - 1);
    struct byte_buffer rows, before = {0}, middle = {0}, after = {0};
    draw(&info, &rows);
    put_chunk(&before, "iCCP", "n\0\0\x78\x9c\3\0\0\0\0\1", 11);
    if (colour_type == 0 || colour_type == 3) {
        put_chunk(&middle, "tRNS", "\0\1", 2);
    }
    put_chunk(&middle, "iTXt", "XML:com.adobe.xmp\0\0\0\0\0<x/>", 26);
    put_chunk(&after, "eXIf", "II*\0\10\0\0\0", 8);
    struct byte_buffer file = make_png(&info, bit_depth, colour_type, interlaced, rows.data, &before, &middle, &after);
    free(rows.data);
    free(before.data);
    free(middle.data);
    free(after.data);
    return file;
}

static struct byte_buffer small_jpeg(bool progressive) {
    struct byte_buffer rows, file = {0};
    const struct picture_info info = info_of(3, 8, 255);
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr manager;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    draw(&info, &rows);
    encoder.err = jpeg_std_error(&manager);
    jpeg_create_compress(&encoder);
    jpeg_mem_dest(&encoder, &bytes, &size);
    encoder.image_width = info.width;
    encoder.image_height = info.height;
    encoder.input_components = 3;
    encoder.in_color_space = JCS_RGB;
    jpeg_set_defaults(&encoder);
    if (progressive) {
        jpeg_simple_progression(&encoder);
    }
    jpeg_start_compress(&encoder, TRUE);
    jpeg_write_marker(&encoder, JPEG_APP0 + 1, (const JOCTET *)"Exif\0\0II*\0\10\0\0\0", 14);
    jpeg_write_marker(&encoder, JPEG_APP0 + 1, (const JOCTET *)"http://ns.adobe.com/xap/1.0/\0<x/>", 33);
    jpeg_write_icc_profile(&encoder, (const JOCTET *)"profile", 7);
    for (uint32_t y = 0; y < info.height; y++) {
        JSAMPROW row = rows.data + y * picture_row_bytes(&info);
        jpeg_write_scanlines(&encoder, &row, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    byte_buffer_append(&file, bytes, size, NULL);
    free(bytes);
    free(rows.data);
    return file;
}

static struct byte_buffer small_webp(bool lossless) {
    const struct picture_info info = info_of(4, 8, 255);
    struct byte_buffer rows, file = {0};
    uint8_t *coded;
    draw(&info, &rows);
    const size_t size = lossless ? WebPEncodeLosslessRGBA(rows.data, 9, 5, 36, &coded)
                                 : WebPEncodeRGBA(rows.data, 9, 5, 36, 75, &coded);
    byte_buffer_append(&file, coded, size, NULL);
    WebPFree(coded);
    free(rows.data);
    return file;
}

static struct byte_buffer small_pnm(const char *header, uint8_t channels, unsigned maxval) {
    const struct picture_info info = info_of(channels, maxval > 255 ? 16 : 8, maxval);
    struct byte_buffer rows, file = {0};
    draw(&info, &rows);
    byte_buffer_append(&file, header, strlen(header), NULL);
    byte_buffer_append(&file, rows.data, rows.size, NULL);
    free(rows.data);
    return file;
}

/* Read whatever it is; a picture that was accepted must be writable in its own format (WebP as PNG: its encoder is
 * slow), and come back the same. */
static void try_file(enum picture_format format, const struct byte_buffer *file) {
    struct picture picture = picture_load(format, file);
    if (picture.status != BSWZ_OK) {
        if (picture.rows.size == 0 && picture.status == BSWZ_ERROR_LIMIT && picture.error.status == BSWZ_OK) {
            picture_free(&picture); /* opened, but too large for a test */
            return;
        }
        if (picture.error.status == BSWZ_OK || picture.error.message[0] == 0) {
            CHECK(false, "an error without words: %d", (int)picture.status);
        }
        picture_free(&picture);
        return;
    }
    struct byte_buffer again;
    struct bswz_error error = {0};
    const enum picture_format target = format == PICTURE_JPEG || format == PICTURE_WEBP ? PICTURE_PNG : format;
    const enum bswz_status status = picture_save(target, &picture, 0, &again, &error);
    if (status != BSWZ_OK) {
        CHECK(false, "read but not written: %s", error.message);
    } else {
        struct picture second = picture_load(target, &again);
        if ((format == PICTURE_BMP || format == PICTURE_TIFF) &&
            (again.size > file->size || memcmp(again.data, file->data, again.size) != 0)) {
            CHECK(false, "not restored to the same bytes");
        }
        if (second.status != BSWZ_OK || !same_bytes(&second.rows, &picture.rows)) {
            CHECK(false, "written but not read: %s", second.error.message);
        }
        picture_free(&second);
    }
    free(again.data);
    picture_free(&picture);
}

static void spoil_file(const char *name, enum picture_format format, struct byte_buffer file) {
    const int failed = check_failed;
    struct byte_buffer copy = {malloc(file.size), file.size, file.size};
    try_file(format, &file);
    for (size_t at = 0; at < file.size; at++) {
        for (size_t m = 0; m < sizeof masks; m++) {
            memcpy(copy.data, file.data, file.size);
            copy.data[at] ^= masks[m];
            try_file(format, &copy);
            if (format == PICTURE_PNG) {
                mend_checksums(&copy);
                try_file(format, &copy);
            }
        }
    }
    for (size_t size = 0; size < file.size; size++) { /* in memory of exactly that size, so that overruns are
                                                       * detected */
        struct byte_buffer cut = {malloc(size ? size : 1), size, size};
        memcpy(cut.data, file.data, size);
        struct picture picture = picture_load(format, &cut);
        if (picture.status == BSWZ_OK) {
            CHECK(false, "%s cut to %zu was accepted", name, size);
        }
        picture_free(&picture);
        try_file(format, &cut);
        picture_extent(format, cut.data, size, true);
        picture_recognise(cut.data, size);
        free(cut.data);
    }
    CHECK(check_failed == failed, "%s", name);
    free(copy.data);
    free(file.data);
}

/* Every number of a header, set to possible limits. */
static void spoil_numbers(const char *name, enum picture_format format, struct byte_buffer file) {
    static const uint32_t numbers[] = {0,          1,          2,          3,          7,         8,       9,
                                       12,         16,         255,        256,        0xffff,    0x10000, 0x3fffffff,
                                       0x40000000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    const int failed = check_failed;
    struct byte_buffer copy = {malloc(file.size), file.size, file.size};
    for (size_t at = 0; at + 4 <= file.size; at++) {
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            for (int kind = 0; kind < 4; kind++) { /* 16 or 32 bits, either byte order */
                memcpy(copy.data, file.data, file.size);
                for (size_t k = 0; k < (kind < 2 ? 2u : 4u); k++) {
                    const size_t place = (kind & 1) == 0 ? k : (kind < 2 ? 1 : 3) - k;
                    copy.data[at + place] = (uint8_t)(numbers[i] >> (8 * k));
                }
                try_file(format, &copy);
            }
        }
    }
    CHECK(check_failed == failed, "%s", name);
    free(copy.data);
    free(file.data);
}

static struct byte_buffer small_bmp(uint32_t info_size, uint32_t bits) {
    return make_bmp(&(struct bmp_shape){.info_size = info_size,
                                        .bits = bits,
                                        .compression = bits == 32 ? 3 : 0,
                                        .colours = bits == 4 ? 5 : 0,
                                        .masks = {0xff0000, 0xff00, 0xff, 0xff000000},
                                        .has_alpha = true},
                    9, 5);
}

static struct byte_buffer small_tiff(bool is_big, uint16_t bits, uint16_t samples, uint16_t photometric) {
    return make_tiff(&(struct tiff_shape){TIFF_USUAL, .is_big = is_big, .bits = bits, .samples = samples,
                                          .photometric = photometric, .rows_per_strip = 3, .gap = 1},
                     9, 5);
}

static void test_files(void) {
    spoil_file("BMP 24 bits", PICTURE_BMP, small_bmp(40, 24));
    spoil_file("BMP 32 bits", PICTURE_BMP, small_bmp(108, 32));
    spoil_file("BMP palette", PICTURE_BMP, small_bmp(12, 1));
    spoil_file("TIFF RGB", PICTURE_TIFF, small_tiff(false, 8, 3, 2));
    spoil_file("TIFF palette", PICTURE_TIFF, small_tiff(true, 4, 1, 3));
    spoil_file("TIFF 16 bits", PICTURE_TIFF, small_tiff(true, 16, 1, 0));
    spoil_numbers("BMP 24 bits", PICTURE_BMP, small_bmp(40, 24));
    spoil_numbers("BMP palette", PICTURE_BMP, small_bmp(40, 4));
    spoil_numbers("TIFF grey", PICTURE_TIFF, small_tiff(false, 8, 1, 1));
    spoil_numbers("TIFF palette", PICTURE_TIFF, small_tiff(true, 4, 1, 3));

    spoil_file("PNG palette", PICTURE_PNG, small_png(2, 3, false));
    spoil_file("PNG grey, interlaced", PICTURE_PNG, small_png(4, 0, true));
    spoil_file("PNG 16 bits", PICTURE_PNG, small_png(16, 6, false));
    spoil_file("JPEG", PICTURE_JPEG, small_jpeg(false));
    spoil_file("JPEG progressive", PICTURE_JPEG, small_jpeg(true));
    spoil_file("WebP", PICTURE_WEBP, small_webp(true));
    spoil_file("WebP lossy", PICTURE_WEBP, small_webp(false));
    spoil_file("PGM", PICTURE_PNM, small_pnm("P5#c\n 9 5\n 255\n", 1, 255));
    spoil_file("PPM", PICTURE_PNM, small_pnm("P6 9 5 65535\n", 3, 65535));
    spoil_file("PBM", PICTURE_PNM, small_pnm("P4 72 5\n", 1, 255));
    spoil_file("PAM", PICTURE_PAM,
               small_pnm("P7\nWIDTH 9\nHEIGHT 5\nDEPTH 2\nMAXVAL 255\nTUPLTYPE x\nENDHDR\n", 2, 255));
}

/* ---- records ---- */

/* Write as every target; any result is acceptable. Pictures that claim to be large are only opened, and so is WebP
 * unless webp is set: its encoder is slow, and most of the record has been read by then. */
static void try_record(const struct picture *picture, bool webp) {
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
        struct bswz_error error = {0};
        struct byte_buffer file = {0};
        if ((uint64_t)picture->info.width * picture->info.height <= 64 && picture->info.channels <= 4 &&
            picture->info.depth <= 16 &&
            picture_row_bytes(&picture->info) * picture->info.height <= picture->rows.size &&
            (webp || targets[t] != PICTURE_WEBP)) {
            const enum bswz_status status = picture_save(targets[t], picture, 0, &file, &error);
            if ((status == BSWZ_OK) != (error.status == BSWZ_OK)) {
                CHECK(false, "status %d, words '%s'", (int)status, error.message);
            }
        } else {
            struct picture_writer *writer;
            if (picture_writer_open(targets[t], &picture->info, &picture->head, (struct byte_sink){memory_write, &file},
                                    &writer, &error) == BSWZ_OK) {
                picture_writer_close(writer);
            }
        }
        free(file.data);
    }
}

static void spoil_record(const char *name, enum picture_format format, struct byte_buffer file) {
    struct picture picture = picture_load(format, &file);
    CHECK(picture.status == BSWZ_OK, "%s: %s", name, picture.error.message);
    free(file.data);
    /* room for any description of up to 64 pixels of 8 bytes */
    uint8_t *padding = calloc(512, 1);
    byte_buffer_append(&picture.rows, padding, 512, NULL);
    free(padding);
    struct byte_buffer *const records[] = {&picture.head, &picture.tail};
    for (int r = 0; r < 2; r++) {
        struct byte_buffer *record = records[r];
        const struct byte_buffer good = *record;
        for (size_t at = 0; at < good.size; at++) {
            for (size_t m = 0; m < sizeof masks; m++) {
                good.data[at] ^= masks[m];
                try_record(&picture, r == 1);
                good.data[at] ^= masks[m];
            }
        }
        for (size_t size = 0; size < good.size; size++) {
            *record = (struct byte_buffer){malloc(size ? size : 1), size, size};
            memcpy(record->data, good.data, size);
            try_record(&picture, r == 1);
            free(record->data);
        }
        *record = good;
    }
    const struct picture_info good = picture.info;
    static const uint32_t numbers[] = {0,   1,   2,    3,     4,     5,          8,          15,        16,
                                       255, 256, 1000, 16384, 65535, 0x3fffffff, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const uint32_t number = numbers[i];
        for (int field = 0; field < 8; field++) {
            picture.info = good;
            picture.info.width = field == 0 ? number : good.width;
            picture.info.height = field == 1 ? number : good.height;
            picture.info.channels = field == 2 ? (uint8_t)number : good.channels;
            picture.info.depth = field == 3 ? (uint8_t)number : good.depth;
            picture.info.maxval = field == 4 ? (uint16_t)number : good.maxval;
            picture.info.indexed = field == 5 ? !good.indexed : good.indexed;
            picture.info.format = field == 6 ? (enum picture_format)(number & 15) : good.format;
            if (field == 7) { /* several at once */
                picture.info.channels = (uint8_t)(number & 3) + 1;
                picture.info.maxval = number > 255 ? 65535 : 255;
                picture.info.depth = number > 255 ? 16 : 8;
            }
            try_record(&picture, false);
        }
    }
    picture_free(&picture);
}

/* Chunks that may not occur in a record. */
static void test_smuggled_chunks(void) {
    static const struct {
        const char *type, *data;
        uint32_t size;
        bool in_head, in_tail; /* is it accepted there? */
    } cases[] = {
        {"tEXt", "a\0b", 3, true, true},     {"IHDR", "", 0, false, false},   {"IDAT", "", 0, false, false},
        {"IEND", "", 0, false, false},       {"PLTE", "abc", 3, true, false}, {"PLTE", "abcd", 4, false, false},
        {"PLTE", "", 0, false, false},       {"te t", "", 0, false, false},   {"\0\0\0\0", "", 0, false, false},
        {"ICCP", "profile", 7, true, false}, {"ABCD", "", 0, false, false},   {"iTXt", "broken", 6, true, true},
        {"iCCP", "broken", 6, true, true},   {"eXIf", "", 0, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int place = 0; place < 2; place++) {
            struct picture picture = {0};
            picture.info = info_of(3, 8, 255);
            picture.info.format = PICTURE_PNG;
            draw(&picture.info, &picture.rows);
            byte_buffer_append(&picture.head, "\1\10\2\0", 4, NULL);
            struct byte_buffer *record = place == 0 ? &picture.head : &picture.tail;
            const uint8_t length[4] = {(uint8_t)cases[i].size, 0, 0, 0};
            byte_buffer_append(record, cases[i].type, 4, NULL);
            byte_buffer_append(record, length, 4, NULL);
            byte_buffer_append(record, cases[i].data, cases[i].size, NULL);
            struct byte_buffer file;
            const enum bswz_status status = picture_save(PICTURE_PNG, &picture, 0, &file, NULL);
            const bool accepted = place == 0 ? cases[i].in_head : cases[i].in_tail;
            CHECK(status == (accepted ? BSWZ_OK : BSWZ_ERROR_FORMAT), "case %zu place %d: %d", i, place, (int)status);
            free(file.data);
            try_record(&picture, true);
            picture_free(&picture);
        }
    }
}

static void test_records(void) {
    spoil_record("PNG palette", PICTURE_PNG, small_png(4, 3, true));
    spoil_record("PNG grey", PICTURE_PNG, small_png(2, 0, false));
    spoil_record("PNG 16 bits", PICTURE_PNG, small_png(16, 0, false));
    spoil_record("JPEG", PICTURE_JPEG, small_jpeg(false));
    spoil_record("WebP", PICTURE_WEBP, small_webp(true));
    spoil_record("BMP 32 bits", PICTURE_BMP, small_bmp(108, 32));
    spoil_record("BMP palette", PICTURE_BMP, small_bmp(40, 4));
    spoil_record("TIFF palette", PICTURE_TIFF, small_tiff(true, 4, 1, 3));
    spoil_record("TIFF 16 bits", PICTURE_TIFF, small_tiff(true, 16, 1, 0));
    spoil_record("PGM", PICTURE_PNM, small_pnm("P5 9 5 255\n", 1, 255));
    spoil_record("PAM", PICTURE_PAM, small_pnm("P7\nWIDTH 9\nHEIGHT 5\nDEPTH 4\nMAXVAL 255\nENDHDR\n", 4, 255));
    test_smuggled_chunks();
}

/* ---- sources and sinks that fail ---- */

struct failing {
    struct memory_source source;
    struct byte_buffer written;
    size_t calls_left;
};

static size_t failing_read(void *context, uint8_t *bytes, size_t size, struct bswz_error *error) {
    struct failing *failing = context;
    if (failing->calls_left == 0) {
        if (error != NULL) {
            error->status = BSWZ_ERROR_READ;
            strcpy(error->message, "the test's disk is broken");
        }
        return SIZE_MAX;
    }
    failing->calls_left--;
    return memory_read(&failing->source, bytes, size, error);
}

static enum bswz_status failing_write(void *context, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    struct failing *failing = context;
    if (failing->calls_left == 0) {
        if (error != NULL) {
            error->status = BSWZ_ERROR_WRITE;
            strcpy(error->message, "the test's disk is full");
        }
        return BSWZ_ERROR_WRITE;
    }
    failing->calls_left--;
    return memory_write(&failing->written, bytes, size, error);
}

static void test_failing(const char *name, enum picture_format format, struct byte_buffer file) {
    struct picture picture = picture_load(format, &file);
    const size_t row_bytes = picture_row_bytes(&picture.info);
    bool through = false;
    for (size_t calls = 0; !through; calls++) {
        struct failing failing = {.source = {file.data, file.size, 0, 11}, .calls_left = calls};
        struct bswz_error error = {0};
        struct picture_reader *reader;
        uint8_t rows[512];
        const struct byte_buffer *tail;
        enum bswz_status status =
            picture_reader_open(format, (struct byte_source){failing_read, &failing}, NULL, &reader, &error);
        if (status == BSWZ_OK) {
            status = picture_reader_rows(reader, rows, picture.info.height, &error);
            const enum bswz_status finished = picture_reader_finish(reader, &tail, &error);
            status = status == BSWZ_OK ? finished : status;
            picture_reader_close(reader);
        }
        through = status == BSWZ_OK;
        if (!through && (status != BSWZ_ERROR_READ || strstr(error.message, "broken") == NULL)) {
            CHECK(false, "%s: %zu reads: %d %s", name, calls, (int)status, error.message);
        }
    }
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
        struct byte_buffer good;
        if (picture_save(targets[t], &picture, 0, &good, NULL) != BSWZ_OK) {
            free(good.data);
            continue;
        }
        through = false;
        for (size_t calls = 0; !through; calls++) {
            struct failing failing = {.calls_left = calls};
            struct bswz_error error = {0};
            struct picture_writer *writer;
            enum bswz_status status = picture_writer_open(targets[t], &picture.info, &picture.head,
                                                          (struct byte_sink){failing_write, &failing}, &writer, &error);
            if (status == BSWZ_OK) {
                for (uint32_t y = 0; y < picture.info.height && status == BSWZ_OK; y++) {
                    status = picture_writer_rows(writer, picture.rows.data + y * row_bytes, 1, &error);
                }
                const enum bswz_status finished = picture_writer_finish(writer, &picture.tail, &error);
                status = status == BSWZ_OK ? finished : status;
                picture_writer_close(writer);
            }
            through = status == BSWZ_OK;
            if (through ? !same_bytes(&good, &failing.written)
                        : status != BSWZ_ERROR_WRITE || strstr(error.message, "full") == NULL) {
                CHECK(false, "%s: %zu writes: %d %s", name, calls, (int)status, error.message);
            }
            free(failing.written.data);
        }
        free(good.data);
    }
    CHECK(through, "%s", name);
    picture_free(&picture);
    free(file.data);
}

int main(void) {
    test_files();
    test_records();
    test_failing("PNG", PICTURE_PNG, small_png(8, 3, false));
    test_failing("PNG, interlaced", PICTURE_PNG, small_png(1, 0, true));
    test_failing("JPEG", PICTURE_JPEG, small_jpeg(false));
    test_failing("WebP", PICTURE_WEBP, small_webp(true));
    test_failing("BMP", PICTURE_BMP, small_bmp(40, 4));
    test_failing("TIFF", PICTURE_TIFF, small_tiff(true, 16, 1, 0));
    test_failing("PBM", PICTURE_PNM, small_pnm("P4 72 5\n", 1, 255));
    test_failing("PPM", PICTURE_PNM, small_pnm("P6 9 5 65535\n", 3, 65535));
    return check_summary();
}
