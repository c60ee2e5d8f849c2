/* SPDX-License-Identifier: MIT */
/*
 * Round trips: compressing and restoring with one thread and with three, and what a stream says it contains.
 */
#ifndef TEST_STREAM_TRIP_H
#define TEST_STREAM_TRIP_H

#include "test_stream.h"

static struct byte_buffer stream, again, restored; /* reused from test to test */

/* Compress, decompress, compare; also with three threads. Returns the size of the stream. */
static inline size_t round_trip(const struct byte_buffer *input, const struct bswz_compress_options *options,
                                uint64_t band_pixels, const char *what) {
    struct bswz_error error;
    struct bswz_compress_options threaded = *options;
    threaded.threads = 3;
    enum bswz_status status = compress(input, options, band_pixels, &stream, &error);
    CHECK(status == BSWZ_OK, "%s: %s", what, error.message);
    status = decompress(&stream, &restored, &error);
    CHECK(status == BSWZ_OK && same(input, &restored), "%s: %s", what, status == BSWZ_OK ? "differs" : error.message);
    status = compress(input, &threaded, band_pixels, &again, &error);
    CHECK(status == BSWZ_OK && same(&stream, &again), "%s: threads change the stream", what);
    status = decompress_to(&stream, BSWZ_TO_SOURCE, 3, &restored, &error);
    CHECK(status == BSWZ_OK && same(input, &restored), "%s: threads change what is restored", what);
    if (band_pixels == 0) {
        CHECK(stream.size <= input->size + input->size / 1000 + 64, "%s: %zu -> %zu bytes", what, input->size,
              stream.size);
    }
    return stream.size;
}

struct listing {
    struct bswz_entry entries[8];
    unsigned count;
};

static inline void note_entry(void *context, const struct bswz_entry *entry) {
    struct listing *listing = context;
    if (listing->count < 8) {
        listing->entries[listing->count] = *entry;
    }
    listing->count++;
}

static inline struct listing list_stream(const struct byte_buffer *bytes, const char *what) {
    struct listing listing = {.count = 0};
    struct bswz_error error;
    struct memory_input input = {bytes->data, bytes->size, 0, 7, SIZE_MAX};
    CHECK(bswz_list((struct bswz_input){read_memory, &input}, note_entry, &listing, &error) == BSWZ_OK, "%s: %s", what,
          error.message);
    return listing;
}

static inline void free_trip(void) {
    free(stream.data);
    free(again.data);
    free(restored.data);
}

#endif
