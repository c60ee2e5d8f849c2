/* SPDX-License-Identifier: MIT */
/*
 * Writing blocks (block.h).
 */
#include "deflate/block.h"

#include <string.h>

static enum bswz_status broken(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "the recipe of a deflate stream is invalid");
}

/* The caller has made room. */
static void put_bits(struct bit_writer *writer, unsigned value, unsigned count) {
    writer->window |= (uint64_t)value << writer->bits;
    writer->bits += count;
    while (writer->bits >= 8) {
        writer->out->data[writer->out->size++] = (uint8_t)writer->window;
        writer->window >>= 8;
        writer->bits -= 8;
    }
}

/* Codes with their lengths. */
struct codes {
    uint16_t code[288];
    uint8_t length[288];
};

static void make_codes(struct codes *codes, const uint8_t *lengths, unsigned count) {
    memset(codes->length, 0, sizeof codes->length);
    memcpy(codes->length, lengths, count);
    deflate_codes(lengths, count, codes->code);
}

static bool put_symbol(struct bit_writer *writer, const struct codes *codes, unsigned symbol) {
    put_bits(writer, codes->code[symbol], codes->length[symbol]);
    return codes->length[symbol] != 0;
}

static bool put_header(struct bit_writer *writer, const struct block *block) {
    static const struct { uint8_t bits, base; } runs[3] = {{2, 3}, {3, 3}, {7, 11}};
    struct codes codes;
    bool sound = true;
    put_bits(writer, block->literals - 257, 5);
    put_bits(writer, block->distances - 1, 5);
    put_bits(writer, block->codes - 4, 4);
    for (unsigned i = 0; i < block->codes; i++) {
        put_bits(writer, block->code_lengths[deflate_code_order[i]], 3);
    }
    make_codes(&codes, block->code_lengths, DEFLATE_CODES);
    for (unsigned i = 0; i < block->step_count; i++) {
        const struct length_step *step = &block->steps[i];
        sound &= put_symbol(writer, &codes, step->symbol);
        if (step->symbol >= 16) {
            put_bits(writer, step->count - (unsigned)runs[step->symbol - 16].base, runs[step->symbol - 16].bits);
        }
    }
    return sound;
}

static bool put_match(struct bit_writer *writer, const struct codes *literals, const struct codes *distances,
                      const struct token *token) {
    const unsigned symbol = deflate_length_symbol(token), far = deflate_distance_symbol(token->distance);
    bool sound = put_symbol(writer, literals, symbol);
    put_bits(writer, token->length - (unsigned)deflate_length_base[symbol - 257], deflate_length_extra[symbol - 257]);
    sound &= put_symbol(writer, distances, far);
    put_bits(writer, token->distance - (unsigned)deflate_distance_base[far], deflate_distance_extra[far]);
    return sound;
}

static enum bswz_status put_tokens(struct bit_writer *writer, const struct block *block, const struct codes *literals,
                                   const struct codes *distances, const uint8_t *plain, struct bswz_error *error) {
    bool sound = true;
    for (size_t i = 0; i < block->count && sound; i++) {
        const struct token *token = &block->tokens[i];
        if (i % 1024 == 0) { /* a token takes at most 48 bits */
            const enum bswz_status status = byte_buffer_reserve(writer->out, 1024 * 6 + 8, error);
            if (status != BSWZ_OK) {
                return status;
            }
        }
        sound =
            token->length == 1 ? put_symbol(writer, literals, *plain) : put_match(writer, literals, distances, token);
        plain += token->length;
    }
    enum bswz_status status = byte_buffer_reserve(writer->out, 8, error);
    if (status == BSWZ_OK && (!sound || !put_symbol(writer, literals, 256))) {
        status = broken(error);
    }
    return status;
}

static enum bswz_status put_stored(struct bit_writer *writer, const struct block *block, const uint8_t *plain,
                                   struct bswz_error *error) {
    put_bits(writer, block->padding, (8 - writer->bits) % 8);
    put_bits(writer, block->stored, 16);
    put_bits(writer, block->stored ^ 0xffff, 16);
    return byte_buffer_append(writer->out, plain, block->stored, error);
}

enum bswz_status block_write(struct bit_writer *writer, const struct block *block, const uint8_t *plain,
                             size_t position, struct bswz_error *error) {
    struct codes literals, distances;
    uint8_t fixed_literals[288], fixed_distances[32];
    enum bswz_status status = byte_buffer_reserve(writer->out, 1024, error); /* for the longest header */
    if (status != BSWZ_OK) {
        return status;
    }
    plain = position > 0 ? plain + position : plain;
    put_bits(writer, block->is_last, 1);
    put_bits(writer, block->type, 2);
    switch (block->type) {
    case BLOCK_STORED: return put_stored(writer, block, plain, error);
    case BLOCK_FIXED:
        deflate_fixed_lengths(fixed_literals, fixed_distances);
        make_codes(&literals, fixed_literals, 288);
        make_codes(&distances, fixed_distances, 32);
        break;
    case BLOCK_DYNAMIC:
    default:
        if (!put_header(writer, block)) {
            return broken(error);
        }
        make_codes(&literals, block->lengths, block->literals);
        make_codes(&distances, block->lengths + block->literals, block->distances);
        break;
    }
    return put_tokens(writer, block, &literals, &distances, plain, error);
}

enum bswz_status bit_writer_finish(struct bit_writer *writer, unsigned padding, struct bswz_error *error) {
    const enum bswz_status status = byte_buffer_reserve(writer->out, 1, error);
    if (status == BSWZ_OK) {
        put_bits(writer, padding, (8 - writer->bits) % 8);
    }
    return status;
}
