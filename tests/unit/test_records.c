/* SPDX-License-Identifier: MIT */
/*
 * Packed records: palettes of every size, records of every kind with and without a last one, and damage.
 */
#include "check.h"

#include "container/record_code.h"
#include "image/record.h"

#include <stdlib.h>
#include <string.h>

enum { LIMIT = 1 << 20 };

static const struct picture_info indexed = {
    .width = 5, .height = 4, .channels = 1, .depth = 8, .maxval = 255, .indexed = true, .format = PICTURE_PNG};
static const struct picture_info coloured = {
    .width = 5, .height = 4, .channels = 4, .depth = 8, .maxval = 255, .format = PICTURE_PNG_FILE};
static const struct picture_info text = {
    .width = 5, .height = 4, .channels = 3, .depth = 8, .maxval = 255, .format = PICTURE_PNM};

static struct record_models models; /* kept from record to record */

/* Pack and unpack; returns the packed size. */
static size_t trip(const struct picture_info *info, const struct byte_buffer *last, const struct byte_buffer *record,
                   const char *what, unsigned number) {
    const struct record_context context = {last, &models};
    const struct record_place place = {info, &context};
    struct byte_buffer packed = {0}, back = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    size_t wanted = 0;
    CHECK(record_put(&place, record, 6, &packed, &error) == BSWZ_OK, "%s %u: %s", what, number, error.message);
    const size_t size = packed.size;
    uint8_t *exact = malloc(size); /* so that a sanitizer sees what is read beyond it */
    memcpy(exact, packed.data, size);
    struct cursor cursor = {.bytes = exact, .size = size}, skipped = cursor;
    CHECK(record_skip(&skipped, LIMIT, &wanted) && skipped.at == size, "%s %u", what, number);
    CHECK(record_take(&place, &cursor, LIMIT, &back, &error) == BSWZ_OK && cursor.at == size, "%s %u: %s", what, number,
          error.message);
    CHECK(back.size == record->size && (back.size == 0 || memcmp(back.data, record->data, back.size) == 0), "%s %u",
          what, number);
    free(exact);
    free(packed.data);
    free(back.data);
    return size;
}

/* ---- palettes ---- */

enum order { SORTED, RANDOM, REPEATED, CUBE, ORDERS };

static void draw_palette(enum order order, unsigned count, uint8_t *entries, uint64_t *seed) {
    static const uint8_t levels[6] = {0, 51, 102, 153, 204, 255};
    for (unsigned i = 0; i < count; i++) {
        uint8_t *entry = entries + (size_t)3 * i;
        const uint64_t any = noise(seed);
        for (unsigned c = 0; c < 3; c++) {
            entry[c] = order == SORTED     ? (uint8_t)(i * 255 / (count > 1 ? count - 1 : 1) + (any >> 8 * c & 1))
                       : order == RANDOM   ? (uint8_t)(any >> 8 * c)
                       : order == REPEATED ? (uint8_t)(i / 7 * 40 + c)
                                           : levels[i /
                                                    (c == 0   ? 36
                                                     : c == 1 ? 6
                                                              : 1) %
                                                    6];
        }
    }
}

static void put_indexed(struct byte_buffer *record, const uint8_t *entries, unsigned count, const uint8_t *alpha,
                        unsigned alphas) {
    record->size = 0;
    picture_record_begin(record, 8, 3, false, NULL);
    picture_record_add(record, "PLTE", entries, (size_t)3 * count, NULL);
    picture_record_add(record, "bKGD", "\0", 1, NULL);
    if (alphas > 0) {
        picture_record_add(record, "tRNS", alpha, alphas, NULL);
    }
}

static void test_palettes(void) {
    struct byte_buffer record = {0};
    uint64_t seed = 5;
    size_t sums[ORDERS] = {0}, plain = 0;
    for (unsigned count = 1; count <= 256; count++) {
        for (enum order order = SORTED; order < ORDERS; order++) {
            uint8_t entries[768], alpha[256];
            draw_palette(order, count, entries, &seed);
            for (unsigned i = 0; i < 256; i++) {
                alpha[i] = (uint8_t)(order == RANDOM ? noise(&seed) : i * 3);
            }
            put_indexed(&record, entries, count, NULL, 0);
            sums[order] += trip(&indexed, NULL, &record, "palette", count);
            plain += order == SORTED ? record.size : 0;
            if (order != count % ORDERS) { /* which is slow */
                continue;
            }
            put_indexed(&record, entries, count, alpha, count > 2 ? count / 3 : 1);
            trip(&indexed, NULL, &record, "palette and some alpha", count);
            put_indexed(&record, entries, count, alpha, count);
            trip(&indexed, NULL, &record, "palette and alpha", count);
        }
    }
    CHECK(2 * sums[SORTED] < plain && 2 * sums[REPEATED] < plain && 2 * sums[CUBE] < plain &&
              sums[RANDOM] < plain + 4 * 256,
          "%zu %zu %zu %zu of %zu", sums[SORTED], sums[REPEATED], sums[CUBE], sums[RANDOM], plain);
    free(record.data);
}

/* ---- chunks ---- */

static const char *const types[] = {"sBIT", "gAMA", "tEXt", "tRNS", "iCCP", "abCd", "PLTE", "tIME", "zTXt", "IDAT"};
#define TYPES (sizeof types / sizeof *types)

/* Any chunks, of which some are those of the last record, in order. */
static void draw_chunks(struct byte_buffer *record, const struct byte_buffer *last, bool has_prefix, uint64_t *seed) {
    const uint8_t *rest = last != NULL ? last->data + 4 : NULL;
    size_t left = last != NULL ? last->size - 4 : 0;
    record->size = 0;
    if (has_prefix) {
        picture_record_begin(record, 8, (noise(seed) & 3) == 0 ? 2 : 6, (noise(seed) & 7) == 0, NULL);
    }
    for (unsigned count = (unsigned)(noise(seed) % 8); count > 0; count--) {
        struct picture_chunk chunk;
        if (rest != NULL && (noise(seed) & 1) != 0 && picture_chunk_next(&rest, &left, &chunk)) {
            picture_record_add(record, (const char *)chunk.type, chunk.data, chunk.length, NULL);
            continue;
        }
        uint8_t content[5000];
        const size_t length = (noise(seed) & 15) == 0 ? noise(seed) % sizeof content : noise(seed) % 40;
        const uint64_t mask = (noise(seed) & 1) != 0 ? 3 : 255;
        for (size_t i = 0; i < length; i++) {
            content[i] = (uint8_t)(noise(seed) & mask);
        }
        picture_record_add(record, types[noise(seed) % TYPES], content, length, NULL);
    }
}

static void test_chunks(void) {
    struct byte_buffer record = {0}, last = {0};
    uint64_t seed = 11;
    for (unsigned i = 0; i < 100; i++) {
        draw_chunks(&record, last.size > 0 ? &last : NULL, true, &seed);
        trip(&coloured, NULL, &record, "chunks", i);
        trip(&coloured, last.size > 0 ? &last : NULL, &record, "chunks after others", i);
        trip(&text, last.size > 0 ? &last : NULL, &record, "bytes", i);
        const struct byte_buffer tail = {record.data + 4, record.size - 4, 0};
        trip(NULL, NULL, &tail, "tail", i);
        const struct byte_buffer cut = {record.data, record.size > 6 ? record.size - 1 : 3, 0};
        trip(&coloured, &last, &cut, "what is not a record", i);
        const struct byte_buffer before = last;
        last = record;
        record = before;
    }
    free(record.data);
    free(last.data);
}

/* A chunk that all pictures have is stored once. */
static void test_same(void) {
    static uint8_t profile[40000];
    struct byte_buffer record = {0}, last = {0};
    uint64_t seed = 3;
    for (size_t i = 0; i < sizeof profile; i++) {
        profile[i] = (uint8_t)noise(&seed);
    }
    for (unsigned length = 500; length <= sizeof profile; length *= 2) {
        last.size = record.size = 0;
        picture_record_begin(&last, 8, 6, false, NULL);
        picture_record_begin(&record, 8, 6, false, NULL);
        picture_record_add(&last, "tIME", "\7\350\1\2\3\4\5", 7, NULL);
        picture_record_add(&record, "gAMA", "\0\0\261\217", 4, NULL);
        picture_record_add(&last, "iCCP", profile, length, NULL);
        picture_record_add(&record, "iCCP", profile, length, NULL);
        picture_record_add(&record, "tEXt", "Comment\0something else", 22, NULL);
        CHECK(trip(&coloured, NULL, &record, "profile", length) > length, "%u", length);
        CHECK(trip(&coloured, &last, &record, "same profile", length) < 60, "%u", length);
    }
    last.size = 4; /* beyond the limit, it is not referred to */
    for (unsigned i = 0; i < 2; i++) {
        picture_record_add(&last, "iCCP", profile, sizeof profile, NULL);
    }
    CHECK(trip(&coloured, &last, &record, "too large", 0) > sizeof profile / 2, "too large");
    free(record.data);
    free(last.data);
}

/* ---- damage ---- */

static void test_damage(void) {
    struct byte_buffer record = {0}, last = {0}, packed = {0};
    uint64_t seed = 17;
    draw_chunks(&last, NULL, true, &seed);
    for (unsigned i = 0; i < 40; i++) {
        const struct record_context context = {&last, i % 2 == 0 ? &models : NULL};
        const struct record_place place = {i % 3 == 0 ? &indexed : &coloured, &context};
        if (i % 3 == 0) {
            uint8_t entries[768];
            draw_palette(RANDOM, 20, entries, &seed);
            put_indexed(&record, entries, 20, entries, 9);
        } else {
            draw_chunks(&record, &last, true, &seed);
        }
        packed.size = 0;
        CHECK(record_put(&place, &record, 6, &packed, NULL) == BSWZ_OK, "%u", i);
        for (size_t size = 0; size < packed.size; size += 1 + size / 16) {
            uint8_t *exact = malloc(size + 1);
            memcpy(exact, packed.data, size);
            struct cursor cursor = {.bytes = exact, .size = size}, skipped = cursor;
            struct byte_buffer back = {0};
            size_t wanted = 0;
            CHECK(!record_skip(&skipped, LIMIT, &wanted) && wanted > size, "%u at %zu", i, size);
            CHECK(record_take(&place, &cursor, LIMIT, &back, NULL) == BSWZ_ERROR_CORRUPT, "%u at %zu", i, size);
            free(back.data);
            free(exact);
        }
        for (unsigned j = 0; j < 20; j++) {
            uint8_t *exact = malloc(packed.size);
            memcpy(exact, packed.data, packed.size);
            exact[noise(&seed) % packed.size] ^= (uint8_t)(1 << (noise(&seed) & 7));
            struct cursor cursor = {.bytes = exact, .size = packed.size};
            struct byte_buffer back = {0};
            const enum bswz_status status = record_take(&place, &cursor, LIMIT, &back, NULL);
            CHECK(status == BSWZ_OK || status == BSWZ_ERROR_CORRUPT, "%u: %d", i, (int)status);
            CHECK(back.size <= LIMIT, "%u: %zu", i, back.size);
            free(back.data);
            free(exact);
        }
    }
    const struct record_place alone = {&coloured, NULL};
    struct cursor refers = {.bytes = (const uint8_t *)"\1", .size = 1};
    CHECK(record_take(&alone, &refers, LIMIT, &record, NULL) == BSWZ_ERROR_CORRUPT, "no last record");
    free(record.data);
    free(last.data);
    free(packed.data);
}

int main(void) {
    test_palettes();
    test_chunks();
    test_same();
    test_damage();
    record_models_free(&models);
    return check_summary();
}
