/* SPDX-License-Identifier: MIT */
/*
 * Entropy-coded segments (scan.h): Huffman coding of sequential and progressive scans, as in annexes F and G of
 * the standard, restart markers, and gaps. arithmetic.h has the blocks of arithmetic coding.
 */
#include "jpeg/scan.h"

#include "base/fields.h"
#include "jpeg/arithmetic.h"
#include "jpeg/scan_bits.h"

#include <stdlib.h>
#include <string.h>

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
    struct jpeg_arithmetic arithmetic;
};

/* ---- bits ---- */

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

static void put_value(struct jpeg_coder *coder, int value, unsigned width) {
    put_bits(coder, bits_of(value, width), width);
}

/* ---- runs of blocks that end early ---- */

/* The longest run for which the table has a symbol; when counting, before there is a table, the longest possible. */
static uint32_t find_run_max(const struct jpeg_coder *coder, const struct jpeg_table *table) {
    unsigned class = RUN_CLASSES;
    while (coder->mode != JPEG_COUNT && class > 1 && table->length[(class - 1) << 4] == 0) {
        class --;
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
    for (unsigned class = 0; class < RUN_CLASSES; class ++) {
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
        jpeg_sequential_block(state->coder, state->table, scan->part[part].dc, scan->part[part].ac,
                              &state->before[part], block);
    } else if (scan->first > 0) {
        (scan->high == 0 ? code_ac_first : code_ac_refinement)(state, block);
    } else if (scan->high == 0) {
        code_dc(state, part, block[0] >> scan->low);
    } else {
        put_bits(state->coder, (uint32_t)(block[0] >> scan->low) & 1, 1);
    }
}

/* ---- restarts ---- */

static void end_segment(struct scan_state *state) {
    struct jpeg_coder *coder = state->coder;
    if (!state->scan->is_arithmetic) {
        put_run(state, state->scan->part[0].ac);
        put_padding(coder);
        return;
    }
    const enum bswz_status status = jpeg_arithmetic_end(&state->arithmetic);
    if (status != BSWZ_OK) {
        fail(coder, status);
    }
    for (size_t i = 0; i < state->arithmetic.bytes.size && coder->status == BSWZ_OK; i++) {
        put_byte(coder, state->arithmetic.bytes.data[i]);
        if (state->arithmetic.bytes.data[i] == 0xff) {
            put_byte(coder, 0);
        }
    }
}

/* The state after a restart marker; the next one has this number. */
static void restart(struct scan_state *state, unsigned next_restart) {
    state->next_restart = next_restart % 8;
    state->to_restart = state->scan->restart_interval;
    memset(state->before, 0, sizeof state->before);
    if (state->scan->is_arithmetic) {
        jpeg_arithmetic_begin(&state->arithmetic);
    }
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
        restart(state, state->next_restart + 1);
    }
    state->to_restart--;
}

/* ---- gaps ---- */

static bool parse_gap(struct jpeg_coder *coder, struct jpeg_gap_state *gaps) {
    struct cursor cursor = {.bytes = coder->choices->gaps.data, .size = coder->choices->gaps.size, .at = gaps->read};
    uint64_t steps, kind, size;
    if (!take_varint(&cursor, UINT32_MAX * (uint64_t)JPEG_BLOCK, &steps) ||
        !take_varint(&cursor, 4 * (uint64_t)UINT32_MAX + JPEG_GAP_KINDS - 1, &kind) || kind % 4 >= JPEG_GAP_KINDS ||
        !take_varint(&cursor, cursor_left(&cursor), &size) || !take_bytes(&cursor, (size_t)size, &gaps->bytes) ||
        (kind % 4 == JPEG_GAP_MARKED && size == 0)) {
        return false;
    }
    gaps->next = (struct jpeg_gap){gaps->end + steps, (uint32_t)(kind / 4), (enum jpeg_gap_kind)(kind % 4), 0};
    gaps->size = (size_t)size;
    gaps->read = cursor.at;
    return true;
}

/* Where is the next gap? */
static void read_gap(struct jpeg_coder *coder) {
    struct jpeg_gap_state *gaps = &coder->gaps;
    gaps->is_begun = true;
    gaps->next = (struct jpeg_gap){.at = UINT64_MAX};
    if (coder->mode == JPEG_FOLLOW) {
        if (coder->found != NULL && gaps->read < coder->found->count) {
            gaps->next = coder->found->gap[gaps->read++];
        }
    } else if (gaps->read < coder->choices->gaps.size && !parse_gap(coder, gaps)) {
        fail(coder, BSWZ_ERROR_FORMAT);
    }
}

/* FOLLOW: the bytes are those of the file, and become a choice. */
static void add_gap(struct jpeg_coder *coder) {
    struct jpeg_gap_state *gaps = &coder->gaps;
    struct byte_buffer *out = &coder->choices->gaps;
    const size_t resume = gaps->next.resume == 0 ? coder->at : gaps->next.resume;
    if (resume < coder->at || resume > coder->size) {
        fail(coder, BSWZ_ERROR_FORMAT);
        return;
    }
    gaps->bytes = coder->file + coder->at;
    gaps->size = resume - coder->at;
    enum bswz_status status = put_varint(out, gaps->next.at - gaps->end, NULL);
    if (status == BSWZ_OK) {
        status = put_varint(out, 4 * (uint64_t)gaps->next.skip + gaps->next.kind, NULL);
    }
    if (status == BSWZ_OK) {
        status = put_varint(out, gaps->size, NULL);
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(out, gaps->bytes, gaps->size, NULL);
    }
    if (status != BSWZ_OK) {
        fail(coder, status);
    }
}

/* The next gap is here, at the MCU numbered so; returns how many MCUs are missing. */
static uint64_t pass_gap(struct scan_state *state, uint64_t left) {
    struct jpeg_coder *coder = state->coder;
    struct jpeg_gap_state *gaps = &coder->gaps;
    if (state->scan->is_arithmetic || gaps->next.skip > left) {
        fail(coder, BSWZ_ERROR_FORMAT);
        return left;
    }
    put_run(state, state->scan->part[0].ac);
    coder->bits = coder->bit_count = 0;
    if (coder->mode == JPEG_FOLLOW) {
        add_gap(coder);
    }
    for (size_t i = 0; i < gaps->size && coder->mode != JPEG_COUNT && coder->status == BSWZ_OK; i++) {
        put_byte(coder, gaps->bytes[i]);
    }
    if (gaps->next.kind != JPEG_GAP_GOES_ON && coder->status == BSWZ_OK) {
        const bool is_marked = gaps->next.kind == JPEG_GAP_MARKED && gaps->size > 0;
        restart(state, (is_marked ? gaps->bytes[gaps->size - 1] & 7u : state->next_restart) + 1);
    }
    const uint64_t skip = gaps->next.skip;
    gaps->end = gaps->next.at + skip;
    read_gap(coder);
    return skip;
}

/* ---- scans ---- */

static void code_mcu(struct scan_state *state, const struct jpeg_mcus *mcus, uint64_t number) {
    int16_t *block[JPEG_MCU_BLOCKS];
    uint8_t part[JPEG_MCU_BLOCKS];
    const unsigned count =
        jpeg_mcu_blocks(mcus, (uint32_t)(number % mcus->columns), (uint32_t)(number / mcus->columns), block, part);
    begin_mcu(state);
    for (unsigned i = 0; i < count; i++) {
        if (state->scan->is_arithmetic) {
            jpeg_arithmetic_block(&state->arithmetic, state->scan, part[i], block[i]);
        } else {
            code_block(state, part[i], block[i]);
        }
    }
}

enum bswz_status jpeg_scan_code(struct jpeg_coder *coder, const struct jpeg_planes *planes,
                                const struct jpeg_scan *scan, struct jpeg_table table[2][JPEG_TABLES]) {
    struct scan_state state = {.coder = coder,
                               .scan = scan,
                               .table = (const struct jpeg_table(*)[JPEG_TABLES])table,
                               .run_max = find_run_max(coder, &table[AC][scan->part[0].ac])};
    const struct jpeg_mcus mcus = jpeg_mcus_of(planes, scan);
    const uint64_t total = (uint64_t)mcus.columns * mcus.rows;
    const struct jpeg_turns turns = coder->turns;
    memset(coder->occurrences, 0, sizeof coder->occurrences);
    if (!coder->gaps.is_begun) {
        read_gap(coder);
    }
    const struct jpeg_gap_state gaps = coder->gaps;
    state.arithmetic.most = coder->size;
    restart(&state, 0);
    const bool is_done = jpeg_scan_pieces(coder, &mcus, state.table);
    for (uint64_t number = is_done ? total : 0; number < total && coder->status == BSWZ_OK;) {
        if (coder->gaps.next.at == gaps.before + number) {
            number += pass_gap(&state, total - number);
        } else {
            code_mcu(&state, &mcus, number++);
        }
    }
    end_segment(&state);
    jpeg_arithmetic_free(&state.arithmetic);
    coder->gaps.before += total;
    if (coder->mode == JPEG_COUNT) {
        coder->turns = turns;
        coder->gaps = gaps;
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
    free(choices->gaps.data);
}
