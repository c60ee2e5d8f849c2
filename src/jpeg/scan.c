/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Entropy-coded segments (scan.h): Huffman coding of sequential and progressive scans, as in annexes F and G of
 * the standard.
 */
#include "jpeg/scan.h"

#include "base/fields.h"

#include <stdlib.h>
#include <string.h>

enum { DC, AC };

#define ZEROS_16 0xf0 /* the symbol for sixteen zeros */
#define RUN_MAX 0x7fff
#define RUN_CLASSES 15
/* libjpeg ends a run when it holds more corrections than this, so that those of one more block still fit into 1000. */
#define RUN_BITS_MAX 937

/* What all blocks of a scan share. */
struct scan_state {
    struct jpeg_coder *coder;
    const struct jpeg_scan *scan;
    const struct jpeg_table (*table)[JPEG_TABLES];
    int before[JPEG_MAX_COMPONENTS]; /* DC of the previous block, by part */
    uint32_t run_max;                /* AC of a progressive scan: the longest run that its table has a symbol for */
    uint32_t to_restart;             /* MCUs */
    unsigned next_restart;
};

static void fail(struct jpeg_coder *coder, enum bswz_status status) {
    if (coder->status == BSWZ_OK) {
        coder->status = status;
    }
}

/* ---- bits ---- */

static void put_byte(struct jpeg_coder *coder, uint8_t byte) {
    if (coder->at == coder->size || (coder->mode == JPEG_FOLLOW && coder->file[coder->at] != byte)) {
        fail(coder, BSWZ_ERROR_FORMAT);
        return;
    }
    if (coder->mode == JPEG_WRITE) {
        coder->out[coder->at] = byte;
    }
    coder->at++;
}

/* The low count bits of value, whose other bits are zero; count is at most 32. */
static void put_bits(struct jpeg_coder *coder, uint32_t value, unsigned count) {
    if (coder->mode == JPEG_COUNT) {
        return;
    }
    coder->bits = coder->bits << count | value;
    coder->bit_count += count;
    while (coder->bit_count >= 8) {
        coder->bit_count -= 8;
        const uint8_t byte = (uint8_t)(coder->bits >> coder->bit_count);
        put_byte(coder, byte);
        if (byte == 0xff) {
            put_byte(coder, 0);
        }
    }
}

static void put_symbol(const struct scan_state *state, unsigned class, unsigned number, unsigned symbol) {
    struct jpeg_coder *coder = state->coder;
    const struct jpeg_table *table = &state->table[class][number];
    coder->occurrences[class][number][symbol]++;
    if (coder->mode == JPEG_COUNT) {
        return;
    }
    if (table->length[symbol] == 0) {
        fail(coder, BSWZ_ERROR_FORMAT);
        return;
    }
    put_bits(coder, table->code[symbol], table->length[symbol]);
}

/* The number of bits of a magnitude. */
static unsigned width_of(unsigned magnitude) {
    return magnitude == 0 ? 0 : 32 - (unsigned)__builtin_clz(magnitude);
}

/* The value in `width` bits; one is subtracted from negative values. */
static void put_value(struct jpeg_coder *coder, int value, unsigned width) {
    put_bits(coder, (uint32_t)(value < 0 ? value - 1 : value) & (((uint32_t)1 << width) - 1), width);
}

/* Pad the last byte. */
static void put_padding(struct jpeg_coder *coder) {
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
        choices->padding = choices->pads.size == 1 ? (pad == mask  ? JPEG_PADDING_ONES
                                                      : pad == 0 ? JPEG_PADDING_ZEROS
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

/* ---- runs of blocks that end early ---- */

/* The longest run for which the table has a symbol; when counting, before there is a table, the longest possible. */
static uint32_t find_run_max(const struct jpeg_coder *coder, const struct jpeg_table *table) {
    unsigned class = RUN_CLASSES;
    while (coder->mode != JPEG_COUNT && class > 1 && table->length[(class - 1) << 4] == 0) {
        class--;
    }
    return ((uint32_t)1 << class) - 1;
}

/* The file's next bits, up to 48: left-aligned, with zeros after the end. */
static uint64_t peek_file(const struct jpeg_coder *coder) {
    uint64_t bits = 0;
    size_t at = coder->at;
    for (unsigned i = 0; i < 7; i++) {
        const uint8_t byte = at < coder->size ? coder->file[at] : 0;
        bits |= (uint64_t)byte << (56 - 8 * i);
        at += byte == 0xff ? 2 : 1;
    }
    return bits << coder->bit_count;
}

/* FOLLOW: the length of the run whose symbol comes next; 0: the next symbol is not a run. */
static uint32_t peek_run(const struct jpeg_coder *coder, const struct jpeg_table *table) {
    const uint64_t bits = peek_file(coder);
    for (unsigned class = 0; class < RUN_CLASSES; class++) {
        const unsigned length = table->length[class << 4];
        if (length > 0 && bits >> (64 - length) == table->code[class << 4]) {
            const uint32_t more = class == 0 ? 0 : (uint32_t)(bits << length >> (64 - class));
            return ((uint32_t)1 << class) + more;
        }
    }
    return 0;
}

static void put_run(const struct scan_state *state, unsigned number) {
    struct jpeg_coder *coder = state->coder;
    if (coder->run == 0) {
        return;
    }
    const unsigned class = width_of(coder->run) - 1;
    put_symbol(state, AC, number, class << 4);
    put_bits(coder, coder->run - ((uint32_t)1 << class), class);
    for (size_t i = 0; i < coder->run_bits.size; i++) {
        put_bits(coder, coder->run_bits.data[i], 1);
    }
    coder->run = 0;
    coder->run_bits.size = 0;
}

/* Read where the next turn is, relative to the last one. */
static void read_turn(struct jpeg_coder *coder) {
    struct jpeg_turns *turns = &coder->turns;
    struct cursor cursor = {.bytes = coder->choices->turns.data, .size = coder->choices->turns.size, .at = turns->read};
    uint64_t steps;
    turns->next = UINT64_MAX;
    if (cursor.at < cursor.size) {
        if (!take_varint(&cursor, UINT32_MAX, &steps)) {
            fail(coder, BSWZ_ERROR_FORMAT);
            return;
        }
        turns->next = turns->ends + steps;
        turns->read = cursor.at;
    }
}

/* FOLLOW: there is a turn at the block that ends now, or `back` blocks before. */
static void add_turn(struct jpeg_coder *coder, unsigned back) {
    struct jpeg_turns *turns = &coder->turns;
    const enum bswz_status status = put_varint(&coder->choices->turns, turns->ends - back - turns->next, NULL);
    if (status != BSWZ_OK) {
        fail(coder, status);
    }
    turns->next = turns->ends - back + 1;
}

/* Does the run end after this block? usual: would an encoder end it here? */
static bool run_ends(struct jpeg_coder *coder, bool usual) {
    struct jpeg_turns *turns = &coder->turns;
    bool is_turn = false;
    if (coder->mode == JPEG_FOLLOW) { /* that a run ends early shows only if the next block could have been part of
                                       * it */
        if (usual && coder->run < coder->run_end) {
            add_turn(coder, 0);
            is_turn = true;
        }
        turns->ends++;
    } else {
        if (!turns->is_begun) {
            read_turn(coder);
            turns->is_begun = true;
        }
        is_turn = turns->ends++ == turns->next;
        if (is_turn) {
            read_turn(coder);
        }
    }
    return usual != is_turn;
}

/* The block has no more values, only these corrections. */
static void end_early(const struct scan_state *state, unsigned number, const uint8_t *corrections, size_t count) {
    struct jpeg_coder *coder = state->coder;
    if (coder->mode == JPEG_FOLLOW && coder->run > 0 && coder->run == coder->run_end) {
        add_turn(coder, 1);
        put_run(state, number);
    }
    if (++coder->run == 1 && coder->mode == JPEG_FOLLOW) {
        coder->run_end = peek_run(coder, &state->table[AC][number]);
    }
    if (count > 0) {
        const enum bswz_status status = byte_buffer_append(&coder->run_bits, corrections, count, NULL);
        if (status != BSWZ_OK) {
            fail(coder, status);
            return;
        }
    }
    if (run_ends(coder, coder->run == state->run_max || coder->run_bits.size > RUN_BITS_MAX)) {
        put_run(state, number);
    } else if (coder->run >= RUN_MAX) { /* a turn cannot make it longer */
        fail(coder, BSWZ_ERROR_FORMAT);
    }
}

/* ---- blocks ---- */

/* Code the zeros before a value. */
static unsigned put_zeros(const struct scan_state *state, unsigned number, unsigned zeros) {
    for (; zeros > 15; zeros -= 16) {
        put_symbol(state, AC, number, ZEROS_16);
    }
    return zeros;
}

static void code_dc(struct scan_state *state, unsigned part, int value) {
    const int difference = value - state->before[part];
    const unsigned width = width_of((unsigned)abs(difference));
    put_symbol(state, DC, state->scan->part[part].dc, width);
    put_value(state->coder, difference, width);
    state->before[part] = value;
}

static void code_sequential(struct scan_state *state, unsigned part, const int16_t block[JPEG_BLOCK]) {
    const unsigned number = state->scan->part[part].ac;
    unsigned zeros = 0;
    code_dc(state, part, block[0]);
    for (unsigned i = 1; i < JPEG_BLOCK; i++) {
        const int value = block[jpeg_zigzag[i]];
        if (value == 0) {
            zeros++;
            continue;
        }
        const unsigned width = width_of((unsigned)abs(value));
        zeros = put_zeros(state, number, zeros);
        put_symbol(state, AC, number, zeros << 4 | width);
        put_value(state->coder, value, width);
        zeros = 0;
    }
    if (zeros > 0) {
        put_symbol(state, AC, number, 0);
    }
}

static void code_ac_first(struct scan_state *state, const int16_t block[JPEG_BLOCK]) {
    const struct jpeg_scan *scan = state->scan;
    const unsigned number = scan->part[0].ac;
    unsigned zeros = 0;
    for (unsigned i = scan->first; i <= scan->last; i++) {
        const int value = block[jpeg_zigzag[i]];
        const int magnitude = abs(value) >> scan->low;
        if (magnitude == 0) {
            zeros++;
            continue;
        }
        const unsigned width = width_of((unsigned)magnitude);
        put_run(state, number);
        zeros = put_zeros(state, number, zeros);
        put_symbol(state, AC, number, zeros << 4 | width);
        put_value(state->coder, value < 0 ? -magnitude : magnitude, width);
        zeros = 0;
    }
    if (zeros > 0) {
        end_early(state, number, NULL, 0);
    }
}

/* Values that appear with this bit, and in between a bit for each value that was there before. */
static void code_ac_refinement(struct scan_state *state, const int16_t block[JPEG_BLOCK]) {
    const struct jpeg_scan *scan = state->scan;
    const unsigned number = scan->part[0].ac;
    uint8_t corrections[JPEG_BLOCK];
    size_t count = 0;
    unsigned zeros = 0, last_new = 0;
    for (unsigned i = scan->first; i <= scan->last; i++) {
        last_new = abs(block[jpeg_zigzag[i]]) >> scan->low == 1 ? i : last_new;
    }
    for (unsigned i = scan->first; i <= scan->last; i++) {
        const int value = block[jpeg_zigzag[i]];
        const int magnitude = abs(value) >> scan->low;
        if (magnitude == 0) {
            zeros++;
            continue;
        }
        while (zeros > 15 && i <= last_new) {
            put_run(state, number);
            put_symbol(state, AC, number, ZEROS_16);
            zeros -= 16;
            for (size_t c = 0; c < count; c++) {
                put_bits(state->coder, corrections[c], 1);
            }
            count = 0;
        }
        if (magnitude > 1) {
            corrections[count++] = (uint8_t)(magnitude & 1);
            continue;
        }
        put_run(state, number);
        put_symbol(state, AC, number, zeros << 4 | 1);
        put_bits(state->coder, value > 0, 1);
        for (size_t c = 0; c < count; c++) {
            put_bits(state->coder, corrections[c], 1);
        }
        count = 0;
        zeros = 0;
    }
    if (zeros > 0 || count > 0) {
        end_early(state, number, corrections, count);
    }
}

static void code_block(struct scan_state *state, unsigned part, const int16_t block[JPEG_BLOCK]) {
    const struct jpeg_scan *scan = state->scan;
    if (!scan->is_progressive) {
        code_sequential(state, part, block);
    } else if (scan->first > 0) {
        (scan->high == 0 ? code_ac_first : code_ac_refinement)(state, block);
    } else if (scan->high == 0) {
        code_dc(state, part, block[0] >> scan->low);
    } else {
        put_bits(state->coder, (uint32_t)(block[0] >> scan->low) & 1, 1);
    }
}

/* ---- scans ---- */

static void end_segment(const struct scan_state *state) {
    put_run(state, state->scan->part[0].ac);
    put_padding(state->coder);
}

static void begin_mcu(struct scan_state *state) {
    if (state->scan->restart_interval == 0) {
        return;
    }
    if (state->to_restart == 0) {
        end_segment(state);
        if (state->coder->mode != JPEG_COUNT) {
            put_byte(state->coder, 0xff);
            put_byte(state->coder, (uint8_t)(0xd0 + state->next_restart));
        }
        state->next_restart = (state->next_restart + 1) % 8;
        state->to_restart = state->scan->restart_interval;
        memset(state->before, 0, sizeof state->before);
    }
    state->to_restart--;
}

/* The blocks of a single component: those that contain pixels. */
static void code_alone(struct scan_state *state, const struct jpeg_planes *planes) {
    const unsigned c = state->scan->part[0].component;
    const struct jpeg_component *component = &planes->component[c];
    const uint32_t columns = jpeg_columns_alone(planes, c), rows = jpeg_rows_alone(planes, c);
    for (uint32_t y = 0; y < rows && state->coder->status == BSWZ_OK; y++) {
        const int16_t(*row)[JPEG_BLOCK] = (const int16_t(*)[JPEG_BLOCK])component->block + (size_t)y * component->columns;
        for (uint32_t x = 0; x < columns; x++) {
            begin_mcu(state);
            code_block(state, 0, row[x]);
        }
    }
}

static void code_mcu(struct scan_state *state, const struct jpeg_planes *planes, uint32_t x, uint32_t y) {
    begin_mcu(state);
    for (unsigned part = 0; part < state->scan->count; part++) {
        const struct jpeg_component *component = &planes->component[state->scan->part[part].component];
        for (unsigned v = 0; v < component->vertical; v++) {
            const size_t row = ((size_t)y * component->vertical + v) * component->columns;
            for (unsigned h = 0; h < component->horizontal; h++) {
                code_block(state, part, component->block[row + (size_t)x * component->horizontal + h]);
            }
        }
    }
}

enum bswz_status jpeg_scan_code(struct jpeg_coder *coder, const struct jpeg_planes *planes,
                                const struct jpeg_scan *scan, struct jpeg_table table[2][JPEG_TABLES]) {
    struct scan_state state = {.coder = coder,
                               .scan = scan,
                               .table = (const struct jpeg_table(*)[JPEG_TABLES])table,
                               .run_max = find_run_max(coder, &table[AC][scan->part[0].ac]),
                               .to_restart = scan->restart_interval};
    const struct jpeg_turns turns = coder->turns;
    memset(coder->occurrences, 0, sizeof coder->occurrences);
    if (scan->count == 1) {
        code_alone(&state, planes);
    } else {
        const uint32_t columns = jpeg_mcu_columns(planes), rows = jpeg_mcu_rows(planes);
        for (uint32_t y = 0; y < rows && coder->status == BSWZ_OK; y++) {
            for (uint32_t x = 0; x < columns; x++) {
                code_mcu(&state, planes, x, y);
            }
        }
    }
    end_segment(&state);
    if (coder->mode == JPEG_COUNT) {
        coder->turns = turns;
    }
    return coder->status;
}

void jpeg_choices_settle(struct jpeg_coder *coder) {
    struct jpeg_choices *choices = coder->choices;
    choices->pads.size = choices->padding == JPEG_PADDING_LISTED ? choices->pads.size : 0;
}

void jpeg_choices_free(struct jpeg_choices *choices) {
    free(choices->pads.data);
    free(choices->turns.data);
}
