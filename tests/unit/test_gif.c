/* SPDX-License-Identifier: MIT */
/*
 * GIF files: they are walked, taken apart, coded in streams, and restored byte for byte, whatever their writers chose;
 * damaged and truncated ones, too.
 */
#include "gif_draw.h"
#include "test_stream_trip.h"

#include "gif/data.h"
#include "gif/interlace.h"
#include "image/picture.h"

static struct byte_buffer buffer_of(const struct gif_file *file) {
    return (struct byte_buffer){.data = file->bytes, .size = file->size};
}

/* ---- image data ---- */

/* The size of the choices; SIZE_MAX: the image is not coded. */
static size_t choices_of(const struct gif_file *file, const char *what) {
    struct gif_walk walk;
    struct gif_image image;
    struct gif_habits habits = GIF_HABITS_FIRST;
    struct byte_buffer choices = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    size_t end = 0;
    bool is_coded = false;
    CHECK(gif_walk_begin(&walk, file->bytes, file->size) && gif_walk_next(&walk, &image) == GIF_IMAGE, "%s", what);
    uint8_t *pixels = calloc((size_t)image.width * image.height, 1);
    const enum bswz_status status =
        gif_data_take_apart(file->bytes, file->size, &image, &habits, pixels, &choices, &end, &is_coded, &error);
    CHECK(status == BSWZ_OK, "%s: %s", what, error.message);
    if (is_coded) { /* the indices must be those that were drawn */
        const size_t size = (size_t)image.width * image.height;
        uint8_t *drawn = malloc(size), *rows = malloc(size);
        gif_draw(drawn, image.width, image.height, image.index_bits, 0);
        gif_rows_from_data(&image, pixels, rows);
        size_t same_rows = 0;
        while (same_rows < size && drawn[same_rows] == rows[same_rows]) {
            same_rows++;
        }
        CHECK(same_rows + 8 * image.width >= size, "%s: other indices from %zu on", what, same_rows);
        free(drawn);
        free(rows);
    }
    const size_t size = choices.size;
    free(choices.data);
    free(pixels);
    return is_coded ? size : SIZE_MAX;
}

static void test_policies(void) {
    static const struct {
        const char *name;
        struct gif_kind kind;
        size_t most; /* the largest size of the choices */
    } cases[] = {
        {"usual", {0}, 16},
        {"interlaced", {.is_interlaced = true}, 16},
        {"cleared early", {.clear_every = 700}, 16},
        {"never cleared", {.clear_every = GIF_DEFERRED}, 16},
        {"cleared at the end", {.clear_at_end = true}, 16},
        {"no clear code in front", {.no_first_clear = true, .clear_every = GIF_DEFERRED}, 16},
        {"blocks of 254", {.block = 254}, 16},
        {"blocks of 100", {.block = 100}, 16},
        {"single indices", {.longest = 1, .clear_every = 254}, 16},
        {"strings of up to 3", {.longest = 3}, 20000},
        {"no end code", {.no_end = true}, 16},
        {"a last byte that is filled", {.fill = 127}, 16},
        {"bytes after the end", {.extra = 9}, 32},
        {"odd blocks", {.odd_blocks = true}, 400},
        {"odd clear codes", {.odd_clears = 333}, 200},
        {"shorter strings", {.shorter_every = 50}, 2000},
        {"shorter strings all the time", {.shorter_every = 2}, 40000},
        {"indices that are missing", {.missing = 100}, 16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gif_file file = gif_still(240, 180, &cases[i].kind);
        const struct byte_buffer input = buffer_of(&file);
        const size_t size = choices_of(&file, cases[i].name);
        CHECK(size <= cases[i].most, "%s: %zu bytes of choices", cases[i].name, size);
        CHECK(round_trip(&input, &usual_options, 0, cases[i].name) < file.size * 9 / 10, "%s: %zu -> %zu bytes",
              cases[i].name, file.size, stream.size);
        free(file.bytes);
    }
}

static void test_sizes(void) {
    static const uint32_t sides[][2] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {7, 5}, {64, 48}, {300, 3}, {3, 300}};
    char what[64];
    for (unsigned bits = 1; bits <= 8; bits++) {
        for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
            const struct gif_kind kind = {.bits = bits, .is_interlaced = i % 2 == 1};
            snprintf(what, sizeof what, "%ux%u, %u bits", sides[i][0], sides[i][1], bits);
            struct gif_file file = gif_still(sides[i][0], sides[i][1], &kind);
            const struct byte_buffer input = buffer_of(&file);
            CHECK(choices_of(&file, what) <= 16, "%s", what);
            round_trip(&input, &usual_options, 0, what);
            free(file.bytes);
        }
    }
}

/* Invalid image data comes back as well. */
static void test_nonsense(void) {
    uint64_t state = 99;
    for (unsigned i = 0; i < 80; i++) {
        const struct gif_kind kind = {.bits = 1 + i % 8, .is_interlaced = i % 3 == 0};
        struct gif_file file = gif_animation(40, 30, 1 + i % 3, i % 2, &kind);
        for (unsigned k = 0; k < 1 + i % 4; k++) {
            const size_t at = 13 + noise(&state) % (file.size - 13);
            file.bytes[at] = (uint8_t)noise(&state);
        }
        const struct byte_buffer input = buffer_of(&file);
        round_trip(&input, &usual_options, 0, "nonsense");
        free(file.bytes);
    }
}

static void test_cut(void) {
    struct gif_file file = gif_animation(60, 50, 4, true, &(struct gif_kind){.bits = 5});
    for (size_t size = 0; size < file.size; size += 1 + size / 12) {
        const struct byte_buffer input = {.data = file.bytes, .size = size};
        round_trip(&input, &usual_options, 0, "cut");
    }
    free(file.bytes);
    /* most of an image is still coded */
    struct gif_file still = gif_still(300, 200, &(struct gif_kind){.bits = 6});
    const struct byte_buffer input = {.data = still.bytes, .size = still.size * 3 / 4};
    CHECK(round_trip(&input, &usual_options, 0, "three quarters") < input.size * 9 / 10, "%zu -> %zu", input.size,
          stream.size);
    CHECK(strcmp(list_stream(&stream, "three quarters").entries[0].format, "GIF") == 0, "not as a GIF");
    free(still.bytes);
}

/* ---- blocks ---- */

static void test_blocks(void) {
    struct gif_file file = gif_animation(40, 30, 5, true, &(struct gif_kind){.bits = 4});
    struct gif_walk walk;
    struct gif_image image;
    unsigned count = 0;
    CHECK(gif_walk_begin(&walk, file.bytes, file.size) && walk.width == 40 && walk.height == 30 &&
              walk.global_colours == 16,
          "%u colours", walk.global_colours);
    while (gif_walk_next(&walk, &image) == GIF_IMAGE) {
        CHECK(image.disposal == count % 4 && image.transparent == (count == 2 ? 0 : -1) && image.index_bits == 4 &&
                  image.has_own_table == (count % 2 == 1) && image.colours == 16 &&
                  image.width == (count % 3 == 1 ? 20 : 40),
              "image %u", count);
        CHECK(gif_walk_data(&walk), "image %u", count);
        count++;
    }
    CHECK(count == 5 && walk.at == file.size, "%u images, %zu of %zu bytes", count, walk.at, file.size);
    CHECK(picture_extent(PICTURE_GIF, file.bytes, file.size, false) == file.size, "extent");
    for (size_t size = 1; size < file.size; size++) {
        CHECK(picture_extent(PICTURE_GIF, file.bytes, size, false) == 0, "extent of %zu bytes", size);
    }
    gif_put(&file, "more", 4);
    CHECK(picture_extent(PICTURE_GIF, file.bytes, file.size, true) == file.size - 4, "extent with more");
    free(file.bytes);
}

/* ---- animations ---- */

static void test_animations(void) {
    char what[64];
    for (unsigned i = 0; i < 24; i++) {
        const int level = 1 + (int)(i % 9);
        const struct bswz_compress_options options = {.size = sizeof options, .level = level, .threads = 1};
        const struct gif_kind kind = {.bits = 1 + i % 8, .is_interlaced = i % 5 == 0};
        struct gif_file file = gif_animation(50 + i, 40 - i, 2 + i % 7, i % 2 == 1, &kind);
        const struct byte_buffer input = buffer_of(&file);
        snprintf(what, sizeof what, "animation %u, level %d", i, level);
        round_trip(&input, &options, 0, what);
        const struct listing listing = list_stream(&stream, what);
        CHECK(listing.count == 1 && strcmp(listing.entries[0].format, "GIF") == 0 && listing.entries[0].is_picture &&
                  strcmp(listing.entries[0].promise, "bytes") == 0 && listing.entries[0].width == 50 + i &&
                  listing.entries[0].restored_size == file.size,
              "%s: %u parts", what, listing.count);
        free(file.bytes);
    }
}

/* Frames similar to those before cost next to nothing, with or without local tables. */
static void test_what_stood_there(void) {
    uint8_t indices[60 * 60];
    const struct gif_kind kind = {.bits = 7};
    size_t sizes[2];
    uint64_t state = 5;
    for (size_t i = 0; i < sizeof indices; i++) {
        indices[i] = noise(&state) & 127;
    }
    for (unsigned twice = 0; twice < 2; twice++) {
        struct gif_file file = {0};
        gif_screen(&file, 60, 60, 7);
        for (unsigned i = 0; i < 1 + 5 * twice; i++) {
            gif_control(&file, 1, -1);
            gif_image(&file, 0, 0, 60, 60, i % 2 == 1 ? 5 : 0, indices, &kind); /* the same colours as the global
                                                                                 * table */
        }
        gif_put_8(&file, 0x3b);
        const struct byte_buffer input = buffer_of(&file);
        sizes[twice] = round_trip(&input, &usual_options, 0, "noise that stays");
        free(file.bytes);
    }
    CHECK(sizes[1] < sizes[0] + 250, "%zu bytes, five times more %zu", sizes[0], sizes[1]);
}

/* ---- among other data ---- */

static void test_inside(void) {
    struct gif_file file = gif_animation(80, 60, 3, true, &(struct gif_kind){.bits = 6});
    struct byte_buffer input = {0};
    append(&input, "GIF89a is no file, GIF87a neither.", 34);
    append(&input, file.bytes, file.size);
    append(&input, "and on", 6);
    append(&input, file.bytes, file.size);
    append(&input, file.bytes, file.size / 2); /* without an end: not recognised */
    round_trip(&input, &usual_options, 0, "inside");
    const struct listing listing = list_stream(&stream, "inside");
    unsigned found = 0;
    for (unsigned i = 0; i < listing.count && i < 8; i++) {
        found += strcmp(listing.entries[i].format, "GIF") == 0;
    }
    CHECK(found == 2, "%u GIF files", found);
    free(input.data);
    free(file.bytes);
}

static void test_limits(void) {
    struct gif_file file = gif_still(450, 400, &(struct gif_kind){.bits = 6});
    const struct byte_buffer input = buffer_of(&file);
    struct bswz_error error;
    const struct bswz_compress_options little = {
        .size = sizeof little, .level = 1, .threads = 1, .memory_limit = 1 << 20};
    CHECK(compress(&input, &little, 0, &stream, &error) == BSWZ_ERROR_LIMIT, "%s", error.message);
    CHECK(compress(&input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s", error.message);
    const struct bswz_decompress_options small = {.size = sizeof small, .threads = 1, .memory_limit = 1 << 20};
    CHECK(decompress_with(&stream, &small, &restored, &error) == BSWZ_ERROR_LIMIT && restored.size == 0, "%s",
          error.message);
    free(file.bytes);
}

/* ---- damage ---- */

/* A damaged stream never gives a different file without an error; a rescue gives a file of the same size. */
static void check_damage(const struct byte_buffer *input, const char *what) {
    struct bswz_error error;
    uint64_t state = 77;
    CHECK(compress(input, &usual_options, 0, &stream, &error) == BSWZ_OK, "%s: %s", what, error.message);
    const struct bswz_decompress_options rescue = {.size = sizeof rescue, .threads = 1, .rescue = true};
    unsigned rescued = 0;
    for (unsigned i = 0; i < 40; i++) {
        struct byte_buffer broken = {0};
        append(&broken, stream.data, stream.size);
        if (i % 2 == 0) {
            broken.data[11 + noise(&state) % (broken.size - 11)] ^= (uint8_t)(1 + noise(&state) % 255);
        } else {
            broken.size = 11 + noise(&state) % (broken.size - 11);
        }
        enum bswz_status status = decompress(&broken, &restored, &error);
        CHECK(status != BSWZ_OK, "%s: damage %u goes unnoticed", what, i);
        status = decompress_with(&broken, &rescue, &restored, &error);
        CHECK(status != BSWZ_OK && (restored.size == 0 || restored.size == input->size),
              "%s: damage %u gives %zu bytes", what, i, restored.size);
        rescued += restored.size > 0;
        free(broken.data);
    }
    CHECK(rescued > 20, "%s: %u rescued", what, rescued);
}

static void test_damage(void) {
    struct gif_file still = gif_still(120, 90, &(struct gif_kind){.bits = 6});
    struct gif_file animation = gif_animation(80, 60, 5, true, &(struct gif_kind){.bits = 6});
    const struct byte_buffer one = buffer_of(&still), several = buffer_of(&animation);
    check_damage(&one, "an image");
    check_damage(&several, "an animation");
    free(still.bytes);
    free(animation.bytes);
}

int main(void) {
    test_blocks();
    test_policies();
    test_sizes();
    test_nonsense();
    test_cut();
    test_animations();
    test_what_stood_there();
    test_inside();
    test_limits();
    test_damage();
    free_trip();
    return check_summary();
}
