/* SPDX-License-Identifier: MIT */
/*
 * Files with pages come back from their pictures, whatever wrote them; and damaged plans are errors, and nothing worse.
 */
#include "pages_draw.h"

#include <stdlib.h>
#include <string.h>

static const struct pages_limits small_limits = {.plain = 100, .work = UINT64_MAX};

/* Everything that can be is taken as samples, and the file comes back. */
static void test_files(void) {
    for (unsigned kind = 0; kind < PAGES_KINDS; kind++) {
        const struct drawn_file drawn = draw_pages(kind);
        struct byte_buffer plain = {0}, file = {0};
        struct pages_summary summary;
        struct bswz_error error = {.status = BSWZ_OK};
        enum bswz_status status = pages_take_apart(drawn.format, NULL, drawn.file.data, drawn.file.size, &usual_limits,
                                                   &plain, &summary, &error);
        CHECK(status == BSWZ_OK && summary.kept == 0 && summary.pages > 0, "kind %u: %s, %u kept", kind, error.message,
              summary.kept);
        CHECK(plain.size > 0 && (plain.data[0] == 'P' || plain.data[0] == 0xff || plain.data[0] == 0x89),
              "kind %u: a picture comes first", kind);
        if (status == BSWZ_OK) {
            status = pages_put_together(plain.data, plain.size, summary.pictures_size, drawn.file.size, &file, &error);
        }
        CHECK(status == BSWZ_OK && file.size == drawn.file.size && memcmp(file.data, drawn.file.data, file.size) == 0,
              "kind %u: %s", kind, error.message);
        status = pages_take_apart(drawn.format, NULL, drawn.file.data, drawn.file.size, &small_limits, &plain, &summary,
                                  &error);
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
            if (pages_take_apart(drawn.format, NULL, copy.data, copy.size, &usual_limits, &plain, &summary, NULL) ==
                BSWZ_OK) {
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
        if (pages_take_apart(drawn.format, NULL, drawn.file.data, drawn.file.size, &usual_limits, &plain, &summary,
                             NULL) != BSWZ_OK) {
            exit(1);
        }
        const size_t start = drawn.format == PICTURE_PNG ? 0 : summary.pictures_size; /* there is no plan */
        const size_t plan = plain.size - start < 200 ? plain.size - start : 200;
        for (size_t i = 0; i < 4 * plan; i++) {
            struct byte_buffer file = {0};
            struct bswz_error error = {.status = BSWZ_OK};
            uint8_t *spoiled = &plain.data[start + i / 4];
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
    const struct piece_shape shape = {300, 40, 300, 8, 1};
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

/* Rows with a filter before each, of pixels of several sizes, come back; rows with an unknown filter are refused. */
static void test_filtered_rows(void) {
    static const uint8_t kinds[][2] = {{3, 8}, {1, 1}, {4, 16}, {1, 8}, {2, 4}}; /* samples, bits */
    uint64_t state = 8;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        const struct page page = {.width = DRAWN_WIDTH,
                                  .height = DRAWN_HEIGHT,
                                  .tile_width = DRAWN_WIDTH,
                                  .tile_height = DRAWN_HEIGHT,
                                  .samples = kinds[kind][0],
                                  .together = kinds[kind][0] >= 3 ? 3 : 1,
                                  .bits = kinds[kind][1],
                                  .coding = PAGE_FILTERED,
                                  .flags = PAGE_BIG};
        const size_t row_bytes = page_row_bytes(&page), size = DRAWN_HEIGHT * (row_bytes + 1);
        const struct piece_shape shape = {row_bytes, DRAWN_HEIGHT, (uint32_t)page_row_values(&page), page.bits,
                                          page_pixel_bytes(&page)};
        struct byte_buffer coded = {0}, plain = {0}, file = {0};
        struct pages_summary summary;
        struct bswz_error error = {.status = BSWZ_OK};
        uint8_t rows[DRAWN_HEIGHT * 37 * 8], filters[DRAWN_HEIGHT];
        draw_piece(rows, DRAWN_HEIGHT * row_bytes, &state);
        for (unsigned y = 0; y < DRAWN_HEIGHT; y++) {
            const unsigned left_over = (unsigned)(8 * row_bytes - page_row_values(&page) * page.bits);
            rows[(y + 1) * row_bytes - 1] &= (uint8_t)(0xff << left_over);
            filters[y] = (uint8_t)(y % 5);
        }
        struct cursor notes = {.bytes = filters, .size = sizeof filters};
        CHECK(piece_encode(PAGE_FILTERED, &shape, rows, &notes, size, &coded, &(struct coding_state){0}, &error) ==
                      BSWZ_OK &&
                  coded.size == size,
              "kind %zu: %zu bytes", kind, coded.size);
        draw_bytes(&coded, "\r\n", 2);
        enum bswz_status status =
            pages_take_apart(PICTURE_NONE, &page, coded.data, coded.size, &usual_limits, &plain, &summary, &error);
        CHECK(status == BSWZ_OK && summary.pieces == 1 && summary.kept == 0, "kind %zu: %s", kind, error.message);
        status = pages_put_together(plain.data, plain.size, summary.pictures_size, coded.size, &file, &error);
        CHECK(status == BSWZ_OK && file.size == coded.size && memcmp(file.data, coded.data, file.size) == 0,
              "kind %zu: %s", kind, error.message);
        coded.data[2 * (row_bytes + 1)] = 5;
        CHECK(pages_take_apart(PICTURE_NONE, &page, coded.data, coded.size, &usual_limits, &plain, &summary, NULL) !=
                  BSWZ_OK,
              "kind %zu: an unknown filter", kind);
        free(coded.data);
        free(plain.data);
        free(file.data);
    }
}

/* Every way in which a fax may begin its rows and end is found. */
static void test_fax_ways(void) {
    static const uint8_t ways[] = {0, 1 | 16, 1 | 2, 1 | 2 | 8, 1 | 2 | 4, 1 | 2 | 4 | 8, 1, 16}; /* bsw(5), Fax */
    const struct piece_shape shape = {12, 50, 90, 1, 1};
    static uint8_t rows[12 * 50], again[12 * 50];
    uint64_t state = 3;
    for (size_t i = 0; i < sizeof rows; i++) {
        rows[i] = (uint8_t)(i % 12 == 11 ? 0xc0 : noise(&state) % 4 == 0 ? noise(&state) : 0xff);
    }
    for (size_t way = 0; way < 2 * sizeof ways; way++) {
        const uint8_t flags[2] = {(uint8_t)(ways[way / 2] | (way % 2 == 0 ? 0 : 32)), 4};
        struct cursor cursor = {.bytes = flags, .size = (flags[0] & 4) != 0 ? 2 : 1};
        struct byte_buffer coded = {0}, notes = {0}, written = {0};
        struct coding_state coding = {0};
        bool is_done = false;
        size_t used = 0;
        CHECK(piece_encode(PAGE_FAX, &shape, rows, &cursor, 1 << 16, &coded, &coding, NULL) == BSWZ_OK, "flags %u",
              flags[0]);
        CHECK(piece_decode(PAGE_FAX, &shape, coded.data, coded.size, again, &used, &notes, &coding, &is_done, NULL) ==
                      BSWZ_OK &&
                  is_done && used == coded.size && memcmp(rows, again, sizeof rows) == 0,
              "flags %u: %zu bytes used of %zu", flags[0], used, coded.size);
        struct cursor found = {.bytes = notes.data, .size = notes.size};
        CHECK(piece_encode(PAGE_FAX, &shape, again, &found, coded.size, &written, &coding, NULL) == BSWZ_OK &&
                  written.size == coded.size && memcmp(written.data, coded.data, coded.size) == 0,
              "flags %u come back", flags[0]);
        free(coded.data);
        free(notes.data);
        free(written.data);
    }
}

/* A page that is too much stays among the other bytes; one that takes less is still taken. */
static void test_limits(void) {
    const struct drawn_file drawn = draw_pages(0);
    struct byte_buffer plain = {0};
    struct pages_summary summary;
    CHECK(pages_take_apart(drawn.format, NULL, drawn.file.data, drawn.file.size, &usual_limits, &plain, &summary,
                           NULL) == BSWZ_OK,
          "without a limit");
    const struct pages_limits enough = {.plain = plain.size, .work = summary.work};
    const struct pages_limits less = {.plain = plain.size, .work = summary.work - 1};
    plain.size = 0;
    CHECK(summary.work > 0 && pages_take_apart(drawn.format, NULL, drawn.file.data, drawn.file.size, &enough, &plain,
                                               &summary, NULL) == BSWZ_OK,
          "%llu units are enough", (unsigned long long)enough.work);
    plain.size = 0;
    CHECK(pages_take_apart(drawn.format, NULL, drawn.file.data, drawn.file.size, &less, &plain, &summary, NULL) ==
              BSWZ_ERROR_LIMIT,
          "one unit less is not");
    free(plain.data);
    free(drawn.file.data);
}

int main(void) {
    test_files();
    test_damaged_files();
    test_damaged_plans();
    test_other_writers();
    test_filtered_rows();
    test_fax_ways();
    test_limits();
    return check_summary();
}
