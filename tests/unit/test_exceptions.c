/* SPDX-License-Identifier: MIT */
/*
 * Exceptions as decisions: lists of every kind come back, and damaged ones are lists or errors.
 */
#include "origin/exceptions_code.h"
#include "base/allocate.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

enum pattern { ONE, LAST, SCATTERED, BLOCKS, EDGE, ALL, PATTERNS };

static int residual(uint64_t *seed, int largest) {
    return (int)(noise(seed) >> 40) % (2 * largest + 1) - largest;
}

/* A map of residuals [height][width][channels]. */
static uint8_t *draw(enum pattern pattern, const struct exceptions_place *place, uint64_t *seed) {
    const uint32_t width = place->width, height = place->height;
    uint8_t *map = bswz_allocate_zero((size_t)width * height, place->channels);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            const bool is_one = pattern == ONE         ? x == width / 2 && y == height / 2
                                : pattern == LAST      ? x + 1 == width && y + 1 == height
                                : pattern == SCATTERED ? noise(seed) >> 58 == 0
                                : pattern == BLOCKS    ? (x / 8 + y / 8) % 5 == 0 && noise(seed) >> 62 > 0
                                : pattern == EDGE      ? x + 2 >= width
                                                       : true;
            for (unsigned c = 0; c < place->channels && is_one; c++) {
                const int value = pattern == ALL ? residual(seed, 128) : residual(seed, pattern == EDGE ? 9 : 1);
                map[((size_t)y * width + x) * place->channels + c] = (uint8_t)value;
            }
        }
    }
    if (pattern == ONE || pattern == LAST) { /* at least one, which is as negative as can be */
        const uint32_t x = pattern == ONE ? width / 2 : width - 1, y = pattern == ONE ? height / 2 : height - 1;
        map[((size_t)y * width + x) * place->channels + place->channels - 1] = 128;
    }
    return map;
}

/* Bytes, exactly as many as are allocated. */
static enum bswz_status take(const uint8_t *bytes, size_t size, const struct exceptions_place *place,
                             struct byte_buffer *list) {
    uint8_t *copy = malloc(size > 0 ? size : 1);
    struct bswz_error error = {0};
    memcpy(copy, bytes, size);
    struct cursor cursor = {.bytes = copy, .size = size};
    const enum bswz_status status = exceptions_take(&cursor, place, list, &error);
    CHECK(status == BSWZ_OK ? cursor.at == size : error.message[0] != '\0', "status %d without a word", (int)status);
    free(copy);
    return status;
}

static void check(enum pattern pattern, const struct exceptions_place *place, uint64_t *seed) {
    struct byte_buffer list = {0}, coded = {0}, back = {0};
    uint8_t *map = draw(pattern, place, seed);
    CHECK(exceptions_of_map(map, place, &list, NULL) == BSWZ_OK, "list");
    if (list.size > 0) {
        CHECK(exceptions_put(&list, place, &coded, NULL) == BSWZ_OK, "put");
        CHECK(take(coded.data, coded.size, place, &back) == BSWZ_OK, "take");
        CHECK(back.size == list.size && memcmp(back.data, list.data, list.size) == 0, "pattern %d, %u x %u x %u",
              (int)pattern, place->width, place->height, place->channels);
        uint8_t *restored = bswz_allocate_zero((size_t)place->width * place->height, place->channels);
        CHECK(exceptions_apply(&back, place, restored, NULL) == BSWZ_OK, "apply");
        CHECK(memcmp(restored, map, (size_t)place->width * place->height * place->channels) == 0, "another map");
        free(restored);
    }
    free(map);
    free(list.data);
    free(coded.data);
    free(back.data);
}

/* Every byte less, every bit, and any bytes at all: lists or errors, and the end is missed. */
static void check_damage(void) {
    const struct exceptions_place place = {.width = 37, .height = 21, .channels = 3};
    uint64_t seed = 3;
    uint8_t *map = draw(BLOCKS, &place, &seed);
    struct byte_buffer list = {0}, coded = {0};
    CHECK(exceptions_of_map(map, &place, &list, NULL) == BSWZ_OK, "list");
    CHECK(exceptions_put(&list, &place, &coded, NULL) == BSWZ_OK, "put");
    int wrong = 0;
    for (size_t size = 0; size < coded.size; size++) {
        struct byte_buffer back = {0};
        wrong += take(coded.data, size, &place, &back) != BSWZ_ERROR_CORRUPT;
        free(back.data);
    }
    for (size_t i = 0; i < 8 * coded.size; i++) {
        struct byte_buffer back = {0};
        coded.data[i / 8] ^= (uint8_t)(1 << i % 8);
        const enum bswz_status status = take(coded.data, coded.size, &place, &back);
        wrong += status == BSWZ_OK ? back.size == list.size && memcmp(back.data, list.data, list.size) == 0
                                   : status != BSWZ_ERROR_CORRUPT;
        coded.data[i / 8] ^= (uint8_t)(1 << i % 8);
        free(back.data);
    }
    CHECK(wrong == 0, "%d wrong results", wrong);
    for (int i = 0; i < 200; i++) {
        struct byte_buffer back = {0};
        uint8_t bytes[64];
        bytes[0] = sizeof bytes - 1;
        for (size_t j = 1; j < sizeof bytes; j++) {
            bytes[j] = (uint8_t)(noise(&seed) >> 30);
        }
        const enum bswz_status status = take(bytes, sizeof bytes, &place, &back);
        CHECK(status == BSWZ_OK || status == BSWZ_ERROR_CORRUPT, "status %d", (int)status);
        free(back.data);
    }
    free(map);
    free(list.data);
    free(coded.data);
}

/* Blocks with residuals of -1, 0 and 1 in grey cost less than their entropy without contexts. */
static void check_size(void) {
    const struct exceptions_place place = {.width = 256, .height = 256, .channels = 3};
    uint64_t seed = 8;
    uint8_t *map = draw(BLOCKS, &place, &seed);
    struct byte_buffer list = {0}, coded = {0};
    for (size_t i = 0; i < (size_t)256 * 256; i++) { /* all channels are off by as much */
        map[3 * i + 1] = map[3 * i + 2] = map[3 * i];
    }
    CHECK(exceptions_of_map(map, &place, &list, NULL) == BSWZ_OK, "list");
    CHECK(exceptions_put(&list, &place, &coded, NULL) == BSWZ_OK, "put");
    const uint64_t plain = exceptions_bits(&list, 3) / EXCEPTIONS_BIT / 8;
    CHECK(coded.size < plain * 2 / 3, "%zu bytes, plain %zu", coded.size, (size_t)plain);
    free(map);
    free(list.data);
    free(coded.data);
}

int main(void) {
    static const uint32_t sides[] = {1, 2, 7, 8, 9, 16, 33, 70};
    uint64_t seed = 1;
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
        for (size_t w = 0; w < sizeof sides / sizeof sides[0]; w++) {
            for (size_t h = 0; h < sizeof sides / sizeof sides[0]; h++) {
                for (unsigned channels = 1; channels <= 3; channels += 2) {
                    const struct exceptions_place place = {.width = sides[w], .height = sides[h], .channels = channels};
                    check((enum pattern)pattern, &place, &seed);
                }
            }
        }
    }
    check_damage();
    check_size();
    return check_summary();
}
