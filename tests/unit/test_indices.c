/* SPDX-License-Identifier: MIT */
/*
 * Palettes that follow from the pixels: pictures with colours instead of indices, the way there and back, and pictures
 * that must keep their palettes.
 */
#include "test_image.h"

#include "image/indices.h"
#include "image/record.h"

enum { WIDTH = 40, HEIGHT = 30, PIXELS = WIDTH * HEIGHT };

/* A picture with indices. */
struct drawn {
    struct picture_info info;
    struct byte_buffer head;
    uint8_t *indices;
    uint8_t palette[768], alpha[256];
    unsigned entries, alphas; /* alphas: of the tRNS chunk; 0: there is none */
};

static void put_head(struct drawn *drawn, unsigned depth) {
    drawn->head.size = 0;
    picture_record_begin(&drawn->head, (uint8_t)depth, 3, false, NULL);
    picture_record_add(&drawn->head, "gAMA", "\0\0\261\217", 4, NULL);
    picture_record_add(&drawn->head, "PLTE", drawn->palette, (size_t)3 * drawn->entries, NULL);
    if (drawn->alphas > 0) {
        picture_record_add(&drawn->head, "tRNS", drawn->alpha, drawn->alphas, NULL);
    }
    picture_record_add(&drawn->head, "bKGD", "\0", 1, NULL);
}

/* Entries all differ. The first of them, as many as alphas, are not opaque. Numbers are those of the first pixels, with
 * or without the opaque ones last. */
static struct drawn draw_indexed(unsigned depth, unsigned used, unsigned others, unsigned alphas, bool opaque_last,
                                 uint64_t *seed) {
    struct drawn drawn = {
        .info = png_info_of(PICTURE_PNG, WIDTH, HEIGHT, (int)depth, 3), .entries = used + others, .alphas = alphas};
    drawn.indices = calloc(PIXELS, 1);
    for (unsigned i = 0; i < drawn.entries; i++) {
        const uint8_t entry[3] = {(uint8_t)noise(seed), (uint8_t)noise(seed), (uint8_t)i};
        memcpy(drawn.palette + (size_t)3 * i, entry, 3);
        drawn.alpha[i] = (uint8_t)(i < alphas ? noise(seed) % 255 : 255);
    }
    unsigned next[2] = {0, alphas}, seen = 0;
    for (unsigned i = 0; i < PIXELS; i++) {
        const bool grows = seen < used && (used - seen >= PIXELS - i || noise(seed) % 3 == 0);
        bool second = opaque_last && (noise(seed) & 1) != 0;
        second = opaque_last && (next[0] == alphas || (second && next[1] < used));
        drawn.indices[i] = !grows && seen > 0 ? drawn.indices[noise(seed) % i] : (uint8_t)next[second ? 1 : 0]++;
        seen += grows || seen == 0;
    }
    put_head(&drawn, depth);
    return drawn;
}

static void drawn_free(struct drawn *drawn) {
    free(drawn->head.data);
    free(drawn->indices);
}

/* Does it become a picture of colours? That is one of the pixels' colours, which comes back. */
static bool becomes_colours(const struct drawn *drawn, const char *what, unsigned number) {
    struct whole_picture coloured, back;
    struct bswz_error error = {.status = BSWZ_OK};
    bool found;
    CHECK(indices_to_colours(&drawn->info, &drawn->head, drawn->indices, &coloured, &found, &error) == BSWZ_OK,
          "%s %u: %s", what, number, error.message);
    if (!found) {
        return false;
    }
    const unsigned channels = coloured.info.channels;
    struct picture_record record;
    CHECK(channels == (drawn->alphas > 0 ? 4 : 3) && !coloured.info.indexed, "%s %u", what, number);
    CHECK(picture_record_parse(&coloured.head, &coloured.info, &record, &error) == BSWZ_OK, "%s %u: %s", what, number,
          error.message);
    bool same = true;
    for (unsigned i = 0; i < PIXELS; i++) {
        const unsigned index = drawn->indices[i];
        same &= memcmp(coloured.samples + (size_t)i * channels, drawn->palette + (size_t)3 * index, 3) == 0;
        same &= channels == 3 || coloured.samples[i * 4 + 3] == drawn->alpha[index];
    }
    CHECK(same, "%s %u", what, number);
    CHECK(indices_restore(&coloured.info, &coloured.head, coloured.samples, &back, &error) == BSWZ_OK, "%s %u: %s",
          what, number, error.message);
    CHECK(same_info(&back.info, &drawn->info) && same_bytes(&back.head, &drawn->head) &&
              memcmp(back.samples, drawn->indices, PIXELS) == 0,
          "%s %u", what, number);
    whole_picture_free(&back);
    whole_picture_free(&coloured);
    return true;
}

static void test_every_size(void) {
    uint64_t seed = 1;
    for (unsigned used = 1; used <= 256; used++) {
        for (unsigned others = 0; others < 2 && used + others <= 256; others++) {
            struct drawn drawn = draw_indexed(8, used, others, 0, false, &seed);
            CHECK(becomes_colours(&drawn, "opaque", used), "%u and %u", used, others);
            drawn_free(&drawn);
            const unsigned alphas = 1 + (unsigned)(noise(&seed) % used);
            drawn = draw_indexed(8, used, others, alphas, true, &seed);
            CHECK(becomes_colours(&drawn, "opaque last", used), "%u and %u", used, others);
            drawn_free(&drawn);
            drawn = draw_indexed(8, used, others, alphas, false, &seed);
            CHECK(becomes_colours(&drawn, "with alpha", used), "%u and %u", used, others);
            drawn_free(&drawn);
        }
    }
    for (unsigned depth = 1; depth <= 4; depth *= 2) {
        struct drawn drawn = draw_indexed(depth, 1u << depth, 0, 1, true, &seed);
        CHECK(becomes_colours(&drawn, "depth", depth), "%u", depth);
        drawn_free(&drawn);
    }
}

/* Palettes that do not follow from the pixels stay. */
static void test_others(void) {
    uint64_t seed = 2;
    struct drawn drawn = draw_indexed(8, 100, 3, 0, false, &seed);
    memcpy(drawn.palette + 3 * 7, drawn.palette + 3 * 9, 3); /* twice the same colour */
    put_head(&drawn, 8);
    CHECK(!becomes_colours(&drawn, "twice", 0), "twice");
    drawn_free(&drawn);
    drawn = draw_indexed(8, 100, 3, 0, false, &seed);
    for (unsigned i = 0; i < PIXELS; i++) { /* two numbers exchanged */
        const uint8_t index = drawn.indices[i];
        drawn.indices[i] = index == 50 ? 51 : index == 51 ? 50 : index;
    }
    CHECK(!becomes_colours(&drawn, "another order", 0), "another order");
    drawn_free(&drawn);
    drawn = draw_indexed(8, 100, 3, 0, false, &seed);
    drawn.alphas = 102; /* an entry that is not used, and not opaque */
    drawn.alpha[101] = 7;
    put_head(&drawn, 8);
    CHECK(!becomes_colours(&drawn, "unused alpha", 0), "unused alpha");
    drawn_free(&drawn);
    drawn = draw_indexed(8, 100, 3, 4, true, &seed);
    drawn.alphas = 9; /* the last ones are 255, which they need not be */
    put_head(&drawn, 8);
    CHECK(!becomes_colours(&drawn, "a long tRNS", 0), "a long tRNS");
    drawn_free(&drawn);
    drawn = draw_indexed(8, 100, 0, 0, false, &seed);
    drawn.indices[5] = 200; /* beyond the palette */
    CHECK(!becomes_colours(&drawn, "no entry", 0), "no entry");
    drawn_free(&drawn);
    struct picture_info info = png_info_of(PICTURE_PNG, 256, 256, 8, 3);
    CHECK(indices_are_eligible(&info), "256 x 256");
    info.height++;
    CHECK(!indices_are_eligible(&info), "256 x 257");
}

/* The writer of PNG files gets colours, and makes indices. Too many of them are an error, or, after damage, colours. */
static void test_writer(void) {
    uint64_t seed = 4;
    struct drawn drawn = draw_indexed(8, 256, 0, 40, true, &seed);
    struct whole_picture coloured;
    struct byte_buffer file = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    bool found;
    indices_to_colours(&drawn.info, &drawn.head, drawn.indices, &coloured, &found, NULL);
    CHECK(found, "found");
    struct picture picture = {.info = coloured.info, .head = coloured.head};
    picture.rows = (struct byte_buffer){coloured.samples, (size_t)PIXELS * 4, (size_t)PIXELS * 4};
    CHECK(picture_save(PICTURE_PNG, &picture, 7, &file, &error) == BSWZ_OK, "%s", error.message);
    struct picture read = picture_load(PICTURE_PNG, &file);
    CHECK(read.status == BSWZ_OK && same_info(&read.info, &drawn.info) && same_bytes(&read.head, &drawn.head) &&
              memcmp(read.rows.data, drawn.indices, PIXELS) == 0,
          "the file: %s", read.error.message);
    picture_free(&read);
    file.size = 0;

    for (unsigned i = 0; i < 3; i++) { /* one colour more than a palette has */
        coloured.samples[4 * (PIXELS - 1) + i] ^= 0x55;
    }
    struct picture_writer *writer;
    for (int may_change = 0; may_change < 2; may_change++) {
        file.size = 0;
        CHECK(picture_writer_open(PICTURE_PNG, &coloured.info, &coloured.head, (struct byte_sink){memory_write, &file},
                                  &writer, &error) == BSWZ_OK,
              "%s", error.message);
        if (may_change) {
            picture_writer_allow_changes(writer);
        }
        enum bswz_status status = picture_writer_rows(writer, coloured.samples, HEIGHT, &error);
        status = status == BSWZ_OK ? picture_writer_finish(writer, NULL, &error) : status;
        CHECK(status == (may_change ? BSWZ_OK : BSWZ_ERROR_FORMAT), "%d: %s", (int)status, error.message);
        picture_writer_close(writer);
    }
    read = picture_load(PICTURE_PNG, &file);
    CHECK(read.status == BSWZ_OK && read.info.channels == 4 && same_bytes(&read.rows, &picture.rows), "colours: %s",
          read.error.message);
    picture_free(&read);
    free(file.data);
    whole_picture_free(&coloured);
    drawn_free(&drawn);
}

/* What a damaged stream could say. */
static void test_rules(void) {
    static const struct {
        const char *content;
        uint32_t size;
        uint8_t colour_type;
        bool is_sound;
    } rules[] = {{"\10\1", 2, 6, true},    {"\1\0abc", 5, 2, true}, {"\10\1", 2, 3, false}, {"\10\1", 2, 4, false},
                 {"\10\2", 2, 6, false},   {"\3\1", 2, 6, false},   {"\10", 1, 6, false},   {"", 0, 6, false},
                 {"\10\1ab", 4, 6, false}, {"\0\1", 2, 6, false},   {"\20\1", 2, 6, false}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct picture_chunk chunk = {(const uint8_t *)"INDX", (const uint8_t *)rules[i].content, rules[i].size};
        CHECK(picture_rule_is_sound(&chunk, rules[i].colour_type) == rules[i].is_sound, "rule %zu", i);
    }
}

int main(void) {
    test_every_size();
    test_others();
    test_writer();
    test_rules();
    return check_summary();
}
