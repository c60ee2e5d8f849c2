/* SPDX-License-Identifier: MIT */
/*
 * JPEG files split into coefficients and a recipe, and rebuilt: files of every supported kind come back byte for
 * byte, others are refused, and damaged files, recipes and headers do no harm.
 */
#include "test_jpeg_trip.h"

#include "jpeg/curves.h"
#include "jpeg/filled.h"
#include "jpeg/optimal_huffman.h"
#include "jpeg/read.h"

/* ---- split and rebuilt ---- */

static void expect_refused(const char *what, struct byte_buffer file, enum bswz_status expected) {
    struct jpeg_planes planes;
    struct byte_buffer packed = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    const enum bswz_status status = take_apart(&file, &planes, &packed, &error);
    CHECK(status == expected && error.message[0] != 0, "%s: %d %s", what, (int)status, error.message);
    if (status == BSWZ_OK) {
        jpeg_planes_free(&planes);
    }
    free(file.data);
    free(packed.data);
}

static const struct jpeg_kind kinds[] = {
    {.components = 3, .sampling = {22}},
    {.components = 3, .sampling = {11}, .is_optimised = true, .quality = 95},
    {.components = 3, .sampling = {21}, .is_progressive = true},
    {.components = 3, .sampling = {12}, .restart = 1},
    {.components = 3, .sampling = {22}, .script = sequential_script, .restart = 3},
    {.components = 3, .sampling = {22}, .script = odd_script, .quality = 90},
    {.components = 3, .sampling = {21, 12, 11}, .script = odd_script, .restart = 2},
    {.components = 3, .sampling = {11}, .script = cut_script},
    {.components = 3, .sampling = {42}, .script = pair_script, .is_optimised = true},
    {.components = 3, .sampling = {41, 11, 21}, .quality = 99},
    {.components = 3, .sampling = {11, 22, 11}, .is_progressive = true, .restart = 5},
    {.components = 3, .sampling = {31, 11, 31}},
    {.components = 3, .sampling = {14, 12, 11}, .is_progressive = true},
    {.components = 3, .sampling = {22, 21, 12}, .quality = 30},
    {.components = 3, .sampling = {24}, .quality = 20},
    {.components = 1, .sampling = {11}},
    {.components = 1, .sampling = {22}, .is_progressive = true, .restart = 1},
    {.components = 1, .sampling = {41}, .is_optimised = true},
    {.components = 3, .sampling = {22}, .has_segments = true, .is_optimised = true},
    {.components = 3, .sampling = {22}, .is_flat = true, .is_progressive = true, .restart = 2},
    {.components = 3, .sampling = {11}, .quality = 100, .is_progressive = true},
    {.components = 4},
    {.components = 4, .is_ycck = true, .sampling = {22}, .is_progressive = true, .restart = 3},
    {.components = 4, .is_ycck = true, .sampling = {21}, .is_optimised = true},
    {.components = 2, .sampling = {21}},
    {.components = 2, .restart = 2, .is_progressive = true},
    {.components = 3, .sampling = {22}, .is_arithmetic = true},
    {.components = 3, .sampling = {21}, .is_arithmetic = true, .restart = 2, .quality = 98},
    {.components = 3, .sampling = {22}, .is_arithmetic = true, .is_progressive = true},
    {.components = 3, .script = odd_script, .is_arithmetic = true, .restart = 3, .quality = 90},
    {.components = 1, .is_arithmetic = true, .is_flat = true, .restart = 1},
    {.components = 4, .is_arithmetic = true, .is_progressive = true, .quality = 100},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static void test_kinds(void) {
    static const uint32_t sizes[][2] = {{1, 1},   {1, 40},  {40, 1},  {7, 9},   {8, 8},   {9, 7},
                                        {16, 17}, {17, 16}, {23, 40}, {31, 33}, {33, 24}, {40, 40}};
    for (size_t k = 0; k < KINDS; k++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            char what[64];
            snprintf(what, sizeof what, "kind %zu, %u x %u", k, sizes[s][0], sizes[s][1]);
            expect_rebuilt(what, make_jpeg(sizes[s][0], sizes[s][1], &kinds[k]));
        }
    }
    /* long runs, and more corrections in one than libjpeg holds */
    const struct jpeg_kind flat = {.components = 1, .is_flat = true, .is_progressive = true};
    expect_rebuilt("runs of 32767 blocks", make_jpeg(2080, 1100, &flat));
    const struct jpeg_kind busy = {.components = 1, .is_progressive = true, .quality = 97};
    expect_rebuilt("many corrections", make_jpeg(200, 160, &busy));
}

/* Common tables cost almost nothing. */
static void test_sizes(void) {
    struct jpeg_kind kind = {.components = 3, .sampling = {22}};
    size_t size = expect_rebuilt("standard tables", make_jpeg(100, 80, &kind));
    CHECK(size < 60, "%zu bytes", size);
    kind.is_optimised = true;
    size = expect_rebuilt("optimal tables", make_jpeg(100, 80, &kind));
    CHECK(size < 60, "%zu bytes", size);
    kind.is_progressive = true;
    size = expect_rebuilt("progressive", make_jpeg(100, 80, &kind));
    CHECK(size < 100, "%zu bytes", size);
}

/* ---- what encoders may choose ---- */

static void test_surroundings(void) {
    const struct jpeg_kind kind = {.components = 3, .sampling = {21}};
    struct byte_buffer file = make_jpeg(30, 20, &kind);
    append_or_abort(&file, "anything \xff\xda may follow", 22);
    expect_rebuilt("bytes after the end", file);
    file = make_jpeg(30, 20, &kind);
    struct byte_buffer filled = {0};
    const size_t at = find_segment(&file, 0xda);
    append_or_abort(&filled, file.data, at);
    append_or_abort(&filled, "\xff\xff\xff", 3);
    append_or_abort(&filled, file.data + at, file.size - at - 2);
    append_or_abort(&filled, "\xff\xff\xff\xd9", 4);
    free(file.data);
    expect_rebuilt("fill bytes before markers", filled);
    file = make_jpeg(30, 20, &kind); /* like the frames of Motion JPEG */
    for (size_t found = find_segment(&file, 0xc4); found != SIZE_MAX; found = find_segment(&file, 0xc4)) {
        const size_t length = 2 + ((size_t)file.data[found + 2] << 8 | file.data[found + 3]);
        memmove(file.data + found, file.data + found + length, file.size - found - length);
        file.size -= length;
    }
    expect_rebuilt("no Huffman tables", file);
}

static void test_curves(void) {
    static const uint8_t numbers[8] = {0, 0, 0, 1, 0, 3, 0, 3}, wanted[8] = {0, 0, 0, 0, 0, 2, 2, 3};
    uint8_t differences[8], again[8];
    jpeg_curve_to_differences(numbers, 4, differences);
    jpeg_curve_from_differences(differences, 4, again);
    CHECK(memcmp(differences, wanted, 8) == 0 && memcmp(again, numbers, 8) == 0, "steps of 1, 2 and 0");

    /* in any bytes, complete, truncated, nested, with wrong counts */
    uint64_t state = 5;
    for (unsigned number = 0; number < 300; number++) {
        uint8_t bytes[700], kept[700];
        const size_t size = noise(&state) % sizeof bytes;
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (uint8_t)noise(&state);
        }
        for (unsigned curve = 0; curve < 4; curve++) {
            const size_t at = noise(&state) % sizeof bytes;
            uint8_t front[12] = {'c', 'u', 'r', 'v'};
            front[11] = (uint8_t)noise(&state);
            front[10] = noise(&state) % 4 == 0;
            front[8] = noise(&state) % 16 == 0 ? 0xff : 0;
            for (size_t i = 0; i < sizeof front && at + i < size; i++) {
                bytes[at + i] = front[i];
            }
        }
        memcpy(kept, bytes, size);
        CHECK(jpeg_curves_to_differences(bytes, size, NULL) == BSWZ_OK &&
                  jpeg_curves_from_differences(bytes, size, NULL) == BSWZ_OK && memcmp(bytes, kept, size) == 0,
              "number %u", number);
    }

    /* a profile with a curve of 4096 numbers takes a tenth */
    const struct jpeg_kind kind = {.components = 3, .sampling = {21}};
    struct byte_buffer file = make_jpeg(60, 40, &kind), with_curve = {0};
    append_or_abort(&with_curve, file.data, 2);
    append_or_abort(&with_curve,
                    "\xff\xe2\x20\x1c"
                    "ICC_PROFILE\0\1\1"
                    "curv\0\0\0\0\0\0\x10\0",
                    4 + 14 + 12);
    for (unsigned i = 0; i < 4096; i++) {
        const uint64_t light = (uint64_t)i * i * 65535 / (4095 * 4095);
        const uint8_t bytes[2] = {(uint8_t)(light >> 8), (uint8_t)light};
        append_or_abort(&with_curve, bytes, 2);
    }
    append_or_abort(&with_curve, file.data + 2, file.size - 2);
    const size_t without = expect_rebuilt("no profile", file), with = expect_rebuilt("a profile", with_curve);
    CHECK(with < without + 820, "%zu, %zu", with, without);
}

/* Flip the last bits of segments: where they are padding, they come back. */
static void test_padding(void) {
    const struct jpeg_kind kind = {.components = 3, .restart = 1};
    unsigned listed = 0, zeros = 0;
    for (uint32_t width = 1; width < 40; width += 3) {
        for (unsigned way = 0; way < 3; way++) {
            struct byte_buffer file = make_jpeg(width, 40, &kind), packed = {0};
            struct jpeg_planes planes;
            bool last = false;
            for (size_t at = find_segment(&file, 0xda) + 14; at + 1 < file.size; at++) {
                const bool marker = file.data[at] == 0xff && file.data[at + 1] >= 0xd0;
                if (marker && file.data[at - 1] != 0 && (way != 1 || !last)) {
                    for (unsigned bit = 0; bit < (way == 2 ? 8 : 1) && (file.data[at - 1] >> bit & 1) != 0; bit++) {
                        file.data[at - 1] ^= (uint8_t)(1u << bit);
                    }
                    last = way == 1;
                }
            }
            const enum bswz_status status = take_apart(&file, &planes, &packed, NULL);
            if (status == BSWZ_OK) { /* often the bits belong to a code */
                struct cursor cursor = {.bytes = packed.data, .size = packed.size};
                struct jpeg_recipe recipe = {.headers = {0}};
                check_written("padding", &file, &planes, &packed);
                CHECK(jpeg_recipe_take(&cursor, file.size, NULL, &recipe, NULL) == BSWZ_OK, "width %u", width);
                listed += recipe.choices.padding == JPEG_PADDING_LISTED;
                zeros += recipe.choices.padding == JPEG_PADDING_ZEROS;
                jpeg_recipe_free(&recipe);
                jpeg_planes_free(&planes);
            }
            free(file.data);
            free(packed.data);
        }
    }
    CHECK(listed > 3 && zeros > 0, "%u files with listed bits, %u with zeros", listed, zeros);
}

/* The file that a recipe makes from planes. The writer does not report the size: it has to be found. */
static struct byte_buffer write_file(const struct jpeg_planes *planes, const struct jpeg_recipe *recipe, size_t least) {
    struct byte_buffer file = {.data = malloc(least + 2000)};
    for (size_t size = least; size < least + 2000 && file.size == 0; size++) {
        file.size = jpeg_write(planes, recipe, NULL, file.data, size, NULL) == BSWZ_OK ? size : 0;
    }
    CHECK(file.size > 0, "no file of %zu bytes or more", least);
    return file;
}

/* Factors that do not divide each other, which libjpeg reads but does not write. */
static void test_fractions(void) {
    static const uint8_t sampling[][3] = {{0x31, 0x21, 0x11}, {0x23, 0x12, 0x11}, {0x11, 0x32, 0x11}};
    const struct jpeg_kind kind = {.components = 3};
    for (size_t i = 0; i < sizeof sampling / sizeof *sampling; i++) {
        struct byte_buffer file = make_jpeg(45, 38, &kind), packed = {0};
        struct jpeg_planes planes;
        struct jpeg_recipe recipe = {.headers = {0}};
        uint64_t state = 5;
        CHECK(take_apart(&file, &planes, &packed, NULL) == BSWZ_OK, "%zu", i);
        jpeg_planes_free(&planes);
        struct cursor cursor = {.bytes = packed.data, .size = packed.size};
        CHECK(jpeg_recipe_take(&cursor, file.size, NULL, &recipe, NULL) == BSWZ_OK, "%zu", i);
        const size_t frame = find_segment(&recipe.headers, 0xc0);
        for (unsigned c = 0; c < 3; c++) {
            recipe.headers.data[frame + 11 + 3 * c] = sampling[i][c];
        }
        CHECK(jpeg_markers_planes(recipe.headers.data, recipe.headers.size, &planes, NULL) == BSWZ_OK &&
                  jpeg_planes_allocate(&planes, NULL) == BSWZ_OK,
              "%zu", i);
        for (unsigned c = 0; c < 3; c++) {
            for (size_t b = 0; b < (size_t)planes.component[c].columns * planes.component[c].rows; b++) {
                planes.component[c].block[b][0] = (int16_t)(noise(&state) % 200);
                planes.component[c].block[b][1 + noise(&state) % 63] = -3;
            }
        }
        expect_rebuilt("fractions", write_file(&planes, &recipe, recipe.headers.size));
        jpeg_planes_free(&planes);
        jpeg_recipe_free(&recipe);
        free(file.data);
        free(packed.data);
    }
}

/* Runs that end early: the recipe turns a file of libjpeg into one of another encoder. */
static void test_turns(void) {
    static const char *const turns[] = {"", "\0", "\1\0", "\0\0\0\0\0\0", "\2\3\1\0\5"};
    const struct jpeg_kind kind = {.components = 3, .sampling = {22}, .script = odd_script};
    struct byte_buffer file = make_jpeg(40, 37, &kind), packed = {0};
    struct jpeg_planes planes;
    unsigned found = 0;
    CHECK(take_apart(&file, &planes, &packed, NULL) == BSWZ_OK, "odd script");
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        struct cursor cursor = {.bytes = packed.data, .size = packed.size};
        struct jpeg_recipe recipe = {.headers = {0}};
        CHECK(jpeg_recipe_take(&cursor, file.size, NULL, &recipe, NULL) == BSWZ_OK, "turns %zu", i);
        append_or_abort(&recipe.choices.turns, turns[i], i == 1 ? 1 : i == 2 ? 2 : i == 3 ? 6 : strlen(turns[i]));
        struct byte_buffer other = write_file(&planes, &recipe, file.size);
        found += other.size > 0 && (other.size != file.size || memcmp(other.data, file.data, file.size) != 0);
        jpeg_recipe_free(&recipe);
        expect_rebuilt("turns", other);
    }
    CHECK(found >= 2, "%u files differ", found); /* some turns are where a run ends anyway */
    jpeg_planes_free(&planes);
    free(file.data);
    free(packed.data);
}

/* Codes are never longer than 16 bits, and fill all but the code of ones. */
static void test_optimal(void) {
    uint64_t state = 12345;
    for (unsigned round = 0; round < 200; round++) {
        uint64_t occurrences[JPEG_SYMBOLS] = {0};
        struct jpeg_codes codes;
        const unsigned symbols = 1 + (unsigned)(noise(&state) % JPEG_SYMBOLS);
        uint64_t value = 1, before = 1;
        unsigned used = 0;
        for (unsigned i = 0; i < symbols; i++) { /* Fibonacci numbers make the deepest trees */
            const uint64_t next = round % 3 == 0 && i < 40 ? value + before : 1 + noise(&state) % (1 + round * round);
            before = value;
            value = next;
            const unsigned symbol = (unsigned)(noise(&state) % JPEG_SYMBOLS);
            used += occurrences[symbol] == 0;
            occurrences[symbol] += value;
        }
        jpeg_codes_optimal(occurrences, &codes);
        uint32_t space = 0, count = 0;
        for (unsigned i = 0; i < JPEG_LENGTHS; i++) {
            space += (uint32_t)codes.count[i] << (15 - i);
            count += codes.count[i];
        }
        CHECK(codes.symbols == used && count == used && space < 1u << 16, "round %u: %zu of %u symbols, %u", round,
              codes.symbols, used, space);
        for (size_t i = 0; i < codes.symbols; i++) {
            CHECK(occurrences[codes.symbol[i]] > 0, "round %u", round);
        }
    }
}

/* ---- several threads ---- */

static void compare_written(const char *what, const struct jpeg_planes *planes, const struct jpeg_recipe *recipe,
                            struct worker_pool *pool, size_t size) {
    uint8_t *one = malloc(size), *several = malloc(size);
    const enum bswz_status alone = jpeg_write(planes, recipe, NULL, one, size, NULL);
    const enum bswz_status shared = jpeg_write(planes, recipe, pool, several, size, NULL);
    CHECK(alone == shared && (alone != BSWZ_OK || memcmp(one, several, size) == 0), "%s: %d, %d", what, (int)alone,
          (int)shared);
    CHECK(jpeg_write_damaged(planes, recipe, NULL, one, size, NULL) == BSWZ_OK &&
              jpeg_write_damaged(planes, recipe, pool, several, size, NULL) == BSWZ_OK &&
              memcmp(one, several, size) == 0,
          "%s, as far as it fits", what);
    free(one);
    free(several);
}

/* The same recipe, and the same bytes of what may be damaged, as by one thread. */
static void test_pieces(void) {
    static const struct jpeg_kind large[] = {
        {.components = 3, .sampling = {22}, .quality = 97},
        {.components = 3, .sampling = {11}, .is_optimised = true, .quality = 90},
        {.components = 1, .sampling = {11}, .is_optimised = true},
        {.components = 3, .sampling = {21}, .script = sequential_script},
        {.components = 3, .sampling = {11}, .restart = 3},
        {.components = 3, .sampling = {22}, .restart = 1, .quality = 97},
        {.components = 1, .sampling = {11}, .restart = 1000, .is_optimised = true},
        {.components = 3, .sampling = {21}, .restart = 28},
    };
    struct worker_pool *pool;
    CHECK(worker_pool_create(3, &pool, NULL) == BSWZ_OK, "threads");
    for (size_t k = 0; k < sizeof large / sizeof *large; k++) {
        struct byte_buffer file = make_jpeg(440, 410, &large[k]), packed = {0}, shared = {0};
        struct jpeg_planes planes;
        struct jpeg_gaps gaps;
        struct jpeg_recipe recipe = {.headers = {0}};
        char what[64];
        snprintf(what, sizeof what, "large kind %zu", k);
        CHECK(jpeg_file_planes(file.data, file.size, &planes, NULL) == BSWZ_OK &&
                  jpeg_file_read(file.data, file.size, &planes, NULL, pool, &gaps, NULL) == BSWZ_OK &&
                  jpeg_file_recipe(file.data, file.size, &planes, &gaps, NULL, &packed, NULL) == BSWZ_OK &&
                  jpeg_file_recipe(file.data, file.size, &planes, &gaps, pool, &shared, NULL) == BSWZ_OK,
              "%s", what);
        CHECK(packed.size == shared.size && memcmp(packed.data, shared.data, packed.size) == 0, "%s: recipe", what);
        struct cursor cursor = {.bytes = packed.data, .size = packed.size};
        CHECK(jpeg_recipe_take(&cursor, file.size, NULL, &recipe, NULL) == BSWZ_OK, "%s", what);
        compare_written(what, &planes, &recipe, pool, file.size);
        compare_written("too short", &planes, &recipe, pool, file.size - file.size / 3);
        planes.component[0].block[planes.component[0].columns * 20 + 5][jpeg_zigzag[60]] = 1500; /* has no code */
        compare_written("no code", &planes, &recipe, pool, file.size);
        jpeg_recipe_free(&recipe);
        jpeg_planes_free(&planes);
        free(gaps.gap);
        free(file.data);
        free(packed.data);
        free(shared.data);
    }
    worker_pool_destroy(pool);
}

/* ---- what is refused ---- */

static void test_refused(void) {
    const struct jpeg_kind plain = {.components = 3, .sampling = {22}};
    struct byte_buffer file = make_jpeg(20, 20, &plain);
    file.data[find_segment(&file, 0xc0) + 4] = 12;
    expect_refused("12 bits", file, BSWZ_ERROR_UNSUPPORTED);
    file = make_jpeg(20, 20, &plain);
    memset(file.data + find_segment(&file, 0xc0) + 5, 0xfe, 4);
    expect_refused("65278 x 65278", file, BSWZ_ERROR_LIMIT);
    file = make_jpeg(20, 20, &plain);
    file.data[find_segment(&file, 0xdb) + 9] = 0;
    expect_refused("a step of zero", file, BSWZ_ERROR_UNSUPPORTED);
    file = make_jpeg(20, 20, &plain);
    file.data[find_segment(&file, 0xc0) + 1] = 0xc3;
    expect_refused("lossless", file, BSWZ_ERROR_UNSUPPORTED);
    file = make_jpeg(20, 20, &plain);
    file.data[find_segment(&file, 0xc0) + 9] = 5;
    expect_refused("five components", file, BSWZ_ERROR_UNSUPPORTED);
    file = make_jpeg(20, 20, &plain);
    file.size = find_segment(&file, 0xda);
    expect_refused("no scan", file, BSWZ_ERROR_FORMAT);
    file = make_jpeg(20, 20, &plain);
    memset(file.data + find_segment(&file, 0xc0) + 5, 0, 2);
    expect_refused("no height", file, BSWZ_ERROR_FORMAT);
}

/* ---- damage ---- */

/* Whatever has become of the file: if it can be split, it comes back. Returns whether it does. */
static bool survives(const struct byte_buffer *file) {
    struct jpeg_planes planes;
    struct byte_buffer packed = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    const enum bswz_status status = take_apart(file, &planes, &packed, &error);
    if (status == BSWZ_OK) {
        check_written("damaged", file, &planes, &packed);
        jpeg_planes_free(&planes);
    } else {
        CHECK(error.message[0] != 0, "status %d", (int)status);
    }
    free(packed.data);
    return status == BSWZ_OK;
}

static void test_damaged_files(void) {
    uint64_t state = 4711;
    unsigned rebuilt = 0, tried = 0;
    for (size_t k = 0; k < KINDS; k++) {
        struct byte_buffer file = make_jpeg(19, 24, &kinds[k]), part;
        for (size_t at = noise(&state) % 3; at < file.size; at += 1 + noise(&state) % 9) {
            const uint8_t kept = file.data[at];
            file.data[at] = (uint8_t)(noise(&state) % 4 == 0 ? noise(&state) : kept ^ 1u << noise(&state) % 8);
            rebuilt += survives(&file);
            tried++;
            file.data[at] = kept;
        }
        for (size_t size = noise(&state) % 7; size < file.size; size += 1 + noise(&state) % 20) {
            part = (struct byte_buffer){file.data, size, 0};
            survives(&part);
            tried++;
        }
        free(file.data);
    }
    CHECK(tried > 2500 && rebuilt > tried / 50, "%u of %u", rebuilt, tried);
}

/* Arbitrary coefficients, in planes that the headers describe. */
static void write_anything(const struct jpeg_recipe *recipe, size_t file_size, uint64_t *state) {
    struct jpeg_planes planes;
    if (jpeg_markers_planes(recipe->headers.data, recipe->headers.size, &planes, NULL) != BSWZ_OK ||
        jpeg_planes_check(&planes, file_size, NULL) != BSWZ_OK || jpeg_planes_allocate(&planes, NULL) != BSWZ_OK) {
        return;
    }
    const uint64_t kind = noise(state) % 3;
    for (unsigned c = 0; c < planes.count; c++) {
        const size_t blocks = (size_t)planes.component[c].columns * planes.component[c].rows;
        for (size_t i = 0; kind > 0 && i < blocks * JPEG_BLOCK; i++) {
            const int largest = kind == 1 ? 1 : JPEG_LARGEST;
            planes.component[c].block[i / JPEG_BLOCK][i % JPEG_BLOCK] =
                (int16_t)((int)(noise(state) % (2 * (unsigned)largest + 1)) - largest);
        }
    }
    uint8_t *file = malloc(file_size);
    const enum bswz_status status = jpeg_write(&planes, recipe, NULL, file, file_size, NULL);
    CHECK(status == BSWZ_OK || status == BSWZ_ERROR_CORRUPT, "status %d", (int)status);
    free(file);
    jpeg_planes_free(&planes);
}

/* Recipes, packed and not. */
static void test_damaged_recipes(void) {
    uint64_t state = 99;
    for (size_t k = 0; k < KINDS; k++) {
        struct byte_buffer file = make_jpeg(33, 24, &kinds[k]), packed = {0};
        struct jpeg_planes planes;
        CHECK(take_apart(&file, &planes, &packed, NULL) == BSWZ_OK, "kind %zu", k);
        for (size_t at = 0; at < packed.size; at++) {
            for (unsigned i = 0; i < 2; i++) {
                const uint8_t kept = packed.data[at];
                struct jpeg_recipe recipe = {.headers = {0}};
                struct cursor cursor = {.bytes = packed.data, .size = i == 0 ? packed.size : at};
                packed.data[at] ^= (uint8_t)(1u << noise(&state) % 8);
                if (jpeg_recipe_take(&cursor, file.size, NULL, &recipe, NULL) == BSWZ_OK) {
                    write_anything(&recipe, file.size, &state);
                }
                jpeg_recipe_free(&recipe);
                packed.data[at] = kept;
            }
        }
        struct cursor cursor = {.bytes = packed.data, .size = packed.size};
        struct jpeg_recipe recipe = {.headers = {0}};
        CHECK(jpeg_recipe_take(&cursor, file.size, NULL, &recipe, NULL) == BSWZ_OK, "kind %zu", k);
        append_or_abort(&recipe.choices.turns, "\0\200\1\3", 4);
        append_or_abort(&recipe.choices.pads, "\0\1\2\3\377", 5);
        append_or_abort(&recipe.choices.gaps, "\1\5\2\x12\377\0\2\1\323\2\10\0\0\11\3ab\320", 19);
        for (size_t at = 0; at < recipe.headers.size; at += 1 + recipe.headers.size / 250) {
            const uint8_t kept = recipe.headers.data[at];
            recipe.headers.data[at] =
                (uint8_t)(noise(&state) % 2 == 0 ? noise(&state) : kept ^ 1u << noise(&state) % 8);
            recipe.choices.padding = (enum jpeg_padding)(noise(&state) % 3);
            write_anything(&recipe, file.size, &state);
            if (noise(&state) % 8 > 0) { /* sometimes damage accumulates */
                recipe.headers.data[at] = kept;
            }
        }
        jpeg_recipe_free(&recipe);
        jpeg_planes_free(&planes);
        free(file.data);
        free(packed.data);
    }
}

/* Scans of almost no bytes, both when restoring and when compressing. */
static void test_many_scans(void) {
    struct byte_buffer file = {0};
    struct jpeg_planes planes;
    uint64_t work[2];
    static const uint8_t front[] = {0xff, 0xd8, 0xff, 0xc2, 0, 11,   8,    16, 0,  16,
                                    0,    1,    1,    0x11, 0, 0xff, 0xdb, 0,  67, 0};
    static const uint8_t dc[] = {0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0}, ac[] = {0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0};
    uint8_t steps[64];
    memset(steps, 1, sizeof steps);
    byte_buffer_append(&file, front, sizeof front, NULL);
    byte_buffer_append(&file, steps, sizeof steps, NULL);
    byte_buffer_append(&file, dc, sizeof dc, NULL);
    for (unsigned scan = 0; scan < 2; scan++) {
        CHECK(jpeg_markers_planes(file.data, file.size, &planes, NULL) == BSWZ_OK, "%u scans", scan + 1);
        work[scan] = planes.scan_work;
        byte_buffer_append(&file, ac, sizeof ac, NULL);
    }
    const uint64_t blocks = (uint64_t)4096 / 8 * 4096 / 8;
    CHECK(work[0] >= blocks && work[1] >= work[0] + 63 * blocks, "%llu, then %llu", (unsigned long long)work[0],
          (unsigned long long)work[1]);
    CHECK(jpeg_planes_check(&planes, blocks / 8, NULL) == BSWZ_OK, "a scan of each");
    planes.scan_work = 400 * work[1];
    CHECK(jpeg_planes_check(&planes, blocks / 8, NULL) == BSWZ_ERROR_LIMIT, "four hundred");
    free(file.data);
}

/* A file is tried in two ways; the reason for refusing it is that of the second. */
static void test_reason(void) {
    static const uint8_t table[] = {0xff, 0xd8, 0xff, 0xdb, 0, 67, 0};
    /* progressive, three components */
    static const uint8_t frame[] = {0xff, 0xc2, 0, 17, 8, 0, 217, 0, 19, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1};
    /* one code, of one bit */
    static const uint8_t huffman[22] = {0xff, 0xc4, 0, 20, 0x10, 1};
    static const uint8_t scan[15] = {0xff, 0xda, 0, 8, 1, 1, 0, 6, 63, 0};
    struct jpeg_planes planes;
    struct byte_buffer file = {0}, recipe = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    uint8_t steps[64];
    memset(steps, 9, sizeof steps);
    byte_buffer_append(&file, table, sizeof table, NULL);
    byte_buffer_append(&file, steps, sizeof steps, NULL);
    byte_buffer_append(&file, frame, sizeof frame, NULL);
    byte_buffer_append(&file, huffman, sizeof huffman, NULL);
    byte_buffer_append(&file, scan, sizeof scan, NULL);
    CHECK(jpeg_file_planes(file.data, file.size, &planes, &error) == BSWZ_OK, "its headers: %s", error.message);
    const enum bswz_status status = jpeg_file_take_apart(file.data, file.size, &planes, &recipe, &error);
    CHECK(status != BSWZ_OK && status == error.status, "%d, %s", (int)status, error.message);
    free(file.data);
    free(recipe.data);
}

/* ---- masks ---- */

static void test_filled(void) {
    static const int16_t value[] = {1, -1, 127, 128, 255, 256, -256, 512, 2047, -2047, INT16_MAX, INT16_MIN};
    int16_t block[JPEG_BLOCK] = {0};
    CHECK(jpeg_filled(block) == 0, "no coefficients");
    for (unsigned i = 0; i < 20 * JPEG_BLOCK; i++) {
        block[i * 37 % JPEG_BLOCK] = i % 3 == 2 ? 0 : value[i * 7 % (sizeof value / sizeof *value)];
        CHECK(jpeg_filled(block) == jpeg_filled_plain(block), "mask %u", i);
    }
}

int main(void) {
    test_filled();
    test_reason();
    test_many_scans();
    test_kinds();
    test_sizes();
    test_surroundings();
    test_curves();
    test_padding();
    test_fractions();
    test_turns();
    test_optimal();
    test_pieces();
    test_refused();
    test_damaged_files();
    test_damaged_recipes();
    return check_summary();
}
