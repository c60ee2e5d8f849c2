/* SPDX-License-Identifier: MIT */
/*
 * Memory and pixels in the interface: buffers, information in one call, pixels in, pixels out, and parts of them.
 */
#include "test_stream.h"

#include "test_jpeg.h"

#include <errno.h>
#include <stddef.h>

static struct byte_buffer picture, stream;

static struct bswz_memory in_stream(void) {
    return (struct bswz_memory){stream.data, stream.size};
}

/* Decompress the stream to pixels that the library allocates. */
static enum bswz_status pixels_of(struct bswz_pixels *pixels, const struct bswz_decompress_options *options,
                                  struct bswz_error *error) {
    struct bswz_memory memory = in_stream();
    return bswz_decompress_pixels(bswz_from_memory(&memory), pixels, options, error);
}

static struct bswz_info info_of_stream(enum bswz_status wanted) {
    struct bswz_memory memory = in_stream();
    struct bswz_info info = {.size = sizeof info};
    struct bswz_error error;
    CHECK(bswz_get_info(bswz_from_memory(&memory), &info, &error) == wanted, "%s", error.message);
    return info;
}

/* ---- memory ---- */

static void test_memory(void) {
    struct bswz_memory from = {picture.data, picture.size}, none = {NULL, 0};
    struct bswz_buffer to = {0}, back = {0}, fixed = {.is_fixed = 1}, small = {.limit = 10};
    struct bswz_error error;
    CHECK(bswz_compress(bswz_from_memory(&from), bswz_to_buffer(&to), NULL, &error) == BSWZ_OK && from.size == 0, "%s",
          error.message);
    CHECK(to.size <= bswz_compress_bound(picture.size), "%zu bytes", to.size);
    from = (struct bswz_memory){to.bytes, to.size};
    CHECK(bswz_decompress(bswz_from_memory(&from), bswz_to_buffer(&back), NULL, &error) == BSWZ_OK, "%s",
          error.message);
    CHECK(back.size == picture.size && memcmp(back.bytes, picture.data, back.size) == 0, "the same bytes");

    fixed.bytes = malloc(picture.size);
    for (fixed.capacity = picture.size - 1; fixed.capacity <= picture.size; fixed.capacity++) {
        const bool fits = fixed.capacity == picture.size;
        fixed.size = 0;
        from = (struct bswz_memory){to.bytes, to.size};
        CHECK(bswz_decompress(bswz_from_memory(&from), bswz_to_buffer(&fixed), NULL, &error) ==
                  (fits ? BSWZ_OK : BSWZ_ERROR_WRITE),
              "room for %zu of %zu: %s", fixed.capacity, picture.size, error.message);
        CHECK(!fits || memcmp(fixed.bytes, picture.data, picture.size) == 0, "the same bytes");
    }
    from = (struct bswz_memory){to.bytes, to.size};
    CHECK(bswz_decompress(bswz_from_memory(&from), bswz_to_buffer(&small), NULL, &error) == BSWZ_ERROR_WRITE &&
              small.size <= 10 && strstr(error.message, strerror(ENOBUFS)) != NULL,
          "a limit: %s", error.message);
    back.size = 0;
    CHECK(bswz_compress(bswz_from_memory(&none), bswz_to_buffer(&back), NULL, &error) == BSWZ_OK && back.size > 0,
          "nothing: %s", error.message);
    CHECK(bswz_compress_bound(0) >= back.size && bswz_compress_bound(SIZE_MAX) == SIZE_MAX, "bounds");
    bswz_free(to.bytes);
    bswz_free(back.bytes);
    bswz_free(small.bytes);
    bswz_free(NULL);
    free(fixed.bytes);
}

/* ---- in and out ---- */

static unsigned sample_at(const struct bswz_pixels *pixels, uint32_t x, uint32_t y, unsigned channel) {
    const uint8_t *row = (const uint8_t *)pixels->samples + y * pixels->stride;
    const size_t at = (size_t)x * pixels->channels + channel;
    uint16_t wide;
    if (pixels->bits == 8) {
        return row[at];
    }
    memcpy(&wide, row + 2 * at, 2);
    return wide;
}

/* Compress these pixels, whose rows are apart, and compare what comes back, as pixels and as a PAM file. */
static void try_shape(uint32_t width, uint32_t height, unsigned channels, unsigned bits) {
    const size_t row_bytes = (size_t)width * channels * bits / 8, stride = row_bytes + 5;
    uint8_t *samples = calloc(height, stride);
    uint64_t state = 99 + width;
    struct byte_buffer pam = {0}, again = {0};
    struct bswz_error error;
    for (uint32_t y = 0; y < height; y++) {
        for (size_t x = 0; x < row_bytes; x++) {
            samples[y * stride + x] = (uint8_t)(x * 3 + y + noise(&state) % 4);
        }
    }
    const struct bswz_pixels pixels = {.size = sizeof pixels,
                                       .width = width,
                                       .height = height,
                                       .channels = channels,
                                       .bits = bits,
                                       .samples = samples,
                                       .stride = stride};
    struct bswz_pixels back = {.size = sizeof back};
    struct bswz_buffer buffer = {0};
    const struct bswz_compress_options options = {.size = sizeof options, .level = 2, .threads = 1 + channels % 2};
    CHECK(bswz_compress_pixels(&pixels, bswz_to_buffer(&buffer), &options, &error) == BSWZ_OK, "%s", error.message);
    stream.size = 0;
    append(&stream, buffer.bytes, buffer.size);
    const struct bswz_info info = info_of_stream(BSWZ_OK);
    CHECK(info.has_pixels && info.width == width && info.height == height && info.channels == channels &&
              info.depth == bits && info.pictures == 1 && info.others == 0 && strcmp(info.format, "PNG") == 0 &&
              info.compressed_size == stream.size && info.maxval == (bits == 8 ? 255 : 65535),
          "%u x %u, %u channels of %u bits: %s", width, height, channels, bits, info.format);
    CHECK(pixels_of(&back, NULL, &error) == BSWZ_OK && back.width == width && back.height == height &&
              back.channels == channels && back.bits == bits && back.maxval == info.maxval && back.stride == row_bytes,
          "%s", error.message);
    draw_pnm(&pam, MOTIF_CONSTANT, width, height, channels, bits == 8 ? 255 : 65535, true);
    CHECK(decompress_to(&stream, BSWZ_TO_PAM, 1, &again, &error) == BSWZ_OK && again.size >= row_bytes * height, "%s",
          error.message);
    const uint8_t *file = again.data + again.size - row_bytes * height;
    for (uint32_t y = 0; y < height && back.samples != NULL; y++) {
        bool is_same = memcmp((uint8_t *)back.samples + y * row_bytes, samples + y * stride, row_bytes) == 0;
        for (uint32_t i = 0; i < width * channels; i++, file += bits / 8) {
            is_same = is_same && sample_at(&pixels, i / channels, y, i % channels) ==
                                     (bits == 8 ? file[0] : (unsigned)(file[0] << 8 | file[1]));
        }
        CHECK(is_same, "row %u of %u x %u, %u channels of %u bits", y, width, height, channels, bits);
    }
    bswz_free(back.samples);
    bswz_free(buffer.bytes);
    free(samples);
    free(pam.data);
    free(again.data);
}

static void test_shapes(void) {
    for (unsigned channels = 1; channels <= 4; channels++) {
        try_shape(37, 21, channels, 8);
        try_shape(20, 33, channels, 16);
        try_shape(1, 1, channels, 8);
    }
    try_shape(70000, 2, 1, 8); /* a row takes more than one block, */
    try_shape(400, 300, 1, 8); /* and rows more than one chunk */
}

/* ---- conversions ---- */

static void test_conversions(void) {
    struct byte_buffer file = {0};
    struct bswz_error error;
    append(&file, "P5\n3 42\n100\n", 12);
    for (unsigned i = 0; i < 3 * 42; i++) { /* all values */
        const uint8_t value = (uint8_t)(i % 101);
        append(&file, &value, 1);
    }
    CHECK(compress(&file, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    struct bswz_pixels plain = {.size = sizeof plain}, wide = {.size = sizeof wide, .channels = 4, .bits = 16},
                       full = {.size = sizeof full, .channels = 3, .bits = 8};
    CHECK(pixels_of(&plain, NULL, &error) == BSWZ_OK && plain.maxval == 100 && plain.bits == 8 && plain.channels == 1,
          "%s", error.message);
    CHECK(pixels_of(&wide, NULL, &error) == BSWZ_OK && wide.maxval == 65535, "%s", error.message);
    CHECK(pixels_of(&full, NULL, &error) == BSWZ_OK && full.maxval == 255, "%s", error.message);
    for (uint32_t y = 0; y < 42 && full.samples != NULL; y++) {
        for (uint32_t x = 0; x < 3; x++) {
            const unsigned value = sample_at(&plain, x, y, 0);
            CHECK(value == file.data[12 + 3 * y + x], "%u, %u", x, y);
            for (unsigned channel = 0; channel < 3; channel++) {
                CHECK(sample_at(&full, x, y, channel) == (value * 255 * 2 + 100) / 200, "%u of 100", value);
                CHECK(sample_at(&wide, x, y, channel) == (value * 65535 * 2 + 100) / 200, "%u of 100", value);
            }
            CHECK(sample_at(&wide, x, y, 3) == 65535, "opaque");
        }
    }
    bswz_free(plain.samples);
    bswz_free(wide.samples);
    bswz_free(full.samples);
    free(file.data);
}

/* Alpha is left out, and colours never become grey. */
static void test_channels(void) {
    struct bswz_error error;
    picture.size = 0;
    draw_pnm(&picture, MOTIF_SMOOTH, 30, 20, 4, 65535, true);
    CHECK(compress(&picture, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    struct bswz_pixels whole = {.size = sizeof whole}, colours = {.size = sizeof colours, .channels = 3},
                       narrow = {.size = sizeof narrow, .bits = 8}, grey = {.size = sizeof grey, .channels = 1};
    CHECK(pixels_of(&whole, NULL, &error) == BSWZ_OK && whole.channels == 4 && whole.bits == 16, "%s", error.message);
    CHECK(pixels_of(&colours, NULL, &error) == BSWZ_OK && colours.bits == 16, "%s", error.message);
    CHECK(pixels_of(&narrow, NULL, &error) == BSWZ_OK && narrow.channels == 4, "%s", error.message);
    CHECK(pixels_of(&grey, NULL, &error) == BSWZ_ERROR_ARGUMENT && grey.samples == NULL, "%s", error.message);
    const uint8_t *file = picture.data + picture.size - (size_t)30 * 20 * 8;
    for (uint32_t i = 0; i < 30 * 20 * 4 && narrow.samples != NULL; i++) {
        const unsigned value = (unsigned)(file[2 * i] << 8 | file[2 * i + 1]);
        CHECK(sample_at(&whole, i / 4 % 30, i / 120, i % 4) == value, "%u", i);
        CHECK(i % 4 == 3 || sample_at(&colours, i / 4 % 30, i / 120, i % 4) == value, "%u", i);
        CHECK(sample_at(&narrow, i / 4 % 30, i / 120, i % 4) == (value * 255u * 2 + 65535) / 131070, "%u", i);
    }
    bswz_free(whole.samples);
    bswz_free(colours.samples);
    bswz_free(narrow.samples);
}

/* ---- parts ---- */

/* Rows first ... first + rows - 1 at this scale, in memory of our own, compared with the file. */
static void try_part(uint32_t first, uint32_t rows, unsigned scale, unsigned threads, enum bswz_status wanted) {
    enum { WIDTH = 60, HEIGHT = 300 };
    const uint32_t width = (WIDTH + (1u << scale) - 1) >> scale;
    const uint8_t *file = picture.data + picture.size - WIDTH * HEIGHT * 3;
    const struct bswz_decompress_options options = {.size = sizeof options, .threads = threads, .scale = scale};
    struct bswz_error error;
    uint8_t *samples = malloc((size_t)(rows + 2) * width * 3);
    memset(samples, 0x77, (size_t)(rows + 2) * width * 3);
    struct bswz_pixels pixels = {.size = sizeof pixels,
                                 .width = width,
                                 .height = rows,
                                 .channels = 3,
                                 .bits = 8,
                                 .first_row = first,
                                 .samples = samples + (size_t)width * 3};
    CHECK(pixels_of(&pixels, &options, &error) == wanted, "rows %u + %u, scale %u: %s", first, rows, scale,
          error.message);
    for (uint32_t y = 0; y < rows + 2; y++) {
        bool is_right = true;
        for (uint32_t x = 0; x < width; x++) {
            const uint8_t *pixel = samples + ((size_t)y * width + x) * 3;
            const bool is_outside = y == 0 || y == rows + 1;
            const uint8_t *source = is_outside ? (const uint8_t *)"www"
                                               : file + (((size_t)(first + y - 1) << scale) * WIDTH + (x << scale)) * 3;
            is_right = is_right && memcmp(pixel, source, 3) == 0;
        }
        CHECK(is_right, "row %u of %u + %u, scale %u, %u threads", y, first, rows, scale, threads);
    }
    free(samples);
}

static void test_parts(void) {
    struct bswz_error error;
    picture.size = 0;
    draw_pnm(&picture, MOTIF_SMOOTH, 60, 300, 3, 255, false);
    CHECK(compress(&picture, &usual_options, 60 * 32, &stream, &error) == BSWZ_OK, "%s", error.message);
    const struct bswz_info info = info_of_stream(BSWZ_OK);
    CHECK(info.band_rows > 0 && info.band_rows <= 64, "bands of %u rows", info.band_rows);
    for (unsigned threads = 1; threads <= 2; threads++) {
        for (unsigned scale = 0; scale <= 2; scale++) {
            const uint32_t height = 300 >> scale;
            try_part(0, height, scale, threads, BSWZ_OK);
            try_part(0, 1, scale, threads, BSWZ_OK);
            try_part(height - 1, 1, scale, threads, BSWZ_OK);
            try_part(height / 2 - 3, 9, scale, threads, BSWZ_OK);
        }
    }
    /* other bands are not decoded: damage to them shows only in the check of the stream */
    stream.data[stream.size - 100] ^= 1;
    try_part(0, 20, 0, 1, BSWZ_ERROR_CORRUPT);
    struct bswz_pixels pixels = {.size = sizeof pixels, .height = 20};
    CHECK(pixels_of(&pixels, NULL, &error) == BSWZ_ERROR_CORRUPT && error.offset == stream.size - STREAM_CHECK_SIZE,
          "at %zu of %zu: %s", (size_t)error.offset, stream.size, error.message);
    bswz_free(pixels.samples);
    pixels = (struct bswz_pixels){.size = sizeof pixels};
    CHECK(pixels_of(&pixels, NULL, &error) == BSWZ_ERROR_CORRUPT && error.offset < stream.size - STREAM_CHECK_SIZE,
          "at %zu of %zu: %s", (size_t)error.offset, stream.size, error.message);
    bswz_free(pixels.samples);
    stream.data[stream.size - 100] ^= 1;

    /* a rescue gives all rows */
    const struct bswz_decompress_options rescue = {.size = sizeof rescue, .rescue = 1};
    stream.size = stream.size * 3 / 4;
    pixels = (struct bswz_pixels){.size = sizeof pixels};
    CHECK(pixels_of(&pixels, &rescue, &error) == BSWZ_ERROR_TRUNCATED && pixels.samples != NULL &&
              memcmp(pixels.samples, picture.data + picture.size - 60 * 300 * 3, 60 * 100 * 3) == 0,
          "%s", error.message);
    CHECK(pixels.samples != NULL && sample_at(&pixels, 59, 299, 0) != 0, "the last row is interpolated");
    bswz_free(pixels.samples);
    info_of_stream(BSWZ_ERROR_TRUNCATED);
}

/* ---- what has pixels ---- */

static void try_source(const char *what, const struct byte_buffer *file, bool has_pixels, unsigned channels) {
    struct bswz_pixels pixels = {.size = sizeof pixels};
    struct bswz_error error;
    CHECK(compress(file, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    const struct bswz_info info = info_of_stream(BSWZ_OK);
    CHECK((info.has_pixels != 0) == has_pixels && info.channels == channels, "%s: %d, %u channels", what,
          info.has_pixels, info.channels);
    const enum bswz_status status = pixels_of(&pixels, NULL, &error);
    CHECK(status == (has_pixels ? BSWZ_OK : BSWZ_ERROR_UNSUPPORTED), "%s: %s", what, error.message);
    CHECK(!has_pixels || (pixels.channels == channels && pixels.width == info.width && pixels.height == info.height),
          "%s: %u channels", what, pixels.channels);
    bswz_free(pixels.samples);
}

static void test_sources(void) {
    static const struct jpeg_kind kind = {.components = 3, .sampling = {22}, .is_smooth = true};
    struct byte_buffer file = {0}, jpeg = make_jpeg(90, 70, &kind);
    struct bswz_error error;
    try_source("a JPEG file", &jpeg, true, 3);
    /* its pixels are those that every other program gets */
    struct bswz_pixels pixels = {.size = sizeof pixels, .first_row = 10, .height = 5};
    CHECK(pixels_of(&pixels, NULL, &error) == BSWZ_OK &&
              decompress_to(&stream, BSWZ_TO_PPM, 1, &file, &error) == BSWZ_OK &&
              memcmp(pixels.samples, file.data + file.size - 90 * 60 * 3, 90 * 5 * 3) == 0,
          "%s", error.message);
    bswz_free(pixels.samples);

    file.size = 0;
    draw_noise(&file, 3000, 3);
    try_source("bytes", &file, false, 0);
    file.size = 0;
    try_source("nothing", &file, false, 0);
    draw_pnm(&file, MOTIF_SMOOTH, 60, 300, 3, 255, false);
    CHECK(compress(&file, &usual_options, 60 * 32, &stream, &error) == BSWZ_OK, "%s", error.message);
    /* a source that broke off after two bands comes back as it was, and in no other way */
    file.size -= 60 * 3 * (300 - (size_t)2 * info_of_stream(BSWZ_OK).band_rows);
    CHECK(compress(&file, &usual_options, 60 * 32, &stream, &error) == BSWZ_OK, "%s", error.message);
    const struct bswz_info info = info_of_stream(BSWZ_OK);
    CHECK(info.pictures == 1 && info.others == 0 && !info.has_pixels, "a short picture");
    pixels = (struct bswz_pixels){.size = sizeof pixels};
    CHECK(pixels_of(&pixels, NULL, &error) == BSWZ_ERROR_UNSUPPORTED, "%s", error.message);
    bswz_free(pixels.samples);
    file.size = 0;
    draw_pnm(&file, MOTIF_SMOOTH, 40, 30, 3, 255, false);
    append_again(&file, file.size);
    try_source("two pictures", &file, false, 3);
    file.size /= 2;
    append(&file, "and a word", 10);
    try_source("a picture and bytes", &file, false, 3);
    file.size = 0;
    append(&file, "GIF87a\4\0\4\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\4\0\4\0\0\2\5\x84\x8f\x10\x61\x05\0;", 38);
    CHECK(compress(&file, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    pixels = (struct bswz_pixels){.size = sizeof pixels};
    CHECK(pixels_of(&pixels, NULL, &error) == BSWZ_ERROR_UNSUPPORTED, "%s", error.message);
    CHECK(!info_of_stream(BSWZ_OK).has_pixels, "a GIF file");
    free(file.data);
    free(jpeg.data);
}

/* ---- arguments ---- */

static void test_arguments(void) {
    static uint8_t room[64 * 64 * 8];
    const size_t full = sizeof(struct bswz_pixels);
    const struct bswz_pixels bad[] = {
        {.size = 0},
        {.size = full, .channels = 5},
        {.size = full, .bits = 12},
        {.size = full, .width = 63},
        {.size = full, .height = 51},
        {.size = full, .first_row = 50},
        {.size = full, .first_row = 1, .height = 50},
        {.size = full, .stride = 64 * 3 - 1},
        {.size = full, .samples = room, .channels = 3, .bits = 8},
        {.size = full, .samples = room, .width = 64, .height = 50, .channels = 3},
    };
    const struct bswz_pixels worse[] = {
        {.size = full},
        {.size = full, .width = 4, .height = 4, .channels = 3, .bits = 8},
        {.size = full, .width = 4, .height = 4, .channels = 3, .samples = room},
        {.size = full, .width = 4, .height = 4, .channels = 5, .bits = 8, .samples = room},
        {.size = full, .width = 4, .height = 4, .channels = 3, .bits = 8, .samples = room, .stride = 11},
        {.size = full, .width = 4, .height = 4, .channels = 3, .bits = 8, .samples = room, .maxval = 100},
        {.size = full, .width = UINT32_MAX, .height = UINT32_MAX, .channels = 4, .bits = 16, .samples = room},
    };
    struct bswz_error error;
    picture.size = 0;
    draw_pnm(&picture, MOTIF_SMOOTH, 64, 50, 3, 255, false);
    CHECK(compress(&picture, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bswz_pixels pixels = bad[i];
        CHECK(pixels_of(&pixels, NULL, &error) == BSWZ_ERROR_ARGUMENT && error.message[0] != 0, "%u", i);
    }
    struct bswz_pixels pixels = {.size = full};
    const struct bswz_decompress_options png = {.size = sizeof png, .target = BSWZ_TO_PNG},
                                         tight = {.size = sizeof tight, .memory_limit = 64 * 50 * 3 - 1};
    CHECK(pixels_of(&pixels, &png, NULL) == BSWZ_ERROR_ARGUMENT, "a target");
    CHECK(pixels_of(&pixels, &tight, NULL) == BSWZ_ERROR_LIMIT, "memory");
    CHECK(pixels_of(NULL, NULL, NULL) == BSWZ_ERROR_ARGUMENT, "nowhere");
    for (unsigned i = 0; i < sizeof worse / sizeof *worse; i++) {
        struct bswz_buffer buffer = {0};
        const enum bswz_status status = bswz_compress_pixels(&worse[i], bswz_to_buffer(&buffer), NULL, &error);
        CHECK(status != BSWZ_OK && error.message[0] != 0 && buffer.size == 0, "%u", i);
        bswz_free(buffer.bytes);
    }
    const struct bswz_pixels good = {.size = full, .width = 4, .height = 4, .channels = 3, .bits = 8, .samples = room};
    const struct bswz_compress_options exact = {.size = sizeof exact, .exact = 1},
                                       raw = {.size = sizeof raw, .raw_bits = 16},
                                       swapped = {.size = sizeof swapped, .raw_big_endian = 1};
    struct bswz_buffer buffer = {0};
    CHECK(bswz_compress_pixels(&good, bswz_to_buffer(&buffer), &exact, NULL) == BSWZ_ERROR_ARGUMENT, "exact");
    CHECK(bswz_compress_pixels(&good, bswz_to_buffer(&buffer), &raw, NULL) == BSWZ_ERROR_ARGUMENT, "raw");
    CHECK(bswz_compress_pixels(&good, bswz_to_buffer(&buffer), &swapped, NULL) == BSWZ_ERROR_ARGUMENT, "swapped");
    CHECK(buffer.bytes == NULL, "nothing is written");

    /* rows that are far apart, in memory that would have to be allocated; and a struct without a place for it */
    struct bswz_pixels apart = {.size = full, .stride = (size_t)1 << 30};
    CHECK(pixels_of(&apart, NULL, &error) == BSWZ_ERROR_LIMIT && apart.samples == NULL &&
              strstr(error.message, "50 rows of 1073741824 bytes") != NULL,
          "%s", error.message);
    apart.stride = SIZE_MAX;
    CHECK(pixels_of(&apart, NULL, NULL) == BSWZ_ERROR_LIMIT && apart.samples == NULL, "further apart");
    struct bswz_pixels brief = {.size = offsetof(struct bswz_pixels, samples)};
    CHECK(pixels_of(&brief, NULL, NULL) == BSWZ_ERROR_ARGUMENT, "a short struct");

    /* a full buffer, of which its owner says something else */
    struct bswz_buffer wrong = {.bytes = room, .size = 20, .capacity = 10, .is_fixed = 1};
    struct bswz_memory stream_memory = in_stream();
    CHECK(bswz_decompress(bswz_from_memory(&stream_memory), bswz_to_buffer(&wrong), NULL, &error) == BSWZ_ERROR_WRITE,
          "%s", error.message);

    /* as compiled with an older header */
    struct bswz_info info = {.size = offsetof(struct bswz_info, width)};
    struct bswz_memory memory = in_stream();
    memset((uint8_t *)&info + info.size, 0x5a, sizeof info - info.size);
    CHECK(bswz_get_info(bswz_from_memory(&memory), &info, &error) == BSWZ_OK && info.pictures == 1 &&
              info.width == 0x5a5a5a5a && info.size == offsetof(struct bswz_info, width),
          "%s", error.message);
    info.size = 0;
    CHECK(bswz_get_info(bswz_from_memory(&memory), &info, NULL) == BSWZ_ERROR_ARGUMENT, "no size");
    CHECK(bswz_get_info(bswz_from_memory(&memory), NULL, NULL) == BSWZ_ERROR_ARGUMENT, "nowhere");
}

int main(void) {
    draw_pnm(&picture, MOTIF_SMOOTH, 64, 50, 3, 255, false);
    test_memory();
    test_shapes();
    test_conversions();
    test_channels();
    test_parts();
    test_sources();
    test_arguments();
    free(picture.data);
    free(stream.data);
    return check_summary();
}
