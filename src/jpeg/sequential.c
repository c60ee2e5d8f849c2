/* SPDX-License-Identifier: MIT */
/*
 * Blocks of sequential scans (scan_bits.h), where most of the time goes that it takes to write a file: codes and values
 * are collected in a register, and go on four bytes at a time where none of them is ff. put_bits does the same a byte at
 * a time.
 */
#include "jpeg/filled.h"
#include "jpeg/scan_bits.h"

#include <stdlib.h>
#include <string.h>

/* The coder's bits while a block is coded: fewer than 32 between two calls. */
struct pending {
    uint64_t bits;
    unsigned count;
};

static inline bool has_ff(uint32_t word) {
    return ((~word - 0x01010101u) & word & 0x80808080u) != 0;
}

static void put_word(struct jpeg_coder *coder, uint32_t word) {
    const uint8_t bytes[4] = {(uint8_t)(word >> 24), (uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word};
    const bool has_room = coder->size - coder->at >= sizeof bytes && (coder->mode == JPEG_COLLECT || !has_ff(word));
    if (has_room && coder->mode >= JPEG_WRITE) {
        memcpy(coder->out + coder->at, bytes, sizeof bytes);
        coder->at += sizeof bytes;
    } else if (has_room && memcmp(coder->file + coder->at, bytes, sizeof bytes) == 0) {
        coder->at += sizeof bytes;
    } else {
        for (unsigned i = 0; i < sizeof bytes; i++) {
            put_stuffed(coder, bytes[i]);
        }
    }
}

void put_collected(struct jpeg_coder *coder, const uint8_t *bytes, size_t count) {
    for (; count >= 4 && coder->status == BSWZ_OK; bytes += 4, count -= 4) {
        const uint32_t word =
            (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
        coder->bits = coder->bits << 32 | word;
        put_word(coder, (uint32_t)(coder->bits >> coder->bit_count));
    }
    for (size_t i = 0; i < count; i++) {
        put_bits(coder, bytes[i], 8);
    }
}

void put_padding(struct jpeg_coder *coder) {
    const unsigned count = (8 - coder->bit_count) % 8;
    const uint8_t mask = (uint8_t)((1u << count) - 1);
    struct jpeg_choices *choices = coder->choices;
    uint8_t pad = choices->padding == JPEG_PADDING_ZEROS ? 0 : mask;
    if (count == 0 || coder->mode == JPEG_COUNT) {
        return;
    }
    if (coder->mode == JPEG_FOLLOW) {
        pad = coder->at < coder->size ? coder->file[coder->at] & mask : 0;
        const enum bswz_status status = byte_buffer_append(&choices->pads, &pad, 1, NULL);
        if (status != BSWZ_OK) {
            fail(coder, status);
        }
        choices->padding = choices->pads.size == 1 ? (pad == mask ? JPEG_PADDING_ONES
                                                      : pad == 0  ? JPEG_PADDING_ZEROS
                                                                  : JPEG_PADDING_LISTED)
                           : pad == (choices->padding == JPEG_PADDING_ZEROS ? 0 : mask) ? choices->padding
                                                                                        : JPEG_PADDING_LISTED;
    } else if (choices->padding == JPEG_PADDING_LISTED) {
        if (coder->pads_read == choices->pads.size || choices->pads.data[coder->pads_read] > mask) {
            fail(coder, BSWZ_ERROR_FORMAT);
            return;
        }
        pad = choices->pads.data[coder->pads_read++];
    }
    put_bits(coder, pad, count);
}

/* A symbol, and the value that follows it: up to 31 bits. */
static inline void put(struct jpeg_coder *coder, struct pending *pending, const struct jpeg_table *table,
                       uint64_t *occurrences, unsigned symbol, uint32_t value, unsigned width) {
    occurrences[symbol]++;
    if (coder->mode == JPEG_COUNT) {
        return;
    }
    if (table->length[symbol] == 0) {
        fail(coder, BSWZ_ERROR_FORMAT);
        return;
    }
    pending->bits = pending->bits << (table->length[symbol] + width) | (uint64_t)table->code[symbol] << width | value;
    pending->count += table->length[symbol] + width;
    if (pending->count >= 32) {
        pending->count -= 32;
        put_word(coder, (uint32_t)(pending->bits >> pending->count));
    }
}

/* Bit k: the coefficient at position k of the zigzag order is not zero. */
static inline uint64_t filled(const int16_t block[JPEG_BLOCK]) {
    static const uint8_t place[JPEG_BLOCK] = {0,  1,  5,  6,  14, 15, 27, 28, 2,  4,  7,  13, 16, 26, 29, 42,
                                              3,  8,  12, 17, 25, 30, 41, 43, 9,  11, 18, 24, 31, 40, 44, 53,
                                              10, 19, 23, 32, 39, 45, 52, 54, 20, 22, 33, 38, 46, 51, 55, 60,
                                              21, 34, 37, 47, 50, 56, 59, 61, 35, 36, 48, 49, 57, 58, 62, 63};
    uint64_t mask = 0;
    for (uint64_t left = jpeg_filled(block); left != 0; left &= left - 1) {
        mask |= (uint64_t)1 << place[__builtin_ctzll(left)];
    }
    return mask;
}

void jpeg_sequential_block(struct jpeg_coder *coder, const struct jpeg_table (*table)[JPEG_TABLES], unsigned dc,
                           unsigned ac, int *before, const int16_t block[JPEG_BLOCK]) {
    struct pending pending = {coder->bits, coder->bit_count};
    const int difference = block[0] - *before;
    const unsigned dc_width = width_of((unsigned)abs(difference));
    put(coder, &pending, &table[DC][dc], coder->occurrences[DC][dc], dc_width, bits_of(difference, dc_width), dc_width);
    *before = block[0];
    unsigned last = 0;
    for (uint64_t left = filled(block) & ~(uint64_t)1; left != 0; left &= left - 1) {
        const unsigned at = (unsigned)__builtin_ctzll(left);
        const int value = block[jpeg_zigzag[at]];
        const unsigned width = width_of((unsigned)abs(value));
        unsigned zeros = at - last - 1;
        for (; zeros > 15; zeros -= 16) {
            put(coder, &pending, &table[AC][ac], coder->occurrences[AC][ac], ZEROS_16, 0, 0);
        }
        put(coder, &pending, &table[AC][ac], coder->occurrences[AC][ac], zeros << 4 | width, bits_of(value, width),
            width);
        last = at;
    }
    if (last < JPEG_BLOCK - 1) {
        put(coder, &pending, &table[AC][ac], coder->occurrences[AC][ac], 0, 0, 0);
    }
    while (pending.count >= 8) {
        pending.count -= 8;
        put_stuffed(coder, (uint8_t)(pending.bits >> pending.count));
    }
    coder->bits = pending.bits;
    coder->bit_count = pending.count;
}
