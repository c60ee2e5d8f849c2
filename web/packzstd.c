/* SPDX-License-Identifier: MIT */
/*
 * The packer (packzstd.h): one block, with the matches that a greedy search finds, coded by the usual tables of
 * sequences. Literals stay as they are.
 *
 * A decoder reads the bits of sequences from the end to the start, so they are written in the opposite order: the last
 * sequence first, and the states from the last one back, each chosen so that it leads to the one after it.
 */
#include "packzstd.h"

#include "base/allocate.h"
#include "unzstd.h"

#include <stdlib.h>
#include <string.h>

enum { HASH_BITS = 13, MATCH_LEAST = 5, NEAR = 512 /* a match of MATCH_LEAST bytes pays only up to here */ };

struct sequence {
    uint32_t literals, length, offset;
};

struct packing {
    struct sequence *sequences;
    size_t count;
    struct byte_buffer literals;
    struct byte_buffer bits;
    uint64_t window; /* bits that are not in the buffer yet */
    unsigned waiting;
};

/* ---- bits ---- */

static enum bswz_status put_bits(struct packing *packing, uint32_t value, unsigned count, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    packing->window |= (uint64_t)value << packing->waiting;
    packing->waiting += count;
    for (; packing->waiting >= 8 && status == BSWZ_OK; packing->waiting -= 8, packing->window >>= 8) {
        const uint8_t byte = (uint8_t)packing->window;
        status = byte_buffer_append(&packing->bits, &byte, 1, error);
    }
    return status;
}

/* A one marks the end. */
static enum bswz_status end_bits(struct packing *packing, struct bswz_error *error) {
    const enum bswz_status status = put_bits(packing, 1, 1, error);
    return status == BSWZ_OK && packing->waiting > 0 ? put_bits(packing, 0, 8 - packing->waiting, error) : status;
}

static enum bswz_status put_number(struct byte_buffer *out, uint64_t value, unsigned bytes, struct bswz_error *error) {
    uint8_t little[8];
    for (unsigned i = 0; i < bytes; i++) {
        little[i] = (uint8_t)(value >> 8 * i);
    }
    return byte_buffer_append(out, little, bytes, error);
}

/* ---- matches ---- */

static unsigned hash_of(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value * 2654435761u >> (32 - HASH_BITS);
}

static enum bswz_status find_matches(struct packing *packing, const uint8_t *all, size_t start, size_t size,
                                     struct bswz_error *error) {
    uint32_t last[1 << HASH_BITS] = {0}; /* position + 1 */
    size_t done = start;
    enum bswz_status status = BSWZ_OK;
    packing->sequences = bswz_allocate((size - start) / MATCH_LEAST + 1, sizeof *packing->sequences);
    if (packing->sequences == NULL) {
        return bswz_no_memory(error);
    }
    for (size_t at = 0; status == BSWZ_OK && at + sizeof(uint32_t) <= size; at++) {
        uint32_t *place = &last[hash_of(all + at)];
        const size_t other = *place;
        *place = (uint32_t)at + 1;
        if (at < done || other == 0) {
            continue;
        }
        const size_t offset = at - (other - 1);
        size_t length = 0;
        while (at + length < size && all[at + length - offset] == all[at + length]) {
            length++;
        }
        if (length >= MATCH_LEAST + (offset > NEAR)) {
            status = byte_buffer_append(&packing->literals, all + done, at - done, error);
            packing->sequences[packing->count++] =
                (struct sequence){(uint32_t)(at - done), (uint32_t)length, (uint32_t)offset};
            done = at + length;
        }
    }
    return status == BSWZ_OK ? byte_buffer_append(&packing->literals, all + done, size - done, error) : status;
}

/* ---- sequences ---- */

static unsigned code_of(const struct length_code *codes, unsigned count, uint32_t value) {
    while (codes[--count].base > value) {
    }
    return count;
}

/* The state with that symbol from which the next one, if there is one, can be reached. */
static unsigned state_before(const struct fse_table *table, unsigned symbol, const unsigned *next) {
    unsigned state = 0;
    while (table->state[state].symbol != symbol ||
           (next != NULL && *next - table->state[state].base >= 1u << table->state[state].bits)) {
        state++;
    }
    return state;
}

/* The bits of all sequences. */
static enum bswz_status put_sequences(struct packing *packing, struct bswz_error *error) {
    /* in the order in which they are written */
    static const unsigned order[SEQUENCE_TABLES] = {OFFSETS, MATCH_LENGTHS, LITERAL_LENGTHS};
    struct fse_table *table = bswz_allocate_zero(SEQUENCE_TABLES, sizeof *table);
    unsigned state[SEQUENCE_TABLES];
    if (table == NULL) {
        return bswz_no_memory(error);
    }
    for (unsigned kind = 0; kind < SEQUENCE_TABLES; kind++) {
        zstd_usual_table(kind, &table[kind]);
    }
    enum bswz_status status = BSWZ_OK;
    for (size_t i = packing->count; i-- > 0 && status == BSWZ_OK;) {
        const struct sequence *sequence = &packing->sequences[i];
        const uint32_t value = sequence->offset + 3;
        unsigned symbol[SEQUENCE_TABLES];
        symbol[LITERAL_LENGTHS] = code_of(zstd_literal_lengths, 36, sequence->literals);
        symbol[MATCH_LENGTHS] = code_of(zstd_match_lengths, 53, sequence->length);
        symbol[OFFSETS] = 31 - (unsigned)__builtin_clz(value);
        for (unsigned j = 0; j < SEQUENCE_TABLES && status == BSWZ_OK; j++) {
            const unsigned kind = order[j];
            const bool is_last = i + 1 == packing->count;
            const unsigned before = state_before(&table[kind], symbol[kind], is_last ? NULL : &state[kind]);
            if (!is_last) {
                status = put_bits(packing, state[kind] - table[kind].state[before].base, table[kind].state[before].bits,
                                  error);
            }
            state[kind] = before;
        }
        const struct length_code *literals = &zstd_literal_lengths[symbol[LITERAL_LENGTHS]];
        const struct length_code *match = &zstd_match_lengths[symbol[MATCH_LENGTHS]];
        if (status == BSWZ_OK) {
            status = put_bits(packing, sequence->literals - literals->base, literals->bits, error);
        }
        if (status == BSWZ_OK) {
            status = put_bits(packing, sequence->length - match->base, match->bits, error);
        }
        if (status == BSWZ_OK) {
            status = put_bits(packing, value - (1u << symbol[OFFSETS]), symbol[OFFSETS], error);
        }
    }
    static const unsigned first[SEQUENCE_TABLES] = {MATCH_LENGTHS, OFFSETS, LITERAL_LENGTHS};
    for (unsigned j = 0; j < SEQUENCE_TABLES && status == BSWZ_OK; j++) {
        status = put_bits(packing, state[first[j]], table[first[j]].bits, error);
    }
    free(table);
    return status == BSWZ_OK ? end_bits(packing, error) : status;
}

/* ---- the frame ---- */

static enum bswz_status put_block(struct packing *packing, struct byte_buffer *out, struct bswz_error *error) {
    const size_t count = packing->count;
    const uint8_t modes = 0; /* the usual tables */
    /* raw literals with 20 bits of size */
    enum bswz_status status = put_number(out, 3u << 2 | packing->literals.size << 4, 3, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, packing->literals.data, packing->literals.size, error);
    }
    if (status == BSWZ_OK) {
        status = count < 128 ? put_number(out, count, 1, error)
                             : put_number(out, 128 + (count >> 8) + ((count & 255) << 8), 2, error);
    }
    if (status == BSWZ_OK && count > 0) {
        status = byte_buffer_append(out, &modes, 1, error);
    }
    if (status == BSWZ_OK && count > 0) {
        status = put_sequences(packing, error);
    }
    return status == BSWZ_OK ? byte_buffer_append(out, packing->bits.data, packing->bits.size, error) : status;
}

enum bswz_status packzstd(const uint8_t *all, size_t start, size_t size, struct byte_buffer *out,
                          struct bswz_error *error) {
    static const uint8_t head[6] = {0x28, 0xb5, 0x2f, 0xfd, 0, 8 << 3}; /* a window of 256 KiB, and no size */
    struct packing packing = {.count = 0};
    struct byte_buffer block = {0};
    enum bswz_status status = find_matches(&packing, all, start, size, error);
    if (status == BSWZ_OK) {
        status = put_block(&packing, &block, error);
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, head, sizeof head, error);
    }
    if (status == BSWZ_OK) {
        status = put_number(out, 1u | 2u << 1 | block.size << 3, 3, error);
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, block.data, block.size, error);
    }
    free(packing.sequences);
    free(packing.literals.data);
    free(packing.bits.data);
    free(block.data);
    return status;
}
