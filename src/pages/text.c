/* SPDX-License-Identifier: MIT */
/*
 * The samples of plain PNM files: decimal numbers, or single digits of bitmaps, with white space between them.
 *
 *     notes = separators: number of them (1), then each with its size (1)
 *             usual, at the end of a line, at the end of a row: numbers of separators (1 each)
 *             flags (1), numbers in a line, columns of a line (varints)
 *             for each wrong guess: right ones before it (varint), the separator (1)
 *
 * Depending on the flags, a line ends after a fixed count of numbers, before a number that does not fit, or where a row
 * ends.
 */
#include "pages/coding.h"

#include "base/allocate.h"

#include <stdlib.h>
#include <string.h>

enum { SEPARATORS = 32, SEPARATOR_MAX = 8 };
enum { ENDS_BY_NUMBERS = 1, ENDS_BY_COLUMNS = 2, ENDS_WITH_ROWS = 4, TEXT_FLAGS = 7 };

struct separators {
    unsigned count;
    uint8_t sizes[SEPARATORS], bytes[SEPARATORS][SEPARATOR_MAX];
};

struct layout {
    struct separators separators;
    uint8_t usual, line, row;
    uint8_t flags;
    uint32_t numbers, columns;
};

/* The position in a line. */
struct place {
    uint64_t column, numbers;
};

static bool is_space(uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static uint32_t value_at(const struct piece_shape *shape, const uint8_t *row, uint32_t x) {
    return shape->bits == 1   ? row[x / 8] >> (7 - x % 8) & 1u
           : shape->bits == 8 ? row[x]
                              : (uint32_t)row[2 * (size_t)x] << 8 | row[2 * (size_t)x + 1];
}

static void set_value(const struct piece_shape *shape, uint8_t *row, uint32_t x, uint32_t value) {
    if (shape->bits == 1) {
        row[x / 8] = (uint8_t)(row[x / 8] | value << (7 - x % 8));
    } else if (shape->bits == 8) {
        row[x] = (uint8_t)value;
    } else {
        row[2 * (size_t)x] = (uint8_t)(value >> 8);
        row[2 * (size_t)x + 1] = (uint8_t)value;
    }
}

static unsigned digits_of(uint32_t value) {
    return value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : value < 10000 ? 4 : 5;
}

static bool ends_line(const struct separators *separators, unsigned which) {
    return memchr(separators->bytes[which], '\n', separators->sizes[which]) != NULL;
}

/* The separator after a number; next: digits of the one that follows, 0 if it is the last. */
static unsigned guess(const struct layout *layout, const struct place *place, bool is_row_end, unsigned next) {
    if ((layout->flags & ENDS_WITH_ROWS) != 0 && is_row_end) {
        return layout->row;
    }
    if ((layout->flags & ENDS_BY_NUMBERS) != 0 && place->numbers >= layout->numbers) {
        return layout->line;
    }
    const unsigned usual = layout->separators.sizes[layout->usual];
    return (layout->flags & ENDS_BY_COLUMNS) != 0 && place->column + usual + next > layout->columns ? layout->line
                                                                                                    : layout->usual;
}

static void add_number(struct place *place, unsigned digits) {
    place->column += digits;
    place->numbers++;
}

static void add_separator(const struct separators *separators, struct place *place, unsigned which) {
    place->column += separators->sizes[which];
    if (ends_line(separators, which)) {
        *place = (struct place){.column = 0};
    }
}

/* ---- decoding ---- */

/* A number in its shortest form; false: there is none, or it is too large. */
static bool take_number(const struct piece_shape *shape, const uint8_t *coded, size_t size, size_t *at,
                        uint32_t *value) {
    const unsigned most = shape->bits == 1 ? 1 : shape->bits == 8 ? 255 : 65535;
    const size_t start = *at;
    *value = 0;
    while (*at < size && coded[*at] >= '0' && coded[*at] <= '9' && *value <= most &&
           (shape->bits > 1 || *at == start)) {
        *value = 10 * *value + coded[(*at)++] - '0';
    }
    return *at > start && *value <= most && *at - start == digits_of(*value);
}

/* The separator here, which may be new; SEPARATORS: there are too many. */
static unsigned take_separator(struct separators *separators, const uint8_t *coded, size_t size, size_t *at) {
    const size_t start = *at;
    while (*at < size && is_space(coded[*at]) && *at - start <= SEPARATOR_MAX) {
        ++*at;
    }
    const size_t length = *at - start;
    if (length > SEPARATOR_MAX) {
        return SEPARATORS;
    }
    for (unsigned i = 0; i < separators->count; i++) {
        if (separators->sizes[i] == length && memcmp(separators->bytes[i], coded + start, length) == 0) {
            return i;
        }
    }
    if (separators->count < SEPARATORS) {
        separators->sizes[separators->count] = (uint8_t)length;
        memcpy(separators->bytes[separators->count], coded + start, length);
        return separators->count++;
    }
    return SEPARATORS;
}

/* All numbers and the separators after them; 0: the text has another form. */
static size_t take_all(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                       struct separators *separators, uint8_t *after) {
    size_t at = 0, number = 0;
    memset(bytes, 0, shape->row_bytes * shape->rows);
    for (uint32_t y = 0; y < shape->rows; y++) {
        for (uint32_t x = 0; x < shape->width; x++) {
            uint32_t value;
            if (!take_number(shape, coded, size, &at, &value)) {
                return 0;
            }
            set_value(shape, bytes + y * shape->row_bytes, x, value);
            const unsigned separator = take_separator(separators, coded, size, &at);
            if (separator == SEPARATORS) {
                return 0;
            }
            after[number++] = (uint8_t)separator;
        }
    }
    return at;
}

/* Digits of the number at index i; 0 after the last. */
static unsigned digits_at(const struct piece_shape *shape, const uint8_t *bytes, uint32_t y, uint32_t x) {
    if (x == shape->width) {
        y++;
        x = 0;
    }
    return y == shape->rows ? 0 : digits_of(value_at(shape, bytes + y * shape->row_bytes, x));
}

/* Wrong guesses of the first rows, which are noted if notes is not NULL. */
static bool note(const struct layout *layout, const struct piece_shape *shape, const uint8_t *bytes,
                 const uint8_t *after, uint32_t rows, struct byte_buffer *notes, size_t *wrong) {
    struct place place = {.column = 0};
    uint64_t right = 0;
    *wrong = 0;
    for (uint32_t y = 0; y < rows; y++) {
        for (uint32_t x = 0; x < shape->width; x++, after++) {
            add_number(&place, digits_at(shape, bytes, y, x));
            if (guess(layout, &place, x + 1 == shape->width, digits_at(shape, bytes, y, x + 1)) == *after) {
                right++;
            } else {
                ++*wrong;
                if (notes != NULL &&
                    (put_varint(notes, right, NULL) != BSWZ_OK || put_8(notes, *after, NULL) != BSWZ_OK)) {
                    return false;
                }
                right = 0;
            }
            add_separator(&layout->separators, &place, *after);
        }
    }
    return true;
}

/* The separator that is most frequent among those that end lines, or among all. */
static uint8_t most_frequent(const struct separators *separators, const uint64_t *counts, bool of_lines) {
    unsigned best = 0;
    uint64_t most = 0;
    for (unsigned i = 0; i < separators->count; i++) {
        if (counts[i] > most && (!of_lines || ends_line(separators, i))) {
            best = i;
            most = counts[i];
        }
    }
    return (uint8_t)best;
}

/* Find the layout. */
static void find_layout(const struct piece_shape *shape, const uint8_t *bytes, const uint8_t *after, uint32_t rows,
                        struct layout *layout) {
    uint64_t counts[SEPARATORS] = {0}, row_counts[SEPARATORS] = {0}, columns = 0, numbers = 0;
    struct place place = {.column = 0};
    const uint8_t *at = after;
    for (uint32_t y = 0; y < rows; y++) {
        for (uint32_t x = 0; x < shape->width; x++, at++) {
            add_number(&place, digits_at(shape, bytes, y, x));
            counts[*at]++;
            row_counts[*at] += x + 1 == shape->width;
            columns = place.column > columns ? place.column : columns;
            numbers = place.numbers > numbers ? place.numbers : numbers;
            add_separator(&layout->separators, &place, *at);
        }
    }
    layout->usual = most_frequent(&layout->separators, counts, false);
    layout->line = most_frequent(&layout->separators, counts, true);
    layout->row = most_frequent(&layout->separators, row_counts, false);
    layout->columns = columns < UINT32_MAX ? (uint32_t)columns : UINT32_MAX;
    layout->numbers = numbers < UINT32_MAX ? (uint32_t)numbers : UINT32_MAX;
    size_t least = SIZE_MAX, wrong;
    uint8_t best = 0;
    for (uint8_t flags = 0; flags <= TEXT_FLAGS; flags++) {
        layout->flags = flags;
        note(layout, shape, bytes, after, rows, NULL, &wrong);
        best = wrong < least ? flags : best;
        least = wrong < least ? wrong : least;
    }
    layout->flags = best;
}

static bool put_layout(const struct layout *layout, struct byte_buffer *notes) {
    const struct separators *separators = &layout->separators;
    const uint8_t rest[4] = {layout->usual, layout->line, layout->row, layout->flags};
    bool is_good = put_8(notes, separators->count, NULL) == BSWZ_OK;
    for (unsigned i = 0; i < separators->count && is_good; i++) {
        is_good = put_8(notes, separators->sizes[i], NULL) == BSWZ_OK &&
                  byte_buffer_append(notes, separators->bytes[i], separators->sizes[i], NULL) == BSWZ_OK;
    }
    return is_good && byte_buffer_append(notes, rest, sizeof rest, NULL) == BSWZ_OK &&
           put_varint(notes, layout->numbers, NULL) == BSWZ_OK && put_varint(notes, layout->columns, NULL) == BSWZ_OK;
}

/* About this many numbers are used to find the layout. */
#define LOOK 100000

size_t text_decode(const struct piece_shape *shape, const uint8_t *coded, size_t size, uint8_t *bytes,
                   struct byte_buffer *notes) {
    struct layout layout = {.flags = 0};
    const size_t all = (size_t)shape->width * shape->rows;
    const uint32_t look = LOOK / shape->width + 1, rows = look < shape->rows ? look : shape->rows;
    size_t wrong;
    if (all > size) {
        return 0; /* each has a digit */
    }
    uint8_t *after = bswz_allocate(all, 1);
    if (after == NULL) {
        return SIZE_MAX;
    }
    size_t used = take_all(shape, coded, size, bytes, &layout.separators, after);
    if (used > 0) {
        find_layout(shape, bytes, after, rows, &layout);
        if (!put_layout(&layout, notes) || !note(&layout, shape, bytes, after, shape->rows, notes, &wrong)) {
            used = SIZE_MAX;
        }
    }
    free(after);
    return used;
}

/* ---- encoding ---- */

static bool take_layout(struct cursor *notes, struct layout *layout) {
    struct separators *separators = &layout->separators;
    uint8_t count;
    const uint8_t *bytes;
    if (!take_8(notes, &count) || count == 0 || count > SEPARATORS) {
        return false;
    }
    separators->count = count;
    for (unsigned i = 0; i < count; i++) {
        if (!take_8(notes, &separators->sizes[i]) || separators->sizes[i] > SEPARATOR_MAX ||
            !take_bytes(notes, separators->sizes[i], &bytes)) {
            return false;
        }
        memcpy(separators->bytes[i], bytes, separators->sizes[i]);
    }
    return take_8(notes, &layout->usual) && layout->usual < count && take_8(notes, &layout->line) &&
           layout->line < count && take_8(notes, &layout->row) && layout->row < count &&
           take_8(notes, &layout->flags) && layout->flags <= TEXT_FLAGS &&
           take_varint_32(notes, UINT32_MAX, &layout->numbers) && take_varint_32(notes, UINT32_MAX, &layout->columns);
}

static bool put_number(uint32_t value, struct byte_buffer *out) {
    uint8_t text[5];
    const unsigned digits = digits_of(value);
    for (unsigned i = digits; i-- > 0; value /= 10) {
        text[i] = (uint8_t)('0' + value % 10);
    }
    return byte_buffer_append(out, text, digits, NULL) == BSWZ_OK;
}

static bool next_wrong(struct cursor *notes, uint64_t *right) {
    *right = UINT64_MAX;
    return cursor_left(notes) == 0 || take_varint(notes, UINT64_MAX - 1, right);
}

bool text_encode(const struct piece_shape *shape, const uint8_t *bytes, struct cursor *notes, size_t most,
                 struct byte_buffer *out, struct bswz_error *error) {
    struct layout layout = {.flags = 0};
    struct place place = {.column = 0};
    const size_t start = out->size;
    uint64_t right;
    (void)error;
    if (!take_layout(notes, &layout) || !next_wrong(notes, &right)) {
        return false;
    }
    for (uint32_t y = 0; y < shape->rows; y++) {
        for (uint32_t x = 0; x < shape->width; x++) {
            const uint32_t value = value_at(shape, bytes + y * shape->row_bytes, x);
            uint8_t which;
            add_number(&place, digits_of(value));
            if (right > 0) {
                right--;
                which = (uint8_t)guess(&layout, &place, x + 1 == shape->width, digits_at(shape, bytes, y, x + 1));
            } else if (!take_8(notes, &which) || which >= layout.separators.count || !next_wrong(notes, &right)) {
                return false;
            }
            if (!put_number(value, out) ||
                byte_buffer_append(out, layout.separators.bytes[which], layout.separators.sizes[which], NULL) !=
                    BSWZ_OK ||
                out->size - start > most) {
                return false;
            }
            add_separator(&layout.separators, &place, which);
        }
    }
    return cursor_left(notes) == 0;
}
