/* SPDX-License-Identifier: MIT */
/*
 * JPEG files in the headers of JPEG files: they are found, shrink, and come back; anything else stays; and damaged
 * ones do no harm.
 */
#include "test_jpeg.h"

#include "stream/thumbnails.h"

static const struct jpeg_kind smooth = {.components = 3, .sampling = {21}, .is_smooth = true};

/* A segment of EXIF, or of whatever the marker says, with a JPEG file that lacks its last `cut` bytes. */
static void append_segment(struct byte_buffer *file, uint8_t marker, uint32_t width, size_t cut) {
    struct byte_buffer thumbnail = make_jpeg(width, 90, &smooth);
    const size_t kept = thumbnail.size - cut, length = 2 + 14 + kept + 5;
    const uint8_t front[4] = {0xff, marker, (uint8_t)(length >> 8), (uint8_t)length};
    append_or_abort(file, front, 4);
    append_or_abort(file, "Exif\0\0MM\0*\0\0\0\10", 14);
    append_or_abort(file, thumbnail.data, kept);
    append_or_abort(file, "after", 5);
    free(thumbnail.data);
}

static struct byte_buffer begin_file(void) {
    struct byte_buffer file = {0};
    append_or_abort(&file, "\xff\xd8", 2);
    return file;
}

/* The rest of the file: a picture with the beginning of a thumbnail in its comment. */
static void end_file(struct byte_buffer *file) {
    struct byte_buffer picture = make_jpeg(64, 48, &smooth);
    append_or_abort(file, "\xff\xfe\0\7\xff\xd8\xff\xe0\0", 9);
    append_or_abort(file, picture.data + 2, picture.size - 2);
    free(picture.data);
}

/* Returns the size of the thumbnails in the stream; frees the file. */
static size_t check(const char *what, struct byte_buffer file, bool is_there) {
    struct byte_buffer coded = {0}, headers = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    uint8_t *blank;
    CHECK(thumbnails_put(file.data, file.size, &coded, &blank, &error) == BSWZ_OK, "%s: %s", what, error.message);
    CHECK((blank != NULL) == is_there && (coded.size > 0) == is_there, "%s", what);
    const size_t size = coded.size;
    if (blank != NULL) {
        size_t changed = 0;
        for (size_t i = 0; i < file.size; i++) {
            changed += blank[i] != file.data[i];
            CHECK(blank[i] == file.data[i] || blank[i] == 0, "%s: byte %zu", what, i);
        }
        CHECK(size < changed, "%s: %zu bytes, that were %zu", what, size, changed);
        append_or_abort(&headers, blank, file.size);
        CHECK(thumbnails_restore(coded.data, size, &headers, &error) == BSWZ_OK &&
                  memcmp(headers.data, file.data, file.size) == 0,
              "%s: %s", what, error.message);
    }
    free(blank);
    free(coded.data);
    free(headers.data);
    free(file.data);
    return size;
}

static void test_kinds(void) {
    struct byte_buffer file = begin_file();
    end_file(&file);
    check("none", file, false);

    file = begin_file();
    append_segment(&file, 0xe1, 120, 0);
    end_file(&file);
    const size_t one = check("one", file, true);

    file = begin_file();
    append_segment(&file, 0xe1, 120, 0);
    append_segment(&file, 0xed, 120, 0);
    end_file(&file);
    const size_t twice = check("the same one twice", file, true);
    CHECK(twice <= one + 8, "%zu, %zu", one, twice);

    file = begin_file();
    append_segment(&file, 0xe1, 120, 0);
    append_segment(&file, 0xed, 128, 0);
    append_segment(&file, 0xe3, 120, 0);
    end_file(&file);
    check("three, of which two are the same", file, true);

    file = begin_file();
    append_segment(&file, 0xe1, 120, 40);
    end_file(&file);
    check("one that was cut", file, false);

    file = begin_file();
    append_segment(&file, 0xfe, 120, 0);
    end_file(&file);
    check("in a comment", file, false);

    file = begin_file();
    for (unsigned i = 0; i < THUMBNAILS_MAX + 3; i++) {
        append_segment(&file, 0xe1, 120 + 8 * (i % 3), 0);
    }
    end_file(&file);
    check("more than are taken", file, true);
}

/* Every byte damaged once, and truncated anywhere: an error, or arbitrary headers, and nothing worse. */
static void test_damage(void) {
    struct byte_buffer file = begin_file(), coded = {0};
    uint64_t state = 17;
    uint8_t *blank;
    append_segment(&file, 0xe1, 40, 0);
    append_segment(&file, 0xed, 40, 0);
    end_file(&file);
    CHECK(thumbnails_put(file.data, file.size, &coded, &blank, NULL) == BSWZ_OK && blank != NULL, "to be damaged");
    for (size_t at = 0; at < coded.size; at++) {
        struct byte_buffer headers = {0};
        const uint8_t kept = coded.data[at];
        append_or_abort(&headers, file.data, file.size / 2 + noise(&state) % (file.size / 2));
        coded.data[at] ^= (uint8_t)(1u << noise(&state) % 8);
        thumbnails_restore(coded.data, coded.size, &headers, NULL);
        coded.data[at] = kept;
        CHECK(thumbnails_restore(coded.data, at, &headers, NULL) != BSWZ_OK || at == 0 || at >= coded.size - 8,
              "cut at %zu", at);
        free(headers.data);
    }
    free(blank);
    free(coded.data);
    free(file.data);
}

int main(void) {
    test_kinds();
    test_damage();
    return check_summary();
}
