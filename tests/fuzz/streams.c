/* SPDX-License-Identifier: MIT */
/*
 * Hostile streams: decompressed in every way, also to pixels, rescued, listed, counted and mapped.
 */
#include "fuzz.h"

static void ignore_line(void *context, const char *line) {
    (void)context;
    FUZZ_DEMAND(line[0] != 0 && strchr(line, '\n') == NULL, "a notice is no line");
}

/* For models that the program does not have, such as those of tests/golden. */
static const struct bswz_model *any_model(void *context, const char *name, uint64_t hash) {
    (void)context;
    (void)name;
    (void)hash;
    return bswz_model_embedded("default", NULL);
}

static enum bswz_status decompress(const uint8_t *data, size_t size, const struct bswz_decompress_options *options,
                                   size_t step, struct byte_buffer *out) {
    struct fuzz_input input = {data, size, 0, step};
    struct bswz_error error;
    const enum bswz_status status =
        bswz_decompress((struct bswz_input){fuzz_read, &input}, (struct bswz_output){fuzz_write, out}, options, &error);
    fuzz_demand_words(status, &error);
    return status;
}

/* The first two bytes: target, scale, threads, and how the stream is read. Several threads give the same result as
 * one. */
static void fuzz_decompressing(const uint8_t *data, size_t size, bool rescue) {
    const unsigned first = fuzz_choice(&data, &size), second = fuzz_choice(&data, &size);
    struct bswz_decompress_options options = {.size = sizeof options,
                                              .threads = 1,
                                              .target = (enum bswz_target)(first % (BSWZ_TO_WEBP + 1)),
                                              .scale = second % 5,
                                              .rescue = rescue,
                                              .damage = ignore_line,
                                              .memory_limit = FUZZ_MEMORY_LIMIT,
                                              .notice = ignore_line,
                                              .find_model = any_model};
    struct byte_buffer out = {0}, again = {0};
    const enum bswz_status status = decompress(data, size, &options, first & 0x80 ? 7 : 0, &out);
    if (second >= 0xe0) {
        options.threads = 3;
        const enum bswz_status threaded = decompress(data, size, &options, 0, &again);
        FUZZ_DEMAND((status == BSWZ_OK) == (threaded == BSWZ_OK), "status %d, with threads %d", (int)status,
                    (int)threaded);
        FUZZ_DEMAND(status == BSWZ_OK ? fuzz_is_same(&out, &again) : fuzz_agrees(&out, &again),
                    "threads change what is restored");
    }
    free(out.data);
    free(again.data);
}

void fuzz_decompress(const uint8_t *data, size_t size) {
    fuzz_decompressing(data, size, false);
}

void fuzz_rescue(const uint8_t *data, size_t size) {
    fuzz_decompressing(data, size, true);
}

/* The strings must be printable. */
static void look_at_entry(void *context, const struct bswz_entry *entry) {
    (void)context;
    FUZZ_DEMAND(entry->format[0] != 0 && entry->origin[0] != 0 && entry->promise[0] != 0, "an entry without words");
    FUZZ_DEMAND(memchr(entry->model_name, 0, sizeof entry->model_name) != NULL, "the model's name has no end");
    FUZZ_DEMAND(!entry->is_picture || (entry->width > 0 && entry->height > 0), "a picture of nothing");
    FUZZ_DEMAND(!entry->is_picture || (entry->depth >= 1 && entry->depth <= 16), "%u bits", entry->depth);
}

void fuzz_list(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size, 0, 0};
    struct bswz_error error;
    const enum bswz_status status = bswz_list((struct bswz_input){fuzz_read, &input}, look_at_entry, NULL, &error);
    fuzz_demand_words(status, &error);
}

static void look_at_map(void *context, const struct bswz_picture_map *map) {
    double sum = 0.0;
    (void)context;
    for (size_t i = 0; i < (size_t)map->columns * map->rows; i++) {
        sum += map->tiles[i].bits;
    }
    FUZZ_DEMAND(sum - map->bits < 1.0 && map->bits - sum < 1.0, "a map of %f bits has %f", map->bits, sum);
}

static int ignore_bytes(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    (void)bytes;
    (void)size;
    return 0;
}

/* Maps exist where everything can be decoded. */
static void map_stream(const uint8_t *data, size_t size, const struct bswz_decompress_options *options,
                       bool is_decodable) {
    struct fuzz_input input = {data, size, 0, 0};
    struct bswz_error error;
    const enum bswz_status status =
        bswz_map((struct bswz_input){fuzz_read, &input}, (struct bswz_output){ignore_bytes, NULL}, options, look_at_map,
                 NULL, &error);
    fuzz_demand_words(status, &error);
    FUZZ_DEMAND(status != BSWZ_OK || is_decodable, "a map of what cannot be decoded");
}

void fuzz_count(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size, 0, 0};
    struct bswz_account account;
    struct bswz_error error;
    const struct bswz_decompress_options options = {
        .size = sizeof options, .threads = 1, .scale = 4, .memory_limit = FUZZ_MEMORY_LIMIT, .find_model = any_model};
    const enum bswz_status status =
        bswz_count((struct bswz_input){fuzz_read, &input}, &options, look_at_entry, NULL, &account, &error);
    fuzz_demand_words(status, &error);
    if (status == BSWZ_OK) {
        int64_t sum = 0;
        for (unsigned i = 0; i < BSWZ_SHARES; i++) {
            sum += account.shares[i].bytes;
        }
        FUZZ_DEMAND((uint64_t)sum == account.size && account.size == size, "%zu bytes, counted %lld", size,
                    (long long)sum);
    }
    map_stream(data, size, &options, status == BSWZ_OK && account.failure.status == BSWZ_OK);
}

#define GUARD 64

/* Decode some rows into memory with a guard on each side. */
static void fuzz_rows(const uint8_t *data, size_t size, struct bswz_pixels *pixels,
                      const struct bswz_decompress_options *options) {
    const size_t stride = (size_t)pixels->width * pixels->channels * pixels->bits / 8, room = stride * pixels->height;
    struct fuzz_input input = {data, size, 0, 0};
    struct bswz_error error;
    uint8_t *memory = malloc(room + 2 * GUARD);
    if (memory == NULL) {
        return;
    }
    memset(memory, 0x5a, room + 2 * GUARD);
    pixels->samples = memory + GUARD;
    fuzz_demand_words(bswz_decompress_pixels((struct bswz_input){fuzz_read, &input}, pixels, options, &error), &error);
    for (unsigned i = 0; i < GUARD; i++) {
        FUZZ_DEMAND(memory[i] == 0x5a && memory[GUARD + room + i] == 0x5a, "written outside its rows");
    }
    free(memory);
}

void fuzz_pixels(const uint8_t *data, size_t size) {
    const unsigned first = fuzz_choice(&data, &size), second = fuzz_choice(&data, &size),
                   third = fuzz_choice(&data, &size), scale = first % 5;
    const struct bswz_decompress_options options = {.size = sizeof options,
                                                    .threads = 1 + (first >= 0xf0),
                                                    .scale = scale,
                                                    .rescue = (first & 0x40) != 0,
                                                    .memory_limit = FUZZ_MEMORY_LIMIT,
                                                    .find_model = any_model};
    struct bswz_pixels pixels = {.size = sizeof pixels, .channels = second % 5, .bits = second / 5 % 3 * 8};
    struct fuzz_input input = {data, size, 0, 0};
    struct bswz_info info = {.size = sizeof info};
    struct bswz_error error;
    const enum bswz_status found = bswz_get_info((struct bswz_input){fuzz_read, &input}, &info, &error);
    fuzz_demand_words(found, &error);
    input.at = 0;
    const enum bswz_status status =
        bswz_decompress_pixels((struct bswz_input){fuzz_read, &input}, &pixels, &options, &error);
    fuzz_demand_words(status, &error);
    FUZZ_DEMAND(status != BSWZ_OK || info.has_pixels, "pixels of what has none");
    FUZZ_DEMAND(status != BSWZ_OK || (pixels.width == (info.width + (1u << scale) - 1) >> scale &&
                                      pixels.height == (info.height + (1u << scale) - 1) >> scale),
                "%u x %u pixels of %u x %u", pixels.width, pixels.height, info.width, info.height);
    bswz_free(pixels.samples);
    if (status == BSWZ_OK) {
        pixels.first_row = third % pixels.height;
        pixels.height = 1 + third / 16 % (pixels.height - pixels.first_row);
        pixels.stride = 0;
        fuzz_rows(data, size, &pixels, &options);
    }
}
