/* SPDX-License-Identifier: MIT */
/*
 * Streams: everything comes back, takes no more space than promised, and is the same with any number of threads.
 */
#include "test_stream_trip.h"

#include "container/walk.h"

#include <webp/encode.h>

static void test_pnm(void) {
    static const uint32_t sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {33, 17}, {40, 100}};
    static const unsigned maxvals[] = {1, 3, 100, 255, 256, 1000, 65535};
    char what[100];
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (unsigned j = 0; j < sizeof maxvals / sizeof *maxvals; j++) {
            for (unsigned channels = 1; channels <= 4; channels++) {
                for (int motif = 0; motif < MOTIFS; motif++) {
                    if (i == 4 ? (motif + (int)(channels + j)) % 3 != 0 : (motif + (int)(i + j + channels)) % 2 != 0) {
                        continue; /* a sample of the combinations */
                    }
                    struct byte_buffer input = {0};
                    draw_pnm(&input, (enum motif)motif, sizes[i][0], sizes[i][1], channels, maxvals[j], false);
                    snprintf(what, sizeof what, "motif %d, %ux%ux%u, maxval %u", motif, sizes[i][0], sizes[i][1],
                             channels, maxvals[j]);
                    round_trip(&input, &usual_options, i == 4 ? 1280 : 0, what); /* four bands of 32 rows */
                    free(input.data);
                }
            }
        }
    }
}

/* Pictures that are large enough to be distinguished: each kind gets its own treatment. */
static void test_contents(void) {
    for (int motif = 0; motif < MOTIFS; motif++) {
        for (unsigned channels = 1; channels <= 4; channels++) {
            struct byte_buffer input = {0};
            char what[60];
            draw_pnm(&input, (enum motif)motif, 150, 120, channels, 255, false);
            snprintf(what, sizeof what, "motif %d, %u channels", motif, channels);
            const size_t size = round_trip(&input, &usual_options, 0, what);
            if (motif == MOTIF_DRAWN || motif == MOTIF_FEW || motif == MOTIF_CONSTANT) {
                CHECK(size < 1500, "%s: %zu bytes", what, size);
            }
            free(input.data);
        }
    }
}

/* The kinds of 16-bit and sparse samples are recognised, and cost what they should. */
static void test_reductions(void) {
    struct byte_buffer plain = {0}, disguised = {0}, gaps = {0};
    draw_pnm(&plain, MOTIF_DISGUISED, 150, 120, 3, 65535, false);
    const size_t size = round_trip(&plain, &usual_options, 0, "8 bits in 16");
    CHECK(size < 150 * 120 * 3, "8 bits in 16: %zu bytes", size);
    draw_pnm(&gaps, MOTIF_DISGUISED, 150, 120, 1, 255, false);
    round_trip(&gaps, &usual_options, 0, "gaps");
    /* a table: 200 of 4096 values */
    draw_pnm(&disguised, MOTIF_NOISE, 120, 150, 1, 199, false);
    struct byte_buffer table = {0};
    append(&table, "P5 120 150 4095\n", 16);
    for (size_t i = disguised.size - 120 * 150; i < disguised.size; i++) {
        const unsigned value = 20u * disguised.data[i] + 7;
        append(&table, (const uint8_t[2]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
    }
    const size_t with_table = round_trip(&table, &usual_options, 0, "table");
    CHECK(with_table < 120 * 150 + 300, "table: %zu bytes", with_table);
    free(plain.data);
    free(disguised.data);
    free(gaps.data);
    free(table.data);
}

/* ---- listing ---- */

static void test_list(void) {
    struct byte_buffer input = {0};
    draw_pnm(&input, MOTIF_SMOOTH, 150, 240, 3, 255, false);
    draw_pnm(&input, MOTIF_SMOOTH, 150, 240, 3, 255, false);
    draw_pnm(&input, MOTIF_DRAWN, 70, 60, 4, 1023, false);
    append(&input, "and so on", 9);
    round_trip(&input, &usual_options, 128 * 150, "four segments");
    const struct listing listing = list_stream(&stream, "four segments");
    const struct bswz_entry *first = &listing.entries[0], *third = &listing.entries[2], *last = &listing.entries[3];
    CHECK(listing.count == 4, "%u entries", listing.count);
    CHECK(first->is_picture && first->width == 150 && first->height == 240 && first->channels == 3 &&
              first->depth == 8 && first->frames == 2 && first->restored_size == 150 * 240 * 3 &&
              first->model_hash != 0 && first->model_name[0] != 0 && strcmp(first->format, "PNM") == 0 &&
              strcmp(first->origin, "RGB") == 0 && strcmp(first->promise, "bytes") == 0,
          "%s %ux%u, %d frames, origin %s", first->format, first->width, first->height, (int)first->frames,
          first->origin);
    CHECK(listing.entries[1].width == 150 && listing.entries[1].compressed_size + 20 < first->compressed_size,
          "a repeated header is not written again");
    CHECK(strcmp(third->format, "PAM") == 0 && third->depth == 10 && third->channels == 4, "%s", third->format);
    CHECK(!last->is_picture && last->restored_size == 9 && strcmp(last->format, "bytes") == 0, "%s", last->format);
    size_t sum = STREAM_HEADER_SIZE + 1 + STREAM_CHECK_SIZE;
    for (unsigned i = 0; i < listing.count && i < 8; i++) {
        sum += (size_t)listing.entries[i].compressed_size;
    }
    CHECK(sum == stream.size, "the parts are %zu of %zu bytes", sum, stream.size);
    free(input.data);
}

/* ---- files ---- */

static void test_png(void) {
    for (unsigned channels = 1; channels <= 4; channels++) {
        for (unsigned wide = 0; wide <= 1; wide++) {
            struct byte_buffer pam = {0}, png = {0}, to_pam = {0}, twice = {0};
            struct bswz_error error;
            draw_pnm(&pam, channels % 2 ? MOTIF_SMOOTH : MOTIF_GREY, 90, 70, channels, wide ? 65535 : 255, true);
            append_png(&png, &pam);
            CHECK(compress(&png, &usual_options, 32 * 90, &stream, &error) == BSWZ_OK, "%s", error.message);
            const struct listing listing = list_stream(&stream, "PNG");
            CHECK(listing.count == 1 && strcmp(listing.entries[0].format, "PNG") == 0 &&
                      strcmp(listing.entries[0].promise, "pixels") == 0 && listing.entries[0].depth == (wide ? 16 : 8),
                  "%u entries, %s", listing.count, listing.entries[0].format);
            /* the same PNG comes out, since this program wrote it */
            CHECK(decompress_to(&stream, BSWZ_TO_SOURCE, 3, &restored, &error) == BSWZ_OK && same(&png, &restored),
                  "PNG: %s", error.message);
            CHECK(compress(&png, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
            CHECK(decompress_to(&stream, BSWZ_TO_PAM, 1, &to_pam, &error) == BSWZ_OK, "%s", error.message);
            append_png(&twice, &to_pam);
            CHECK(same(&png, &twice), "PNG to PAM and back, %u channels", channels);
            free(pam.data);
            free(png.data);
            free(to_pam.data);
            free(twice.data);
        }
    }
}

/* An invalid PNG, one that pixels cannot beat, and a JPEG (its start is enough) stay unchanged. */
static void test_kept_files(void) {
    struct byte_buffer pnm = {0}, png = {0};
    draw_pnm(&pnm, MOTIF_NOISE, 60, 50, 3, 255, false);
    append_png(&png, &pnm);
    const size_t end = png.size;
    append_again(&png, end);
    round_trip(&png, &usual_options, 0, "incompressible PNG");
    png.data[end - 30] ^= 1; /* in the last IDAT or its checksum */
    round_trip(&png, &usual_options, 0, "broken PNG");
    CHECK(list_stream(&stream, "broken PNG").entries[0].is_picture == 0, "a broken PNG is not a picture");
    png.size = end / 2;
    round_trip(&png, &usual_options, 0, "half a PNG");
    png.size = 0;
    for (int i = 0; i < 1000; i++) {
        append(&png, "\xff\xd8\xff\xd9", 4);
    }
    round_trip(&png, &usual_options, 0, "a thousand empty JPEGs");
    free(pnm.data);
    free(png.data);
}

/* A lossy file is stored, unless its pixels are requested: then they are coded, at any size. */
static void test_lossy_file(void) {
    struct byte_buffer pixels = {0}, file = {0}, png = {0};
    struct bswz_compress_options options = usual_options;
    struct bswz_error error;
    uint8_t *coded = NULL;
    draw_noise(&pixels, 64 * 48 * 3, 11);
    const size_t size = WebPEncodeRGB(pixels.data, 64, 48, 64 * 3, 10, &coded);
    append(&file, coded, size);
    WebPFree(coded);
    round_trip(&file, &options, 0, "lossy WebP");
    CHECK(!list_stream(&stream, "lossy WebP").entries[0].is_picture, "kept as bytes");
    options.keep_pixels = 1;
    CHECK(compress(&file, &options, 0, &stream, &error) == BSWZ_OK && stream.size > file.size, "%zu bytes",
          stream.size);
    CHECK(strcmp(list_stream(&stream, "pixels").entries[0].format, "WebP") == 0, "kept as pixels");
    CHECK(decompress(&stream, &png, &error) == BSWZ_OK && png.size > 8 && memcmp(png.data, "\x89PNG", 4) == 0, "%s",
          error.message);
    free(pixels.data);
    free(file.data);
    free(png.data);
}

/* ---- streamed pictures that are truncated ---- */

static void test_short_pictures(void) {
    static const unsigned kinds[][2] = {{3, 255}, {1, 1}, {1, 255}, {4, 1023}};
    for (unsigned k = 0; k < 4; k++) {
        struct byte_buffer whole = {0};
        draw_pnm(&whole, MOTIF_SMOOTH, 50, 150, kinds[k][0], kinds[k][1], false);
        for (size_t size = 0; size < whole.size; size += 1 + whole.size / 23) {
            const struct byte_buffer part = {whole.data, size, size};
            round_trip(&part, &usual_options, 1600, "a truncated picture"); /* bands of 32 rows */
        }
        free(whole.data);
    }
    struct byte_buffer odd = {0};
    draw_pnm(&odd, MOTIF_SMOOTH, 50, 150, 1, 15, false);
    odd.data[odd.size - 50 * 30] = 16;
    append(&odd, "P5 1 1 255\nx", 12);
    round_trip(&odd, &usual_options, 1600, "a sample above maxval");
    const struct listing listing = list_stream(&stream, "a sample above maxval");
    CHECK(listing.count == 2 && listing.entries[0].frames == 3 && listing.entries[0].restored_size == 50 * 96,
          "%u entries", listing.count);
    struct bswz_error error;
    CHECK(decompress_to(&stream, BSWZ_TO_PNG, 2, &restored, &error) == BSWZ_ERROR_UNSUPPORTED, "%s", error.message);
    free(odd.data);
}

static void test_raw(void) {
    struct byte_buffer input = {0};
    struct bswz_compress_options options = usual_options;
    struct bswz_error error;
    draw_pnm(&input, MOTIF_SMOOTH, 28, 28 * 5, 3, 255, false);
    const size_t header = input.size - 28 * 28 * 5 * 3;
    struct byte_buffer raw = {input.data + header, 28 * 28 * 5 * 3 - 100, 0};
    options.raw_width = options.raw_height = 28;
    options.raw_channels = 3;
    round_trip(&raw, &options, 0, "raw");
    const struct listing listing = list_stream(&stream, "raw");
    CHECK(listing.count == 5 && listing.entries[3].is_picture && !listing.entries[4].is_picture, "%u entries",
          listing.count);
    CHECK(decompress_to(&stream, BSWZ_TO_RAW, 1, &restored, &error) == BSWZ_OK && same(&raw, &restored), "to raw");
    options.raw_width = 1 << 20; /* larger than the input */
    round_trip(&raw, &options, 0, "less than a raw picture");
    options.raw_width = options.raw_height = 2;
    round_trip(&raw, &options, 0, "tiny raw pictures");
    options.raw_width = 7;
    options.raw_channels = 2;
    round_trip(&raw, &options, 40, "raw pictures of several bands");
    options.raw_channels = 5;
    CHECK(compress(&raw, &options, 0, &stream, &error) == BSWZ_ERROR_ARGUMENT, "five channels");
    free(input.data);
}

/* ---- bounds ---- */

static void test_expansion(void) {
    struct byte_buffer input = {0};
    draw_noise(&input, 5000000, 1);
    for (size_t size = 0; size <= 5000000; size = size < 70 ? size + 1 : size < 100000 ? size * 7 / 4 : size * 50) {
        const struct byte_buffer part = {input.data, size > 5000000 ? 5000000 : size, 0};
        round_trip(&part, &usual_options, 0, "noise");
    }
    CHECK(compress(&input, &usual_options, 0, &stream, NULL) == BSWZ_OK && stream.size < 5000000 + 200, "%zu",
          stream.size);
    input.size = 0;
    for (unsigned i = 0; i < 2000; i++) { /* pictures and bytes, all of them tiny */
        append(&input, "P5 1 1 255\n", 11);
        draw_noise(&input, 1, i);
    }
    round_trip(&input, &usual_options, 0, "tiny pictures");
    input.size = 0;
    for (unsigned i = 0; i < 60; i++) {
        draw_pnm(&input, MOTIF_NOISE, 1 + i % 9, 2 + i / 5, 1 + 2 * (i & 1), 1 + i * 4, false);
    }
    round_trip(&input, &usual_options, 0, "small noise pictures");
    input.size = 0;
    draw_pnm(&input, MOTIF_NOISE, 150, 150, 4, 65535, false);
    round_trip(&input, &usual_options, 0, "noise of 16 bits");
    free(input.data);
}

/* Small pictures that are streamed become bytes, all in one part, if there is no work left for them. */
static void test_unpaid(void) {
    struct byte_buffer input = {0};
    for (unsigned i = 0; i < 50; i++) {
        draw_pnm(&input, MOTIF_FEW, 9 + i % 3, 10, 3, 255, false);
    }
    round_trip(&input, &usual_options, NO_WORK, "small pictures without work");
    const unsigned count = list_stream(&stream, "small pictures without work").count;
    CHECK(count == 1, "%u parts", count);
    round_trip(&input, &usual_options, 0, "small pictures");
    CHECK(list_stream(&stream, "small pictures").count == 50, "they are worth a segment");
    free(input.data);
}

static void count_notice(void *context, const char *line) {
    CHECK(line[0] != 0 && strchr(line, '\n') == NULL, "%s", line);
    ++*(int *)context;
}

static void test_levels(void) {
    struct byte_buffer input = {0};
    draw_pnm(&input, MOTIF_SMOOTH, 40, 40, 3, 255, false);
    draw_pnm(&input, MOTIF_DRAWN, 40, 40, 1, 255, false);
    draw_noise(&input, 1000, 5);
    struct bswz_compress_options options = usual_options;
    for (int level = 1; level <= 9; level++) {
        options.level = level;
        round_trip(&input, &options, 0, "levels");
    }
    int notices = 0;
    options.no_origin = 1;
    options.notice = count_notice;
    options.notice_context = &notices;
    round_trip(&input, &options, 0, "no origin");
    CHECK(notices == 2 * 4, "%d notices", notices); /* of three parts, and the last line */
    options.level = 10;
    CHECK(compress(&input, &options, 0, &stream, NULL) == BSWZ_ERROR_ARGUMENT, "level 10");
    free(input.data);
}

int main(void) {
    test_pnm();
    test_contents();
    test_reductions();
    test_list();
    test_png();
    test_kept_files();
    test_lossy_file();
    test_short_pictures();
    test_raw();
    test_expansion();
    test_unpaid();
    test_levels();
    free_trip();
    return check_summary();
}
