/* SPDX-License-Identifier: MIT */
/*
 * Inputs that promise their bytes: archives with pictures in them, pictures followed by something, a single
 * picture if the caller says so; and the bytes between pictures, which all share one zstd context.
 */
#include "test_stream_trip.h"

#include "test_archive.h"

#include "bytes/stream.h"

#include <webp/encode.h>

/* ---- pictures in archives ---- */

static unsigned count_pictures(const struct listing *listing, const char *format) {
    unsigned count = 0;
    for (unsigned i = 0; i < listing->count && i < sizeof listing->entries / sizeof listing->entries[0]; i++) {
        const struct bswz_entry *entry = &listing->entries[i];
        CHECK(strcmp(entry->promise, "bytes") == 0, "part %u promises %s", i, entry->promise);
        count += entry->is_picture && strcmp(entry->format, format) == 0;
    }
    return count;
}

static void put_member(struct byte_buffer *archive, int kind, const char *name, const struct byte_buffer *data) {
    if (kind <= TAR_GNU) {
        tar_member(archive, (enum tar_dialect)kind, '0', name, data->data, data->size);
    } else {
        cpio_member(archive, kind == TAR_GNU + 1, 0100644, name, data->data, data->size);
    }
}

static void test_archives(void) {
    struct byte_buffer archive = {0}, ppm = {0}, pam = {0}, text = {0};
    draw_pnm(&ppm, MOTIF_SMOOTH, 60, 50, 3, 255, false);
    draw_pnm(&pam, MOTIF_DRAWN, 70, 40, 4, 255, true);
    for (int i = 0; i < 300; i++) {
        append(&text, "some text\n", 10);
    }
    for (int kind = TAR_V7; kind <= TAR_GNU + 2; kind++) {
        archive.size = 0;
        put_member(&archive, kind, "text", &text);
        put_member(&archive, kind, "picture.ppm", &ppm);
        put_member(&archive, kind, "text again", &text);
        put_member(&archive, kind, "picture.pam", &pam);
        put_member(&archive, kind, "empty", &(struct byte_buffer){text.data, 0, 0});
        if (kind <= TAR_GNU) {
            put_zeros(&archive, 5120);
        } else {
            cpio_member(&archive, kind == TAR_GNU + 1, 0, "TRAILER!!!", "", 0);
        }
        round_trip(&archive, &usual_options, 0, "an archive");
        struct listing listing = list_stream(&stream, "an archive");
        CHECK(count_pictures(&listing, "PNM") == 1 && count_pictures(&listing, "PAM") == 1 && listing.count == 5,
              "kind %d: %u parts", kind, listing.count);
        /* the same after a picture, and followed by one: bands, too */
        struct byte_buffer more = {0};
        append(&more, ppm.data, ppm.size);
        append(&more, archive.data, archive.size);
        append(&more, pam.data, pam.size);
        round_trip(&more, &usual_options, 32 * 60, "an archive between pictures");
        listing = list_stream(&stream, "an archive between pictures");
        CHECK(count_pictures(&listing, "PNM") == 2 && count_pictures(&listing, "PAM") >= 1, "%u parts", listing.count);
        free(more.data);
    }
    free(archive.data);
    free(ppm.data);
    free(pam.data);
    free(text.data);
}

/* Pictures in a member end within it. */
static void test_member_bounds(void) {
    struct byte_buffer tar = {0}, ppm = {0}, member = {0};
    draw_pnm(&ppm, MOTIF_SMOOTH, 60, 90, 3, 255, false);
    /* several pictures in one member, followed by something */
    append(&member, ppm.data, ppm.size);
    append(&member, ppm.data, ppm.size);
    append(&member, "the rest", 8);
    put_member(&tar, TAR_USTAR, "two", &member);
    put_member(&tar, TAR_USTAR, "one", &ppm);
    round_trip(&tar, &usual_options, 0, "two pictures in a member");
    struct listing listing = list_stream(&stream, "two pictures in a member");
    CHECK(count_pictures(&listing, "PNM") == 3, "%u parts", listing.count);
    for (size_t size = 0; size < ppm.size; size += 1 + ppm.size / 9) { /* it ends with the member */
        tar.size = 0;
        put_member(&tar, TAR_USTAR, "cut off", &(struct byte_buffer){ppm.data, size, 0});
        put_member(&tar, TAR_USTAR, "whole", &ppm);
        round_trip(&tar, &usual_options, 32 * 60, "a picture that its member cuts off");
        listing = list_stream(&stream, "a picture that its member cuts off");
        CHECK(count_pictures(&listing, "PNM") >= 1 && listing.count >= 2, "the next member is looked at");
    }
    free(tar.data);
    free(ppm.data);
    free(member.data);
}

/* Many damaged or truncated archives. */
static void test_damaged_archives(void) {
    struct byte_buffer tar = {0}, ppm = {0};
    struct bswz_error error;
    uint64_t state = 3;
    draw_pnm(&ppm, MOTIF_DRAWN, 30, 20, 3, 255, false);
    for (int i = 0; i < 4; i++) {
        put_member(&tar, i % 3, "picture", &ppm);
    }
    cpio_member(&tar, true, 0100644, "picture", ppm.data, ppm.size);
    for (int i = 0; i < 200; i++) {
        struct byte_buffer copy = {0};
        append(&copy, tar.data, i % 2 == 0 ? tar.size : (size_t)(noise(&state) % tar.size));
        for (int k = 0; k < 3; k++) {
            const size_t block = copy.size > 512 ? (size_t)(noise(&state) % (copy.size / 512)) * 512 : 0;
            if (copy.size - block >= 512) {
                copy.data[block + noise(&state) % 270] ^= (uint8_t)(1 + noise(&state) % 255);
                tar_sum(copy.data + block, false);
            }
        }
        CHECK(compress(&copy, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
        CHECK(decompress(&stream, &restored, &error) == BSWZ_OK && same(&copy, &restored), "archive %d", i);
        free(copy.data);
    }
    free(tar.data);
    free(ppm.data);
}

/* ---- exact ---- */

static void test_exact(void) {
    struct byte_buffer ppm = {0}, png = {0}, two = {0};
    struct bswz_compress_options options = usual_options;
    draw_pnm(&ppm, MOTIF_SMOOTH, 60, 50, 3, 255, false);
    append_png(&png, &ppm);
    compress(&png, &options, 0, &stream, NULL);
    struct listing listing = list_stream(&stream, "a PNG");
    CHECK(listing.count == 1 && listing.entries[0].is_picture && strcmp(listing.entries[0].promise, "pixels") == 0,
          "%u parts, %s", listing.count, listing.entries[0].promise);
    png.data[png.size - 1] ^= 1; /* nobody would write the final checksum like that */
    options.exact = 1;
    round_trip(&png, &options, 0, "exact");
    png.data[png.size - 1] ^= 1;
    round_trip(&png, &options, 0, "exact");
    listing = list_stream(&stream, "exact");
    count_pictures(&listing, "PNG");
    options.keep_pixels = 1;
    round_trip(&png, &options, 0, "exact counts more than the pixels of lossy files");
    append(&two, png.data, png.size);
    append(&two, png.data, png.size);
    round_trip(&two, &usual_options, 0, "two PNG files");
    listing = list_stream(&stream, "two PNG files");
    count_pictures(&listing, "PNG");
    append(&png, "x", 1);
    round_trip(&png, &usual_options, 0, "a PNG followed by a letter");
    listing = list_stream(&stream, "a PNG followed by a letter");
    count_pictures(&listing, "PNG");
    free(ppm.data);
    free(png.data);
    free(two.data);
}

/* Only the pixels of a lossy file are restored if requested, but not in an archive. */
static void test_pixels(void) {
    struct byte_buffer pixels = {0}, file = {0}, tar = {0};
    struct bswz_compress_options options = usual_options;
    uint8_t *coded = NULL;
    draw_noise(&pixels, 64 * 48 * 3, 11);
    const size_t size = WebPEncodeRGB(pixels.data, 64, 48, 64 * 3, 10, &coded);
    append(&file, coded, size);
    WebPFree(coded);
    options.keep_pixels = 1;
    put_member(&tar, TAR_USTAR, "picture.webp", &file);
    round_trip(&tar, &options, 0, "lossy WebP in an archive");
    append(&file, "x", 1);
    CHECK(compress(&file, &options, 0, &stream, NULL) == BSWZ_OK, "compress");
    const struct listing listing = list_stream(&stream, "pixels");
    CHECK(listing.count == 2 && listing.entries[0].is_picture && strcmp(listing.entries[0].promise, "pixels") == 0,
          "%u parts", listing.count);
    free(pixels.data);
    free(file.data);
    free(tar.data);
}

/* ---- the bytes in between ---- */

static void test_shared_bytes(void) {
    struct byte_buffer tar = {0}, pictures = {0}, noise_twice = {0};
    struct bswz_error error;
    enum { COUNT = 300 };
    for (unsigned i = 0; i < COUNT; i++) {
        struct byte_buffer ppm = {0};
        char name[60];
        draw_pnm(&ppm, MOTIF_FEW, 40, 30 + i % 7, 3, 255, false);
        snprintf(name, sizeof name, "photos/holidays/IMG_%04u.ppm", i * 7 % COUNT);
        append(&pictures, ppm.data, ppm.size);
        tar_member(&tar, TAR_USTAR, '0', name, ppm.data, ppm.size);
        free(ppm.data);
    }
    put_zeros(&tar, 1024);
    CHECK(compress(&pictures, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    const size_t alone = stream.size;
    const size_t archived = round_trip(&tar, &usual_options, 0, "many pictures in an archive");
    const struct listing listing = list_stream(&stream, "many pictures in an archive");
    CHECK(listing.count == 2 * COUNT + 1, "%u parts", listing.count);
    CHECK(archived < alone + COUNT * 80, "a header takes %zu bytes", (archived - alone) / COUNT);
    /* incompressible data is found again, in another frame */
    draw_noise(&noise_twice, 5000000, 21);
    append_again(&noise_twice, 5000000);
    for (int level = 1; level <= 5; level += 4) {
        struct bswz_compress_options options = usual_options;
        options.level = level;
        const size_t size = round_trip(&noise_twice, &options, 0, "noise, twice");
        CHECK(size < 5010000, "level %d: %zu bytes", level, size);
    }
    free(tar.data);
    free(pictures.data);
    free(noise_twice.data);
}

/* Pictures that barely gain anything between incompressible runs: the promised space (round_trip checks it) is
 * enough for all the headers. */
static void test_least_gains(void) {
    struct byte_buffer input = {0};
    for (unsigned i = 0; i < 400; i++) {
        char header[40];
        const unsigned width = 60 + i % 40;
        append(&input, header, (size_t)snprintf(header, sizeof header, "P5 %u 1 255\n", width));
        for (unsigned x = 0; x < width; x++) {
            append(&input, "x", 1);
        }
        if (i % 3 == 0) {
            append(&input, "-", 1); /* after data that is not a picture, everything is bytes up to the end of the
                                     * member */
        }
    }
    round_trip(&input, &usual_options, 0, "flat rows");
    struct byte_buffer tar = {0}, member = {0};
    for (unsigned i = 0; i < 200; i++) {
        member.size = 0;
        append(&member, input.data, 60 + i % 40 + 12); /* the first picture followed by noise */
        draw_noise(&member, 1 + i * 7, i);
        put_member(&tar, TAR_USTAR, "name", &member);
        draw_noise(&tar, 512 - tar.size % 512 + 512, i); /* no header */
    }
    round_trip(&tar, &usual_options, 0, "pictures and noise");
    free(input.data);
    free(tar.data);
    free(member.data);
}

/* Runs of any size, one after another, repeatedly; and data that is not a run. */
static void test_runs(void) {
    struct byte_buffer text = {0}, packed = {0};
    struct bytes_encoder *encoder;
    struct bytes_decoder *decoder;
    struct bswz_error error;
    uint8_t *unpacked = malloc(300000);
    size_t at = 0, packed_at = 0;
    draw_noise(&text, 100000, 9);
    append_again(&text, 100000);
    append_again(&text, 100000);
    CHECK(bytes_encoder_create(1, SIZE_MAX, &encoder, &error) == BSWZ_OK, "%s", error.message);
    CHECK(bytes_decoder_create(UINT64_MAX, &decoder, &error) == BSWZ_OK, "%s", error.message);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t size = 1; at + size <= text.size; size = size * 5 / 4 + 1) {
            bool fits;
            CHECK(bytes_encoder_pack(encoder, text.data + at, size, &packed, &fits, &error) == BSWZ_OK && fits, "%zu",
                  size);
            CHECK(packed.size - packed_at <= size + BYTES_PACKED_SLACK, "%zu -> %zu", size, packed.size - packed_at);
            CHECK(bytes_decoder_unpack(decoder, packed.data + packed_at, packed.size - packed_at, unpacked, size,
                                       &error) == BSWZ_OK &&
                      memcmp(unpacked, text.data + at, size) == 0,
                  "a run of %zu bytes", size);
            at += size;
            packed_at = packed.size;
        }
        CHECK(packed.size < 110000, "%zu bytes", packed.size);
        at = packed_at = packed.size = 0;
        bytes_encoder_free(encoder); /* another stream */
        bytes_decoder_restart(decoder);
        CHECK(bytes_encoder_create(9, text.size, &encoder, &error) == BSWZ_OK, "%s", error.message);
    }
    bool fits;
    error.status = BSWZ_OK;
    bytes_encoder_pack(encoder, text.data, 1000, &packed, &fits, &error);
    CHECK(bytes_decoder_unpack(decoder, packed.data, packed.size, unpacked, 1001, &error) == BSWZ_ERROR_CORRUPT,
          "too few bytes");
    bytes_decoder_restart(decoder);
    CHECK(bytes_decoder_unpack(decoder, packed.data, packed.size - 1, unpacked, 1000, &error) == BSWZ_ERROR_CORRUPT,
          "a byte is missing");
    bytes_encoder_free(encoder);
    bytes_decoder_free(decoder);
    free(text.data);
    free(packed.data);
    free(unpacked);
}

/* The window determines the memory of the decoder, and the limit is respected. */
static void test_memory_limit(void) {
    struct byte_buffer input = {0};
    struct bswz_error error;
    struct bswz_compress_options options = usual_options;
    options.level = 9; /* a window of 128 MiB */
    draw_pnm(&input, MOTIF_FEW, 40, 30, 3, 255, false);
    append(&input, "a text of some length behind a picture, and another picture behind that", 70);
    struct byte_buffer tar = {0};
    put_member(&tar, TAR_USTAR, "picture", &input);
    put_member(&tar, TAR_USTAR, "picture", &input);
    put_zeros(&tar, (size_t)5 << 20); /* smaller inputs get a smaller window */
    CHECK(compress(&tar, &options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    for (uint64_t limit = (uint64_t)1 << 20; limit <= (uint64_t)256 << 20; limit *= 2) {
        const struct bswz_decompress_options decompress_options = {
            .size = sizeof decompress_options, .threads = 1, .memory_limit = limit};
        struct memory_input in = {stream.data, stream.size, 0, 0, SIZE_MAX};
        struct memory_output out = {{0}, SIZE_MAX};
        const enum bswz_status status =
            bswz_decompress((struct bswz_input){read_memory, &in}, (struct bswz_output){write_memory, &out},
                            &decompress_options, &error);
        const bool enough = limit > (uint64_t)128 << 20;
        CHECK(status == (enough ? BSWZ_OK : BSWZ_ERROR_LIMIT), "limit %d MiB: %s", (int)(limit >> 20), error.message);
        CHECK(enough || strstr(error.message, "memory limit") != NULL, "%s", error.message);
        free(out.buffer.data);
    }
    free(input.data);
    free(tar.data);
}

int main(void) {
    test_archives();
    test_member_bounds();
    test_damaged_archives();
    test_exact();
    test_pixels();
    test_shared_bytes();
    test_least_gains();
    test_runs();
    test_memory_limit();
    free_trip();
    return check_summary();
}
