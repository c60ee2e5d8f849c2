/* SPDX-License-Identifier: MIT */
/*
 * Reading blocks (block.h).
 *
 * As in zlib's inflate, codes that are over-subscribed or incomplete are refused, except for a single distance code.
 */
#include "deflate/block.h"

#include <string.h>

enum { FAST_BITS = 10 };

/* A prefix code: short codes by table, longer ones bit by bit. */
struct decoder {
    uint16_t fast[1 << FAST_BITS]; /* symbol << 4 | bits; 0: a longer code, or none */
    uint16_t sorted[288];
    uint16_t counts[DEFLATE_LONGEST + 1];
};

static enum bswz_status broken(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "the deflate stream is invalid");
}

/* ---- bits ---- */

static void refill(struct bit_reader *reader) {
    while (reader->bits <= 56 && reader->at < reader->size) {
        reader->window |= (uint64_t)reader->bytes[reader->at++] << reader->bits;
        reader->bits += 8;
    }
}

static bool take_bits(struct bit_reader *reader, unsigned count, unsigned *value) {
    if (reader->bits < count) {
        refill(reader);
        if (reader->bits < count) {
            return false;
        }
    }
    *value = (unsigned)(reader->window & (((uint64_t)1 << count) - 1));
    reader->window >>= count;
    reader->bits -= count;
    return true;
}

unsigned bit_reader_align(struct bit_reader *reader) {
    unsigned value = 0;
    take_bits(reader, reader->bits % 8, &value);
    return value;
}

size_t bit_reader_position(const struct bit_reader *reader) {
    return reader->at - reader->bits / 8;
}

/* ---- codes ---- */

static bool make_decoder(struct decoder *decoder, const uint8_t *lengths, unsigned count, bool may_be_single) {
    uint16_t codes[288], next[DEFLATE_LONGEST + 1] = {0};
    int left = 1;
    unsigned used = 0;
    memset(decoder->counts, 0, sizeof decoder->counts);
    memset(decoder->fast, 0, sizeof decoder->fast);
    for (unsigned i = 0; i < count; i++) {
        decoder->counts[lengths[i]]++;
    }
    used = count - decoder->counts[0];
    decoder->counts[0] = 0;
    for (unsigned bits = 1; bits <= DEFLATE_LONGEST; bits++) {
        left = 2 * left - decoder->counts[bits];
        if (left < 0) {
            return false;
        }
        next[bits] = (uint16_t)(next[bits - 1] + decoder->counts[bits - 1]);
    }
    if (left > 0 && !(may_be_single && (used == 0 || (used == 1 && decoder->counts[1] == 1)))) {
        return false;
    }
    deflate_codes(lengths, count, codes);
    for (unsigned i = 0; i < count; i++) {
        const unsigned bits = lengths[i];
        if (bits == 0) {
            continue;
        }
        decoder->sorted[next[bits]++] = (uint16_t)i;
        for (unsigned code = codes[i]; bits <= FAST_BITS && code < 1 << FAST_BITS; code += 1u << bits) {
            decoder->fast[code] = (uint16_t)(i << 4 | bits);
        }
    }
    return true;
}

static bool take_symbol(struct bit_reader *reader, const struct decoder *decoder, unsigned *symbol) {
    if (reader->bits < DEFLATE_LONGEST) {
        refill(reader);
    }
    const unsigned entry = decoder->fast[reader->window & ((1 << FAST_BITS) - 1)];
    if (entry != 0) {
        *symbol = entry >> 4;
        if ((entry & 15) > reader->bits) {
            return false;
        }
        reader->window >>= entry & 15;
        reader->bits -= entry & 15;
        return true;
    }
    unsigned code = 0, first = 0, index = 0;
    for (unsigned bits = 1; bits <= DEFLATE_LONGEST && bits <= reader->bits; bits++) {
        code |= reader->window >> (bits - 1) & 1;
        const unsigned count = decoder->counts[bits];
        if (code < first + count) {
            *symbol = decoder->sorted[index + code - first];
            reader->window >>= bits;
            reader->bits -= bits;
            return true;
        }
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    return false;
}

/* ---- headers ---- */

static bool take_step(struct bit_reader *reader, const struct decoder *decoder, struct length_step *step) {
    static const struct { uint8_t bits, base; } runs[3] = {{2, 3}, {3, 3}, {7, 11}};
    unsigned symbol, more = 0;
    if (!take_symbol(reader, decoder, &symbol)) {
        return false;
    }
    *step = (struct length_step){(uint8_t)symbol, 1};
    if (symbol >= 16) {
        if (!take_bits(reader, runs[symbol - 16].bits, &more)) {
            return false;
        }
        step->count = (uint8_t)(runs[symbol - 16].base + more);
    }
    return true;
}

static bool take_lengths(struct bit_reader *reader, struct block *block, const struct decoder *decoder) {
    const unsigned total = block->literals + block->distances;
    unsigned at = 0;
    block->step_count = 0;
    while (at < total) {
        struct length_step *step = &block->steps[block->step_count++];
        if (!take_step(reader, decoder, step) || step->count > total - at || (step->symbol == 16 && at == 0)) {
            return false;
        }
        const uint8_t value = step->symbol < 16 ? step->symbol : step->symbol == 16 ? block->lengths[at - 1] : 0;
        memset(block->lengths + at, value, step->count);
        at += step->count;
    }
    return block->lengths[256] != 0;
}

static bool take_header(struct bit_reader *reader, struct block *block, struct decoder *scratch) {
    unsigned literals, distances, codes;
    if (!take_bits(reader, 5, &literals) || !take_bits(reader, 5, &distances) || !take_bits(reader, 4, &codes)) {
        return false;
    }
    block->literals = literals + 257;
    block->distances = distances + 1;
    block->codes = codes + 4;
    if (block->literals > DEFLATE_LITERALS || block->distances > DEFLATE_DISTANCES) {
        return false;
    }
    memset(block->code_lengths, 0, sizeof block->code_lengths);
    for (unsigned i = 0; i < block->codes; i++) {
        unsigned length;
        if (!take_bits(reader, 3, &length)) {
            return false;
        }
        block->code_lengths[deflate_code_order[i]] = (uint8_t)length;
    }
    return make_decoder(scratch, block->code_lengths, DEFLATE_CODES, false) && take_lengths(reader, block, scratch);
}

/* ---- blocks ---- */

static bool take_stored(struct bit_reader *reader, struct block *block, size_t left) {
    unsigned size, complement;
    block->padding = (uint8_t)bit_reader_align(reader);
    if (!take_bits(reader, 16, &size) || !take_bits(reader, 16, &complement) || size != (complement ^ 0xffff) ||
        size > left) {
        return false;
    }
    const size_t at = bit_reader_position(reader);
    if (size > reader->size - at) {
        return false;
    }
    reader->at = at + size;
    reader->window = 0;
    reader->bits = 0;
    block->stored = size;
    return true;
}

static bool take_match(struct bit_reader *reader, const struct decoder *distances, unsigned symbol,
                       struct token *token) {
    unsigned more, far;
    if (symbol > 285 || !take_bits(reader, deflate_length_extra[symbol - 257], &more)) {
        return false;
    }
    token->length = (uint16_t)(deflate_length_base[symbol - 257] + more);
    token->is_odd = symbol == 284 && more == 31;
    if (!take_symbol(reader, distances, &far) || far >= DEFLATE_DISTANCES ||
        !take_bits(reader, deflate_distance_extra[far], &more)) {
        return false;
    }
    token->distance = (uint16_t)(deflate_distance_base[far] + more);
    return true;
}

static enum bswz_status take_tokens(struct bit_reader *reader, const struct decoder *literals,
                                    const struct decoder *distances, size_t *position, size_t plain_size,
                                    struct block *block, struct bswz_error *error) {
    for (;;) {
        struct token token = {.length = 1};
        unsigned symbol;
        if (!take_symbol(reader, literals, &symbol)) {
            return broken(error);
        }
        if (symbol == 256) {
            return BSWZ_OK;
        }
        token.literal = (uint8_t)symbol;
        if (symbol > 256 && (!take_match(reader, distances, symbol, &token) || token.distance > *position)) {
            return broken(error);
        }
        if (token.length > plain_size - *position) {
            return broken(error);
        }
        *position += token.length;
        const enum bswz_status status = block_add(block, token, error);
        if (status != BSWZ_OK) {
            return status;
        }
    }
}

enum bswz_status block_read(struct bit_reader *reader, size_t *position, size_t plain_size, struct block *block,
                            struct bswz_error *error) {
    struct decoder literals, distances;
    uint8_t fixed_literals[288], fixed_distances[32];
    unsigned is_last, type;
    block->count = 0;
    if (!take_bits(reader, 1, &is_last) || !take_bits(reader, 2, &type) || type == 3) {
        return broken(error);
    }
    block->is_last = is_last;
    block->type = (enum block_type)type;
    switch (block->type) {
    case BLOCK_STORED:
        if (!take_stored(reader, block, plain_size - *position)) {
            return broken(error);
        }
        *position += block->stored;
        return BSWZ_OK;
    case BLOCK_FIXED:
        deflate_fixed_lengths(fixed_literals, fixed_distances);
        make_decoder(&literals, fixed_literals, 288, false);
        make_decoder(&distances, fixed_distances, 32, false);
        break;
    case BLOCK_DYNAMIC:
    default:
        if (!take_header(reader, block, &literals) ||
            !make_decoder(&literals, block->lengths, block->literals, false) ||
            !make_decoder(&distances, block->lengths + block->literals, block->distances, true)) {
            return broken(error);
        }
        break;
    }
    return take_tokens(reader, &literals, &distances, position, plain_size, block, error);
}
