/* SPDX-License-Identifier: MIT */
/*
 * What the library for browsers leaves out: readers and writers that need libjpeg, libwebp or libpng, and threads. A
 * browser reads and writes such pictures itself. JPEG files are coded by their coefficients all the same, which needs
 * no libjpeg.
 */
#include "image/format.h"
#include "threads/cores.h"
#include "threads/thread.h"

static enum bswz_status left_out(const char *what, struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "the program in the browser does not have %s", what);
}

/* ---- pictures ---- */

static enum bswz_status refuse_reading(struct picture_reader *reader, const struct raw_geometry *raw,
                                       struct bswz_error *error) {
    (void)reader;
    (void)raw;
    return left_out("a reader of this format", error);
}

static void close_nothing_read(struct picture_reader *reader) {
    (void)reader;
}

static enum bswz_status refuse_writing(struct picture_writer *writer, const struct byte_buffer *head,
                                       struct bswz_error *error) {
    (void)writer;
    (void)head;
    return left_out("a writer of this format", error);
}

static void close_nothing_written(struct picture_writer *writer) {
    (void)writer;
}

const struct picture_reader_methods picture_jpeg_reader = {refuse_reading, NULL, NULL, close_nothing_read};
const struct picture_reader_methods picture_webp_reader = {refuse_reading, NULL, NULL, close_nothing_read};
const struct picture_writer_methods picture_png_writer = {refuse_writing, NULL, NULL, close_nothing_written};
const struct picture_writer_methods picture_webp_writer = {refuse_writing, NULL, NULL, close_nothing_written};

uint64_t png_held(const struct picture_info *info, const struct byte_buffer *head) {
    (void)info;
    (void)head;
    return 0;
}

uint64_t webp_held(const struct picture_info *info, const struct byte_buffer *head) {
    return png_held(info, head);
}

/* ---- threads ---- */

unsigned cores_available(void) {
    return 1;
}

bool thread_start(pthread_t *thread, void *(*run)(void *), void *context) {
    (void)thread;
    (void)run;
    (void)context;
    return false;
}
