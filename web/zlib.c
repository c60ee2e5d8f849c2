/* SPDX-License-Identifier: MIT */
/*
 * The part of zlib's interface that the library needs in a browser: checksums, and inflating, by the parser of deflate
 * streams that the library has anyway (deflate/block.h). All input is given with the first call. Deflating fails: only
 * PNG files that come back byte for byte need it.
 */
#include "deflate/block.h"
#include "deflate/deflate.h"

#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

/* ---- checksums ---- */

uLong crc32_z(uLong crc, const Bytef *bytes, z_size_t size) {
    uint32_t table[16]; /* of half a byte */
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 4; bit++) {
            value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
        }
        table[i] = value;
    }
    uint32_t sum = ~(uint32_t)crc;
    for (size_t i = 0; i < size && bytes != NULL; i++) {
        sum ^= bytes[i];
        sum = sum >> 4 ^ table[sum & 15];
        sum = sum >> 4 ^ table[sum & 15];
    }
    return bytes != NULL ? (uint32_t)~sum : 0;
}

uLong adler32_z(uLong adler, const Bytef *bytes, z_size_t size) {
    enum { MODULUS = 65521, RUN = 5552 }; /* the sums of a run fit in 32 bits */
    uint32_t one = (uint32_t)adler & 0xffff, two = (uint32_t)adler >> 16;
    if (bytes == NULL) {
        return 1;
    }
    while (size > 0) {
        const size_t run = size < RUN ? size : RUN;
        for (size_t i = 0; i < run; i++) {
            one += bytes[i];
            two += one;
        }
        one %= MODULUS;
        two %= MODULUS;
        bytes += run;
        size -= run;
    }
    return two << 16 | one;
}

uLong adler32(uLong adler, const Bytef *bytes, uInt size) {
    return adler32_z(adler, bytes, size);
}

/* ---- inflating ---- */

enum { ZLIB_HEADER = 2, ZLIB_CHECK = 4 };

struct internal_state {
    bool has_header;          /* the stream has a header, and a checksum at its end */
    bool is_ended;            /* the last block has been inflated */
    struct byte_buffer plain; /* content that has been inflated; at: how much of it was given out */
    size_t at;
    struct bit_reader reader;
    struct block block;
};

int inflateInit2_(z_streamp stream, int window_bits, const char *version, int size) {
    (void)version;
    (void)size;
    stream->state = calloc(1, sizeof *stream->state);
    if (stream->state == NULL) {
        return Z_MEM_ERROR;
    }
    stream->state->has_header = window_bits > 0;
    return Z_OK;
}

int inflateInit_(z_streamp stream, const char *version, int size) {
    return inflateInit2_(stream, MAX_WBITS, version, size);
}

/* Append the bytes of a block. */
static int unfold(struct internal_state *state, const uint8_t *stored, size_t size) {
    struct byte_buffer *plain = &state->plain;
    if (size == 0) { /* there may be no buffer yet */
        return Z_OK;
    }
    if (byte_buffer_reserve(plain, size, NULL) != BSWZ_OK) {
        return Z_MEM_ERROR;
    }
    uint8_t *to = plain->data + plain->size;
    plain->size += size;
    if (state->block.type == BLOCK_STORED) {
        memcpy(to, stored, size);
        return Z_OK;
    }
    for (size_t i = 0; i < state->block.count; i++) {
        const struct token *token = &state->block.tokens[i];
        if (token->distance == 0) {
            *to++ = token->literal;
        }
        for (size_t j = 0; token->distance > 0 && j < token->length; j++, to++) {
            *to = to[-(ptrdiff_t)token->distance];
        }
    }
    return Z_OK;
}

/* Inflate the next block, or the checksum after the last one. */
static int inflate_block(struct internal_state *state) {
    struct bit_reader *reader = &state->reader;
    size_t position = state->plain.size;
    struct bswz_error error = {.status = BSWZ_OK};
    const enum bswz_status status = block_read(reader, &position, DEFLATE_PLAIN_MAX, &state->block, &error);
    if (status != BSWZ_OK) {
        return status == BSWZ_ERROR_MEMORY  ? Z_MEM_ERROR
               : reader->at == reader->size ? Z_BUF_ERROR /* perhaps more was to come */
                                            : Z_DATA_ERROR;
    }
    const size_t size = position - state->plain.size;
    const int result = unfold(state, reader->bytes + reader->at - size, size);
    if (result != Z_OK || !state->block.is_last) {
        return result;
    }
    state->is_ended = true;
    bit_reader_align(reader);
    if (!state->has_header) {
        return Z_OK;
    }
    const size_t at = bit_reader_position(reader);
    if (reader->size - at < ZLIB_CHECK) {
        return Z_BUF_ERROR;
    }
    const uint8_t *check = reader->bytes + at;
    const uint32_t adler =
        (uint32_t)check[0] << 24 | (uint32_t)check[1] << 16 | (uint32_t)check[2] << 8 | (uint32_t)check[3];
    *reader = (struct bit_reader){.bytes = reader->bytes, .size = reader->size, .at = at + ZLIB_CHECK};
    return adler == adler32_z(1, state->plain.data, state->plain.size) ? Z_OK : Z_DATA_ERROR;
}

static int take_header(struct internal_state *state) {
    const uint8_t *bytes = state->reader.bytes;
    if (state->reader.size < ZLIB_HEADER) {
        return Z_BUF_ERROR;
    }
    state->reader.at = ZLIB_HEADER;
    return (bytes[0] & 15) == Z_DEFLATED && bytes[0] >> 4 <= 7 && (bytes[1] & 32) == 0 &&
                   (bytes[0] << 8 | bytes[1]) % 31 == 0
               ? Z_OK
               : Z_DATA_ERROR;
}

int inflate(z_streamp stream, int flush) {
    (void)flush;
    struct internal_state *state = stream->state;
    int result = Z_OK;
    if (state->reader.bytes == NULL) {
        state->reader = (struct bit_reader){.bytes = stream->next_in, .size = stream->avail_in};
        result = state->has_header ? take_header(state) : Z_OK;
    }
    while (result == Z_OK && !state->is_ended && state->plain.size - state->at < stream->avail_out) {
        result = inflate_block(state);
    }
    const size_t left = state->plain.size - state->at, given = left < stream->avail_out ? left : stream->avail_out;
    if (given > 0) {
        memcpy(stream->next_out, state->plain.data + state->at, given);
    }
    state->at += given;
    stream->next_out += given;
    stream->avail_out -= (uInt)given;
    const size_t used = bit_reader_position(&state->reader);
    stream->next_in = state->reader.bytes + used;
    stream->avail_in = (uInt)(state->reader.size - used);
    return result == Z_OK && state->is_ended && state->at == state->plain.size ? Z_STREAM_END : result;
}

int inflateEnd(z_streamp stream) {
    free(stream->state->plain.data);
    free(stream->state->block.tokens);
    free(stream->state);
    return Z_OK;
}

/* ---- deflating ---- */

int deflateInit2_(z_streamp stream, int level, int method, int window_bits, int memory_level, int strategy,
                  const char *version, int size) {
    (void)stream;
    (void)level;
    (void)method;
    (void)window_bits;
    (void)memory_level;
    (void)strategy;
    (void)version;
    (void)size;
    return Z_STREAM_ERROR;
}

int deflate(z_streamp stream, int flush) {
    (void)stream;
    (void)flush;
    return Z_STREAM_ERROR;
}

int deflateEnd(z_streamp stream) {
    (void)stream;
    return Z_STREAM_ERROR;
}

int deflateReset(z_streamp stream) {
    (void)stream;
    return Z_STREAM_ERROR;
}

uLong compressBound(uLong size) {
    return size;
}

int compress2(Bytef *to, uLongf *room, const Bytef *bytes, uLong size, int level) {
    (void)to;
    (void)room;
    (void)bytes;
    (void)size;
    (void)level;
    return Z_STREAM_ERROR;
}
