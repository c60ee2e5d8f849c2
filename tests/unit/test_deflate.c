/* SPDX-License-Identifier: MIT */
/*
 * Deflate streams as their content and a recipe: streams of zlib with all settings, unusual streams, and damaged
 * streams and recipes.
 */
#include "check.h"

#include "deflate/block.h"
#include "deflate/deflate.h"
#include "deflate/trees.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Repeated words, with noise in between: something for every match finder. */
static struct byte_buffer draw(size_t size, uint64_t seed) {
    struct byte_buffer plain = {0};
    uint64_t state = seed;
    byte_buffer_reserve(&plain, size + 300, NULL);
    while (plain.size < size) {
        const uint64_t number = noise(&state);
        const size_t length = 3 + number % 40, back = 1 + (number >> 8) % 30000;
        if ((number >> 40) % 3 != 0 && back + length < plain.size) {
            for (size_t i = 0; i < length; i++, plain.size++) {
                plain.data[plain.size] = plain.data[plain.size - back];
            }
        } else {
            for (size_t i = 0; i < length; i++) {
                plain.data[plain.size++] = (uint8_t)(noise(&state) % 23 + 60);
            }
        }
    }
    plain.size = size;
    return plain;
}

struct coding {
    int level, strategy, window, memory;
    size_t flush_every; /* 0: never */
    int flush;
};

static struct byte_buffer deflated(const struct byte_buffer *plain, const struct coding *coding) {
    struct byte_buffer stream = {0};
    z_stream zlib = {0};
    deflateInit2(&zlib, coding->level, Z_DEFLATED, -coding->window, coding->memory, coding->strategy);
    byte_buffer_reserve(&stream, plain->size * 2 + 100000, NULL);
    zlib.next_out = stream.data;
    zlib.avail_out = (uInt)stream.capacity;
    zlib.next_in = plain->data;
    for (size_t at = 0; coding->flush_every > 0 && at + coding->flush_every < plain->size; at += coding->flush_every) {
        zlib.avail_in = (uInt)coding->flush_every;
        deflate(&zlib, coding->flush);
    }
    zlib.avail_in = (uInt)(plain->size - zlib.total_in);
    deflate(&zlib, Z_FINISH);
    stream.size = zlib.total_out;
    deflateEnd(&zlib);
    return stream;
}

/* The proof with guesses that were kept is one: it fails if the recipe or a guess is another. */
static void expect_proof(const char *name, const struct byte_buffer *stream, const struct byte_buffer *plain,
                         struct byte_buffer *recipe, struct guesses *guesses) {
    CHECK(deflate_prove(stream->data, stream->size, plain->data, plain->size, recipe->data, recipe->size, NULL, NULL) ==
              BSWZ_OK,
          "%s: without guesses", name);
    CHECK(guesses->is_complete, "%s: the guesses are kept", name);
    CHECK(deflate_prove(stream->data, stream->size, plain->data, plain->size, recipe->data, recipe->size, guesses,
                        NULL) == BSWZ_OK,
          "%s: with guesses", name);
    if (guesses->count > 0) {
        struct guess *guess = &guesses->made[guesses->count / 2];
        const uint16_t length = guess->length;
        guess->length = length == 1 ? 9 : 1;
        CHECK(deflate_prove(stream->data, stream->size, plain->data, plain->size, recipe->data, recipe->size, guesses,
                            NULL) == BSWZ_ERROR_CORRUPT,
              "%s: with a wrong guess", name);
        guess->length = length;
    }
    if (guesses->count > 100) {
        recipe->data[recipe->size / 2] ^= 0x10;
        CHECK(deflate_prove(stream->data, stream->size, plain->data, plain->size, recipe->data, recipe->size, guesses,
                            NULL) == BSWZ_ERROR_CORRUPT,
              "%s: with another recipe", name);
        recipe->data[recipe->size / 2] ^= 0x10;
    }
}

/* The stream comes back from a recipe of at most `most` bytes. Frees the stream. */
static void expect_back(const char *name, struct byte_buffer stream, size_t most) {
    struct byte_buffer plain = {0}, recipe = {0}, again = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    struct guesses guesses = {0};
    size_t used = 0;
    enum bswz_status status = deflate_inflate(stream.data, stream.size, (size_t)1 << 24, &plain, &used, &error);
    CHECK(status == BSWZ_OK && used == stream.size, "%s: %s", name, error.message);
    status = deflate_describe(stream.data, used, plain.data, plain.size, SIZE_MAX / 2, &recipe, &guesses, &error);
    CHECK(status == BSWZ_OK && recipe.size <= most, "%s: a recipe of %zu bytes for %zu, %s", name, recipe.size, used,
          error.message);
    status = deflate_rebuild(plain.data, plain.size, recipe.data, recipe.size, used, &again, &error);
    CHECK(status == BSWZ_OK && again.size == used && memcmp(again.data, stream.data, used) == 0, "%s: %s", name,
          error.message);
    expect_proof(name, &stream, &plain, &recipe, &guesses);
    guesses_free(&guesses);
    free(stream.data);
    free(plain.data);
    free(recipe.data);
    free(again.data);
}

static void test_zlib(void) {
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};
    const struct byte_buffer plain = draw(50000, 1);
    for (int level = 0; level <= 9; level++) {
        for (size_t s = 0; s < sizeof strategies / sizeof *strategies; s++) {
            char name[64];
            snprintf(name, sizeof name, "level %d, strategy %d", level, strategies[s]);
            expect_back(name, deflated(&plain, &(struct coding){level, strategies[s], 15, 8, 0, 0}), 120);
        }
    }
    for (int memory = 1; memory <= 9; memory++) {
        char name[64];
        snprintf(name, sizeof name, "memory level %d", memory);
        expect_back(name, deflated(&plain, &(struct coding){6, Z_DEFAULT_STRATEGY, 15, memory, 0, 0}), 4000);
    }
    for (int window = 9; window <= 15; window++) {
        char name[64];
        snprintf(name, sizeof name, "window of 2^%d", window);
        expect_back(name, deflated(&plain, &(struct coding){6, Z_DEFAULT_STRATEGY, window, 8, 0, 0}), 8000);
    }
    free(plain.data);
}

static void test_flushes(void) {
    static const int kinds[] = {Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_BLOCK};
    const struct byte_buffer plain = draw(30000, 2);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char name[64];
        snprintf(name, sizeof name, "flush %d", kinds[i]);
        expect_back(name, deflated(&plain, &(struct coding){6, Z_DEFAULT_STRATEGY, 15, 8, 1777, kinds[i]}), 1500);
    }
    free(plain.data);
}

static void test_sizes(void) {
    for (size_t size = 0; size < 300; size += size < 20 ? 1 : 37) {
        const struct byte_buffer plain = draw(size, size + 1);
        for (int level = 0; level <= 9; level += 3) {
            char name[64];
            snprintf(name, sizeof name, "%zu bytes, level %d", size, level);
            expect_back(name, deflated(&plain, &(struct coding){level, Z_DEFAULT_STRATEGY, 15, 8, 0, 0}), 40);
        }
        free(plain.data);
    }
    struct byte_buffer zeros = {0};
    byte_buffer_reserve(&zeros, 400000, NULL);
    zeros.size = 400000;
    memset(zeros.data, 0, zeros.size);
    expect_back("zeros", deflated(&zeros, &(struct coding){9, Z_DEFAULT_STRATEGY, 15, 9, 0, 0}), 30);
    free(zeros.data);
}

/* ---- streams bit by bit ---- */

struct bits {
    struct byte_buffer out;
    unsigned count;
};

static void put(struct bits *bits, unsigned value, unsigned count) {
    for (unsigned i = 0; i < count; i++, bits->count++) {
        const uint8_t none = 0;
        if (bits->count % 8 == 0) {
            byte_buffer_append(&bits->out, &none, 1, NULL);
        }
        bits->out.data[bits->out.size - 1] |= (uint8_t)((value >> i & 1) << bits->count % 8);
    }
}

static void put_code(struct bits *bits, unsigned code, unsigned count) {
    for (unsigned i = count; i-- > 0;) {
        put(bits, code >> i & 1, 1);
    }
}

/* Blocks that zlib never writes, but every decoder accepts. */
static void test_odd(void) {
    struct bits bits = {.count = 0};
    put(&bits, 0, 3); /* stored, with something in its padding */
    put(&bits, 21, 5);
    put(&bits, 3, 16);
    put(&bits, 0xfffc, 16);
    put(&bits, 'a', 8);
    put(&bits, 'b', 8);
    put(&bits, 'c', 8);
    put(&bits, 0 | 1 << 1, 3); /* fixed codes */
    put_code(&bits, 0x30 + 'x', 8);
    put_code(&bits, 0xc0 + 4, 8); /* 284: 227 and 31 more, from */
    put(&bits, 31, 5);
    put_code(&bits, 0, 5);        /* the byte before */
    put_code(&bits, 0xc0 + 5, 8); /* 258 in the usual way */
    put_code(&bits, 0, 5);
    put_code(&bits, 0, 7);
    put(&bits, 0 | 1 << 1, 3); /* an empty block */
    put_code(&bits, 0, 7);
    put(&bits, 1 | 1 << 1, 3); /* another empty block, the last one */
    put_code(&bits, 0, 7);
    put(&bits, 0x7f, (8 - bits.count % 8) % 8);
    expect_back("odd", bits.out, 60);
}

/* ---- damage ---- */

static void test_damage(void) {
    const struct byte_buffer plain = draw(20000, 3);
    const struct byte_buffer stream = deflated(&plain, &(struct coding){6, Z_DEFAULT_STRATEGY, 15, 1, 0, 0});
    struct byte_buffer recipe = {0};
    uint64_t state = 99;
    deflate_describe(stream.data, stream.size, plain.data, plain.size, SIZE_MAX / 2, &recipe, NULL, NULL);
    for (int i = 0; i < 400; i++) {
        struct byte_buffer damaged = {0}, again = {0};
        struct bswz_error error = {.status = BSWZ_OK};
        byte_buffer_append(&damaged, recipe.data, recipe.size, NULL);
        damaged.data[noise(&state) % damaged.size] ^= (uint8_t)(1 + noise(&state) % 255);
        damaged.size -= noise(&state) % 8 == 0 ? noise(&state) % damaged.size : 0;
        const enum bswz_status status =
            deflate_rebuild(plain.data, plain.size, damaged.data, damaged.size, stream.size, &again, &error);
        CHECK(status == BSWZ_OK ? again.size <= stream.size : status == BSWZ_ERROR_FORMAT && error.message[0] != 0,
              "damage %d: %d", i, (int)status);
        free(damaged.data);
        free(again.data);
    }
    for (int i = 0; i < 100; i++) {
        struct byte_buffer damaged = {0}, held = {0}, again = {0};
        size_t used;
        byte_buffer_append(&damaged, stream.data, stream.size, NULL);
        damaged.data[noise(&state) % damaged.size] ^= (uint8_t)(1 << noise(&state) % 8);
        if (deflate_inflate(damaged.data, damaged.size, 1 << 20, &held, &used, NULL) == BSWZ_OK) {
            CHECK(deflate_describe(damaged.data, used, held.data, held.size, SIZE_MAX / 2, &again, NULL, NULL) ==
                          BSWZ_OK &&
                      deflate_prove(damaged.data, used, held.data, held.size, again.data, again.size, NULL, NULL) ==
                          BSWZ_OK,
                  "what zlib takes is taken: %d", i);
        }
        free(damaged.data);
        free(held.data);
        free(again.data);
    }
    free(plain.data);
    free(stream.data);
    free(recipe.data);
}

static void test_limits(void) {
    const struct byte_buffer plain = draw(20000, 4);
    const struct byte_buffer stream = deflated(&plain, &(struct coding){6, Z_DEFAULT_STRATEGY, 15, 8, 0, 0});
    struct byte_buffer held = {0}, recipe = {0};
    size_t used;
    CHECK(deflate_inflate(stream.data, stream.size, 19999, &held, &used, NULL) == BSWZ_ERROR_LIMIT && held.size == 0,
          "bomb");
    CHECK(deflate_inflate(stream.data, stream.size, 20000, &held, &used, NULL) == BSWZ_OK && held.size == 20000,
          "just fits");
    held.size = 0;
    CHECK(deflate_inflate(stream.data, stream.size - 1, 20000, &held, &used, NULL) == BSWZ_ERROR_TRUNCATED, "cut off");
    CHECK(deflate_inflate((const uint8_t *)"\7", 1, 20000, &held, &used, NULL) == BSWZ_ERROR_FORMAT, "no stream");
    CHECK(deflate_describe(stream.data, stream.size, plain.data, plain.size - 1, 1000, &recipe, NULL, NULL) ==
                  BSWZ_ERROR_FORMAT &&
              recipe.size == 0,
          "not what it holds");
    CHECK(deflate_describe(stream.data, stream.size, plain.data, plain.size, 2, &recipe, NULL, NULL) ==
                  BSWZ_ERROR_LIMIT &&
              recipe.size == 0,
          "too much");
    free(plain.data);
    free(stream.data);
    free(held.data);
    free(recipe.data);
}

/* ---- trees ---- */

/* Lengths form a complete code, and none is too long. */
static void test_trees(void) {
    uint64_t state = 5;
    for (int i = 0; i < 600; i++) {
        uint32_t counts[286];
        uint8_t lengths[286];
        const unsigned count = 2 + (unsigned)(noise(&state) % 285), longest = count <= 19 && i % 2 ? 7 : 15;
        uint32_t a = 1, b = 1;
        for (unsigned s = 0; s < count; s++) {
            const uint32_t sum = a + b;
            counts[s] = i % 3 == 0 ? a : (uint32_t)(noise(&state) % 1000); /* Fibonacci numbers make the longest
                                                                            * codes */
            a = b;
            b = sum < 100000000 ? sum : 1;
        }
        counts[0] += counts[0] == 0;
        counts[1] += counts[1] == 0;
        for (unsigned kind = 0; kind < TREE_KINDS; kind++) {
            uint32_t space = 0;
            tree_lengths((enum tree_kind)kind, counts, count, longest, lengths);
            bool sound = true;
            for (unsigned s = 0; s < count; s++) {
                sound &= lengths[s] <= longest && (lengths[s] != 0) == (counts[s] != 0);
                space += lengths[s] > 0 ? 32768u >> lengths[s] : 0;
            }
            CHECK(sound && space == 32768, "trees %u of %u symbols", kind, count);
        }
    }
}

int main(void) {
    test_zlib();
    test_flushes();
    test_sizes();
    test_odd();
    test_damage();
    test_limits();
    test_trees();
    return check_summary();
}
