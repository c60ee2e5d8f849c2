/* SPDX-License-Identifier: MIT */
/*
 * Deflate streams in a stream: each is coded on trial, and what a trial that fails has made is taken back, whatever has
 * been written before and is waiting.
 */
#include "test_stream_trip.h"

#define compress zlib_compress /* the name is taken by the tests */
#include <zlib.h>
#undef compress

static void append_deflated(struct byte_buffer *buffer, const struct byte_buffer *plain, int level) {
    uLongf size = compressBound(plain->size);
    if (byte_buffer_reserve(buffer, size, NULL) != BSWZ_OK ||
        compress2(buffer->data + buffer->size, &size, plain->data, plain->size, level) != Z_OK) {
        abort();
    }
    buffer->size += size;
}

/* Noise of 64 values: three quarters of its size are the least that it can take. */
static void draw_letters(struct byte_buffer *buffer, size_t size, uint64_t seed) {
    const size_t start = buffer->size;
    draw_noise(buffer, size, seed);
    for (size_t i = start; i < buffer->size; i++) {
        buffer->data[i] = (uint8_t)('0' + buffer->data[i] % 64);
    }
}

/* Streams that gain nothing, or hardly anything after one that is alike, among noise: the promised space (round_trip
 * checks it) is enough for all of them. */
static void test_no_gain(void) {
    struct byte_buffer input = {0}, plain = {0};
    for (int kind = 0; kind < 120; kind++) {
        struct bswz_compress_options options = usual_options;
        uint64_t state = (uint64_t)kind + 1;
        input.size = 0;
        draw_noise(&input, noise(&state) % 400, state);
        for (int i = 0; i < 2 + kind % 10; i++) {
            plain.size = 0;
            draw_letters(&plain, 500 + noise(&state) % 50, state);
            append_deflated(&input, &plain, 9);
            if (noise(&state) % 2 == 0) {
                append(&plain, "x", 1);
                append_deflated(&input, &plain, 9);
            }
            draw_noise(&input, noise(&state) % 41, state);
        }
        options.level = 1 + kind % 3 * 4;
        round_trip(&input, &options, 0, "streams that gain nothing");
    }
    free(input.data);
    free(plain.data);
}

/* A stream that zlib stores, which takes a trial: it may hold more than noise. */
static void append_stored(struct byte_buffer *input, uint64_t seed) {
    struct byte_buffer plain = {0};
    draw_noise(&plain, 20000, seed);
    append_deflated(input, &plain, 0);
    free(plain.data);
}

static void append_lines(struct byte_buffer *buffer, unsigned count, unsigned number) {
    char line[60];
    for (unsigned i = 0; i < count; i++) {
        append(buffer, line, (size_t)snprintf(line, sizeof line, "%u bottles, %x\n", i + number, i * i * number));
    }
}

/* One that gains. */
static void append_text(struct byte_buffer *input, unsigned number) {
    struct byte_buffer plain = {0};
    append_lines(&plain, 400, number);
    append_deflated(input, &plain, 6);
    free(plain.data);
}

struct told {
    unsigned bytes, coded, kept;
};

static void note_line(void *context, const char *line) {
    struct told *told = context;
    told->bytes += strncmp(line, "bytes:", 6) == 0;
    told->coded += strstr(line, "by its content") != NULL;
    told->kept += strstr(line, "kept unchanged") != NULL;
}

/* After a trial that fails, the bytes before it and after it are in one segment, of which there is one notice. */
static void check_taken_back(const struct byte_buffer *input, struct told expected, const char *what) {
    for (int level = 1; level <= 9; level += 4) {
        struct told told = {0};
        struct bswz_compress_options options = usual_options;
        options.level = level;
        round_trip(input, &options, 0, what);
        const struct listing listing = list_stream(&stream, what);
        CHECK(listing.count == expected.bytes + expected.coded, "%s: %u parts", what, listing.count);
        options.notice = note_line;
        options.notice_context = &told;
        CHECK(compress(input, &options, 0, &stream, NULL) == BSWZ_OK, "%s", what);
        CHECK(told.bytes == expected.bytes && told.coded == expected.coded && told.kept == expected.kept,
              "%s: %u segments of bytes, %u streams coded, %u kept", what, told.bytes, told.coded, told.kept);
    }
}

static void test_taken_back(void) {
    struct byte_buffer input = {0};
    append_stored(&input, 1);
    check_taken_back(&input, (struct told){.bytes = 1, .kept = 1}, "nothing before it");
    append_lines(&input, 60, 3);
    append_stored(&input, 2);
    append_lines(&input, 60, 4);
    check_taken_back(&input, (struct told){.bytes = 1, .kept = 2}, "some bytes before it");
    append_text(&input, 5);
    append_stored(&input, 6);
    append_lines(&input, 20, 3);
    check_taken_back(&input, (struct told){.bytes = 3, .coded = 1, .kept = 3}, "a stream before it");
    input.size = 0;
    while (input.size < BYTES_FRAME_MAX - 1000) { /* but it waits with the rest of its frame */
        append_lines(&input, 20, 1);
    }
    append_stored(&input, 7);
    append_lines(&input, 20, 1);
    check_taken_back(&input, (struct told){.bytes = 1, .kept = 1}, "almost a frame before it");
    while (input.size < BYTES_FRAME_MAX + 20000) {
        append_lines(&input, 20, 1);
    }
    append_stored(&input, 8);
    append_text(&input, 9);
    check_taken_back(&input, (struct told){.bytes = 3, .coded = 1, .kept = 2}, "frames before it");
    free(input.data);
}

int main(void) {
    test_no_gain();
    test_taken_back();
    free_trip();
    return check_summary();
}
