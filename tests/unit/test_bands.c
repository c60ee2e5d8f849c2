/* SPDX-License-Identifier: MIT */
/*
 * Pictures of several bands, coded and decoded by any number of threads: the same stream, the same samples, and
 * after damage the same bands before it and the same error.
 */
#include "jpeg_draw.h"
#include "test_stream.h"

static const unsigned thread_counts[] = {2, 3, 8};
#define THREAD_COUNTS (sizeof thread_counts / sizeof *thread_counts)

static struct byte_buffer stream, again, restored, expected; /* reused from test to test */

/* Pictures whose bands are coded in all possible ways: by a model or not, stored, written as they come, or held until
 * the end. */
static void draw(struct byte_buffer *input, unsigned kind) {
    struct byte_buffer pnm = {0};
    input->size = 0;
    switch (kind) {
    case 0: /* a photograph that ends in a partial band */ draw_pnm(input, MOTIF_SMOOTH, 80, 300, 3, 255, false); break;
    case 1: /* with alpha */ draw_pnm(input, MOTIF_SMOOTH, 60, 224, 4, 255, false); break;
    case 2: /* two bytes per sample */ draw_pnm(input, MOTIF_SMOOTH, 50, 160, 3, 65535, false); break;
    case 3: draw_pnm(input, MOTIF_DRAWN, 80, 260, 3, 255, false); break;
    case 4: /* a file: its segment may be dropped */
        draw_pnm(&pnm, MOTIF_SMOOTH, 70, 200, 3, 255, false);
        append_png(input, &pnm);
        break;
    case 5: /* noise, stored, followed by a second picture and bytes */
        draw_pnm(input, MOTIF_NOISE, 80, 300, 3, 255, false);
        draw_pnm(input, MOTIF_GREY, 60, 300, 1, 255, false);
        draw_noise(input, 1000, 3);
        break;
    case 6: /* truncated in its last band */
        draw_pnm(input, MOTIF_SMOOTH, 80, 300, 3, 255, false);
        input->size -= 2000;
        break;
    default: /* pixels that gain nothing: after all bands have been tried, the bytes of the file are stored */
        draw_pnm(&pnm, MOTIF_NOISE, 80, 300, 1, 1, true);
        append_png(input, &pnm);
        break;
    }
    free(pnm.data);
}
#define KINDS 8

static void test_threads(void) {
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct byte_buffer input = {0};
        struct bswz_error error;
        draw(&input, kind);
        struct bswz_compress_options options = {.size = sizeof options, .level = kind % 2 == 0 ? 5 : 2, .threads = 1};
        CHECK(compress(&input, &options, 80 * 32, &stream, &error) == BSWZ_OK, "%u: %s", kind, error.message);
        CHECK(decompress(&stream, &expected, &error) == BSWZ_OK, "%u: %s", kind, error.message);
        for (unsigned i = 0; i < THREAD_COUNTS; i++) {
            options.threads = thread_counts[i];
            CHECK(compress(&input, &options, 80 * 32, &again, &error) == BSWZ_OK && same(&stream, &again),
                  "kind %u, %u threads: another stream", kind, options.threads);
            CHECK(decompress_to(&stream, BSWZ_TO_SOURCE, options.threads, &restored, &error) == BSWZ_OK &&
                      same(&expected, &restored),
                  "kind %u, %u threads: %s", kind, options.threads, error.message);
        }
        free(input.data);
    }
}

/* Several threads give as much output as one, and the same error at the same position. */
static void check_damaged(const char *what, size_t at) {
    struct bswz_error alone, together;
    const enum bswz_status status = decompress(&again, &expected, &alone);
    for (unsigned i = 0; i < THREAD_COUNTS; i += 2) {
        const enum bswz_status other = decompress_to(&again, BSWZ_TO_SOURCE, thread_counts[i], &restored, &together);
        CHECK(other == status && same(&expected, &restored) &&
                  (status == BSWZ_OK ||
                   (strcmp(alone.message, together.message) == 0 && alone.offset == together.offset)),
              "%s at %zu: %d \"%s\" at %llu, %d \"%s\" at %llu", what, at, (int)status, alone.message,
              (unsigned long long)alone.offset, (int)other, together.message, (unsigned long long)together.offset);
    }
}

static void test_damage(void) {
    const struct bswz_compress_options options = {.size = sizeof options, .level = 2, .threads = 1};
    struct byte_buffer input = {0};
    struct bswz_error error;
    draw(&input, 0);
    CHECK(compress(&input, &options, 80 * 32, &stream, &error) == BSWZ_OK, "%s", error.message);
    for (size_t at = 7; at < stream.size; at += stream.size / 16) {
        again.size = 0;
        append(&again, stream.data, at);
        check_damaged("cut", at);
        again.size = 0;
        append(&again, stream.data, stream.size);
        again.data[at] ^= 0x10;
        check_damaged("damage", at);
    }
    free(input.data);
}

/* The first band decides which model level 9 uses: it does no worse than level 5. */
static void test_levels(void) {
    static const char header[] = "P6\n200 160\n255\n";
    struct byte_buffer input = {0};
    struct bswz_error error;
    uint8_t *pixels = drawn_photo(200, 160, 3, 1.0f, 5);
    append(&input, header, strlen(header));
    append(&input, pixels, (size_t)3 * 200 * 160);
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        struct bswz_compress_options options = {.size = sizeof options, .level = 5, .threads = threads};
        CHECK(compress(&input, &options, 200 * 64, &stream, &error) == BSWZ_OK, "%s", error.message);
        options.level = 9;
        CHECK(compress(&input, &options, 200 * 64, &again, &error) == BSWZ_OK, "%s", error.message);
        CHECK(again.size <= stream.size + 20, "level 9: %zu bytes, level 5: %zu", again.size, stream.size);
        CHECK(threads == 1 || same(&again, &expected), "%u threads: another stream", threads);
        CHECK(decompress(&again, &restored, &error) == BSWZ_OK && same(&input, &restored), "%s", error.message);
        expected.size = 0;
        append(&expected, again.data, again.size);
    }
    free(pixels);
    free(input.data);
}

int main(void) {
    test_threads();
    test_levels();
    test_damage();
    free(stream.data);
    free(again.data);
    free(restored.data);
    free(expected.data);
    return check_summary();
}
