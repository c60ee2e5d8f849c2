/* SPDX-License-Identifier: MIT */
/*
 * Shared by the targets. A target is a function that takes any bytes. If the library breaks a promise, the target
 * aborts, and the fuzzer keeps the bytes.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "bswz.h"
#include "base/buffer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_decompress(const uint8_t *data, size_t size);
void fuzz_rescue(const uint8_t *data, size_t size);
void fuzz_list(const uint8_t *data, size_t size);
void fuzz_pixels(const uint8_t *data, size_t size);
void fuzz_count(const uint8_t *data, size_t size);
void fuzz_trip(const uint8_t *data, size_t size);
void fuzz_model(const uint8_t *data, size_t size);
void fuzz_coefficients(const uint8_t *data, size_t size);
void fuzz_jpeg_file(const uint8_t *data, size_t size);
void fuzz_recipe(const uint8_t *data, size_t size);
void fuzz_gif_file(const uint8_t *data, size_t size);
void fuzz_gif_data(const uint8_t *data, size_t size);
void fuzz_deflate(const uint8_t *data, size_t size);
void fuzz_deflate_recipe(const uint8_t *data, size_t size);
void fuzz_pages(const uint8_t *data, size_t size);
void fuzz_pages_plan(const uint8_t *data, size_t size);
void fuzz_exceptions(const uint8_t *data, size_t size);
void fuzz_record(const uint8_t *data, size_t size);
void fuzz_record_trip(const uint8_t *data, size_t size);
void fuzz_archive(const uint8_t *data, size_t size);
void fuzz_page_unpack(const uint8_t *data, size_t size);
void fuzz_page_pack(const uint8_t *data, size_t size);
void fuzz_page_inflate(const uint8_t *data, size_t size);
void fuzz_page_png(const uint8_t *data, size_t size);
void fuzz_png(const uint8_t *data, size_t size);
void fuzz_png_file(const uint8_t *data, size_t size);
void fuzz_jpeg(const uint8_t *data, size_t size);
void fuzz_webp(const uint8_t *data, size_t size);
void fuzz_bmp(const uint8_t *data, size_t size);
void fuzz_tiff(const uint8_t *data, size_t size);
void fuzz_pnm(const uint8_t *data, size_t size);
void fuzz_raw(const uint8_t *data, size_t size);

/* Copy a PNG file to a place of the same size. The checksums of its chunks are corrected if its first byte, which is left
 * out, is odd; otherwise hardly any change would get past them. Returns the file's size. */
size_t fuzz_correct_chunks(const uint8_t *data, size_t size, uint8_t *file);

/* How much may be allocated for a picture, which also limits the time. */
#define FUZZ_MEMORY_LIMIT ((uint64_t)2 << 20)
/* No more than this is written: a few bytes of zstd expand to megabytes. */
#define FUZZ_OUTPUT_MAX ((size_t)16 << 20)

#define FUZZ_DEMAND(condition, ...)                                                                                    \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                                            \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fputc('\n', stderr);                                                                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* The next byte of the input, which chooses something; 0 after the last. */
static inline unsigned fuzz_choice(const uint8_t **data, size_t *size) {
    if (*size == 0) {
        return 0;
    }
    --*size;
    return *(*data)++;
}

struct fuzz_input {
    const uint8_t *bytes;
    size_t size, at;
    size_t step; /* largest read, 0: any */
};

static inline size_t fuzz_read(void *context, uint8_t *bytes, size_t size) {
    struct fuzz_input *input = context;
    size_t got = input->size - input->at;
    got = got < size ? got : size;
    got = input->step != 0 && got > input->step ? input->step : got;
    if (got > 0) {
        memcpy(bytes, input->bytes + input->at, got);
        input->at += got;
    }
    return got;
}

/* Its context is a byte_buffer. */
static inline int fuzz_write(void *context, const uint8_t *bytes, size_t size) {
    struct byte_buffer *buffer = context;
    return size <= FUZZ_OUTPUT_MAX - buffer->size && byte_buffer_append(buffer, bytes, size, NULL) == BSWZ_OK ? 0 : -1;
}

static inline bool fuzz_is_same(const struct byte_buffer *a, const struct byte_buffer *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

/* Does one of them begin with the other? */
static inline bool fuzz_agrees(const struct byte_buffer *a, const struct byte_buffer *b) {
    const size_t size = a->size < b->size ? a->size : b->size;
    return size == 0 || memcmp(a->data, b->data, size) == 0;
}

/* An error must have a message of one line. */
static inline void fuzz_demand_words(enum bswz_status status, const struct bswz_error *error) {
    FUZZ_DEMAND(status == BSWZ_OK ||
                    (error->status == status && error->message[0] != 0 &&
                     memchr(error->message, 0, sizeof error->message) != NULL && strchr(error->message, '\n') == NULL),
                "status %d, error %d", (int)status, (int)error->status);
}

#endif
