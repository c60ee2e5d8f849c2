/* SPDX-License-Identifier: MIT */
/*
 * Files with pages come back from their pictures, whatever wrote them; and damaged plans are errors, and nothing worse.
 */
#include "pages_draw.h"

#include <stdlib.h>
#include <string.h>

/* Everything that can be is taken as samples, and the file comes back. */
static void test_files(void) {
    for (unsigned kind = 0; kind < PAGES_KINDS; kind++) {
        const struct drawn_file drawn = draw_pages(kind);
        struct byte_buffer plain = {0}, file = {0};
        struct pages_summary summary;
        struct bswz_error error = {.status = BSWZ_OK};
        enum bswz_status status =
            pages_take_apart(drawn.format, drawn.file.data, drawn.file.size, 1 << 20, &plain, &summary, &error);
        CHECK(status == BSWZ_OK && summary.kept == 0 && summary.pages > 0, "kind %u: %s, %u kept", kind, error.message,
              summary.kept);
        CHECK(plain.size > 0 && (plain.data[0] == 'P' || plain.data[0] == 0xff), "kind %u: a picture comes first",
              kind);
        if (status == BSWZ_OK) {
            status = pages_put_together(plain.data, plain.size, summary.pictures_size, drawn.file.size, &file, &error);
        }
        CHECK(status == BSWZ_OK && file.size == drawn.file.size && memcmp(file.data, drawn.file.data, file.size) == 0,
              "kind %u: %s", kind, error.message);
        status = pages_take_apart(drawn.format, drawn.file.data, drawn.file.size, 100, &plain, &summary, &error);
        CHECK(status != BSWZ_OK, "kind %u: more than is allowed", kind);
        free(plain.data);
        free(file.data);
        free(drawn.file.data);
    }
}

/* Files that are cut off or damaged come back or are refused. */
static void test_damaged_files(void) {
    uint64_t state = 1;
    for (unsigned kind = 0; kind < PAGES_KINDS; kind++) {
        const struct drawn_file drawn = draw_pages(kind);
        for (int turn = 0; turn < 300; turn++) {
            const size_t size = turn < 100 ? drawn.file.size * (size_t)turn / 100 : drawn.file.size;
            struct byte_buffer copy = {0}, plain = {0}, file = {0};
            struct pages_summary summary;
            draw_bytes(&copy, drawn.file.data, size);
            for (int i = 0; i < 3 && turn >= 100; i++) {
                copy.data[noise(&state) % size] = (uint8_t)noise(&state);
            }
            if (pages_take_apart(drawn.format, copy.data, copy.size, 1 << 20, &plain, &summary, NULL) == BSWZ_OK) {
                const enum bswz_status status =
                    pages_put_together(plain.data, plain.size, summary.pictures_size, size, &file, NULL);
                CHECK(status == BSWZ_OK && file.size == size && memcmp(file.data, copy.data, size) == 0,
                      "kind %u, turn %d", kind, turn);
            }
            free(copy.data);
            free(plain.data);
            free(file.data);
        }
        free(drawn.file.data);
    }
}

static void test_damaged_plans(void) {
    uint64_t state = 2;
    for (unsigned kind = 0; kind < PAGES_KINDS; kind++) {
        const struct drawn_file drawn = draw_pages(kind);
        struct byte_buffer plain = {0};
        struct pages_summary summary;
        if (pages_take_apart(drawn.format, drawn.file.data, drawn.file.size, 1 << 20, &plain, &summary, NULL) !=
            BSWZ_OK) {
            exit(1);
        }
        const size_t plan = plain.size - summary.pictures_size < 200 ? plain.size - summary.pictures_size : 200;
        for (size_t i = 0; i < 4 * plan; i++) {
            struct byte_buffer file = {0};
            struct bswz_error error = {.status = BSWZ_OK};
            uint8_t *spoiled = &plain.data[summary.pictures_size + i / 4];
            const uint8_t before = *spoiled;
            *spoiled ^= (uint8_t)(1 + noise(&state) % 255);
            const enum bswz_status status = pages_put_together(plain.data, plain.size, summary.pictures_size,
                                                               drawn.file.size + 1000, &file, &error);
            CHECK(status == BSWZ_OK || error.message[0] != 0, "kind %u: an error has words", kind);
            CHECK(status != BSWZ_OK || file.size <= drawn.file.size + 1000, "kind %u: %zu bytes", kind, file.size);
            *spoiled = before;
            free(file.data);
        }
        free(plain.data);
        free(drawn.file.data);
    }
}

/* Coded in another way than is guessed: PackBits without runs, LZW that is cleared at odd places. */
static void test_other_writers(void) {
    const struct piece_shape shape = {300, 40, 300, 8};
    static uint8_t rows[300 * 40], again[300 * 40];
    struct coding_state coding = {0};
    uint64_t state = 4;
    draw_piece(rows, sizeof rows, &state);
    for (int which = 0; which < 2; which++) {
        struct byte_buffer coded = {0}, notes = {0}, written = {0};
        bool is_done = false;
        size_t used = 0;
        if (which == 0) {
            for (size_t i = 0; i < sizeof rows; i += 100) {
                draw_bytes(&coded, "\x63", 1);
                draw_bytes(&coded, rows + i, 100);
            }
        } else {
            static const uint8_t clears[] = {3, 3, 50, 0, 0x91, 3};
            struct cursor cursor = {.bytes = clears, .size = sizeof clears};
            CHECK(piece_encode(PAGE_LZW, &shape, rows, &cursor, 1 << 20, &coded, &coding, NULL) == BSWZ_OK, "written");
        }
        const enum page_coding kind = which == 0 ? PAGE_PACKBITS : PAGE_LZW;
        CHECK(piece_decode(kind, &shape, coded.data, coded.size, again, &used, &notes, &coding, &is_done, NULL) ==
                      BSWZ_OK &&
                  is_done && used == coded.size && memcmp(rows, again, sizeof rows) == 0,
              "writer %d: %zu bytes used of %zu", which, used, coded.size);
        struct cursor cursor = {.bytes = notes.data, .size = notes.size};
        CHECK(piece_encode(kind, &shape, again, &cursor, coded.size, &written, &coding, NULL) == BSWZ_OK &&
                  written.size == coded.size && memcmp(written.data, coded.data, coded.size) == 0,
              "writer %d comes back", which);
        free(coded.data);
        free(notes.data);
        free(written.data);
    }
}

int main(void) {
    test_files();
    test_damaged_files();
    test_damaged_plans();
    test_other_writers();
    return check_summary();
}
