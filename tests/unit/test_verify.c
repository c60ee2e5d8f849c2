/* SPDX-License-Identifier: MIT */
/*
 * What --verify detects: streams that are damaged, truncated, or valid, but for other data.
 */
#include "cli/verify.h"

#include "test_stream.h"

static enum bswz_status verify(const struct byte_buffer *source, const struct byte_buffer *stream, size_t stream_size,
                               struct bswz_error *error) {
    const struct options options = {.threads = 2};
    struct verifier verifier;
    enum bswz_status status = verify_begin(&verifier, options.threads, &options, NULL, error);
    if (status != BSWZ_OK) {
        return status;
    }
    verify_source(&verifier, source->data, source->size);
    for (size_t at = 0; at < stream_size; at += 1000) { /* in pieces, as the library does */
        verify_result(&verifier, stream->data + at, stream_size - at < 1000 ? stream_size - at : 1000);
    }
    return verify_finish(&verifier, error);
}

static void compress_all(const struct byte_buffer *source, struct byte_buffer *stream) {
    struct bswz_error error;
    CHECK(compress(source, &usual_options, 0, stream, &error) == BSWZ_OK, "%s", error.message);
}

static void check_damage(const struct byte_buffer *source, struct byte_buffer *stream) {
    struct bswz_error error = {0};
    CHECK(verify(source, stream, stream->size, &error) == BSWZ_OK, "%s", error.message);
    for (size_t size = 0; size < stream->size; size += stream->size / 7 + 1) {
        CHECK(verify(source, stream, size, &error) != BSWZ_OK, "cut off at %zu", size);
        CHECK(strstr(error.message, "could not be restored") != NULL, "%s", error.message);
    }
    for (size_t place = 0; place < stream->size; place += stream->size / 9 + 1) {
        stream->data[place] ^= 1;
        CHECK(verify(source, stream, stream->size, &error) != BSWZ_OK, "damaged at %zu", place);
        stream->data[place] ^= 1;
    }
}

/* Bytes are promised: they are compared, and so is their number. */
static void check_bytes(void) {
    struct byte_buffer source = {0}, stream = {0};
    struct bswz_error error = {0};
    draw_noise(&source, 20000, 1);
    compress_all(&source, &stream);
    check_damage(&source, &stream);
    source.data[777] ^= 1;
    CHECK(verify(&source, &stream, stream.size, &error) == BSWZ_ERROR_CORRUPT, "another source");
    CHECK(strstr(error.message, "original bytes") != NULL, "%s", error.message);
    source.data[777] ^= 1;
    source.size--;
    CHECK(verify(&source, &stream, stream.size, &error) == BSWZ_ERROR_CORRUPT, "a shorter source");
    free(source.data);
    free(stream.data);
}

/* Pixels are promised: another file may come back. */
static void check_pixels(void) {
    struct byte_buffer pnm = {0}, png = {0}, stream = {0};
    struct bswz_error error = {0};
    draw_pnm(&pnm, MOTIF_SMOOTH, 60, 40, 3, 255, false);
    append_png(&png, &pnm);
    compress_all(&png, &stream);
    check_damage(&png, &stream);
    CHECK(verify(&pnm, &stream, stream.size, &error) == BSWZ_OK, "%s", error.message);
    compress_all(&pnm, &stream); /* the same pixels, but bytes are promised */
    CHECK(verify(&png, &stream, stream.size, &error) == BSWZ_ERROR_CORRUPT, "another file");
    free(pnm.data);
    free(png.data);
    free(stream.data);
}

/* Started and abandoned, as when something else fails. */
static void check_abandon(void) {
    const struct options options = {.threads = 1};
    struct verifier verifier;
    struct bswz_error error;
    for (size_t size = 0; size <= 300000; size += 100000) {
        struct byte_buffer bytes = {0};
        draw_noise(&bytes, size, 3);
        CHECK(verify_begin(&verifier, options.threads, &options, NULL, &error) == BSWZ_OK, "%s", error.message);
        verify_result(&verifier, bytes.data, size); /* not a stream: writing more than pipes hold must not block */
        verify_abandon(&verifier);
        free(bytes.data);
    }
}

int main(void) {
    check_bytes();
    check_pixels();
    check_abandon();
    return check_summary();
}
