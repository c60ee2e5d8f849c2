/* SPDX-License-Identifier: MIT */
/*
 * JPEG files in streams: alone, in a row, in archives and between other data they come back byte for byte, with
 * any number of threads; damage is detected, and affects only the file that it hits.
 */
#include "test_archive.h"
#include "test_jpeg.h"
#include "test_stream_trip.h"

#include "container/jpeg_header.h"

static const struct jpeg_kind usual = {.components = 3, .sampling = {22}, .is_smooth = true},
                              grey = {.components = 1, .is_progressive = true, .is_smooth = true},
                              segments = {.components = 3, .has_segments = true, .restart = 2, .is_smooth = true};

/* Is this part of the listing a JPEG file coded by its coefficients, with this shape? */
static bool is_jpeg(const struct bswz_entry *entry, uint32_t width, uint32_t height, uint32_t channels, size_t size) {
    return entry->is_picture && entry->width == width && entry->height == height && entry->channels == channels &&
           entry->depth == 8 && strcmp(entry->format, "JPEG") == 0 && strcmp(entry->origin, "DCT") == 0 &&
           strcmp(entry->promise, "bytes") == 0 && entry->restored_size == size && entry->model_hash == 0;
}

/* ---- where they are found ---- */

static void test_alone(void) {
    for (int level = 1; level <= 9; level++) {
        struct byte_buffer file = make_jpeg(40, 30, level % 3 == 0 ? &segments : level % 3 == 1 ? &usual : &grey);
        char what[32];
        snprintf(what, sizeof what, "level %d", level);
        const struct bswz_compress_options options = {
            .size = sizeof options, .level = level, .threads = 1, .exact = level % 2};
        round_trip(&file, &options, 0, what);
        const struct listing listing = list_stream(&stream, what);
        CHECK(listing.count == 1 && is_jpeg(&listing.entries[0], 40, 30, level % 3 == 2 ? 1 : 3, file.size) &&
                  listing.entries[0].frames == 1,
              "%s: %u parts, %s", what, listing.count, listing.entries[0].format);
        free(file.data);
    }
}

static void test_among_others(void) {
    struct byte_buffer file = make_jpeg(40, 30, &usual), other = make_jpeg(24, 50, &grey), input = {0}, pnm = {0};
    struct listing listing;
    draw_pnm(&pnm, MOTIF_SMOOTH, 40, 30, 3, 255, false);
    append(&input, file.data, file.size);
    append(&input, other.data, other.size);
    append(&input, pnm.data, pnm.size);
    append(&input, file.data, file.size);
    append(&input, pnm.data, pnm.size);
    append(&input, "and bytes", 9);
    round_trip(&input, &usual_options, 0, "a row");
    listing = list_stream(&stream, "a row");
    CHECK(listing.count == 6 && is_jpeg(&listing.entries[0], 40, 30, 3, file.size) &&
              is_jpeg(&listing.entries[1], 24, 50, 1, other.size) &&
              is_jpeg(&listing.entries[3], 40, 30, 3, file.size) &&
              !is_jpeg(&listing.entries[2], 40, 30, 3, file.size) && !listing.entries[5].is_picture,
          "%u parts", listing.count);
    input.size = 0;
    tar_member(&input, TAR_USTAR, '0', "a.jpg", file.data, file.size);
    tar_member(&input, TAR_GNU, '0', "b.jpg", other.data, other.size);
    tar_member(&input, TAR_USTAR, '0', "cut.jpg", file.data, file.size / 2);
    put_zeros(&input, 1024);
    round_trip(&input, &usual_options, 0, "tar");
    listing = list_stream(&stream, "tar");
    CHECK(listing.count == 5 && is_jpeg(&listing.entries[1], 40, 30, 3, file.size) &&
              is_jpeg(&listing.entries[3], 24, 50, 1, other.size),
          "tar: %u parts", listing.count);
    const struct bswz_compress_options pixels = {.size = sizeof pixels, .level = 6, .threads = 1, .keep_pixels = 1};
    CHECK(compress(&file, &pixels, 0, &stream, NULL) == BSWZ_OK, "pixels");
    listing = list_stream(&stream, "pixels");
    CHECK(listing.count == 1 && strcmp(listing.entries[0].promise, "pixels") == 0, "%s", listing.entries[0].promise);
    free(file.data);
    free(other.data);
    free(input.data);
    free(pnm.data);
}

/* Several bands, of a height that no band divides. */
static void test_bands(void) {
    const struct jpeg_kind tall = {.components = 3, .sampling = {22}, .is_flat = true, .quality = 30};
    struct byte_buffer file = make_jpeg(1031, 2100, &tall);
    round_trip(&file, &usual_options, 0, "bands");
    const struct listing listing = list_stream(&stream, "bands");
    CHECK(listing.count == 1 && is_jpeg(&listing.entries[0], 1031, 2100, 3, file.size) &&
              listing.entries[0].frames == 2,
          "%u parts, %u frames", listing.count, (unsigned)listing.entries[0].frames);
    struct jpeg_planes planes = {.count = 3, .width = 1031, .height = 2100}, band;
    for (unsigned c = 0; c < 3; c++) {
        planes.component[c] = (struct jpeg_component){.horizontal = c == 0 ? 2 : 1,
                                                      .vertical = c == 0 ? 2 : 1,
                                                      .columns = c == 0 ? 130 : 65,
                                                      .rows = c == 0 ? 264 : 132};
    }
    uint32_t rows = 0, height = 0;
    for (uint32_t i = 0; i < jpeg_bands(&planes); i++) {
        jpeg_band(&planes, i, &band);
        CHECK(band.component[0].rows == 2 * band.component[1].rows && band.width == 1031, "band %u", i);
        rows += band.component[1].rows;
        height += band.height;
    }
    CHECK(rows == 132 && height == 2100 && jpeg_bands(&planes) == 2, "%u rows, %u pixels", rows, height);
    free(file.data);
}

/* ---- how they come back ---- */

static void test_options(void) {
    struct byte_buffer file = make_jpeg(80, 60, &usual);
    struct bswz_error error;
    CHECK(compress(&file, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    const struct bswz_decompress_options rescue = {.size = sizeof rescue, .threads = 1, .rescue = true};
    CHECK(decompress_with(&stream, &rescue, &restored, &error) == BSWZ_OK && same(&file, &restored), "%s",
          error.message);
    for (unsigned scale = 0; scale < 3; scale++) {
        const struct bswz_decompress_options pixels = {
            .size = sizeof pixels, .threads = 1, .target = BSWZ_TO_RAW, .scale = scale};
        const size_t size = (size_t)(80 >> scale) * (60 >> scale) * 3;
        CHECK(decompress_with(&stream, &pixels, &restored, &error) == BSWZ_OK && restored.size == size, "%u: %s", scale,
              error.message);
    }
    const struct bswz_decompress_options small = {.size = sizeof small, .threads = 1, .memory_limit = 1 << 20};
    CHECK(decompress_with(&stream, &small, &restored, &error) == BSWZ_ERROR_LIMIT && restored.size == 0, "%s",
          error.message);
    const struct bswz_compress_options little = {
        .size = sizeof little, .level = 6, .threads = 1, .memory_limit = 1 << 20};
    CHECK(compress(&file, &little, 0, &stream, &error) == BSWZ_ERROR_LIMIT, "%s", error.message);
    free(file.data);
}

static unsigned share_of(const struct bswz_account *account, const char *name) {
    unsigned bytes = 0;
    for (unsigned i = 0; i < BSWZ_SHARES; i++) {
        bytes += strcmp(account->shares[i].name, name) == 0 ? (unsigned)account->shares[i].bytes : 0;
    }
    return bytes;
}

static struct bswz_account count_stream(enum bswz_status expected) {
    struct listing listing = {.count = 0};
    struct bswz_account account;
    struct bswz_error error;
    struct memory_input input = {stream.data, stream.size, 0, 0, SIZE_MAX};
    const struct bswz_decompress_options options = {.size = sizeof options, .threads = 2};
    CHECK(bswz_count((struct bswz_input){read_memory, &input}, &options, note_entry, &listing, &account, &error) ==
              expected,
          "%s", error.message);
    return account;
}

static void test_account(void) {
    struct byte_buffer file = make_jpeg(60, 50, &segments);
    CHECK(compress(&file, &usual_options, 0, &stream, NULL) == BSWZ_OK, "segments");
    struct bswz_account account = count_stream(BSWZ_OK);
    const unsigned coefficients = share_of(&account, "coefficients"), records = share_of(&account, "records");
    CHECK(account.failure.status == BSWZ_OK && coefficients > 100 && records > 300 &&
              coefficients + records + share_of(&account, "headers") == stream.size && account.samples == 60 * 50 * 3,
          "%u and %u of %zu bytes", coefficients, records, stream.size);
    stream.data[stream.size - 7] ^= 1; /* in the coefficients */
    account = count_stream(BSWZ_ERROR_CORRUPT);
    CHECK(account.failure.status != BSWZ_OK && share_of(&account, "undecoded") == coefficients, "%s",
          account.failure.message);
    free(file.data);
}

/* ---- damage ---- */

static void ignore_entry(void *context, const struct bswz_entry *entry) {
    (void)context;
    (void)entry;
}

static void list_quietly(const struct byte_buffer *bytes) {
    struct memory_input input = {bytes->data, bytes->size, 0, 0, SIZE_MAX};
    struct bswz_error error;
    bswz_list((struct bswz_input){read_memory, &input}, ignore_entry, NULL, &error);
}

static void test_damage(void) {
    struct byte_buffer file = make_jpeg(33, 20, &segments), tar = {0};
    struct bswz_error error;
    tar_member(&tar, TAR_USTAR, '0', "a.jpg", file.data, file.size);
    put_zeros(&tar, 1024);
    CHECK(compress(&tar, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    for (size_t at = 0; at < stream.size; at++) {
        const uint8_t kept = stream.data[at];
        stream.data[at] = (uint8_t)(kept ^ (at % 9 == 8 ? 0xffu : 1u << at % 9));
        const enum bswz_status status = decompress_to(&stream, BSWZ_TO_SOURCE, 1 + at % 2, &restored, &error);
        const bool is_prefix = restored.size <= tar.size && memcmp(restored.data, tar.data, restored.size) == 0;
        CHECK(status != BSWZ_OK && error.message[0] != 0 && is_prefix, "damage at %zu: status %d", at, (int)status);
        list_quietly(&stream);
        stream.data[at] = kept;
    }
    for (size_t size = 0; size < stream.size; size++) {
        const struct byte_buffer part = {stream.data, size, 0};
        const enum bswz_status status = decompress(&part, &restored, &error);
        CHECK(status == BSWZ_ERROR_TRUNCATED && restored.size <= tar.size &&
                  (restored.size == 0 || memcmp(restored.data, tar.data, restored.size) == 0),
              "%zu of %zu bytes: status %d", size, stream.size, (int)status);
        list_quietly(&part);
    }
    free(file.data);
    free(tar.data);
}

static void note_line(void *context, const char *line) {
    snprintf(context, 240, "%s", line);
}

/* Everything after a damaged file is restored, in its place. */
static void test_rescue(void) {
    struct byte_buffer file = make_jpeg(60, 50, &usual), input = {0};
    struct bswz_error error;
    unsigned lost = 0, other = 0;
    append(&input, file.data, file.size);
    append(&input, "behind it", 9);
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    const size_t bands = 10 + 1 + 2 + 12 + 60; /* they begin before that, and are most of it */
    for (size_t at = bands; at + 60 < stream.size; at += 3) {
        char line[240] = "";
        const struct bswz_decompress_options options = {
            .size = sizeof options, .threads = 1 + at % 2, .rescue = 1, .damage = note_line, .damage_context = line};
        stream.data[at] ^= 0x41;
        const enum bswz_status status = decompress_with(&stream, &options, &restored, &error);
        CHECK(status == BSWZ_ERROR_CORRUPT && strstr(line, "JPEG 60x50: the file is ") == line, "at %zu: status %d, %s",
              at, (int)status, line);
        const bool in_place = restored.size == input.size && memcmp(restored.data + file.size, "behind it", 9) == 0;
        CHECK(in_place, "at %zu: %zu bytes", at, restored.size);
        lost += strstr(line, "lost") != NULL;
        other += strstr(line, "damaged") != NULL;
        stream.data[at] ^= 0x41;
    }
    CHECK(lost + other > 20, "%u lost, %u damaged", lost, other);
    const struct byte_buffer part = {stream.data, bands + 20, 0};
    char line[240] = "";
    const struct bswz_decompress_options options = {
        .size = sizeof options, .threads = 1, .rescue = 1, .damage = note_line, .damage_context = line};
    CHECK(decompress_with(&part, &options, &restored, &error) == BSWZ_ERROR_TRUNCATED && restored.size == file.size &&
              memcmp(restored.data, file.data, 100) == 0 && strstr(line, "the file is damaged") != NULL,
          "%s", line);
    free(file.data);
    free(input.data);
}

int main(void) {
    test_alone();
    test_among_others();
    test_bands();
    test_options();
    test_account();
    test_damage();
    test_rescue();
    free_trip();
    return check_summary();
}
