/* SPDX-License-Identifier: MIT */
/*
 * Any input is compressed and restored: at every level, with every option that changes something; the result is
 * compared.
 */
#include "fuzz.h"

#include "image/picture.h"
#include "stream/compress.h"

enum { EXACT = 1, KEEP_PIXELS = 2, NO_ORIGIN = 4, RAW = 8, THREADED = 16, SMALL_BANDS = 32, READ_IN_STEPS = 64 };

/* What the stream promises. */
struct promise {
    unsigned parts;
    bool is_pixels;
};

static void note_promise(void *context, const struct bswz_entry *entry) {
    struct promise *promise = context;
    promise->parts++;
    promise->is_pixels |= strcmp(entry->promise, "pixels") == 0;
}

/* ---- pixels ---- */

struct pixels {
    struct picture_info info;
    struct byte_buffer rows;
};

/* All pixels of the picture that the bytes begin with. */
static struct pixels pixels_of(const struct byte_buffer *file, const char *what) {
    struct pixels pixels = {.rows = {0}};
    struct bswz_error error = {.status = BSWZ_OK};
    struct picture_memory memory = {file->data, file->size};
    struct picture_reader *reader;
    const struct byte_buffer *tail;
    const enum picture_format format = picture_recognise(file->data, file->size);
    enum bswz_status status = picture_reader_open(format, picture_memory_source(&memory), NULL, &reader, &error);
    FUZZ_DEMAND(status == BSWZ_OK, "%s: %s", what, error.message);
    pixels.info = *picture_reader_info(reader);
    const size_t size = picture_row_bytes(&pixels.info) * pixels.info.height;
    FUZZ_DEMAND(byte_buffer_reserve(&pixels.rows, size, NULL) == BSWZ_OK, "%zu bytes", size);
    pixels.rows.size = size;
    status = picture_reader_rows(reader, pixels.rows.data, pixels.info.height, &error);
    status = status == BSWZ_OK ? picture_reader_finish(reader, &tail, &error) : status;
    FUZZ_DEMAND(status == BSWZ_OK, "%s: %s", what, error.message);
    picture_reader_close(reader);
    return pixels;
}

static void compare_pixels(const struct byte_buffer *input, const struct byte_buffer *restored) {
    struct pixels before = pixels_of(input, "the input"), after = pixels_of(restored, "what was restored");
    FUZZ_DEMAND(before.info.width == after.info.width && before.info.height == after.info.height &&
                    before.info.channels == after.info.channels && before.info.maxval == after.info.maxval &&
                    before.info.indexed == after.info.indexed,
                "another shape");
    FUZZ_DEMAND(fuzz_is_same(&before.rows, &after.rows), "other pixels");
    free(before.rows.data);
    free(after.rows.data);
}

/* ---- compress and restore ---- */

/* False: the picture needs more memory than allowed. */
static bool compress_input(const struct byte_buffer *input, const struct bswz_compress_options *options,
                           uint64_t band_pixels, size_t step, struct byte_buffer *stream) {
    struct fuzz_input source = {input->data, input->size, 0, step};
    struct bswz_error error;
    const struct bswz_input in = {fuzz_read, &source};
    const struct bswz_output out = {fuzz_write, stream};
    const enum bswz_status status = band_pixels > 0 ? compress_in_bands(in, out, options, band_pixels, 0, &error)
                                                    : bswz_compress(in, out, options, &error);
    FUZZ_DEMAND(status == BSWZ_OK || status == BSWZ_ERROR_LIMIT, "%s", error.message);
    return status == BSWZ_OK;
}

static void restore(const struct byte_buffer *stream, unsigned threads, struct byte_buffer *restored) {
    struct fuzz_input source = {stream->data, stream->size, 0, 0};
    struct bswz_error error;
    const struct bswz_decompress_options options = {.size = sizeof options, .threads = threads};
    const enum bswz_status status = bswz_decompress((struct bswz_input){fuzz_read, &source},
                                                    (struct bswz_output){fuzz_write, restored}, &options, &error);
    FUZZ_DEMAND(status == BSWZ_OK, "%s", error.message);
}

static void compare(const struct byte_buffer *input, const struct byte_buffer *stream,
                    const struct byte_buffer *restored, bool may_lose_bytes) {
    struct fuzz_input source = {stream->data, stream->size, 0, 0};
    struct promise promise = {.parts = 0};
    struct bswz_error error;
    FUZZ_DEMAND(bswz_list((struct bswz_input){fuzz_read, &source}, note_promise, &promise, &error) == BSWZ_OK, "%s",
                error.message);
    FUZZ_DEMAND(may_lose_bytes || !promise.is_pixels, "pixels where bytes were asked for");
    if (!promise.is_pixels) {
        FUZZ_DEMAND(fuzz_is_same(input, restored), "other bytes");
    } else if (promise.parts == 1) {
        compare_pixels(input, restored);
    }
}

/* The first three bytes: level, the options above, the shape of raw samples or the size of bands. */
void fuzz_trip(const uint8_t *data, size_t size) {
    const unsigned level = 1 + fuzz_choice(&data, &size) % 9, flags = fuzz_choice(&data, &size),
                   number = fuzz_choice(&data, &size);
    struct bswz_compress_options options = {.size = sizeof options,
                                            .level = (int)level,
                                            .threads = 1,
                                            .keep_pixels = (flags & KEEP_PIXELS) != 0,
                                            .exact = (flags & EXACT) != 0,
                                            .no_origin = (flags & NO_ORIGIN) != 0,
                                            .memory_limit = FUZZ_MEMORY_LIMIT};
    if ((flags & RAW) != 0) {
        options.raw_width = 1 + number % 31;
        options.raw_height = 1 + number / 7;
        options.raw_channels = 1 + number % 4;
    }
    const struct byte_buffer input = {(uint8_t *)(uintptr_t)data, size, size};
    const uint64_t band_pixels = (flags & SMALL_BANDS) != 0 ? 64 + 16 * (uint64_t)number : 0;
    struct byte_buffer stream = {0}, again = {0}, restored = {0};
    if (compress_input(&input, &options, band_pixels, (flags & READ_IN_STEPS) != 0 ? 5 : 0, &stream)) {
        restore(&stream, (flags & THREADED) != 0 ? 3 : 1, &restored);
        compare(&input, &stream, &restored, (flags & EXACT) == 0);
        FUZZ_DEMAND(band_pixels > 0 || options.keep_pixels || stream.size <= size + size / 1000 + 64,
                    "%zu -> %zu bytes", size, stream.size);
    }
    if ((flags & THREADED) != 0 && restored.size > 0) {
        options.threads = 3; /* with the same limit, which decides what is looked for */
        FUZZ_DEMAND(compress_input(&input, &options, band_pixels, 0, &again), "threads need more memory");
        FUZZ_DEMAND(fuzz_is_same(&stream, &again), "threads change the stream");
    }
    free(stream.data);
    free(again.data);
    free(restored.data);
}
