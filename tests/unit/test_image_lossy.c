/* SPDX-License-Identifier: MIT */
/*
 * Pictures: JPEG and WebP, compared with the plain decoders of their libraries, and what happens to their
 * metadata.
 */
#include "test_image.h"

#include <jpeglib.h>
#include <webp/decode.h>
#include <webp/encode.h>
#include <webp/mux.h>

static const char xmp_packet[] = "<?xpacket begin=''?><x:xmpmeta/><?xpacket end='w'?>";
static const char exif_block[] = "MM\0*\0\0\0\10\0\0\0\0\0\0"; /* 15 bytes with the string's own zero */

/* A profile too long for one JPEG segment; compressible, like real ones. */
static struct byte_buffer make_profile(size_t size) {
    struct byte_buffer profile = {0};
    uint64_t state = 3;
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)(noise(&state) >> 61);
        byte_buffer_append(&profile, &byte, 1, NULL);
    }
    return profile;
}

/* The bytes of a long file must end where it does, however much follows. */
static void check_extents(const char *name, enum picture_format format, const struct byte_buffer *file) {
    struct byte_buffer longer = {0};
    byte_buffer_append(&longer, file->data, file->size, NULL);
    byte_buffer_append(&longer, "\xff\xd9RIFF and so on", 17, NULL);
    int wrong = 0;
    for (size_t size = 0; size <= longer.size; size += size < 64 || size + 64 > file->size ? 1 : 37) {
        const bool whole = size >= file->size;
        wrong += picture_extent(format, longer.data, size, false) != (whole ? file->size : 0);
        wrong += picture_extent(format, longer.data, size, true) != (whole ? file->size : SIZE_MAX);
    }
    CHECK(wrong == 0, "%s: %d prefixes", name, wrong);
    CHECK(picture_recognise(file->data, file->size) == format, "%s", name);
    free(longer.data);
}

/* ---- JPEG ---- */

struct jpeg_options {
    int components; /* 1, 3, or 4 (CMYK) */
    bool progressive, arithmetic, full_chroma;
    bool metadata;
    int density_unit, x_density, y_density;
};

static struct byte_buffer make_jpeg(uint32_t width, uint32_t height, const struct jpeg_options *options) {
    const struct picture_info info = {
        .width = width, .height = height, .channels = (uint8_t)options->components, .depth = 8, .maxval = 255};
    struct byte_buffer rows, file = {0};
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr manager;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    draw(&info, &rows);
    encoder.err = jpeg_std_error(&manager);
    jpeg_create_compress(&encoder);
    jpeg_mem_dest(&encoder, &bytes, &size);
    encoder.image_width = width;
    encoder.image_height = height;
    encoder.input_components = options->components;
    encoder.in_color_space = options->components == 1 ? JCS_GRAYSCALE : options->components == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&encoder);
    jpeg_set_quality(&encoder, 85, TRUE);
    encoder.arith_code = options->arithmetic;
    encoder.density_unit = (UINT8)options->density_unit;
    encoder.X_density = (UINT16)options->x_density;
    encoder.Y_density = (UINT16)options->y_density;
    if (options->full_chroma) {
        encoder.comp_info[0].h_samp_factor = encoder.comp_info[0].v_samp_factor = 1;
    }
    if (options->progressive) {
        jpeg_simple_progression(&encoder);
    }
    jpeg_start_compress(&encoder, TRUE);
    if (options->metadata) {
        struct byte_buffer segment = {0}, profile = make_profile(100000);
        byte_buffer_append(&segment, "Exif\0", 6, NULL);
        byte_buffer_append(&segment, exif_block, sizeof exif_block, NULL);
        jpeg_write_marker(&encoder, JPEG_APP0 + 1, segment.data, (unsigned)segment.size);
        segment.size = 0;
        byte_buffer_append(&segment, "http://ns.adobe.com/xap/1.0/", 29, NULL);
        byte_buffer_append(&segment, xmp_packet, sizeof xmp_packet - 1, NULL);
        jpeg_write_marker(&encoder, JPEG_APP0 + 1, segment.data, (unsigned)segment.size);
        jpeg_write_icc_profile(&encoder, profile.data, (unsigned)profile.size);
        free(segment.data);
        free(profile.data);
    }
    for (uint32_t y = 0; y < height; y++) {
        JSAMPROW row = rows.data + (size_t)y * width * (size_t)options->components;
        jpeg_write_scanlines(&encoder, &row, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    byte_buffer_append(&file, bytes, size, NULL);
    free(bytes);
    free(rows.data);
    return file;
}

/* What djpeg would output. */
static struct byte_buffer decode_jpeg(const struct byte_buffer *file) {
    struct byte_buffer rows = {0};
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr manager;
    decoder.err = jpeg_std_error(&manager);
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, file->data, file->size);
    jpeg_read_header(&decoder, TRUE);
    jpeg_start_decompress(&decoder);
    const size_t row_bytes = (size_t)decoder.output_width * (size_t)decoder.output_components;
    rows.data = malloc(row_bytes * decoder.output_height);
    rows.size = row_bytes * decoder.output_height;
    while (decoder.output_scanline < decoder.output_height) {
        JSAMPROW row = rows.data + decoder.output_scanline * row_bytes;
        jpeg_read_scanlines(&decoder, &row, 1);
    }
    jpeg_finish_decompress(&decoder);
    jpeg_destroy_decompress(&decoder);
    return rows;
}

static void test_jpeg_pixels(void) {
    static const struct jpeg_options cases[] = {{.components = 1},
                                                {.components = 3},
                                                {.components = 3, .full_chroma = true},
                                                {.components = 3, .progressive = true},
                                                {.components = 1, .progressive = true},
                                                {.components = 3, .arithmetic = true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct byte_buffer file = make_jpeg(53, 38, &cases[i]);
        struct byte_buffer expected = decode_jpeg(&file);
        struct memory_source source = {file.data, file.size, 0, 1000};
        struct picture picture = picture_load_from(PICTURE_JPEG, &source, NULL, i % 2 == 0 ? 0 : 5);
        CHECK(picture.status == BSWZ_OK, "case %zu: %s", i, picture.error.message);
        CHECK(picture.info.lossy && picture.info.format == PICTURE_JPEG && picture.info.maxval == 255 &&
                  picture.info.channels == cases[i].components && picture.info.width == 53 && picture.info.height == 38,
              "case %zu", i);
        CHECK(same_bytes(&picture.rows, &expected), "case %zu: samples", i);
        CHECK(picture.head.size == 4 && picture.tail.size == 0, "case %zu: nothing to say", i);
        check_extents("JPEG", PICTURE_JPEG, &file);
        /* as PNG and as PNM */
        struct byte_buffer again;
        struct bswz_error error = {0};
        static const enum picture_format targets[] = {PICTURE_PNG, PICTURE_PNM};
        for (int k = 0; k < 2; k++) {
            CHECK(picture_save(targets[k], &picture, 0, &again, &error) == BSWZ_OK, "%s", error.message);
            struct picture second = picture_load(targets[k], &again);
            CHECK(second.status == BSWZ_OK && same_bytes(&second.rows, &expected), "case %zu", i);
            picture_free(&second);
            free(again.data);
        }
        CHECK(picture_save(PICTURE_JPEG, &picture, 0, &again, &error) == BSWZ_ERROR_ARGUMENT, "JPEG is not written");
        /* the reader leaves what follows the end of the picture alone */
        byte_buffer_append(&file, "\xff\xff\xff junk", 8, NULL);
        struct picture longer = picture_load(PICTURE_JPEG, &file);
        CHECK(longer.status == BSWZ_OK && same_bytes(&longer.rows, &expected), "case %zu: %s", i, longer.error.message);
        picture_free(&longer);
        picture_free(&picture);
        free(expected.data);
        free(file.data);
    }
}

static void test_jpeg_refused(void) {
    struct byte_buffer file = make_jpeg(20, 20, &(struct jpeg_options){.components = 4});
    struct picture picture = picture_load(PICTURE_JPEG, &file);
    CHECK(picture.status == BSWZ_ERROR_UNSUPPORTED, "print colours: %d", (int)picture.status);
    picture_free(&picture);
    free(file.data);
    file = make_jpeg(64, 64, &(struct jpeg_options){.components = 3});
    for (size_t at = 2; at + 8 < file.size; at++) { /* 12-bit samples */
        if (file.data[at] == 0xff && file.data[at + 1] == 0xc0) {
            file.data[at + 4] = 12;
            picture = picture_load(PICTURE_JPEG, &file);
            CHECK(picture.status == BSWZ_ERROR_UNSUPPORTED, "12 bits: %d %s", (int)picture.status,
                  picture.error.message);
            picture_free(&picture);
            file.data[at + 4] = 8;
            file.data[at + 5] = file.data[at + 7] = 0xf0; /* 61504 pixels wide and high */
            picture = picture_load(PICTURE_JPEG, &file);
            CHECK(picture.status == BSWZ_ERROR_LIMIT || picture.status == BSWZ_ERROR_FORMAT, "bomb: %d",
                  (int)picture.status);
            picture_free(&picture);
            file.data[at + 5] = file.data[at + 7] = 0;
            break;
        }
    }
    /* pixels that end too early, in a file that does not */
    struct byte_buffer cut = {0};
    byte_buffer_append(&cut, file.data, file.size - 300, NULL);
    byte_buffer_append(&cut, "\xff\xd9", 2, NULL);
    picture = picture_load(PICTURE_JPEG, &cut);
    CHECK(picture.status == BSWZ_ERROR_FORMAT, "damaged: %d %s", (int)picture.status, picture.error.message);
    picture_free(&picture);
    free(cut.data);
    free(file.data);
    /* a few bytes that claim gigabytes of coefficients, padded with comments so that the claim is possible */
    file = make_jpeg(64, 64, &(struct jpeg_options){.components = 3, .progressive = true});
    struct byte_buffer padded = {0};
    uint8_t *comment = calloc(1, 65537);
    memcpy(comment, "\xff\xfe\xff\xff", 4);
    byte_buffer_append(&padded, file.data, 2, NULL);
    for (int i = 0; i < 16; i++) {
        byte_buffer_append(&padded, comment, 65537, NULL);
    }
    byte_buffer_append(&padded, file.data + 2, file.size - 2, NULL);
    for (size_t at = padded.size - file.size; at + 8 < padded.size; at++) {
        if (padded.data[at] == 0xff && padded.data[at + 1] == 0xc2) {
            padded.data[at + 5] = padded.data[at + 7] = 0x78;
            break;
        }
    }
    struct memory_source source = {padded.data, padded.size, 0, 0};
    struct picture_reader *reader;
    struct bswz_error error = {0};
    uint8_t *row = malloc((size_t)3 * 65535);
    enum bswz_status status =
        picture_reader_open(PICTURE_JPEG, (struct byte_source){memory_read, &source}, NULL, &reader, &error);
    CHECK(status == BSWZ_OK && picture_reader_info(reader)->width == 0x7840, "%s", error.message);
    if (status == BSWZ_OK) {
        CHECK(picture_reader_rows(reader, row, 1, &error) == BSWZ_ERROR_LIMIT, "%s", error.message);
        CHECK(picture_reader_rows(reader, row, 1, NULL) == BSWZ_ERROR_LIMIT, "and again");
    }
    picture_reader_close(reader);
    free(row);
    free(comment);
    free(padded.data);
    free(file.data);
    /* scan after scan */
    file = make_jpeg(8, 8, &(struct jpeg_options){.components = 1, .progressive = true});
    size_t scan = 0, end = file.size - 2;
    for (size_t at = 2; at + 1 < file.size; at++) { /* the last scan, which refines nothing when repeated */
        scan = file.data[at] == 0xff && file.data[at + 1] == 0xda ? at : scan;
    }
    struct byte_buffer many = {0};
    byte_buffer_append(&many, file.data, end, NULL);
    for (int i = 0; i < 600; i++) {
        byte_buffer_append(&many, file.data + scan, end - scan, NULL);
    }
    byte_buffer_append(&many, "\xff\xd9", 2, NULL);
    picture = picture_load(PICTURE_JPEG, &many);
    CHECK(picture.status == BSWZ_ERROR_LIMIT, "scans: %d %s", (int)picture.status, picture.error.message);
    picture_free(&picture);
    free(many.data);
    free(file.data);
}

/* The first chunk of that type in a PNG, or {0}. */
static struct byte_buffer find_chunk(const struct byte_buffer *png, const char *type) {
    for (size_t at = 8; at + 12 <= png->size;) {
        const size_t length = get_big_32(png->data + at);
        if (memcmp(png->data + at + 4, type, 4) == 0) {
            return (struct byte_buffer){png->data + at + 8, length, length};
        }
        at += length + 12;
    }
    return (struct byte_buffer){0};
}

static bool holds(const struct byte_buffer *buffer, const void *bytes, size_t size) {
    return buffer->size == size && memcmp(buffer->data, bytes, size) == 0;
}

/* The metadata of make_jpeg() in a PNG. */
static void check_png_metadata(const char *name, const struct byte_buffer *png, size_t profile_size) {
    struct byte_buffer exif = find_chunk(png, "eXIf"), text = find_chunk(png, "iTXt"), icc = find_chunk(png, "iCCP"),
                       profile = make_profile(profile_size);
    CHECK(holds(&exif, exif_block, sizeof exif_block), "%s: EXIF", name);
    CHECK(text.size == 22 + sizeof xmp_packet - 1 && memcmp(text.data, "XML:com.adobe.xmp\0\0\0\0\0", 22) == 0 &&
              memcmp(text.data + 22, xmp_packet, sizeof xmp_packet - 1) == 0,
          "%s: XMP", name);
    uLongf size = profile_size;
    uint8_t *inflated = malloc(size);
    CHECK(icc.size > 13 && icc.size < profile_size && memcmp(icc.data, "ICC profile\0\0", 13) == 0 &&
              uncompress(inflated, &size, icc.data + 13, icc.size - 13) == Z_OK && size == profile_size &&
              memcmp(inflated, profile.data, size) == 0,
          "%s: profile", name);
    free(inflated);
    free(profile.data);
}

static void test_jpeg_metadata(void) {
    const struct jpeg_options options = {
        .components = 3, .metadata = true, .density_unit = 1, .x_density = 300, .y_density = 72};
    struct byte_buffer file = make_jpeg(20, 20, &options), png, webp;
    struct picture picture = picture_load(PICTURE_JPEG, &file);
    CHECK(picture.status == BSWZ_OK, "%s", picture.error.message);
    CHECK(picture_save(PICTURE_PNG, &picture, 0, &png, NULL) == BSWZ_OK, "PNG");
    check_png_metadata("JPEG to PNG", &png, 100000);
    struct byte_buffer density = find_chunk(&png, "pHYs");
    CHECK(holds(&density, "\0\0\x2e\x23\0\0\x0b\x13\1", 9), "300 and 72 dots an inch");
    /* from there to WebP, and on to PNG */
    struct picture second = picture_load(PICTURE_PNG, &png);
    CHECK(second.status == BSWZ_OK, "%s", second.error.message);
    CHECK(picture_save(PICTURE_WEBP, &second, 0, &webp, NULL) == BSWZ_OK, "WebP");
    struct picture third = picture_load(PICTURE_WEBP, &webp);
    CHECK(third.status == BSWZ_OK && same_bytes(&third.rows, &picture.rows), "%s", third.error.message);
    free(png.data);
    CHECK(picture_save(PICTURE_PNG, &third, 0, &png, NULL) == BSWZ_OK, "PNG");
    check_png_metadata("JPEG to PNG to WebP to PNG", &png, 100000);
    free(png.data);
    free(webp.data);
    free(file.data);
    picture_free(&picture);
    picture_free(&second);
    picture_free(&third);
    static const struct {
        int unit, x, y;
        const char *expected;
    } densities[] = {{2, 10, 20, "\0\0\3\xe8\0\0\7\xd0\1"}, {0, 1, 2, "\0\0\0\1\0\0\0\2\0"}, {0, 1, 1, NULL}};
    for (size_t i = 0; i < 3; i++) {
        file = make_jpeg(8, 8,
                         &(struct jpeg_options){.components = 1,
                                                .density_unit = densities[i].unit,
                                                .x_density = densities[i].x,
                                                .y_density = densities[i].y});
        picture = picture_load(PICTURE_JPEG, &file);
        CHECK(picture_save(PICTURE_PNG, &picture, 0, &png, NULL) == BSWZ_OK, "PNG");
        density = find_chunk(&png, "pHYs");
        CHECK(densities[i].expected == NULL ? density.data == NULL : holds(&density, densities[i].expected, 9),
              "density %zu", i);
        picture_free(&picture);
        free(png.data);
        free(file.data);
    }
}

/* ---- WebP ---- */

static struct byte_buffer make_webp(uint32_t width, uint32_t height, uint8_t channels, bool lossless, bool metadata) {
    const struct picture_info info = {
        .width = width, .height = height, .channels = channels, .depth = 8, .maxval = 255};
    struct byte_buffer rows, file = {0};
    draw(&info, &rows);
    uint8_t *coded = NULL;
    size_t size;
    const int stride = (int)width * channels;
    if (channels == 4) {
        size = lossless ? WebPEncodeLosslessRGBA(rows.data, (int)width, (int)height, stride, &coded)
                        : WebPEncodeRGBA(rows.data, (int)width, (int)height, stride, 80, &coded);
    } else {
        size = lossless ? WebPEncodeLosslessRGB(rows.data, (int)width, (int)height, stride, &coded)
                        : WebPEncodeRGB(rows.data, (int)width, (int)height, stride, 80, &coded);
    }
    if (metadata) {
        struct byte_buffer profile = make_profile(1000);
        const WebPData image = {coded, size}, icc = {profile.data, profile.size},
                       exif = {(const uint8_t *)exif_block, sizeof exif_block},
                       xmp = {(const uint8_t *)xmp_packet, sizeof xmp_packet - 1};
        WebPData assembled;
        WebPMux *mux = WebPMuxCreate(&image, 1);
        WebPMuxSetChunk(mux, "ICCP", &icc, 1);
        WebPMuxSetChunk(mux, "EXIF", &exif, 1);
        WebPMuxSetChunk(mux, "XMP ", &xmp, 1);
        WebPMuxAssemble(mux, &assembled);
        byte_buffer_append(&file, assembled.bytes, assembled.size, NULL);
        WebPDataClear(&assembled);
        WebPMuxDelete(mux);
        free(profile.data);
    } else {
        byte_buffer_append(&file, coded, size, NULL);
    }
    WebPFree(coded);
    free(rows.data);
    return file;
}

static void test_webp(void) {
    for (int i = 0; i < 8; i++) {
        const bool lossless = (i & 1) != 0, metadata = (i & 4) != 0;
        const uint8_t channels = (i & 2) != 0 ? 4 : 3;
        struct byte_buffer file = make_webp(41, 27, channels, lossless, metadata), again;
        struct bswz_error error = {0};
        int width, height;
        uint8_t *expected = channels == 4 ? WebPDecodeRGBA(file.data, file.size, &width, &height)
                                          : WebPDecodeRGB(file.data, file.size, &width, &height);
        struct picture picture = picture_load(PICTURE_WEBP, &file);
        CHECK(picture.status == BSWZ_OK, "case %d: %s", i, picture.error.message);
        CHECK(picture.info.lossy == !lossless && picture.info.channels == channels && picture.info.width == 41 &&
                  picture.info.height == 27,
              "case %d", i);
        CHECK(holds(&picture.rows, expected, (size_t)41 * 27 * channels), "case %d: samples", i);
        CHECK((picture.head.size == 4) == !metadata, "case %d", i);
        check_extents("WebP", PICTURE_WEBP, &file);
        CHECK(picture_save(PICTURE_WEBP, &picture, 7, &again, &error) == BSWZ_OK, "case %d: %s", i, error.message);
        struct picture second = picture_load(PICTURE_WEBP, &again);
        CHECK(second.status == BSWZ_OK && same_bytes(&second.rows, &picture.rows) && !second.info.lossy &&
                  same_bytes(&second.head, &picture.head),
              "case %d: again: %s", i, second.error.message);
        picture_free(&second);
        free(again.data);
        CHECK(picture_save(PICTURE_PNG, &picture, 0, &again, &error) == BSWZ_OK, "case %d: %s", i, error.message);
        if (metadata) {
            check_png_metadata("WebP to PNG", &again, 1000);
        }
        second = picture_load(PICTURE_PNG, &again);
        CHECK(second.status == BSWZ_OK && same_bytes(&second.rows, &picture.rows), "case %d: as PNG", i);
        picture_free(&second);
        picture_free(&picture);
        free(again.data);
        free(file.data);
        WebPFree(expected);
    }
    struct picture wide = {
        .info = {.width = 16384, .height = 1, .channels = 3, .depth = 8, .maxval = 255, .format = PICTURE_RAW}};
    wide.rows.data = calloc(16384, 3);
    struct byte_buffer file;
    CHECK(picture_save(PICTURE_WEBP, &wide, 0, &file, NULL) == BSWZ_ERROR_ARGUMENT, "too wide for WebP");
    picture_free(&wide);
}

static void test_webp_animation(void) {
    WebPAnimEncoder *encoder = WebPAnimEncoderNew(16, 16, NULL);
    WebPData assembled;
    for (int frame = 0; frame < 2; frame++) {
        WebPPicture picture;
        uint8_t pixels[16 * 16 * 3];
        memset(pixels, 50 + 100 * frame, sizeof pixels);
        WebPPictureInit(&picture);
        picture.use_argb = 1;
        picture.width = picture.height = 16;
        WebPPictureImportRGB(&picture, pixels, 48);
        WebPAnimEncoderAdd(encoder, &picture, frame * 100, NULL);
        WebPPictureFree(&picture);
    }
    WebPAnimEncoderAdd(encoder, NULL, 200, NULL);
    WebPAnimEncoderAssemble(encoder, &assembled);
    struct byte_buffer file = {(uint8_t *)(uintptr_t)assembled.bytes, assembled.size, assembled.size};
    struct picture picture = picture_load(PICTURE_WEBP, &file);
    CHECK(picture.status == BSWZ_ERROR_UNSUPPORTED, "animation: %d", (int)picture.status);
    check_extents("animation", PICTURE_WEBP, &file);
    picture_free(&picture);
    WebPDataClear(&assembled);
    WebPAnimEncoderDelete(encoder);
}

/* Metadata in places that only PNG has: compressed XMP, EXIF after the pixels. */
static void test_png_metadata_to_webp(void) {
    struct picture_info info = {.width = 4, .height = 4, .channels = 3, .depth = 8, .maxval = 255};
    struct byte_buffer rows, before = {0}, after = {0}, text = {0}, icc = {0}, profile = make_profile(500), webp;
    uint8_t packed[1000];
    uLongf size = sizeof packed;
    draw(&info, &rows);
    byte_buffer_append(&icc, "name\0", 6, NULL);
    compress(packed, &size, profile.data, profile.size);
    byte_buffer_append(&icc, packed, size, NULL);
    put_chunk(&before, "iCCP", icc.data, icc.size);
    byte_buffer_append(&text, "XML:com.adobe.xmp\0\1\0en\0\0", 24, NULL);
    size = sizeof packed;
    compress(packed, &size, (const uint8_t *)xmp_packet, sizeof xmp_packet - 1);
    byte_buffer_append(&text, packed, size, NULL);
    put_chunk(&after, "iTXt", text.data, text.size);
    put_chunk(&after, "eXIf", exif_block, sizeof exif_block);
    struct byte_buffer file = make_png(&info, 8, 2, false, rows.data, &before, NULL, &after), png;
    struct picture picture = picture_load(PICTURE_PNG, &file);
    CHECK(picture_save(PICTURE_WEBP, &picture, 0, &webp, NULL) == BSWZ_OK, "WebP");
    struct picture second = picture_load(PICTURE_WEBP, &webp);
    CHECK(second.status == BSWZ_OK && same_bytes(&second.rows, &rows), "%s", second.error.message);
    CHECK(picture_save(PICTURE_PNG, &second, 0, &png, NULL) == BSWZ_OK, "PNG");
    check_png_metadata("PNG to WebP to PNG", &png, 500);
    picture_free(&picture);
    picture_free(&second);
    free(png.data);
    free(webp.data);
    free(file.data);
    free(rows.data);
    free(before.data);
    free(after.data);
    free(text.data);
    free(icc.data);
    free(profile.data);
}

int main(void) {
    test_jpeg_pixels();
    test_jpeg_refused();
    test_jpeg_metadata();
    test_webp();
    test_webp_animation();
    test_png_metadata_to_webp();
    return check_summary();
}
