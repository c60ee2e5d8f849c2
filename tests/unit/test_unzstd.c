/* SPDX-License-Identifier: MIT */
/*
 * The decoder and the packer of zstd frames for browsers (web/unzstd.h, web/bytes.c) against libzstd: what libzstd packs
 * at any level is unpacked, at once or run by run, and libzstd unpacks what the packer makes. Damage ends in an error or
 * in other bytes, and never beyond the buffers.
 */
#include "web_bytes.h"

#include "check.h"

#include <zstd.h>

enum { KINDS = 6, LARGEST = 400000 };

/* Words, numbers, noise, a long repetition, one value, and pieces of all. */
static void draw(unsigned kind, uint8_t *bytes, size_t size, uint64_t *seed) {
    static const char words[] = "the quick brown fox jumps over the lazy dog and so on, ";
    for (size_t i = 0; i < size; i++) {
        const uint64_t random = noise(seed) >> 32;
        switch (kind) {
        case 0: bytes[i] = (uint8_t)words[(i + random % 3) % (sizeof words - 1)]; break;
        case 1: bytes[i] = (uint8_t)(i / 4 >> 8 * (i % 4)); break;
        case 2: bytes[i] = (uint8_t)random; break;
        case 3: bytes[i] = i > 1000 && random % 900 != 0 ? bytes[i - 1000] : (uint8_t)(random >> 8); break;
        case 4: bytes[i] = 7; break;
        default: bytes[i] = (uint8_t)(random % 5 == 0 ? random >> 8 : random >> (8 + i / 5000 % 24) & 15); break;
        }
    }
}

static void check_unpacks(const uint8_t *bytes, size_t size, const uint8_t *packed, size_t packed_size,
                          const char *what) {
    uint8_t *again = bswz_allocate(size, 1);
    struct bswz_error error = {.status = BSWZ_OK};
    CHECK(web_unpack(packed, packed_size, again, size, &error) == BSWZ_OK, "%s: %s", what, error.message);
    CHECK(memcmp(bytes, again, size) == 0, "%s", what);
    CHECK(web_unpack(packed, packed_size - 1, again, size, NULL) == BSWZ_ERROR_CORRUPT, "%s: cut", what);
    free(again);
}

static void test_levels(void) {
    static const size_t sizes[] = {1, 5, 300, 70000, LARGEST};
    static const int levels[] = {-5, 1, 3, 7, 13, 19, 22};
    uint8_t *bytes = bswz_allocate(LARGEST, 1), *packed = bswz_allocate(ZSTD_compressBound(LARGEST), 1);
    uint64_t seed = 1;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            draw(kind, bytes, sizes[i], &seed);
            for (unsigned l = 0; l < sizeof levels / sizeof *levels; l++) {
                char what[40];
                snprintf(what, sizeof what, "kind %u, %zu bytes, level %d", kind, sizes[i], levels[l]);
                const size_t got = ZSTD_compress(packed, ZSTD_compressBound(sizes[i]), bytes, sizes[i], levels[l]);
                check_unpacks(bytes, sizes[i], packed, got, what);
            }
        }
    }
    free(bytes);
    free(packed);
}

/* Runs of a continuing frame, some of which begin a new one, after a lost one. */
static void test_runs(void) {
    struct bytes_decoder *decoder;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    uint8_t *bytes = bswz_allocate(LARGEST, 1), *packed = bswz_allocate(2 * LARGEST, 1);
    uint8_t *again = bswz_allocate(LARGEST, 1);
    uint64_t seed = 2;
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 17); /* so that the history is shortened */
    CHECK(web_decoder_create(UINT64_MAX, &decoder, NULL) == BSWZ_OK, "create");
    for (unsigned run = 0; run < 60; run++) {
        const size_t size = 1 + noise(&seed) % 60000;
        ZSTD_outBuffer out = {packed, 2 * LARGEST, 0};
        draw(run % KINDS, bytes, size, &seed);
        if (run % 16 == 7) {
            ZSTD_compressStream2(context, &out, &(ZSTD_inBuffer){NULL, 0, 0}, ZSTD_e_end);
        }
        CHECK(ZSTD_compressStream2(context, &out, &(ZSTD_inBuffer){bytes, size, 0}, ZSTD_e_flush) == 0, "flush");
        CHECK(web_decoder_unpack(decoder, packed, out.pos, again, size, NULL) == BSWZ_OK &&
                  memcmp(bytes, again, size) == 0,
              "run %u", run);
    }
    web_decoder_restart(decoder);
    CHECK(web_decoder_unpack(decoder, (const uint8_t *)"abcd", 4, again, 4, NULL) == BSWZ_ERROR_CORRUPT, "garbage");
    web_decoder_free(decoder);
    CHECK(web_decoder_create(1 << 16, &decoder, NULL) == BSWZ_OK, "create");
    const size_t got = ZSTD_compress(packed, 2 * LARGEST, bytes, LARGEST, 3);
    CHECK(web_decoder_unpack(decoder, packed, got, again, LARGEST, NULL) == BSWZ_ERROR_LIMIT, "a long window");
    web_decoder_free(decoder);
    ZSTD_freeCCtx(context);
    free(bytes);
    free(packed);
    free(again);
}

/* libzstd unpacks what is packed here, with and without known bytes, and so does the decoder. */
static void test_packing(void) {
    uint8_t known[4000], bytes[30000], again[30000];
    uint64_t seed = 3;
    unsigned smaller = 0;
    draw(2, known, sizeof known, &seed);
    for (unsigned i = 0; i < 200; i++) {
        const size_t size = 1 + noise(&seed) % sizeof bytes, known_size = i % 2 == 0 ? 0 : sizeof known;
        struct byte_buffer packed = {0};
        bool fits;
        draw(i % KINDS, bytes, size, &seed);
        for (size_t at = 0; i % 2 == 1 && at + 400 < size; at += 500) {
            const size_t length = 30 + noise(&seed) % 400;
            memcpy(bytes + at, known + noise(&seed) % (sizeof known - length), at + length < size ? length : size - at);
        }
        CHECK(web_pack_against(known, known_size, bytes, size, size, &packed, &fits, NULL) == BSWZ_OK, "pack");
        if (fits) {
            ZSTD_DCtx *context = ZSTD_createDCtx();
            smaller++;
            CHECK(ZSTD_decompress_usingDict(context, again, size, packed.data, packed.size, known, known_size) ==
                          size &&
                      memcmp(bytes, again, size) == 0,
                  "libzstd, number %u", i);
            ZSTD_freeDCtx(context);
            memset(again, 0, size);
            CHECK(web_unpack_against(known, known_size, packed.data, packed.size, again, size, NULL) == BSWZ_OK &&
                      memcmp(bytes, again, size) == 0,
                  "number %u", i);
        }
        free(packed.data);
    }
    CHECK(smaller > 80, "%u of 200 became smaller", smaller);
}

/* Whatever happens, sanitizers see nothing wrong. */
static void test_damage(void) {
    enum { SIZE = 6000 };
    uint8_t bytes[SIZE], packed[SIZE + 500], again[SIZE];
    uint64_t seed = 4;
    unsigned refused = 0;
    size_t got = 0;
    for (unsigned i = 0; i < 3000; i++) {
        if (i % 100 == 0) {
            draw(i / 100 % KINDS, bytes, SIZE, &seed);
            got = ZSTD_compress(packed, sizeof packed, bytes, SIZE, (int)(i / 100 % 7) * 3 + 1);
        }
        uint8_t *exact = bswz_allocate(got, 1); /* reading beyond it would be noticed */
        size_t part;
        memcpy(exact, packed, got);
        for (unsigned faults = 1 + i % 3; faults > 0; faults--) {
            exact[noise(&seed) % got] ^= (uint8_t)(1u << noise(&seed) % 8);
        }
        refused += web_unpack(exact, got, again, SIZE, NULL) != BSWZ_OK;
        CHECK(web_unpack_part(exact, got, again, SIZE, &part, NULL) == BSWZ_OK && part <= SIZE, "part");
        free(exact);
    }
    CHECK(refused > 1000, "%u refused", refused);
}

int main(void) {
    test_levels();
    test_runs();
    test_packing();
    test_damage();
    return check_summary();
}
