/* SPDX-License-Identifier: MIT */
/*
 * Blocks of zstd (unzstd.h): literals by Huffman codes, sequences of literals and matches by finite state entropy. The
 * names and tables are those of RFC 8878.
 */
#include "base/allocate.h"
#include "base/fields.h"
#include "unzstd.h"

#include <string.h>

enum { WEIGHTS_MAX = 255, WEIGHT_TABLE_BITS = 6 };

enum bswz_status unzstd_damaged(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_CORRUPT, "packed bytes are damaged");
}

static unsigned highest_bit(uint32_t value) { /* of a value that is not 0 */
    return 31 - (unsigned)__builtin_clz(value);
}

/* ---- bits that are read from the end to the start ---- */

struct backward {
    const uint8_t *bytes;
    size_t size;
    int64_t left; /* bits; negative: more were taken than there are, and these are zero */
};

static bool backward_begin(struct backward *reader, const uint8_t *bytes, size_t size) {
    if (size == 0 || bytes[size - 1] == 0) {
        return false;
    }
    *reader = (struct backward){bytes, size, (int64_t)(8 * (size - 1) + highest_bit(bytes[size - 1]))};
    return true;
}

static uint32_t backward_take(struct backward *reader, unsigned count) { /* at most 31 */
    reader->left -= count;
    const int64_t start = reader->left < 0 ? 0 : reader->left;
    const unsigned missing = reader->left < 0 ? (unsigned)(start - reader->left) : 0;
    if (missing >= count) {
        return 0;
    }
    uint64_t window = 0;
    for (size_t i = (size_t)start / 8, shift = 0; i < reader->size && shift < 40; i++, shift += 8) {
        window |= (uint64_t)reader->bytes[i] << shift;
    }
    const uint64_t value = window >> start % 8 & (((uint64_t)1 << (count - missing)) - 1);
    return (uint32_t)(value << missing);
}

/* ---- tables of finite state entropy ---- */

/* Fill a table from the frequencies of its symbols; -1: less than one. */
static void fse_fill(struct fse_table *table, const int16_t *frequency, unsigned symbols, unsigned bits) {
    const unsigned size = 1u << bits, step = (size >> 1) + (size >> 3) + 3;
    uint16_t next[256];
    unsigned high = size, at = 0;
    for (unsigned s = 0; s < symbols; s++) {
        next[s] = (uint16_t)(frequency[s] < 0 ? 1 : frequency[s]);
        if (frequency[s] < 0) {
            table->state[--high].symbol = (uint8_t)s;
        }
    }
    for (unsigned s = 0; s < symbols; s++) {
        for (int i = 0; i < frequency[s]; i++) {
            table->state[at].symbol = (uint8_t)s;
            do {
                at = (at + step) & (size - 1);
            } while (at >= high);
        }
    }
    for (unsigned i = 0; i < size; i++) {
        const unsigned state = next[table->state[i].symbol]++, taken = bits - highest_bit(state);
        table->state[i].bits = (uint8_t)taken;
        table->state[i].base = (uint16_t)((state << taken) - size);
    }
    table->bits = bits;
    table->is_there = true;
}

/* The bits from `at` on, lowest first; zero beyond the end. */
static uint32_t forward_look(const uint8_t *bytes, size_t size, size_t at, unsigned count) { /* at most 16 */
    uint32_t window = 0;
    for (size_t i = 0; i < 3 && at / 8 + i < size; i++) {
        window |= (uint32_t)bytes[at / 8 + i] << 8 * i;
    }
    return window >> at % 8 & ((1u << count) - 1);
}

/* Read frequencies and make the table. *used: bytes. */
static bool fse_read(struct fse_table *table, const uint8_t *bytes, size_t size, unsigned most_bits,
                     unsigned most_symbols, size_t *used) {
    int16_t frequency[256];
    unsigned symbols = 0;
    const unsigned bits = forward_look(bytes, size, 0, 4) + 5;
    size_t at = 4;
    int32_t left = 1 << bits;
    if (bits > most_bits) {
        return false;
    }
    while (left > 0) {
        const unsigned count = highest_bit((uint32_t)left + 1) + 1;
        const uint32_t lower = (1u << (count - 1)) - 1, threshold = (1u << count) - 2 - (uint32_t)left;
        uint32_t value = forward_look(bytes, size, at, count);
        at += count;
        if ((value & lower) < threshold) {
            at--;
            value &= lower;
        } else if (value > lower) {
            value -= threshold;
        }
        if (symbols >= most_symbols) {
            return false;
        }
        const int32_t here = (int32_t)value - 1;
        left -= here < 0 ? 1 : here;
        frequency[symbols++] = (int16_t)here;
        for (uint32_t repeat = here == 0 ? 3 : 0; repeat == 3;) {
            repeat = forward_look(bytes, size, at, 2);
            at += 2;
            for (uint32_t i = 0; i < repeat; i++) {
                if (symbols >= most_symbols) {
                    return false;
                }
                frequency[symbols++] = 0;
            }
        }
    }
    *used = (at + 7) / 8;
    if (left != 0 || *used > size) {
        return false;
    }
    fse_fill(table, frequency, symbols, bits);
    return true;
}

static uint32_t fse_next(const struct fse_table *table, uint32_t state, struct backward *reader) {
    return table->state[state].base + backward_take(reader, table->state[state].bits);
}

/* ---- literals ---- */

/* Weights that are themselves coded: two states take turns until the bits are used up. */
static bool take_coded_weights(const uint8_t *bytes, size_t size, uint8_t *weights, unsigned *count) {
    struct fse_table table;
    struct backward reader;
    size_t used;
    if (!fse_read(&table, bytes, size, WEIGHT_TABLE_BITS, HUFFMAN_BITS + 2, &used) ||
        !backward_begin(&reader, bytes + used, size - used)) {
        return false;
    }
    uint32_t state[2];
    state[0] = backward_take(&reader, table.bits);
    state[1] = backward_take(&reader, table.bits);
    for (unsigned turn = 0; reader.left >= 0; turn ^= 1) {
        if (*count + 2 > WEIGHTS_MAX) {
            return false;
        }
        weights[(*count)++] = table.state[state[turn]].symbol;
        state[turn] = fse_next(&table, state[turn], &reader);
        if (reader.left < 0) {
            weights[(*count)++] = table.state[state[turn ^ 1]].symbol;
        }
    }
    return true;
}

/* Make the table of codes from the weights of all symbols but the last, which follows from them. */
static bool huffman_fill(struct huffman_table *table, uint8_t *weights, unsigned count) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        if (weights[i] > HUFFMAN_BITS) {
            return false;
        }
        sum += weights[i] > 0 ? 1u << (weights[i] - 1) : 0;
    }
    const unsigned bits = sum > 0 ? highest_bit(sum) + 1 : 0;
    const uint32_t left = (1u << bits) - sum;
    if (sum == 0 || bits > HUFFMAN_BITS || (left & (left - 1)) != 0) {
        return false;
    }
    weights[count++] = (uint8_t)(highest_bit(left) + 1);
    unsigned at = 0;
    for (unsigned weight = 1; weight <= bits; weight++) {
        for (unsigned symbol = 0; symbol < count; symbol++) {
            for (unsigned i = 0; weights[symbol] == weight && i < 1u << (weight - 1); i++, at++) {
                table->entry[at].symbol = (uint8_t)symbol;
                table->entry[at].bits = (uint8_t)(bits + 1 - weight);
            }
        }
    }
    table->bits = bits;
    table->is_there = true;
    return true;
}

static bool huffman_take(struct cursor *cursor, struct huffman_table *table) {
    uint8_t head, weights[WEIGHTS_MAX + 1];
    unsigned count = 0;
    const uint8_t *bytes;
    if (!take_8(cursor, &head)) {
        return false;
    }
    if (head < 128) {
        return take_bytes(cursor, head, &bytes) && take_coded_weights(bytes, head, weights, &count) &&
               huffman_fill(table, weights, count);
    }
    count = head - 127u;
    if (!take_bytes(cursor, (count + 1) / 2, &bytes)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        weights[i] = i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15;
    }
    return huffman_fill(table, weights, count);
}

static bool huffman_decode(const struct huffman_table *table, const uint8_t *bytes, size_t size, uint8_t *to,
                           size_t count) {
    struct backward reader;
    if (!backward_begin(&reader, bytes, size)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t code = backward_take(&reader, table->bits);
        to[i] = table->entry[code].symbol;
        reader.left += table->bits - table->entry[code].bits;
    }
    return reader.left == 0;
}

/* The sizes in the header of compressed literals. */
static bool take_literal_sizes(struct cursor *cursor, unsigned format, uint32_t *count, uint32_t *size) {
    static const uint8_t bytes_of[4] = {3, 3, 4, 5}, bits_of[4] = {10, 10, 14, 18};
    const uint8_t *bytes;
    uint64_t value = 0;
    if (!take_bytes(cursor, bytes_of[format], &bytes)) {
        return false;
    }
    for (unsigned i = 0; i < bytes_of[format]; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    const uint32_t mask = (1u << bits_of[format]) - 1;
    *count = (uint32_t)(value >> 4) & mask;
    *size = (uint32_t)(value >> (4 + bits_of[format])) & mask;
    return true;
}

static bool take_compressed_literals(struct unzstd *unzstd, struct cursor *cursor, unsigned format, bool has_table,
                                     uint32_t *count) {
    uint32_t size, sizes[4];
    const uint8_t *bytes;
    if (!take_literal_sizes(cursor, format, count, &size) || *count > UNZSTD_BLOCK_MAX ||
        !take_bytes(cursor, size, &bytes)) {
        return false;
    }
    struct cursor part = {.bytes = bytes, .size = size};
    if ((has_table && !huffman_take(&part, &unzstd->literals)) || !unzstd->literals.is_there) {
        return false;
    }
    if (format == 0) {
        return huffman_decode(&unzstd->literals, part.bytes + part.at, cursor_left(&part), unzstd->scratch, *count);
    }
    const uint8_t *jumps, *stream;
    const uint32_t each = (*count + 3) / 4;
    if (!take_bytes(&part, 6, &jumps) || each * 3 > *count) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        sizes[i] = jumps[2 * i] | (uint32_t)jumps[2 * i + 1] << 8;
    }
    for (unsigned i = 0; i < 4; i++) {
        const size_t length = i < 3 ? sizes[i] : cursor_left(&part);
        if (!take_bytes(&part, length, &stream) ||
            !huffman_decode(&unzstd->literals, stream, length, unzstd->scratch + i * each,
                            i < 3 ? each : *count - 3 * each)) {
            return false;
        }
    }
    return true;
}

/* All literals of a block. */
static bool take_literals(struct unzstd *unzstd, struct cursor *cursor, const uint8_t **literals, uint32_t *count) {
    uint8_t head, more[2] = {0};
    if (cursor_left(cursor) == 0) {
        return false;
    }
    head = cursor->bytes[cursor->at];
    const unsigned type = head & 3, format = head >> 2 & 3;
    *literals = unzstd->scratch;
    if (type >= 2) {
        return take_compressed_literals(unzstd, cursor, format, type == 2, count);
    }
    take_8(cursor, &head);
    if ((format >= 1 && format != 2 && !take_8(cursor, &more[0])) || (format == 3 && !take_8(cursor, &more[1]))) {
        return false;
    }
    *count = format % 2 == 0 ? head >> 3 : (uint32_t)head >> 4 | (uint32_t)more[0] << 4 | (uint32_t)more[1] << 12;
    if (*count > UNZSTD_BLOCK_MAX) {
        return false;
    }
    if (type == 0) {
        return take_bytes(cursor, *count, literals);
    }
    uint8_t value;
    if (!take_8(cursor, &value)) {
        return false;
    }
    memset(unzstd->scratch, value, *count);
    return true;
}

/* ---- sequences ---- */

enum { OFFSET_SYMBOLS = 32 }; /* more than the usual table has */

void zstd_usual_table(unsigned kind, struct fse_table *table) {
    fse_fill(table, zstd_kinds[kind].frequency, zstd_kinds[kind].symbols, zstd_kinds[kind].bits);
}

static bool take_table(struct unzstd *unzstd, struct cursor *cursor, unsigned kind, unsigned mode) {
    struct fse_table *table = &unzstd->sequences[kind];
    const unsigned most = kind == OFFSETS ? OFFSET_SYMBOLS : zstd_kinds[kind].symbols;
    uint8_t symbol;
    size_t used;
    switch (mode) {
    case 0: zstd_usual_table(kind, table); return true;
    case 1:
        if (!take_8(cursor, &symbol) || symbol >= most) {
            return false;
        }
        *table = (struct fse_table){.is_there = true};
        table->state[0].symbol = symbol;
        return true;
    case 2:
        if (!fse_read(table, cursor->bytes + cursor->at, cursor_left(cursor), zstd_kinds[kind].most_bits, most,
                      &used)) {
            return false;
        }
        cursor->at += used;
        return true;
    default: return table->is_there;
    }
}

/* The distance that a value means; the last three are remembered. 0: none. */
static uint32_t offset_of(uint32_t *repeats, uint32_t value, bool has_literals) {
    uint32_t offset = value - 3;
    unsigned which = 2;
    if (value <= 3) {
        which = value - (has_literals ? 1 : 0);
        offset = which < 3 ? repeats[which] : repeats[0] - 1;
        which = which < 3 ? which : 2;
    }
    for (; which > 0; which--) {
        repeats[which] = repeats[which - 1];
    }
    repeats[0] = offset;
    return offset;
}

/* Append literals and a match. */
static bool execute(struct unzstd *unzstd, const uint8_t *literals, uint32_t literal_count, uint32_t offset,
                    uint32_t length) {
    struct byte_buffer *history = &unzstd->history;
    memcpy(history->data + history->size, literals, literal_count);
    history->size += literal_count;
    if (offset == 0 || offset > history->size) {
        return false;
    }
    uint8_t *to = history->data + history->size;
    for (uint32_t i = 0; i < length; i++) {
        to[i] = to[(ptrdiff_t)i - (ptrdiff_t)offset];
    }
    history->size += length;
    return true;
}

/* All sequences; room for the block has been reserved. */
static bool run_sequences(struct unzstd *unzstd, struct cursor *cursor, uint32_t count, const uint8_t *literals,
                          uint32_t literal_count) {
    const struct fse_table *table = unzstd->sequences;
    struct backward reader;
    uint32_t state[SEQUENCE_TABLES], room = UNZSTD_BLOCK_MAX;
    if (!backward_begin(&reader, cursor->bytes + cursor->at, cursor_left(cursor))) {
        return false;
    }
    for (unsigned kind = 0; kind < SEQUENCE_TABLES; kind++) {
        state[kind] = backward_take(&reader, table[kind].bits);
    }
    for (uint32_t i = 0; i < count; i++) {
        const unsigned length_symbol = table[LITERAL_LENGTHS].state[state[LITERAL_LENGTHS]].symbol;
        const unsigned offset_symbol = table[OFFSETS].state[state[OFFSETS]].symbol;
        const unsigned match_symbol = table[MATCH_LENGTHS].state[state[MATCH_LENGTHS]].symbol;
        if (offset_symbol > 30) {
            return false;
        }
        const uint32_t value = (1u << offset_symbol) + backward_take(&reader, offset_symbol);
        const uint32_t match =
            zstd_match_lengths[match_symbol].base + backward_take(&reader, zstd_match_lengths[match_symbol].bits);
        const uint32_t length =
            zstd_literal_lengths[length_symbol].base + backward_take(&reader, zstd_literal_lengths[length_symbol].bits);
        if (length > literal_count || length + match > room || reader.left < 0) {
            return false;
        }
        if (!execute(unzstd, literals, length, offset_of(unzstd->repeats, value, length > 0), match)) {
            return false;
        }
        literals += length;
        literal_count -= length;
        room -= length + match;
        if (i + 1 < count) {
            state[LITERAL_LENGTHS] = fse_next(&table[LITERAL_LENGTHS], state[LITERAL_LENGTHS], &reader);
            state[MATCH_LENGTHS] = fse_next(&table[MATCH_LENGTHS], state[MATCH_LENGTHS], &reader);
            state[OFFSETS] = fse_next(&table[OFFSETS], state[OFFSETS], &reader);
        }
    }
    if (literal_count > room || reader.left != 0) {
        return false;
    }
    memcpy(unzstd->history.data + unzstd->history.size, literals, literal_count);
    unzstd->history.size += literal_count;
    return true;
}

static bool take_count(struct cursor *cursor, uint32_t *count) {
    uint8_t first, second = 0, third = 0;
    if (!take_8(cursor, &first)) {
        return false;
    }
    *count = first;
    if (first == 255) {
        *count = 0x7f00;
        if (!take_8(cursor, &second) || !take_8(cursor, &third)) {
            return false;
        }
        *count += second | (uint32_t)third << 8;
    } else if (first >= 128) {
        if (!take_8(cursor, &second)) {
            return false;
        }
        *count = (uint32_t)(first - 128) << 8 | second;
    }
    return true;
}

enum bswz_status unzstd_block(struct unzstd *unzstd, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    const uint8_t *literals;
    uint32_t literal_count, count;
    uint8_t modes;
    if (unzstd->scratch == NULL) {
        unzstd->scratch = bswz_allocate(UNZSTD_BLOCK_MAX, 1);
        if (unzstd->scratch == NULL) {
            return bswz_no_memory(error);
        }
    }
    const enum bswz_status status = byte_buffer_reserve(&unzstd->history, UNZSTD_BLOCK_MAX, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if (!take_literals(unzstd, &cursor, &literals, &literal_count) || !take_count(&cursor, &count)) {
        return unzstd_damaged(error);
    }
    if (count == 0) {
        return cursor_left(&cursor) > 0 ? unzstd_damaged(error)
                                        : byte_buffer_append(&unzstd->history, literals, literal_count, error);
    }
    if (!take_8(&cursor, &modes) || (modes & 3) != 0) {
        return unzstd_damaged(error);
    }
    for (unsigned kind = 0; kind < SEQUENCE_TABLES; kind++) {
        if (!take_table(unzstd, &cursor, kind, modes >> (6 - 2 * kind) & 3)) {
            return unzstd_damaged(error);
        }
    }
    return run_sequences(unzstd, &cursor, count, literals, literal_count) ? BSWZ_OK : unzstd_damaged(error);
}
