/* SPDX-License-Identifier: MIT */
/*
 * TIFF's LZW: codes of 9 to 12 bits, the upper bits first, which grow one code early.
 *
 * A writer takes the longest string in the table; its only choice is when to clear the table.
 *
 *     notes = nothing: the first code clears, the last ends, and every 3836 codes the table is cleared
 *           | how it begins and ends (1), number of other clears (varint), codes before each (varints)
 */
#include "pages/coding.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum { CLEAR = 256, END = 257, FIRST = 258, CODES = 4096, USUAL = 3836, CELLS = 1 << 14 };
enum { BEGINS_CLEAR = 1, ENDS = 2, ALL_FLAGS = 3 };

/* The width of the code that comes after `count` codes since the table was cleared. */
static unsigned width_after(uint32_t count) {
    const uint32_t next = FIRST + (count > 0 ? count - 1 : 0);
    return next >= 2047 ? 12 : next >= 1023 ? 11 : next >= 511 ? 10 : 9;
}

/* ---- decoding ---- */

struct reading {
    const uint8_t *coded;
    size_t size, bits; /* read so far */
    uint16_t prefix[CODES];
    uint16_t length[CODES];
    uint8_t last[CODES], first[CODES];
};

/* The next code; CODES: there is none. */
static unsigned next_code(struct reading *reading, unsigned width) {
    unsigned code = 0;
    if (reading->bits + width > 8 * reading->size) {
        return CODES;
    }
    for (unsigned i = 0; i < width;) {
        const unsigned offset = reading->bits % 8, room = 8 - offset, part = width - i < room ? width - i : room;
        code = code << part | (reading->coded[reading->bits / 8] >> (room - part) & ((1u << part) - 1));
        reading->bits += part;
        i += part;
    }
    return code;
}

/* Write the string of a code so that it ends at `end`. */
static void write_string(const struct reading *reading, unsigned code, uint8_t *end) {
    while (code >= FIRST) {
        *--end = reading->last[code];
        code = reading->prefix[code];
    }
    *--end = (uint8_t)code;
}

static uint16_t length_of(const struct reading *reading, unsigned code) {
    return code < CLEAR ? 1 : reading->length[code];
}

/* A code that stands for bytes: write them, and add to the table. 0: it cannot be. */
static size_t take_code(struct reading *reading, unsigned code, unsigned before, uint32_t count, uint8_t *to,
                        size_t room) {
    const uint32_t next = FIRST + (count > 0 ? count - 1 : 0); /* what is added here, if there is one before */
    const bool adds = count > 0 && next < CODES;
    if (code == CLEAR || code == END || code > next || (code == next && !adds)) {
        return 0;
    }
    if (adds) {
        const unsigned start = code == next ? before : code;
        reading->prefix[next] = (uint16_t)before;
        reading->length[next] = (uint16_t)(length_of(reading, before) + 1);
        reading->first[next] = before < CLEAR ? (uint8_t)before : reading->first[before];
        reading->last[next] = start < CLEAR ? (uint8_t)start : reading->first[start];
    }
    const size_t length = length_of(reading, code);
    if (length > room) {
        return 0;
    }
    write_string(reading, code, to + length);
    return length;
}

/* Intervals as notes, unless they are the usual ones. */
static bool put_notes(unsigned flags, const struct byte_buffer *clears, uint64_t number, bool is_usual,
                      struct byte_buffer *notes) {
    return (flags == ALL_FLAGS && is_usual) ||
           (put_8(notes, flags, NULL) == BSWZ_OK && put_varint(notes, number, NULL) == BSWZ_OK &&
            byte_buffer_append(notes, clears->data, clears->size, NULL) == BSWZ_OK);
}

static size_t decode(struct reading *reading, uint8_t *bytes, size_t all, struct byte_buffer *notes) {
    struct byte_buffer clears = {0};
    unsigned flags = 0, before = 0;
    uint32_t count = 0;
    uint64_t number = 0;
    size_t at = 0, end = 0; /* end: bits up to the last code that counts */
    bool is_usual = true, is_good = true;
    for (bool is_first = true; is_good; is_first = false) {
        const unsigned code = next_code(reading, width_after(count));
        if (code == CLEAR && is_first) {
            flags |= BEGINS_CLEAR;
        } else if (code == CLEAR) {
            is_usual &= count == USUAL;
            is_good = put_varint(&clears, count, NULL) == BSWZ_OK;
            number++;
            count = 0;
        } else if (code == END || at == all) {
            flags |= code == END ? ENDS : 0;
            end = code == END || end == 0 ? reading->bits : end;
            break;
        } else {
            const size_t length = code == CODES ? 0 : take_code(reading, code, before, count, bytes + at, all - at);
            is_good = length > 0;
            at += length;
            before = code;
            count++;
            is_usual &= count <= USUAL;
            end = reading->bits;
        }
    }
    is_good = is_good && at == all;
    const bool has_notes = !is_good || put_notes(flags, &clears, number, is_usual && count < USUAL, notes);
    free(clears.data);
    return !has_notes ? SIZE_MAX : is_good ? (end + 7) / 8 : 0;
}

size_t lzw_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                  struct byte_buffer *notes) {
    struct reading *reading = bswz_allocate_zero(1, sizeof *reading);
    if (reading == NULL) {
        return SIZE_MAX;
    }
    reading->coded = coded;
    reading->size = size;
    const size_t used = decode(reading, bytes, shape->row_bytes * shape->rows, notes);
    free(reading);
    return used;
}

/* ---- encoding ---- */

struct writing {
    struct byte_buffer *out;
    size_t most; /* bytes of out */
    uint64_t window;
    unsigned held;
    uint32_t cleared;     /* how often the table was cleared: older entries do not count */
    uint32_t keys[CELLS]; /* prefix and byte */
    uint32_t times[CELLS];
    uint16_t codes[CELLS]; /* 0: empty */
};

static bool put_code(struct writing *writing, unsigned code, unsigned width) {
    writing->window = writing->window << width | code;
    for (writing->held += width; writing->held >= 8; writing->held -= 8) {
        if (writing->out->size >= writing->most ||
            put_8(writing->out, (uint8_t)(writing->window >> (writing->held - 8)), NULL) != BSWZ_OK) {
            return false;
        }
    }
    return true;
}

/* The cell of a string, which may be empty. */
static size_t find_cell(const struct writing *writing, unsigned prefix, uint8_t byte) {
    const uint32_t key = prefix << 8 | byte;
    size_t cell = key * 2654435761u >> 18;
    while (writing->codes[cell] != 0 && writing->times[cell] == writing->cleared && writing->keys[cell] != key) {
        cell = (cell + 1) % CELLS;
    }
    return cell;
}

static bool is_there(const struct writing *writing, size_t cell) {
    return writing->codes[cell] != 0 && writing->times[cell] == writing->cleared;
}

/* The notes while a piece is written. */
struct clears {
    unsigned flags;
    bool is_usual;
    uint64_t left;
    uint64_t next; /* codes before the next clear */
};

static bool next_clear(struct clears *clears, struct cursor *notes) {
    clears->next = clears->is_usual ? USUAL : UINT64_MAX;
    return clears->is_usual || clears->left == 0 || (clears->left--, take_varint(notes, UINT64_MAX - 1, &clears->next));
}

static bool take_notes(struct clears *clears, struct cursor *notes) {
    uint8_t flags = ALL_FLAGS;
    *clears = (struct clears){.is_usual = cursor_left(notes) == 0};
    if (!clears->is_usual &&
        (!take_8(notes, &flags) || flags > ALL_FLAGS || !take_varint(notes, notes->size, &clears->left))) {
        return false;
    }
    clears->flags = flags;
    return next_clear(clears, notes);
}

/* Clear where the notes say so, after `count` codes. */
static bool clear_if_due(struct writing *writing, struct clears *clears, struct cursor *notes, uint32_t *count) {
    while (clears->next == *count) {
        if (!put_code(writing, CLEAR, width_after(*count)) || !next_clear(clears, notes)) {
            return false;
        }
        *count = 0;
        writing->cleared++;
    }
    return true;
}

static bool encode(struct writing *writing, const uint8_t *bytes, size_t all, struct cursor *notes) {
    struct clears clears;
    uint32_t count = 0;
    if (!take_notes(&clears, notes) ||
        ((clears.flags & BEGINS_CLEAR) != 0 && !put_code(writing, CLEAR, width_after(0))) ||
        !clear_if_due(writing, &clears, notes, &count)) {
        return false;
    }
    for (size_t at = 0; at < all;) {
        unsigned code = bytes[at++];
        size_t cell = 0;
        while (at < all && (cell = find_cell(writing, code, bytes[at]), is_there(writing, cell))) {
            code = writing->codes[cell];
            at++;
        }
        if (!put_code(writing, code, width_after(count))) {
            return false;
        }
        if (at < all && FIRST + count < CODES) {
            writing->keys[cell] = code << 8 | bytes[at];
            writing->times[cell] = writing->cleared;
            writing->codes[cell] = (uint16_t)(FIRST + count);
        }
        count += count < UINT32_MAX - 1;
        if (!clear_if_due(writing, &clears, notes, &count)) {
            return false;
        }
    }
    if ((clears.flags & ENDS) != 0 && !put_code(writing, END, width_after(count))) {
        return false;
    }
    return (writing->held == 0 || put_code(writing, 0, 8 - writing->held)) && cursor_left(notes) == 0;
}

bool lzw_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                struct byte_buffer *out, struct bswz_error *error) {
    struct writing *writing = bswz_allocate_zero(1, sizeof *writing);
    if (writing == NULL) {
        bswz_no_memory(error);
        return false;
    }
    writing->out = out;
    writing->most = most <= SIZE_MAX - out->size ? out->size + most : SIZE_MAX;
    const bool is_good = encode(writing, bytes, shape->row_bytes * shape->rows, notes);
    free(writing);
    return is_good;
}
