/* SPDX-License-Identifier: MIT */
/*
 * Frames of zstd of every kind, for the decoder of the page in the browser, and what they hold, for its packer.
 */
#include "corpus.h"

#include "check.h"

#include <stdlib.h>
#include <zstd.h>

enum { SIZE = 3000, KNOWN = 200 /* even, below 512 */, KINDS = 4 };

static void append(struct byte_buffer *buffer, const void *bytes, size_t size) {
    if (byte_buffer_append(buffer, bytes, size, NULL) != BSWZ_OK) {
        exit(1);
    }
}

/* Words, letters of different frequencies, one letter, and noise. */
static void draw(unsigned kind, uint8_t bytes[SIZE]) {
    static const char words[] = "Exif JFIF and the quick brown fox jumps over the lazy dog, ";
    uint64_t state = kind + 1;
    for (unsigned i = 0; i < SIZE; i++) {
        const uint64_t random = noise(&state) >> 32;
        switch (kind) {
        case 0: bytes[i] = (uint8_t)words[(i + random % 40 / 39) % (sizeof words - 1)]; break;
        case 1: bytes[i] = (uint8_t)('a' + (random & random >> 8 & 15) + (random >> 16 & 3)); break;
        case 2: bytes[i] = i % 700 == 699 ? 'b' : 'a'; break;
        default: bytes[i] = (uint8_t)random; break;
        }
    }
}

/* A frame of several blocks after known bytes. */
static void add_frame(const struct corpus *corpus, const uint8_t bytes[SIZE], size_t known, size_t size, int level,
                      int has_check) {
    const uint8_t choice = (uint8_t)(known / 2);
    uint8_t packed[2 * SIZE];
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_outBuffer out = {packed, sizeof packed, 0};
    struct byte_buffer file = {0};
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, has_check);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 10 + level % 4 * 2);
    ZSTD_CCtx_refPrefix(context, bytes, known);
    for (unsigned i = 0; i < 3; i++) {
        ZSTD_inBuffer in = {bytes + known + size / 3 * i, size / 3, 0};
        if (ZSTD_compressStream2(context, &out, &in, i == 2 ? ZSTD_e_end : ZSTD_e_flush) != 0) {
            exit(1);
        }
    }
    ZSTD_freeCCtx(context);
    append(&file, &choice, 1);
    append(&file, bytes, known);
    append(&file, packed, out.pos);
    corpus->add(corpus->context, "page-unpack", &file);
    free(file.data);
}

void corpus_page(const struct corpus *corpus) {
    static const size_t sizes[] = {30, 500, 2700};
    static const int levels[] = {1, 5, 12, 19};
    for (unsigned kind = 0; kind < KINDS; kind++) {
        uint8_t bytes[SIZE];
        draw(kind, bytes);
        for (unsigned i = 0; i < 12; i++) {
            const size_t known = i % 2 == 0 ? 0 : KNOWN, size = sizes[i % 3];
            const uint8_t choices[2] = {(uint8_t)(9 * i), (uint8_t)(known / 2)};
            struct byte_buffer file = {0};
            add_frame(corpus, bytes, known, size, levels[i % 4], i < 6);
            append(&file, choices, 2);
            append(&file, bytes, known + size);
            corpus->add(corpus->context, "page-pack", &file);
            free(file.data);
        }
    }
}
