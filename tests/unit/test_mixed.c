/* SPDX-License-Identifier: MIT */
/*
 * Mixed pictures: whatever the map, the samples come back; every kernel and number of threads gives the same bytes;
 * damage gives an error or wrong samples, and a truncated payload gives as much as there is.
 */
#include "each_kernel.h"
#include "test_origin_draw.h"
#include "test_stream.h"
#include "toy_model.h"

#include "band/frame.h"
#include "band/mixed.h"
#include "band/mixed_map.h"

enum map_kind { MAP_DRAWN, MAP_MODEL, MAP_CHECKERED, MAP_WINDOW, MAPS, MAP_SMALL };

static uint8_t *make_map(enum map_kind kind, uint32_t width, uint32_t rows) {
    const uint32_t columns = known_blocks_across(width), lines = known_blocks_across(rows);
    uint8_t *map = get((size_t)columns * lines);
    for (uint32_t y = 0; y < lines; y++) {
        for (uint32_t x = 0; x < columns; x++) {
            map[y * columns + x] = (uint8_t)(kind == MAP_DRAWN       ? 1
                                             : kind == MAP_MODEL     ? 0
                                             : kind == MAP_CHECKERED ? (x + y) % 2
                                             : kind == MAP_SMALL     ? x < 6 || y < 2 || x > 11 || y > 5
                                                                     : x < 1 || y < 1 || x + 1 == columns);
        }
    }
    return map;
}

/* Shapes in the blocks of the map, and something like a photograph elsewhere. */
static uint8_t *draw_mixed(const struct mixed *mixed, const uint8_t *map) {
    const struct known_blocks drawn = mixed_known(mixed, map);
    const unsigned channels = mixed->channels;
    struct drawing photo = mixed->origin == ORIGIN_JFIF ? draw_jfif(mixed->width, mixed->rows, 3)
                                                        : draw_rgb(mixed->width, mixed->rows, 3, 10, 250);
    uint8_t *samples = get((size_t)mixed->width * mixed->rows * channels);
    for (uint32_t y = 0; y < mixed->rows; y++) {
        for (uint32_t x = 0; x < mixed->width; x++) {
            const size_t i = (size_t)y * mixed->width + x;
            const unsigned shape = x / 7 * 5 + y / 9 * 3;
            for (unsigned c = 0; c < channels; c++) {
                const bool is_alpha = channels % 2 == 0 && c + 1 == channels;
                const bool is_drawn = known_at(&drawn, 0, y, x);
                const unsigned colour = mixed->origin == ORIGIN_GREY ? 0 : c;
                samples[i * channels + c] = (uint8_t)(is_alpha   ? (is_drawn ? 255 : x * 3 + y)
                                                      : is_drawn ? shape % 11 * 23 + colour * 3
                                                                 : photo.bytes[3 * i + colour]);
            }
        }
    }
    free(photo.bytes);
    return samples;
}

static void free_evidence(struct origin_planes *planes, uint8_t *alpha) {
    origin_planes_free(planes);
    free(alpha);
}

static struct coding_context open_codec(const struct bswz_model *model, unsigned threads, struct progress *silent) {
    return (struct coding_context){.threads = threads, .level = 5, .model = model, .band = {.progress = silent}};
}

/* Make the payload; *origin: the one that was found. */
static struct byte_buffer encode(struct coding_context *coding, const struct mixed *mixed, const uint8_t *samples,
                                 const uint8_t *map, enum origin_kind *origin, bool *has_exceptions) {
    struct origin_planes planes;
    uint8_t *alpha = NULL;
    const struct mixed_source source = {.samples = samples, .map = map, .planes = &planes, .alpha = &alpha};
    struct byte_buffer coded = {0};
    struct bswz_error error = {0};
    CHECK(mixed_encode(coding, mixed, &source, &coded, &error) == BSWZ_OK, "%s", error.message);
    *origin = planes.kind;
    *has_exceptions = planes.exceptions.size > 0;
    free_evidence(&planes, alpha);
    return coded;
}

static enum bswz_status decode(struct coding_context *coding, const struct mixed *mixed,
                               const struct byte_buffer *coded, struct pixel_loss *loss, uint8_t *samples,
                               size_t *left) {
    static const uint8_t stand_in[4] = {128, 128, 128, 255};
    struct model_reference reference = {.hash = bswz_model_hash(coding->model)};
    struct cursor payload = {.bytes = coded->data, .size = coded->size};
    struct account account = {.bits = {0}};
    strncpy(reference.name, bswz_model_name(coding->model), sizeof reference.name - 1);
    const struct mixed_target target = {
        .model = &reference, .samples = samples, .account = &account, .loss = loss, .stand_in = stand_in};
    const enum bswz_status status = mixed_decode(coding, mixed, &target, &payload, NULL);
    double bits = 0;
    for (unsigned i = 0; i < SHARES; i++) {
        bits += account.bits[i];
    }
    CHECK(status != BSWZ_OK || loss != NULL ||
              (bits > 8.0 * (double)coded->size - 1 && bits < 8.0 * (double)coded->size + 1),
          "%f of %zu bits accounted for", bits, 8 * coded->size);
    *left = cursor_left(&payload);
    return status;
}

static void round_trip(const struct bswz_model *model, struct mixed mixed, enum map_kind kind, unsigned threads) {
    struct progress silent = {.report = NULL};
    struct coding_context coding = open_codec(model, threads, &silent);
    const size_t size = (size_t)mixed.width * mixed.rows * mixed.channels;
    uint8_t *map = make_map(kind, mixed.width, mixed.rows), *samples = draw_mixed(&mixed, map), *back = get(size);
    size_t left = 1;
    memset(back, 0xa5, size);
    struct byte_buffer coded = encode(&coding, &mixed, samples, map, &mixed.origin, &mixed.has_exceptions);
    const enum bswz_status status = decode(&coding, &mixed, &coded, NULL, back, &left);
    CHECK(status == BSWZ_OK && left == 0 && memcmp(back, samples, size) == 0, "%ux%ux%u, map %d, origin %d: status %d",
          mixed.width, mixed.rows, mixed.channels, kind, mixed.origin, status);
    coding_close(&coding);
    free(coded.data);
    free(map);
    free(samples);
    free(back);
}

static void shapes(const struct bswz_model *model) {
    static const uint32_t sizes[][2] = {{1, 1}, {31, 33}, {64, 64}, {65, 1}, {1, 97}, {161, 71}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned channels = 1; channels <= 4; channels++) {
            for (int kind = 0; kind < MAPS; kind++) {
                struct mixed mixed = {.width = sizes[i][0], .rows = sizes[i][1], .channels = channels};
                mixed.origin = channels < 3 || kind == MAP_WINDOW ? ORIGIN_GREY : ORIGIN_RGB;
                round_trip(model, mixed, (enum map_kind)kind, 1 + i % 2);
                mixed.origin = channels < 3 ? ORIGIN_GREY : ORIGIN_JFIF;
                round_trip(model, mixed, (enum map_kind)kind, 1 + i % 2);
            }
        }
    }
}

/* JFIF is found even between shapes of other colours. */
static void origins(const struct bswz_model *model) {
    struct progress silent = {.report = NULL};
    struct coding_context coding = open_codec(model, 1, &silent);
    struct mixed mixed = {.width = 300, .rows = 260, .channels = 3, .origin = ORIGIN_JFIF};
    uint8_t *map = make_map(MAP_WINDOW, mixed.width, mixed.rows), *samples = draw_mixed(&mixed, map);
    enum origin_kind origin;
    bool has_exceptions;
    struct byte_buffer coded = encode(&coding, &mixed, samples, map, &origin, &has_exceptions);
    CHECK(origin == ORIGIN_JFIF && !has_exceptions, "origin %d, exceptions %d", origin, has_exceptions);
    struct origin_evidence evidence[90];
    CHECK(origin_weigh(samples, mixed.width, mixed.rows, evidence, NULL) == BSWZ_OK, "weigh");
    for (size_t i = 0; i < mixed_blocks(mixed.width, mixed.rows); i++) {
        const bool is_jfif = evidence[i].telling > 100 && evidence[i].exact == evidence[i].telling;
        CHECK(is_jfif == (map[i] == 0), "block %zu: %u of %u", i, evidence[i].exact, evidence[i].telling);
    }
    free(coded.data);
    samples[3 * (100 * 300 + 100)] ^= 5; /* one pixel that JFIF cannot give */
    coded = encode(&coding, &mixed, samples, map, &origin, &has_exceptions);
    CHECK(origin == ORIGIN_JFIF && has_exceptions, "origin %d, exceptions %d", origin, has_exceptions);
    free(coded.data);
    coding_close(&coding);
    free(map);
    free(samples);
}

/* The bits of the blocks add up to the payload, without blocks of the other coder. */
static void costs(const struct bswz_model *model) {
    struct progress silent = {.report = NULL};
    struct coding_context coding = open_codec(model, 1, &silent);
    const struct mixed mixed = {.width = 300, .rows = 260, .channels = 4, .origin = ORIGIN_RGB};
    uint8_t *map = make_map(MAP_CHECKERED, mixed.width, mixed.rows), *samples = draw_mixed(&mixed, map), *alpha = NULL;
    struct origin_planes planes;
    uint32_t drawn_bits[90] = {0}, model_bits[90] = {0};
    const struct mixed_source source = {.samples = samples,
                                        .map = map,
                                        .planes = &planes,
                                        .alpha = &alpha,
                                        .drawn_bits = drawn_bits,
                                        .model_bits = model_bits};
    struct byte_buffer coded = {0};
    uint64_t bits = 0;
    CHECK(mixed_encode(&coding, &mixed, &source, &coded, NULL) == BSWZ_OK, "encode");
    for (size_t i = 0; i < 90; i++) {
        CHECK((drawn_bits[i] > 0) == (map[i] != 0) && (model_bits[i] > 0) == (map[i] == 0),
              "block %zu: %u drawn, %u model", i, drawn_bits[i], model_bits[i]);
        bits += drawn_bits[i] + model_bits[i];
    }
    CHECK(bits > 8 * coded.size * 9 / 10 && bits < 8 * coded.size * 21 / 20, "%d bits in %zu bytes", (int)bits,
          coded.size);
    free_evidence(&planes, alpha);
    coding_close(&coding);
    free(coded.data);
    free(map);
    free(samples);
}

static void same_bytes(void) {
    struct byte_buffer first = {0};
    size_t number = 0;
    for (const char *kernel; (kernel = next_kernel(&number)) != NULL;) {
        struct bswz_model *model = load_toy(3, 1, 16, 1);
        for (unsigned threads = 1; threads <= 3; threads += 2) {
            struct progress silent = {.report = NULL};
            struct coding_context coding = open_codec(model, threads, &silent);
            struct mixed mixed = {.width = 171, .rows = 134, .channels = 4, .origin = ORIGIN_JFIF};
            const size_t size = (size_t)mixed.width * mixed.rows * 4;
            uint8_t *map = make_map(MAP_WINDOW, mixed.width, mixed.rows), *samples = draw_mixed(&mixed, map);
            uint8_t *back = get(size);
            size_t left;
            struct byte_buffer coded = encode(&coding, &mixed, samples, map, &mixed.origin, &mixed.has_exceptions);
            if (first.size == 0) {
                append(&first, coded.data, coded.size);
            }
            CHECK(coded.size == first.size && memcmp(coded.data, first.data, first.size) == 0, "%s, %u threads", kernel,
                  threads);
            CHECK(decode(&coding, &mixed, &first, NULL, back, &left) == BSWZ_OK && memcmp(back, samples, size) == 0,
                  "%s, %u threads", kernel, threads);
            coding_close(&coding);
            free(coded.data);
            free(map);
            free(samples);
            free(back);
        }
        bswz_model_free(model);
    }
    free(first.data);
}

/* Damage anywhere: no crash, and no error if losses are allowed. After truncation the rest is lost, but what was drawn
 * before is not. */
static void damage(const struct bswz_model *model) {
    struct progress silent = {.report = NULL};
    struct coding_context coding = open_codec(model, 1, &silent);
    struct mixed mixed = {.width = 130, .rows = 100, .channels = 4, .origin = ORIGIN_RGB};
    const size_t pixels = (size_t)mixed.width * mixed.rows, size = 4 * pixels;
    uint8_t *map = make_map(MAP_WINDOW, mixed.width, mixed.rows), *samples = draw_mixed(&mixed, map), *back = get(size);
    const struct known_blocks drawn = mixed_known(&mixed, map);
    struct byte_buffer coded = encode(&coding, &mixed, samples, map, &mixed.origin, &mixed.has_exceptions);
    uint64_t state = 99;
    size_t left, errors = 0, wrong = 0;
    for (size_t at = 0; at < coded.size; at += at < 40 ? 1 : 1 + noise(&state) % 997) {
        const uint8_t before = coded.data[at];
        struct pixel_loss loss = {0};
        coded.data[at] ^= (uint8_t)(1 + noise(&state) % 255);
        if (decode(&coding, &mixed, &coded, NULL, back, &left) != BSWZ_OK) {
            errors++;
        } else if (left != 0 || memcmp(back, samples, size) != 0) {
            wrong++;
        } else {
            CHECK(false, "byte %zu of %zu does not matter", at, coded.size);
        }
        CHECK(decode(&coding, &mixed, &coded, &loss, back, &left) == BSWZ_OK, "byte %zu", at);
        coded.data[at] = before;
    }
    CHECK(errors > 0 && wrong + errors > 30, "%zu errors, %zu wrong", errors, wrong);
    const size_t whole = coded.size;
    for (size_t cut = 0; cut < whole; cut += 1 + cut / 4) {
        struct pixel_loss loss = {0};
        coded.size = cut;
        CHECK(decode(&coding, &mixed, &coded, NULL, back, &left) != BSWZ_OK, "cut at %zu", cut);
        CHECK(decode(&coding, &mixed, &coded, &loss, back, &left) == BSWZ_OK && loss.guessed + loss.unknown > 0 &&
                  loss.guessed + loss.unknown <= pixels,
              "cut at %zu: %d guessed, %d unknown", cut, (int)loss.guessed, (int)loss.unknown);
    }
    coded.size = whole - 1;
    struct pixel_loss loss = {0};
    CHECK(decode(&coding, &mixed, &coded, &loss, back, &left) == BSWZ_OK, "the last byte is missing");
    bool is_same = true;
    for (size_t i = 0; i < pixels; i++) {
        is_same &= !known_at(&drawn, 0, (uint32_t)(i / mixed.width), (uint32_t)(i % mixed.width)) ||
                   memcmp(back + 4 * i, samples + 4 * i, 4) == 0;
    }
    CHECK(is_same, "drawn pixels are lost with the model's");
    coding_close(&coding);
    free(coded.data);
    free(map);
    free(samples);
    free(back);
}

/* Each block is coded in the cheaper way, but single blocks are not for a small gain, and there is no map if it does
 * not pay. */
static void maps(void) {
    uint32_t drawn[12], model[12];
    uint8_t map[12];
    struct mixed_costs costs = {
        .columns = 4, .rows = 3, .drawn_bits = drawn, .model_bits = model, .best_bits = 12 * 5000, .least_gain = 10};
    for (size_t i = 0; i < 12; i++) {
        drawn[i] = i % 4 < 2 ? 100 : 5000;
        model[i] = i % 4 < 2 ? 3000 : 4000;
    }
    model[0] = 99;
    CHECK(mixed_map_choose(&costs, map), "worth it");
    for (size_t i = 0; i < 12; i++) {
        CHECK(map[i] == (i % 4 < 2), "block %zu", i);
    }
    costs.best_bits = 6 * 4100;
    CHECK(!mixed_map_choose(&costs, map), "not worth it");
    costs.best_bits = 12 * 5000;
    memset(model, 0, sizeof model);
    CHECK(!mixed_map_choose(&costs, map), "all the model's");
}

/* Could the model be better than these bits per block? Unless it may have been a JPEG file, that is estimated. */
static bool may_pay_for(const uint8_t *samples, uint32_t bits, bool may_have_origin, bool are_blocks_known) {
    const struct mixed_picture picture = {
        .samples = samples, .width = 128, .rows = 128, .channels = 3, .may_have_origin = may_have_origin};
    uint32_t drawn[16];
    struct bswz_error error = {0};
    bool may = false;
    for (size_t i = 0; i < 16; i++) {
        drawn[i] = i < 8 ? bits : 100;
    }
    const struct mixed_costs costs = {.columns = 4,
                                      .rows = 4,
                                      .drawn_bits = are_blocks_known ? drawn : NULL,
                                      .best_bits = 8 * (uint64_t)bits + 800,
                                      .least_gain = 24};
    CHECK(mixed_map_may_pay(&costs, &picture, &may, &error) == BSWZ_OK, "%s", error.message);
    return may;
}

static bool may_pay(const uint8_t *samples, uint32_t bits, bool may_have_origin) {
    return may_pay_for(samples, bits, may_have_origin, true);
}

static void hopes(void) {
    uint8_t *samples = malloc(128 * 128 * 3);
    uint64_t state = 30;
    /* the upper half is noise, at least 7 bits per sample for any coder: 21504 per block; the lower half is flat */
    for (size_t i = 0; i < 128 * 128 * 3; i++) {
        samples[i] = i < 64 * 128 * 3 ? (uint8_t)(noise(&state) >> 32) : 255;
    }
    CHECK(may_pay(samples, 40000, true), "noise that is drawn badly");
    CHECK(!may_pay(samples, 5000, true), "noise that is drawn well");
    CHECK(!may_pay(samples, 5000, false), "the same, which had no origin");
    CHECK(may_pay_for(samples, 40000, true, false), "noise that is drawn badly as a whole");
    CHECK(!may_pay_for(samples, 5000, true, false), "noise that is drawn well as a whole");
    /* these colours are those of JFIF, in a quarter of the blocks: Cb and Cr are constant */
    for (size_t i = 0; i < (size_t)64 * 128; i++) {
        const int y = 60 + (int)((noise(&state) >> 32) % 100);
        if (i % 128 < 64) {
            samples[3 * i] = (uint8_t)(y + 28); /* Cr 148: 1.402 * 20 */
            samples[3 * i + 1] = (uint8_t)(y - 14);
            samples[3 * i + 2] = (uint8_t)y;
        }
    }
    CHECK(may_pay(samples, 5000, true), "colours of JFIF");
    CHECK(!may_pay(samples, 1000, true), "the same in blocks that take few bits");
    CHECK(!may_pay_for(samples, 5000, true, false), "colours of JFIF in a part that cannot be told from the rest");
    free(samples);
}

/* A mixed picture is coded as one, and comes back through the whole program. */
static void streams(void) {
    struct mixed mixed = {.width = 640, .rows = 256, .channels = 3, .origin = ORIGIN_JFIF};
    uint8_t *map = make_map(MAP_SMALL, mixed.width, mixed.rows), *samples = draw_mixed(&mixed, map);
    struct coding_context coding = {.threads = 2, .level = 5, .verify = true};
    struct progress silent = {.report = NULL};
    const struct picture_info info = {
        .format = PICTURE_RAW, .width = mixed.width, .height = mixed.rows, .channels = 3, .depth = 8, .maxval = 255};
    const struct frame_options options = {.search_origin = true, .effort = EFFORT_FULL};
    struct frame_header header;
    struct byte_buffer frame = {0};
    struct bswz_error error = {0};
    bool used_model = false;
    coding.band.progress = &silent;
    CHECK(frame_encode(&coding, &options, &info, samples, mixed.rows, 0, &frame, &header, &used_model, &error) ==
              BSWZ_OK,
          "%s", error.message);
    CHECK(header.method == FRAME_MIXED && header.origin == ORIGIN_JFIF && used_model && coding.refused == 0,
          "method %d, origin %d", header.method, header.origin);
    coding_close(&coding);
    free(frame.data);
    free(map);
    free(samples);
}

int main(void) {
    struct bswz_model *model = load_toy(2, 1, 16, 1);
    maps();
    hopes();
    shapes(model);
    origins(model);
    costs(model);
    damage(model);
    bswz_model_free(model);
    same_bytes();
    streams();
    return check_summary();
}
