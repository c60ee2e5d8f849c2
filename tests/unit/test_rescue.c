/* SPDX-License-Identifier: MIT */
/*
 * What is rescued from truncated or damaged streams: as much as there is, in the size that the header says, the same
 * with any number of threads, and always with an error if anything differs.
 */
#include "test_archive.h"
#include "test_stream_trip.h"

#include "image/loss.h"
#include "image/scaled.h"

static void count_line(void *context, const char *line) {
    CHECK(line[0] != 0 && strchr(line, '\n') == NULL, "%s", line);
    ++*(unsigned *)context;
}

/* With the number of lines that reported damage. */
static enum bswz_status rescue(const struct byte_buffer *in, unsigned scale, unsigned threads, struct byte_buffer *out,
                               unsigned *lines, struct bswz_error *error) {
    const struct bswz_decompress_options options = {.size = sizeof options,
                                                    .threads = threads,
                                                    .scale = scale,
                                                    .rescue = 1,
                                                    .damage = count_line,
                                                    .damage_context = lines};
    *lines = 0;
    return decompress_with(in, &options, out, error);
}

/* Mean difference of the bytes of two pictures of the same size. */
static double difference(const struct byte_buffer *a, const struct byte_buffer *b) {
    double sum = 0.0;
    for (size_t i = 0; i < a->size; i++) {
        sum += abs(a->data[i] - b->data[i]);
    }
    return sum / (double)a->size;
}

/* ---- every kind of frame, truncated and damaged ---- */

#define PLACES 24 /* of each; test_damage.c tries many more */

static const struct {
    enum motif motif;
    uint32_t width, height;
    unsigned channels, maxval;
    uint64_t band_pixels;
    const char *what;
} cases[] = {
    {MOTIF_SMOOTH, 90, 80, 3, 255, 0, "photograph"},  {MOTIF_SMOOTH, 40, 100, 3, 255, 1280, "bands"},
    {MOTIF_SMOOTH, 40, 70, 4, 255, 1280, "alpha"},    {MOTIF_FEW, 61, 90, 1, 1, 0, "bitmap"},
    {MOTIF_FEW, 60, 50, 4, 200, 0, "few values"},     {MOTIF_DRAWN, 90, 70, 3, 255, 0, "drawing"},
    {MOTIF_SMOOTH, 50, 40, 2, 1000, 0, "split"},      {MOTIF_DISGUISED, 40, 50, 3, 65535, 0, "repeated"},
    {MOTIF_DISGUISED, 150, 120, 3, 255, 0, "tables"}, {MOTIF_NOISE, 20, 90, 3, 255, 640, "noise"},
    {MOTIF_CONSTANT, 30, 20, 3, 7, 0, "constant"},    {MOTIF_GREY, 70, 66, 3, 255, 0, "grey"},
    {MOTIF_NOISE, 30, 20, 2, 65535, 0, "wide noise"},
};

static void check_whole(const struct byte_buffer *input, const char *what) {
    struct bswz_error error;
    unsigned lines;
    CHECK(rescue(&stream, 0, 1, &restored, &lines, &error) == BSWZ_OK && lines == 0 && same(input, &restored),
          "%s: nothing is wrong, but: %s", what, error.message);
}

/* A single picture: all or nothing, unless it was stored as bytes. */
static void check_cuts(const struct byte_buffer *input, const char *what) {
    struct bswz_error error;
    unsigned lines, lines_again;
    const bool is_picture = list_stream(&stream, what).entries[0].is_picture;
    for (size_t size = 0; size < stream.size; size += 1 + stream.size / PLACES) {
        const struct byte_buffer part = {stream.data, size, 0};
        const enum bswz_status status = rescue(&part, 0, 1, &restored, &lines, &error);
        CHECK(status == BSWZ_ERROR_TRUNCATED && lines <= 1 &&
                  (restored.size == 0 || restored.size == input->size || !is_picture),
              "%s cut at %zu: status %d, %zu bytes, %u lines", what, size, (int)status, restored.size, lines);
        const enum bswz_status other = rescue(&part, 0, 2, &again, &lines_again, &error);
        CHECK(other == status && same(&restored, &again) && lines == lines_again, "%s cut at %zu: threads", what, size);
        CHECK(restored.size > 0 || lines > 0 || size < 100, "%s cut at %zu: nothing", what, size);
    }
}

static void check_damage(const struct byte_buffer *input, const char *what) {
    struct bswz_error error;
    unsigned lines, lines_again;
    uint64_t state = 77 + stream.size;
    for (unsigned i = 0; i < PLACES; i++) {
        const size_t at = noise(&state) % stream.size;
        const uint8_t kept = stream.data[at];
        stream.data[at] ^= (uint8_t)(1 + noise(&state) % 255);
        const enum bswz_status status = rescue(&stream, 0, 1, &restored, &lines, &error);
        CHECK(status != BSWZ_OK &&
                  (restored.size == 0 || restored.size == input->size || status != BSWZ_ERROR_CORRUPT) &&
                  (lines > 0 || restored.size == 0 || same(input, &restored)),
              "%s damaged at %zu: status %d, %zu bytes, %u lines", what, at, (int)status, restored.size, lines);
        const enum bswz_status other = rescue(&stream, 0, 2, &again, &lines_again, &error);
        CHECK(other == status && same(&restored, &again) && lines == lines_again, "%s damaged at %zu: threads", what,
              at);
        rescue(&stream, 1 + i % 4, 1, &again, &lines, &error);
        stream.data[at] = kept;
    }
}

static void test_kinds(void) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct byte_buffer input = {0};
        struct bswz_error error;
        draw_pnm(&input, cases[i].motif, cases[i].width, cases[i].height, cases[i].channels, cases[i].maxval, false);
        CHECK(compress(&input, &usual_options, cases[i].band_pixels, &stream, &error) == BSWZ_OK, "%s", error.message);
        check_whole(&input, cases[i].what);
        check_cuts(&input, cases[i].what);
        check_damage(&input, cases[i].what);
        free(input.data);
    }
}

/* ---- how good it is ---- */

/* The more data there is, the closer the result, which is close from the start. */
static void test_prefixes(void) {
    struct byte_buffer input = {0}, small = {0}, expected = {0};
    struct bswz_error error;
    unsigned lines;
    draw_pnm(&input, MOTIF_SMOOTH, 300, 200, 3, 255, false);
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    double last = 128.0;
    for (unsigned percent = 5; percent < 100; percent += 10) {
        const struct byte_buffer part = {stream.data, stream.size * percent / 100, 0};
        rescue(&part, 0, 2, &restored, &lines, &error);
        CHECK(restored.size == input.size, "%u %%: %zu bytes", percent, restored.size);
        const double off = restored.size == input.size ? difference(&input, &restored) : 255.0;
        CHECK(off <= last && off < 20.0, "%u %%: off by %.3f, before by %.3f", percent, off, last);
        last = off;
    }
    CHECK(last < 1.0, "off by %.3f", last);

    /* the small picture is there before the rest */
    const struct bswz_decompress_options options = {.size = sizeof options, .threads = 1, .scale = 2};
    struct memory_input all = {stream.data, stream.size, 0, 0, SIZE_MAX};
    struct memory_output output = {{0}, SIZE_MAX};
    CHECK(bswz_decompress((struct bswz_input){read_memory, &all}, (struct bswz_output){write_memory, &output}, &options,
                          &error) == BSWZ_OK,
          "%s", error.message);
    expected = output.buffer;
    const struct byte_buffer third = {stream.data, stream.size / 3, 0};
    CHECK(rescue(&third, 2, 1, &small, &lines, &error) == BSWZ_ERROR_TRUNCATED && same(&expected, &small), "%s",
          error.message);
    const struct byte_buffer little = {stream.data, stream.size / 50, 0};
    CHECK(rescue(&little, 2, 1, &small, &lines, &error) == BSWZ_ERROR_TRUNCATED && expected.size == small.size &&
              !same(&expected, &small) && lines == 1,
          "%s", error.message);
    free(input.data);
    free(small.data);
    free(expected.data);
}

/* Bands before the cut are exact, bands after it grey; damage to one leaves the others alone. */
static void test_bands(void) {
    struct byte_buffer input = {0};
    struct bswz_error error;
    unsigned lines;
    draw_pnm(&input, MOTIF_SMOOTH, 100, 128, 3, 255, false);
    const size_t row = 300, header = input.size - 128 * row;
    CHECK(compress(&input, &usual_options, 100 * 32, &stream, &error) == BSWZ_OK, "%s", error.message);
    CHECK(list_stream(&stream, "bands").entries[0].frames == 4, "four bands");
    const struct byte_buffer half = {stream.data, stream.size * 60 / 100, 0};
    CHECK(rescue(&half, 0, 2, &restored, &lines, &error) == BSWZ_ERROR_TRUNCATED && restored.size == input.size &&
              lines == 1,
          "%s", error.message);
    CHECK(memcmp(restored.data, input.data, header + 64 * row) == 0, "the first two bands");
    CHECK(memcmp(restored.data + header + 64 * row, input.data + header + 64 * row, 32 * row) != 0,
          "a part of the third");
    for (size_t i = header + 96 * row; i < restored.size; i++) {
        if (restored.data[i] != 128) {
            CHECK(0, "byte %zu of the fourth band is %u", i, restored.data[i]);
            break;
        }
    }
    stream.data[stream.size * 2 / 5] ^= 4; /* in the second band */
    CHECK(rescue(&stream, 0, 2, &restored, &lines, &error) == BSWZ_ERROR_CORRUPT && restored.size == input.size &&
              lines == 1 && strstr(error.message, "rows 32 to 63") != NULL,
          "%s", error.message);
    CHECK(memcmp(restored.data, input.data, header + 32 * row) == 0 &&
              memcmp(restored.data + header + 32 * row, input.data + header + 32 * row, 32 * row) != 0 &&
              memcmp(restored.data + header + 64 * row, input.data + header + 64 * row, 64 * row) == 0,
          "the second band and no other");
    /* then the next stream, which is intact */
    CHECK(compress(&input, &usual_options, 0, &again, &error) == BSWZ_OK, "%s", error.message);
    append(&stream, again.data, again.size);
    CHECK(rescue(&stream, 0, 1, &restored, &lines, &error) == BSWZ_ERROR_CORRUPT && restored.size == 2 * input.size &&
              lines == 1 && memcmp(restored.data + input.size, input.data, input.size) == 0,
          "%s", error.message);
    free(input.data);
}

/* ---- more than one picture ---- */

static void test_bytes(void) {
    struct byte_buffer input = {0};
    struct bswz_error error;
    unsigned lines;
    for (unsigned i = 0; i < 20000; i++) {
        char line[40];
        append(&input, line, (size_t)snprintf(line, sizeof line, "line %u of a text\n", i * 7919));
    }
    draw_noise(&input, 3000, 5);
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    check_whole(&input, "bytes");
    for (size_t size = 11; size < stream.size; size += 1 + stream.size / PLACES) {
        const struct byte_buffer part = {stream.data, size, 0};
        CHECK(rescue(&part, 0, 1, &restored, &lines, &error) == BSWZ_ERROR_TRUNCATED && restored.size <= input.size &&
                  lines <= 1 && memcmp(restored.data, input.data, restored.size) == 0,
              "cut at %zu: %s", size, error.message);
        CHECK(size < stream.size * 9 / 10 || restored.size > input.size / 3, "%zu of %zu: %zu bytes", size, stream.size,
              restored.size);
    }
    for (size_t at = 40; at < stream.size - 20; at += 1 + stream.size / PLACES) {
        stream.data[at] ^= 8;
        CHECK(rescue(&stream, 0, 1, &restored, &lines, &error) == BSWZ_ERROR_CORRUPT && restored.size == input.size &&
                  lines == 1,
              "damaged at %zu: %zu bytes, %u lines, %s", at, restored.size, lines, error.message);
        stream.data[at] ^= 8;
    }
    free(input.data);
}

/* A PNG file in an archive keeps its length, and everything after it comes back. */
static void test_archive(void) {
    struct byte_buffer input = {0}, pnm = {0}, png = {0};
    struct bswz_error error;
    unsigned lines;
    draw_pnm(&pnm, MOTIF_SMOOTH, 120, 100, 3, 255, false);
    append_png(&png, &pnm);
    tar_member(&input, TAR_USTAR, '0', "a.png", png.data, png.size);
    tar_member(&input, TAR_USTAR, '0', "b.ppm", pnm.data, pnm.size);
    put_zeros(&input, 1024);
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    const struct listing listing = list_stream(&stream, "archive");
    CHECK(listing.entries[1].is_picture && strcmp(listing.entries[1].promise, "bytes") == 0, "the PNG was found");
    check_whole(&input, "archive");
    const size_t before = STREAM_HEADER_SIZE + (size_t)listing.entries[0].compressed_size;
    for (unsigned i = 1; i < 6; i++) {
        const size_t at = before + (size_t)listing.entries[1].compressed_size * i / 6;
        stream.data[at] ^= 1;
        CHECK(rescue(&stream, 0, 2, &restored, &lines, &error) == BSWZ_ERROR_CORRUPT && lines == 1, "%u lines, %s",
              lines, error.message);
        /* noise instead of a picture may take more space, and then the file is longer */
        CHECK(restored.size >= input.size && memcmp(restored.data, input.data, 512) == 0 &&
                  memcmp(restored.data + restored.size - 1024 - pnm.size, input.data + input.size - 1024 - pnm.size,
                         pnm.size) == 0,
              "%zu bytes, not %zu", restored.size, input.size);
        stream.data[at] ^= 1;
        const struct byte_buffer part = {stream.data, at, 0};
        CHECK(rescue(&part, 0, 2, &restored, &lines, &error) == BSWZ_ERROR_TRUNCATED && lines == 1 &&
                  restored.size == 512 + png.size,
              "cut at %zu: %zu bytes, not %zu", at, restored.size, 512 + png.size);
        struct byte_buffer file = {0}; /* and can be read */
        append(&file, restored.data + 512, restored.size - 512);
        CHECK(compress(&file, &usual_options, 0, &again, &error) == BSWZ_OK &&
                  list_stream(&again, "file").entries[0].width == 120,
              "a picture");
        free(file.data);
    }
    free(input.data);
    free(pnm.data);
    free(png.data);
}

/* The tail record, the end of the frame or of the stream is missing: the pixels are there. */
static void test_ends(void) {
    struct byte_buffer pnm = {0}, png = {0};
    struct bswz_error error;
    unsigned lines;
    draw_pnm(&pnm, MOTIF_SMOOTH, 60, 50, 3, 255, false);
    for (unsigned exact = 0; exact <= 1; exact++) {
        const struct bswz_compress_options options = {
            .size = sizeof options, .level = 2, .threads = 1, .exact = (int)exact};
        png.size = 0;
        append_png(&png, &pnm);
        CHECK(compress(&png, &options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
        for (size_t less = 1; less <= 6; less++) { /* the check, and the ends of the stream and the frames */
            const struct byte_buffer part = {stream.data, stream.size - less, 0};
            CHECK(rescue(&part, 0, 1, &restored, &lines, &error) == BSWZ_ERROR_TRUNCATED && lines == (less == 6) &&
                      same(&png, &restored),
                  "%zu bytes less: %u lines, %s", less, lines, error.message);
        }
        stream.data[stream.size - 2] ^= 1;
        CHECK(rescue(&stream, 0, 1, &restored, &lines, &error) == BSWZ_ERROR_CORRUPT && lines == 0 &&
                  same(&png, &restored) && strstr(error.message, "check") != NULL,
              "%s", error.message);
    }
    free(pnm.data);
    free(png.data);
}

static void test_stand_ins(void) {
    const struct picture_info wide = {3, 3, 4, 16, 1000, false, false, PICTURE_PAM};
    const struct picture_info palette = {3, 3, 1, 8, 15, true, false, PICTURE_PNG};
    uint8_t samples[7 * 8];
    static const uint8_t pixel[8] = {244, 1, 244, 1, 244, 1, 232, 3}; /* 500, 500, 500, 1000 */
    picture_fill_unknown(&wide, samples, 7);
    for (int i = 0; i < 7; i++) {
        CHECK(memcmp(samples + 8 * i, pixel, 8) == 0, "pixel %d", i);
    }
    picture_fill_unknown(&palette, samples, 2);
    CHECK(samples[0] == 0 && samples[1] == 0 && samples[2] == 244, "palette");
}

int main(void) {
    test_kinds();
    test_prefixes();
    test_bands();
    test_bytes();
    test_archive();
    test_ends();
    test_stand_ins();
    free_trip();
    return check_summary();
}
