/* SPDX-License-Identifier: MIT */
/*
 * Fax: ITU-T T.4 and T.6, as TIFF files and PDF documents have them (Group 3 in one or two dimensions, Group 4, runs
 * alone).
 *
 * The code of a row follows from its bits and those of the row above. A writer chooses how rows begin, which of them
 * refer to the row above, and how the piece ends. A bit of 0 is white.
 *
 *     notes = nothing: Group 4 with an end
 *           | flags (1), and with FAX_TAGS: every how many rows there is one that does not refer (varint)
 */
#include "pages/coding.h"
#include "pages/fax_tables.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum {
    FAX_RUNS = 1,     /* rows do not refer to the row above, unless their tags say so */
    FAX_LINES = 2,    /* each row begins with an end-of-line code */
    FAX_TAGS = 4,     /* and with a bit that is set if the row does not refer to the row above */
    FAX_FILLED = 8,   /* such codes end where a byte does */
    FAX_ALIGNED = 16, /* rows begin where a byte does */
    FAX_ENDS = 32,    /* two codes of ends of line, or six for rows that begin with one */
    FAX_FLAGS = 63
};

enum { LINE_END = 0x1001, LINE_END_BITS = 12, WINDOW = 13 };

/* Room for the changes of a row in addition to one per bit: a code may give a change twice, and the end is repeated. */
#define MORE_CHANGES 8

/* Vertical modes from 3 to the left to 3 to the right, as in fax_tables.h. */
static const uint8_t vertical[7] = {0x82, 0x42, 0xa, 0x3, 0xb, 0x43, 0x83};
enum { PASS = 0x11, HORIZONTAL = 0x9 };

/* ---- rows as places where the colour changes ---- */

/* The places, then the width four times. */
static void find_changes(const uint8_t *row, uint32_t width, uint32_t *changes) {
    uint32_t count = 0;
    unsigned colour = 0;
    for (uint32_t x = 0; x < width;) {
        const unsigned byte = row[x / 8];
        if (x % 8 == 0 && byte == (colour != 0 ? 0xffu : 0u) && width - x >= 8) {
            x += 8;
            continue;
        }
        if ((byte >> (7 - x % 8) & 1) != colour) {
            changes[count++] = x;
            colour ^= 1;
        }
        x++;
    }
    for (int i = 0; i < 4; i++) {
        changes[count++] = width;
    }
}

static void draw_changes(const uint32_t *changes, uint32_t width, uint8_t *row, size_t row_bytes) {
    memset(row, 0, row_bytes);
    for (size_t i = 0; changes[i] < width; i += 2) {
        const uint32_t end = changes[i + 1];
        for (uint32_t x = changes[i]; x < end;) {
            if (x % 8 == 0 && end - x >= 8) {
                row[x / 8] = 0xff;
                x += 8;
            } else {
                row[x / 8] = (uint8_t)(row[x / 8] | 0x80 >> x % 8);
                x++;
            }
        }
        if (end >= width) {
            break;
        }
    }
}

/* The first change of the row above that is right of a0 (at its start: from 0 on) and to the other colour; *above
 * moves forth, and may have to move back by one. */
static const uint32_t *find_b1(const uint32_t *changes, size_t *above, int64_t a0, unsigned colour, uint32_t width) {
    size_t at = *above > 0 ? *above - 1 : 0;
    at += (at & 1) != colour;
    while (changes[at] < width && (int64_t)changes[at] <= a0) {
        at += 2;
    }
    *above = at;
    return &changes[at];
}

/* ---- encoding ---- */

struct fax_writer {
    struct byte_buffer *out;
    size_t most;
    uint64_t window;
    unsigned held;
};

/* A code with a 1 in front of it. */
static bool put_code(struct fax_writer *writer, unsigned code) {
    const unsigned bits = bit_width(code) - 1;
    writer->window = writer->window << bits | (code & ((1u << bits) - 1));
    for (writer->held += bits; writer->held >= 8; writer->held -= 8) {
        if (writer->out->size >= writer->most ||
            put_8(writer->out, (uint8_t)(writer->window >> (writer->held - 8)), NULL) != BSWZ_OK) {
            return false;
        }
    }
    return true;
}

/* Zeros until `bits` more bits end where a byte does. */
static bool align(struct fax_writer *writer, unsigned bits) {
    const unsigned fill = (16 - (writer->held + bits) % 8) % 8;
    return fill == 0 || put_code(writer, 1u << fill);
}

static bool put_run(struct fax_writer *writer, unsigned colour, uint32_t length) {
    bool is_good = true;
    for (; length > FAX_LONGEST + FAX_SHORT - 1 && is_good; length -= FAX_LONGEST) {
        is_good = put_code(writer, fax_codes[colour][FAX_CODES - 1]);
    }
    if (length >= FAX_SHORT && is_good) {
        is_good = put_code(writer, fax_codes[colour][FAX_SHORT - 1 + length / FAX_SHORT]);
        length %= FAX_SHORT;
    }
    return is_good && put_code(writer, fax_codes[colour][length]);
}

static bool put_runs(struct fax_writer *writer, const uint32_t *changes, uint32_t width) {
    uint32_t at = 0;
    unsigned colour = 0;
    bool is_good = true;
    for (size_t i = 0; at < width && is_good; i++, colour ^= 1) {
        is_good = put_run(writer, colour, changes[i] - at);
        at = changes[i];
    }
    return is_good;
}

static bool put_row(struct fax_writer *writer, const uint32_t *above, const uint32_t *changes, uint32_t width) {
    int64_t a0 = -1;
    unsigned colour = 0;
    size_t place = 0, next = 0; /* changes[next] is a1 */
    bool is_good = true;
    while (a0 < (int64_t)width && is_good) {
        const uint32_t *b1 = find_b1(above, &place, a0, colour, width);
        const uint32_t a1 = changes[next], b2 = b1[0] < width ? b1[1] : width;
        const int64_t distance = (int64_t)a1 - b1[0];
        if (b2 < a1) {
            is_good = put_code(writer, PASS);
            a0 = b2;
        } else if (distance >= -3 && distance <= 3) {
            is_good = put_code(writer, vertical[distance + 3]);
            a0 = a1;
            colour ^= 1;
            next++;
        } else {
            const uint32_t a2 = changes[next + 1];
            is_good = put_code(writer, HORIZONTAL) && put_run(writer, colour, a1 - (uint32_t)(a0 < 0 ? 0 : a0)) &&
                      put_run(writer, colour ^ 1, a2 - a1);
            a0 = a2;
            next += 2;
        }
    }
    return is_good;
}

static bool put_line_end(struct fax_writer *writer, unsigned flags, bool refers) {
    if ((flags & FAX_FILLED) != 0 && !align(writer, LINE_END_BITS)) {
        return false;
    }
    return put_code(writer, LINE_END) && ((flags & FAX_TAGS) == 0 || put_code(writer, refers ? 2 : 3));
}

static bool put_end(struct fax_writer *writer, unsigned flags) {
    bool is_good = true;
    for (int i = 0; i < ((flags & FAX_LINES) != 0 ? 6 : 2) && (flags & FAX_ENDS) != 0 && is_good; i++) {
        is_good = put_code(writer, LINE_END) && ((flags & FAX_TAGS) == 0 || put_code(writer, 3));
    }
    return is_good && align(writer, 0);
}

static bool take_notes(struct cursor *notes, unsigned *flags, uint32_t *every) {
    uint8_t byte = FAX_ENDS;
    *every = 1;
    if (cursor_left(notes) > 0 &&
        (!take_8(notes, &byte) || byte > FAX_FLAGS ||
         ((byte & FAX_TAGS) != 0 && (!take_varint_32(notes, UINT32_MAX, every) || *every == 0)))) {
        return false;
    }
    *flags = byte;
    return cursor_left(notes) == 0;
}

bool fax_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                struct byte_buffer *out, struct bswz_error *error) {
    const uint32_t width = shape->width;
    struct fax_writer writer = {.out = out, .most = most <= SIZE_MAX - out->size ? out->size + most : SIZE_MAX};
    uint32_t *changes = bswz_allocate(2 * ((size_t)width + MORE_CHANGES), sizeof *changes);
    unsigned flags;
    uint32_t every;
    if (changes == NULL) {
        bswz_no_memory(error);
        return false;
    }
    uint32_t *row = changes, *above = changes + width + MORE_CHANGES;
    bool is_good = take_notes(notes, &flags, &every);
    for (int i = 0; i < 4; i++) {
        above[i] = width;
    }
    for (uint32_t y = 0; y < shape->rows && is_good; y++) {
        const bool refers = (flags & FAX_TAGS) != 0 ? y % every != 0 : (flags & FAX_RUNS) == 0;
        uint32_t *swapped = above;
        find_changes(bytes + y * shape->row_bytes, width, row);
        is_good = ((flags & FAX_ALIGNED) == 0 || align(&writer, 0)) &&
                  ((flags & FAX_LINES) == 0 || put_line_end(&writer, flags, refers)) &&
                  (refers ? put_row(&writer, above, row, width) : put_runs(&writer, row, width));
        above = row;
        row = swapped;
    }
    is_good = is_good && put_end(&writer, flags);
    free(changes);
    return is_good;
}

/* ---- decoding ---- */

struct fax_reader {
    const uint8_t *coded;
    size_t bits, at;
    uint16_t runs[2][1 << WINDOW]; /* by the next bits: the code's number, and its length above 8 bits; 0: none */
};

static void fill_table(struct fax_reader *reader) {
    for (unsigned colour = 0; colour < 2; colour++) {
        for (unsigned i = 0; i < FAX_CODES; i++) {
            const unsigned code = fax_codes[colour][i], bits = bit_width(code) - 1, rest = WINDOW - bits;
            const unsigned first = (code & ((1u << bits) - 1)) << rest;
            for (unsigned k = 0; k < 1u << rest; k++) {
                reader->runs[colour][first + k] = (uint16_t)(bits << 8 | i);
            }
        }
    }
}

/* The next bits, zeros after the end. */
static unsigned peek(const struct fax_reader *reader, unsigned count) {
    uint32_t window = 0;
    for (size_t i = 0; i < 4; i++) {
        const size_t byte = reader->at / 8 + i;
        window = window << 8 | (byte < reader->bits / 8 ? reader->coded[byte] : 0u);
    }
    return window << reader->at % 8 >> (32 - count);
}

static bool skip(struct fax_reader *reader, unsigned count) {
    reader->at += count;
    return reader->at <= reader->bits;
}

static bool take_run(struct fax_reader *reader, unsigned colour, uint32_t most, uint32_t *length) {
    *length = 0;
    for (;;) {
        const unsigned found = reader->runs[colour][peek(reader, WINDOW)], number = found & 255;
        const uint32_t part = number < FAX_SHORT ? number : (number - FAX_SHORT + 1) * FAX_SHORT;
        if (found == 0 || !skip(reader, found >> 8) || part > most - *length) {
            return false;
        }
        *length += part;
        if (number < FAX_SHORT) {
            return true;
        }
    }
}

/* The places of changes of a row of runs. */
static bool take_runs(struct fax_reader *reader, uint32_t *changes, uint32_t width) {
    uint32_t at = 0, length;
    size_t count = 0;
    for (unsigned colour = 0; at < width; colour ^= 1) {
        if (!take_run(reader, colour, width - at, &length) || (length == 0 && at > 0)) {
            return false;
        }
        at += length;
        changes[count++] = at;
    }
    for (int i = 0; i < 4; i++) {
        changes[count + (size_t)i] = width;
    }
    return true;
}

/* Decode one mode of a row, and advance *a0 and *count. false: it is invalid. */
static bool take_mode(struct fax_reader *reader, const uint32_t *b1, uint32_t width, unsigned *colour, int64_t *a0,
                      uint32_t *changes, size_t *count) {
    for (unsigned i = 0; i < 7; i++) {
        const unsigned bits = bit_width(vertical[i]) - 1;
        if (peek(reader, bits) == (vertical[i] & ((1u << bits) - 1))) {
            const int64_t a1 = (int64_t)b1[0] + i - 3;
            if (!skip(reader, bits) || a1 > (int64_t)width || (a1 <= *a0 && !(a1 == 0 && *a0 < 0))) {
                return false;
            }
            changes[(*count)++] = (uint32_t)a1;
            *a0 = a1;
            *colour ^= 1;
            return true;
        }
    }
    if (peek(reader, 4) == 1) {
        *a0 = b1[0] < width ? b1[1] : width;
        return skip(reader, 4) && *a0 < (int64_t)width;
    }
    const uint32_t from = *a0 < 0 ? 0 : (uint32_t)*a0;
    uint32_t first, second;
    if (peek(reader, 3) != 1 || !skip(reader, 3) || !take_run(reader, *colour, width - from, &first) ||
        !take_run(reader, *colour ^ 1, width - from - first, &second) || (first == 0 && from > 0) ||
        (second == 0 && from + first < width)) {
        return false;
    }
    changes[(*count)++] = from + first;
    changes[(*count)++] = from + first + second;
    *a0 = from + first + second;
    return true;
}

static bool take_row(struct fax_reader *reader, const uint32_t *above, uint32_t *changes, uint32_t width) {
    int64_t a0 = -1;
    unsigned colour = 0;
    size_t place = 0, count = 0;
    while (a0 < (int64_t)width) {
        const uint32_t *b1 = find_b1(above, &place, a0, colour, width);
        if (!take_mode(reader, b1, width, &colour, &a0, changes, &count)) {
            return false;
        }
    }
    for (int i = 0; i < 4; i++) {
        changes[count + (size_t)i] = width;
    }
    return true;
}

/* What comes before a row; *refers is what a tag says. */
static bool take_beginning(struct fax_reader *reader, unsigned flags, bool *refers) {
    if ((flags & FAX_ALIGNED) != 0) {
        reader->at = (reader->at + 7) / 8 * 8;
    }
    if ((flags & FAX_LINES) == 0) {
        return true;
    }
    if ((flags & FAX_FILLED) != 0) {
        reader->at += (16 - (reader->at + LINE_END_BITS) % 8) % 8;
    }
    if (peek(reader, LINE_END_BITS) != 1 || !skip(reader, LINE_END_BITS)) {
        return false;
    }
    if ((flags & FAX_TAGS) != 0) {
        *refers = peek(reader, 1) == 0;
        return skip(reader, 1);
    }
    return true;
}

static void take_end(struct fax_reader *reader, unsigned *flags) {
    const size_t before = reader->at;
    const unsigned tag = (*flags & FAX_TAGS) != 0 ? 1 : 0, code = tag != 0 ? 3 : 1;
    bool ends = true;
    for (int i = 0; i < ((*flags & FAX_LINES) != 0 ? 6 : 2) && ends; i++) {
        ends = peek(reader, LINE_END_BITS + tag) == code && skip(reader, LINE_END_BITS + tag);
    }
    *flags |= ends ? FAX_ENDS : 0;
    reader->at = ends ? reader->at : before;
}

/* All rows, coded as the flags say; which way tags go is noted. */
static bool take_rows(struct fax_reader *reader, const struct piece_shape *shape, uint8_t *bytes, uint32_t *changes,
                      unsigned *flags, uint32_t *every) {
    uint32_t *row = changes, *above = changes + shape->width + MORE_CHANGES;
    *every = 0;
    for (int i = 0; i < 4; i++) {
        above[i] = shape->width;
    }
    for (uint32_t y = 0; y < shape->rows; y++) {
        bool refers = (*flags & FAX_RUNS) == 0;
        uint32_t *swapped = above;
        if (!take_beginning(reader, *flags, &refers) ||
            !(refers ? take_row(reader, above, row, shape->width) : take_runs(reader, row, shape->width))) {
            return false;
        }
        *every = *every == 0 && y > 0 && !refers ? y : *every;
        draw_changes(row, shape->width, bytes + y * shape->row_bytes, shape->row_bytes);
        above = row;
        row = swapped;
    }
    take_end(reader, flags);
    *every = *every == 0 ? shape->rows : *every;
    return true;
}

static size_t try_all(struct fax_reader *reader, const struct piece_shape *shape, uint8_t *bytes, uint32_t *changes,
                      struct byte_buffer *notes) {
    static const uint8_t ways[] = {0,
                                   FAX_RUNS | FAX_ALIGNED,
                                   FAX_RUNS | FAX_LINES,
                                   FAX_RUNS | FAX_LINES | FAX_FILLED,
                                   FAX_RUNS | FAX_LINES | FAX_TAGS,
                                   FAX_RUNS | FAX_LINES | FAX_TAGS | FAX_FILLED,
                                   FAX_RUNS,
                                   FAX_ALIGNED};
    for (size_t i = 0; i < sizeof ways; i++) {
        unsigned flags = ways[i];
        uint32_t every;
        reader->at = 0;
        if (take_rows(reader, shape, bytes, changes, &flags, &every)) {
            const bool is_usual = flags == FAX_ENDS;
            if (!is_usual && (put_8(notes, flags, NULL) != BSWZ_OK ||
                              ((flags & FAX_TAGS) != 0 && put_varint(notes, every, NULL) != BSWZ_OK))) {
                return SIZE_MAX;
            }
            return (reader->at + 7) / 8;
        }
    }
    return 0;
}

size_t fax_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                  struct byte_buffer *notes) {
    struct fax_reader *reader = bswz_allocate_zero(1, sizeof *reader);
    uint32_t *changes = bswz_allocate(2 * ((size_t)shape->width + MORE_CHANGES), sizeof *changes);
    size_t used = SIZE_MAX;
    if (reader != NULL && changes != NULL) {
        reader->coded = coded;
        reader->bits = 8 * size;
        fill_table(reader);
        used = try_all(reader, shape, bytes, changes, notes);
    }
    free(reader);
    free(changes);
    return used;
}
