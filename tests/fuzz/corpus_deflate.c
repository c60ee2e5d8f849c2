/* SPDX-License-Identifier: MIT */
/*
 * Deflate streams from zlib, their recipes, and gzip members.
 */
#include "corpus.h"

#include "check.h"
#include "deflate/deflate.h"

#include <stdlib.h>
#include <zlib.h>

static void append(struct byte_buffer *buffer, const void *bytes, size_t size) {
    if (byte_buffer_append(buffer, bytes, size, NULL) != BSWZ_OK) {
        exit(1);
    }
}

/* Noise with few different letters, some of it repeated. */
static void draw(struct byte_buffer *plain) {
    uint64_t state = 3;
    for (int i = 0; i < 400; i++) {
        const uint8_t byte = (uint8_t)('a' + noise(&state) % 13);
        append(plain, &byte, 1);
    }
    uint8_t again[300];
    for (size_t i = 0; i < sizeof again; i++) {
        again[i] = plain->data[i];
    }
    append(plain, again, sizeof again);
}

static void pack(const struct byte_buffer *plain, int level, int strategy, struct byte_buffer *stream) {
    uint8_t out[2000];
    z_stream zlib = {.next_in = plain->data, .avail_in = (uInt)plain->size, .next_out = out, .avail_out = sizeof out};
    if (deflateInit2(&zlib, level, Z_DEFLATED, -MAX_WBITS, 8, strategy) != Z_OK) {
        exit(1);
    }
    deflate(&zlib, Z_FINISH);
    append(stream, out, zlib.total_out);
    deflateEnd(&zlib);
}

void corpus_deflate(const struct corpus *corpus) {
    static const uint8_t member_header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}, all = 16;
    struct byte_buffer plain = {0};
    draw(&plain);
    for (int level = 0; level <= 9; level += 3) {
        struct byte_buffer stream = {0}, recipe = {0}, member = {0};
        pack(&plain, level, level == 3 ? Z_FIXED : Z_DEFAULT_STRATEGY, &stream);
        append(&member, member_header, sizeof member_header);
        append(&member, stream.data, stream.size);
        append(&recipe, &all, 1);
        append(&recipe, plain.data, plain.size);
        if (deflate_describe(stream.data, stream.size, plain.data, plain.size, 4000, &recipe, NULL, NULL) == BSWZ_OK) {
            recipe.data[0] = (uint8_t)(16 * plain.size / (recipe.size - 1));
            corpus->add(corpus->context, "deflate-recipe", &recipe);
        }
        corpus->add(corpus->context, "deflate", &stream);
        corpus->add(corpus->context, "decompress", &member);
        free(stream.data);
        free(recipe.data);
        free(member.data);
    }
    free(plain.data);
}
