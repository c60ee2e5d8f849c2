/* SPDX-License-Identifier: MIT */
/*
 * The library as its callers see it: options that are short, long or missing, callers that do not ask for the error,
 * and the position of damage.
 */
#include "test_stream.h"

#include "test_jpeg.h"

#include <dirent.h>
#include <sched.h>
#include <stddef.h>

static struct byte_buffer picture, stream, again, restored;

/* ---- options ---- */

static void test_defaults(void) {
    const struct bswz_compress_options usual = {.size = sizeof usual, .level = BSWZ_DEFAULT_LEVEL, .threads = 1};
    const struct bswz_compress_options zero = {.size = sizeof zero};
    struct bswz_error error;
    CHECK(compress(&picture, &usual, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    CHECK(compress(&picture, NULL, 0, &again, &error) == BSWZ_OK && same(&stream, &again), "no options: %s",
          error.message);
    CHECK(compress(&picture, &zero, 0, &again, &error) == BSWZ_OK && same(&stream, &again), "all zero: %s",
          error.message);
    CHECK(decompress_with(&stream, NULL, &restored, &error) == BSWZ_OK && same(&picture, &restored), "%s",
          error.message);

    struct memory_input input = {stream.data, stream.size, 0, 0, SIZE_MAX};
    struct bswz_account account;
    CHECK(bswz_count((struct bswz_input){read_memory, &input}, NULL, NULL, NULL, &account, &error) == BSWZ_OK &&
              account.size == stream.size && account.failure.status == BSWZ_OK,
          "counting: %s", error.message);
    input.at = 0;
    CHECK(bswz_list((struct bswz_input){read_memory, &input}, NULL, NULL, &error) == BSWZ_OK, "%s", error.message);
    input.at = 0;
    CHECK(bswz_map((struct bswz_input){read_memory, &input}, (struct bswz_output){NULL, NULL}, NULL, NULL, NULL,
                   &error) == BSWZ_OK,
          "%s", error.message);
}

/* A caller's struct, as in an older or newer header. */
union any_size {
    struct bswz_compress_options compress;
    struct bswz_decompress_options decompress;
    uint8_t bytes[1024];
};

static void test_sizes(void) {
    union any_size options = {.compress = {.size = offsetof(struct bswz_compress_options, exact), .level = 1}};
    struct bswz_error error;
    const struct bswz_compress_options first = {.size = sizeof first, .level = 1};
    CHECK(compress(&picture, &first, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    /* everything beyond the size is ignored: there are no functions at these addresses */
    memset(options.bytes + options.compress.size, 0xa5, sizeof options - options.compress.size);
    CHECK(compress(&picture, &options.compress, 0, &again, &error) == BSWZ_OK && same(&stream, &again), "short: %s",
          error.message);

    memset(&options, 0, sizeof options);
    options.compress = first;
    options.compress.size = sizeof options;
    CHECK(compress(&picture, &options.compress, 0, &again, &error) == BSWZ_OK && same(&stream, &again), "long: %s",
          error.message);
    options.bytes[sizeof options - 1] = 1;
    CHECK(compress(&picture, &options.compress, 0, &again, &error) == BSWZ_ERROR_ARGUMENT, "an unknown option");
    memset(&options, 0, sizeof options);
    options.decompress.size = sizeof options;
    CHECK(decompress_with(&stream, &options.decompress, &restored, &error) == BSWZ_OK, "long: %s", error.message);
    options.bytes[sizeof(struct bswz_decompress_options)] = 1;
    CHECK(decompress_with(&stream, &options.decompress, &restored, &error) == BSWZ_ERROR_ARGUMENT, "an unknown option");

    static const size_t bad[] = {0, 1, sizeof(size_t) - 1, 4097, SIZE_MAX};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct bswz_compress_options there = {.size = bad[i], .level = 1};
        const struct bswz_decompress_options back = {.size = bad[i], .threads = 1};
        struct memory_input input = {stream.data, stream.size, 0, 0, SIZE_MAX};
        struct bswz_account account;
        CHECK(compress(&picture, &there, 0, &again, &error) == BSWZ_ERROR_ARGUMENT, "size %zu", bad[i]);
        CHECK(decompress_with(&stream, &back, &restored, &error) == BSWZ_ERROR_ARGUMENT, "size %zu", bad[i]);
        CHECK(bswz_count((struct bswz_input){read_memory, &input}, &back, NULL, NULL, &account, &error) ==
                  BSWZ_ERROR_ARGUMENT,
              "size %zu", bad[i]);
        CHECK(bswz_map((struct bswz_input){read_memory, &input}, (struct bswz_output){NULL, NULL}, &back, NULL, NULL,
                       &error) == BSWZ_ERROR_ARGUMENT,
              "size %zu", bad[i]);
        CHECK(again.size == 0 && restored.size == 0 && input.at == 0, "nothing is read or written");
    }
}

static void test_values(void) {
    static const struct bswz_compress_options bad[] = {
        {.size = sizeof *bad, .level = -1},
        {.size = sizeof *bad, .level = 10},
        {.size = sizeof *bad, .threads = BSWZ_THREADS_MAX + 1},
        {.size = sizeof *bad, .raw_width = 1, .raw_height = 1},
        {.size = sizeof *bad, .raw_width = UINT32_MAX, .raw_height = UINT32_MAX, .raw_channels = 1},
    };
    static const struct bswz_decompress_options worse[] = {
        {.size = sizeof *worse, .target = (enum bswz_target)(BSWZ_TO_WEBP + 1)},
        {.size = sizeof *worse, .scale = 5},
        {.size = sizeof *worse, .threads = BSWZ_THREADS_MAX + 1},
    };
    struct bswz_error error;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(compress(&picture, &bad[i], 0, &again, &error) == BSWZ_ERROR_ARGUMENT && error.message[0] != 0, "%u", i);
    }
    for (unsigned i = 0; i < sizeof worse / sizeof *worse; i++) {
        CHECK(decompress_with(&stream, &worse[i], &restored, &error) == BSWZ_ERROR_ARGUMENT && error.message[0] != 0,
              "%u", i);
    }
}

/* ---- threads ---- */

static unsigned count_threads(void) {
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

static int write_and_count(void *context, const uint8_t *bytes, size_t size) {
    unsigned *most = context;
    const unsigned count = count_threads();
    (void)bytes;
    (void)size;
    *most = count > *most ? count : *most;
    return 0;
}

/* The largest number of threads while a picture was compressed. */
static unsigned threads_seen(unsigned threads) {
    const struct bswz_compress_options options = {.size = sizeof options, .level = 1, .threads = threads};
    struct memory_input input = {picture.data, picture.size, 0, 0, SIZE_MAX};
    unsigned most = 0;
    struct bswz_error error;
    CHECK(bswz_compress((struct bswz_input){read_memory, &input}, (struct bswz_output){write_and_count, &most},
                        &options, &error) == BSWZ_OK,
          "%s", error.message);
    return most;
}

/* 0 means the cores that this process may use: here, one of them. */
static void test_threads(void) {
    const unsigned before = count_threads(); /* a sanitizer has one of its own */
    cpu_set_t all, one;
    CPU_ZERO(&one);
    CHECK(before > 0 && sched_getaffinity(0, sizeof all, &all) == 0, "this system can be asked");
    for (unsigned core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; core++) {
        if (CPU_ISSET(core, &all)) {
            CPU_SET(core, &one);
        }
    }
    CHECK(threads_seen(3) > before, "three threads");
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0, "one core");
    CHECK(threads_seen(0) == before, "as many threads as cores: one");
    CHECK(sched_setaffinity(0, sizeof all, &all) == 0, "all cores");
}

/* ---- errors ---- */

/* A caller need not clear a struct bswz_error before use. */
static void test_errors(void) {
    struct bswz_error error;
    struct bswz_model *model;
    memset(&error, 0x5a, sizeof error);
    CHECK(bswz_model_embedded("none", &error) == NULL && error.status == BSWZ_OK, "no such model is no error");
    memset(&error, 0x5a, sizeof error);
    CHECK(bswz_model_embedded("fast", &error) != NULL && error.status == BSWZ_OK, "a model");
    memset(&error, 0x5a, sizeof error);
    CHECK(bswz_model_load((const uint8_t *)"junk", 4, &model, &error) == BSWZ_ERROR_MODEL &&
              error.status == BSWZ_ERROR_MODEL && error.message[0] != 0x5a,
          "status %d", (int)error.status);
    memset(&error, 0x5a, sizeof error);
    CHECK(compress(&picture, &usual_options, 0, &stream, &error) == BSWZ_OK && error.status == BSWZ_OK, "compressing");
    memset(&error, 0x5a, sizeof error);
    CHECK(decompress(&stream, &restored, &error) == BSWZ_OK && error.status == BSWZ_OK, "restoring");
}

static void test_no_error(void) {
    struct memory_input input = {(const uint8_t *)"junk", 4, 0, 0, SIZE_MAX};
    const struct bswz_input source = {read_memory, &input};
    const struct byte_buffer junk = {(uint8_t *)(uintptr_t)input.bytes, 4, 4};
    struct bswz_account account;
    struct bswz_model *model;
    CHECK(bswz_model_load(input.bytes, 4, &model, NULL) == BSWZ_ERROR_MODEL && model == NULL, "a model");
    CHECK(bswz_model_embedded("none", NULL) == NULL && bswz_model_embedded("fast", NULL) != NULL, "a model by name");
    CHECK(decompress(&junk, &restored, NULL) == BSWZ_ERROR_FORMAT, "restoring");
    CHECK(bswz_list(source, NULL, NULL, NULL) == BSWZ_ERROR_FORMAT, "listing");
    input.at = 0;
    CHECK(bswz_count(source, NULL, NULL, NULL, &account, NULL) == BSWZ_ERROR_FORMAT, "counting");
    input.at = 0;
    CHECK(bswz_map(source, (struct bswz_output){NULL, NULL}, NULL, NULL, NULL, NULL) == BSWZ_ERROR_FORMAT, "mapping");
    CHECK(compress(&picture, NULL, 0, &stream, NULL) == BSWZ_OK, "compressing");
    for (size_t at = STREAM_HEADER_SIZE; at < stream.size; at += 1 + stream.size / 20) {
        stream.data[at] ^= 0x40;
        CHECK(decompress_to(&stream, BSWZ_TO_SOURCE, 1 + at % 2, &restored, NULL) != BSWZ_OK, "damage at %zu", at);
        stream.data[at] ^= 0x40;
    }
}

/* ---- the position of damage ---- */

/* Where the parts of a stream begin, and its end. */
struct parts {
    uint64_t start[16];
    unsigned count;
};

static void note_part(void *context, const struct bswz_entry *entry) {
    struct parts *parts = context;
    if (parts->count + 1 < sizeof parts->start / sizeof *parts->start) {
        parts->start[parts->count + 1] = parts->start[parts->count] + entry->compressed_size;
        parts->count++;
    }
}

/* The position of an error is in the damaged part: between its start and its end. */
static void test_places(void) {
    static const struct jpeg_kind kind = {.components = 3, .sampling = {22}, .is_smooth = true};
    struct byte_buffer file = {0}, jpeg = make_jpeg(90, 70, &kind);
    struct parts parts = {.start = {STREAM_HEADER_SIZE}};
    struct bswz_error error;
    append(&file, "some words before", 17);
    draw_pnm(&file, MOTIF_SMOOTH, 90, 70, 3, 255, false);
    append(&file, jpeg.data, jpeg.size);
    append_png(&file, &picture);
    draw_noise(&file, 300, 9);
    CHECK(compress(&file, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    struct memory_input input = {stream.data, stream.size, 0, 0, SIZE_MAX};
    CHECK(bswz_list((struct bswz_input){read_memory, &input}, note_part, &parts, &error) == BSWZ_OK, "%s",
          error.message);
    CHECK(parts.count >= 4 && parts.start[parts.count] + 1 + STREAM_CHECK_SIZE == stream.size, "%u parts", parts.count);
    for (unsigned part = 0; part < parts.count; part++) {
        const size_t start = (size_t)parts.start[part], end = (size_t)parts.start[part + 1];
        for (unsigned i = 0; i < 6; i++) { /* mostly in payloads, where nothing else is misread */
            const size_t at = start + (end - start) * (i + 3) / 10;
            const struct bswz_decompress_options options = {
                .size = sizeof options, .threads = 1 + i % 2, .rescue = i > 3};
            stream.data[at] ^= 0x10;
            CHECK(decompress_with(&stream, &options, &restored, &error) != BSWZ_OK && error.offset >= start &&
                      error.offset < end,
                  "damage at %zu in %zu ... %zu is reported at %zu: %s", at, start, end, (size_t)error.offset,
                  error.message);
            stream.data[at] ^= 0x10;
        }
    }
    for (int rescue = 0; rescue <= 1; rescue++) { /* the check at the end */
        const struct bswz_decompress_options options = {.size = sizeof options, .threads = 1, .rescue = rescue};
        stream.data[stream.size - 1] ^= 1;
        CHECK(decompress_with(&stream, &options, &restored, &error) == BSWZ_ERROR_CORRUPT &&
                  error.offset == stream.size - STREAM_CHECK_SIZE && same(&file, &restored),
              "rescue %d: reported at %zu of %zu", rescue, (size_t)error.offset, stream.size);
        stream.data[stream.size - 1] ^= 1;
    }
    free(file.data);
    free(jpeg.data);
}

int main(void) {
    draw_pnm(&picture, MOTIF_SMOOTH, 64, 50, 3, 255, false);
    test_defaults();
    test_sizes();
    test_values();
    test_threads();
    test_errors();
    test_no_error();
    test_places();
    free(picture.data);
    free(stream.data);
    free(again.data);
    free(restored.data);
    return check_summary();
}
