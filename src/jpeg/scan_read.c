/* SPDX-License-Identifier: MIT */
/*
 * Reading scans (scan_read.h): Huffman codes as in annexes F and G of the standard, and how reading goes on where they
 * make no sense.
 */
#include "jpeg/scan_read.h"

#include "base/allocate.h"
#include "jpeg/arithmetic.h"

#include <stdlib.h>
#include <string.h>

enum { DC, AC };
enum { LOOK_UP_BITS = 9, LONG_BITS = 16, ZERO_RUN = 15, GAPS_MAX = 1 << 16, LOST_MARKERS_MAX = 3 };

/* A table for reading. */
struct codes {
    uint16_t entry[1 << LOOK_UP_BITS]; /* by the next bits: length << 8 | symbol; 0: it is longer, or there is none */
    struct {
        uint16_t first, length, symbol; /* the code, left-aligned */
    } longer[JPEG_SYMBOLS];
    unsigned longer_count;
};

/* What became of an MCU. */
enum outcome { GOOD, SHORT /* of bits before a marker */, BAD };

struct scan_state {
    struct jpeg_scan_reader *reader;
    const struct jpeg_scan *scan;
    struct jpeg_mcus mcus;
    const uint8_t *file;
    size_t start, end, at; /* of the scan's bytes; the next one */
    uint64_t bits;         /* read ahead, the next one on top */
    unsigned bit_count;
    enum outcome outcome;
    struct codes codes[2][JPEG_TABLES];
    int before[JPEG_MAX_COMPONENTS]; /* DC of the previous block, by part */
    uint32_t run;                    /* blocks that are still to end early */
    uint64_t run_start;              /* the MCU where their run begins */
    uint32_t to_restart;             /* MCUs */
    unsigned next_restart;
    bool lacks_markers; /* there are fewer than intervals, so some intervals may be missing */
    size_t marker;      /* no restart marker is between `at` and here */
};

/* ---- bits ---- */

static bool is_restart(const struct scan_state *state, size_t at) {
    return at + 2 <= state->end && state->file[at] == 0xff && (state->file[at + 1] & 0xf8) == 0xd0;
}

static void fill(struct scan_state *state) {
    while (state->bit_count <= 56 && state->at < state->end) {
        const uint8_t byte = state->file[state->at];
        if (byte == 0xff) {
            if (state->at + 1 == state->end || state->file[state->at + 1] != 0) {
                break; /* a marker */
            }
            state->at++;
        }
        state->at++;
        state->bits |= (uint64_t)byte << (56 - state->bit_count);
        state->bit_count += 8;
    }
}

/* The position of the first byte of which no bit has been read. */
static size_t position_of(const struct scan_state *state) {
    size_t at = state->at;
    for (unsigned i = state->bit_count / 8; i > 0; i--) {
        at -= at - state->start >= 2 && state->file[at - 1] == 0 && state->file[at - 2] == 0xff ? 2 : 1;
    }
    return at;
}

static void go_to(struct scan_state *state, size_t at) {
    state->at = at;
    state->bits = 0;
    state->bit_count = 0;
}

static void skip_bits(struct scan_state *state, unsigned count) {
    if (count > state->bit_count) {
        state->outcome = SHORT;
        count = state->bit_count;
    }
    state->bits = count < 64 ? state->bits << count : 0;
    state->bit_count -= count;
}

/* At most 16; zero if there are not enough. */
static unsigned read_bits(struct scan_state *state, unsigned count) {
    if (count == 0) {
        return 0;
    }
    if (state->bit_count < count) {
        fill(state);
    }
    const unsigned value = (unsigned)(state->bits >> (64 - count));
    skip_bits(state, count);
    return state->outcome == GOOD ? value : 0;
}

static void bad(struct scan_state *state) {
    if (state->outcome == GOOD) {
        state->outcome = BAD;
    }
}

/* 0 if there is none. */
static unsigned read_symbol(struct scan_state *state, unsigned class, unsigned number) {
    const struct codes *codes = &state->codes[class][number];
    if (state->bit_count < LONG_BITS) {
        fill(state);
    }
    const uint16_t entry = codes->entry[state->bits >> (64 - LOOK_UP_BITS)];
    if (entry != 0) {
        skip_bits(state, entry >> 8);
        return entry & 0xff;
    }
    const unsigned next = (unsigned)(state->bits >> (64 - LONG_BITS));
    for (unsigned i = 0; i < codes->longer_count; i++) {
        if ((next ^ codes->longer[i].first) >> (LONG_BITS - codes->longer[i].length) == 0) {
            skip_bits(state, codes->longer[i].length);
            return codes->longer[i].symbol;
        }
    }
    state->outcome = state->bit_count < LONG_BITS ? SHORT : BAD;
    return 0;
}

static int read_value(struct scan_state *state, unsigned width) {
    const int value = (int)read_bits(state, width);
    return width == 0 || value >> (width - 1) != 0 ? value : value - (1 << width) + 1;
}

static int16_t checked(struct scan_state *state, int value) {
    if (value > JPEG_LARGEST || value < -JPEG_LARGEST) {
        bad(state);
        return 0;
    }
    return (int16_t)value;
}

static void make_codes(const struct jpeg_table *table, struct codes *codes) {
    memset(codes, 0, sizeof *codes);
    for (unsigned symbol = 0; symbol < JPEG_SYMBOLS; symbol++) {
        const unsigned length = table->length[symbol], code = table->code[symbol];
        if (length == 0) {
            continue;
        }
        if (length > LOOK_UP_BITS) {
            codes->longer[codes->longer_count].first = (uint16_t)(code << (LONG_BITS - length));
            codes->longer[codes->longer_count].length = (uint16_t)length;
            codes->longer[codes->longer_count++].symbol = (uint16_t)symbol;
            continue;
        }
        const unsigned first = code << (LOOK_UP_BITS - length), count = 1u << (LOOK_UP_BITS - length);
        for (unsigned i = first; i < first + count && i < 1u << LOOK_UP_BITS; i++) {
            codes->entry[i] = (uint16_t)(length << 8 | symbol);
        }
    }
}

/* ---- blocks ---- */

static void read_dc(struct scan_state *state, unsigned part, int16_t *value) {
    const unsigned width = read_symbol(state, DC, state->scan->part[part].dc);
    if (width > 15) {
        bad(state);
        return;
    }
    const int dc = checked(state, state->before[part] + read_value(state, width));
    *value = checked(state, dc * (1 << state->scan->low));
    if (state->outcome == GOOD) {
        state->before[part] = dc;
    }
}

/* The values of a first scan. What no encoder writes, as zeros before the end, is as bad as what makes no sense. */
static void read_ac(struct scan_state *state, unsigned part, unsigned first, uint64_t mcu, int16_t block[JPEG_BLOCK]) {
    const struct jpeg_scan *scan = state->scan;
    bool is_after_zeros = false;
    for (unsigned k = first; k <= scan->last && state->outcome == GOOD; k++) {
        const unsigned symbol = read_symbol(state, AC, scan->part[part].ac), width = symbol & 15, zeros = symbol >> 4;
        if (width == 0 && zeros < ZERO_RUN) {
            if (state->outcome != GOOD || is_after_zeros || (!scan->is_progressive && zeros > 0)) {
                bad(state);
                return;
            }
            if (scan->is_progressive) {
                state->run = (1u << zeros) - 1 + read_bits(state, zeros);
                state->run_start = mcu;
            }
            return;
        }
        k += zeros;
        if (k > scan->last || (width == 0 && k == scan->last)) {
            bad(state);
            return;
        }
        is_after_zeros = width == 0;
        if (width > 0) {
            block[jpeg_zigzag[k]] = checked(state, read_value(state, width) * (1 << scan->low));
        }
    }
}

/* A bit for a value that was there before; false: it was not. */
static bool refine(struct scan_state *state, int16_t *value) {
    const int bit = 1 << state->scan->low;
    if (abs(*value) >> state->scan->low < 2) {
        return false;
    }
    if (read_bits(state, 1) != 0) {
        *value = checked(state, *value < 0 ? *value - bit : *value + bit);
    }
    return true;
}

/* One symbol of a refinement, and what goes with it, from k on; returns where the next one begins. */
static unsigned read_refinement(struct scan_state *state, unsigned k, bool *is_after_zeros, uint64_t mcu,
                                int16_t block[JPEG_BLOCK]) {
    const struct jpeg_scan *scan = state->scan;
    const unsigned symbol = read_symbol(state, AC, scan->part[0].ac), width = symbol & 15;
    unsigned zeros = symbol >> 4;
    if (state->outcome != GOOD || width > 1 || (width == 0 && zeros < ZERO_RUN && *is_after_zeros)) {
        bad(state);
        return JPEG_BLOCK;
    }
    if (width == 0 && zeros < ZERO_RUN) {
        state->run = (1u << zeros) + read_bits(state, zeros);
        state->run_start = mcu;
        return k;
    }
    *is_after_zeros = width == 0;
    const int value = width == 0 ? 0 : read_bits(state, 1) != 0 ? 1 << scan->low : -(1 << scan->low);
    for (; k <= scan->last && state->outcome == GOOD; k++) {
        if (!refine(state, &block[jpeg_zigzag[k]]) && zeros-- == 0) {
            if (width == 0 && k == scan->last) {
                break;
            }
            block[jpeg_zigzag[k]] = (int16_t)value;
            return k + 1;
        }
    }
    bad(state);
    return JPEG_BLOCK;
}

static void read_ac_refinement(struct scan_state *state, uint64_t mcu, int16_t block[JPEG_BLOCK]) {
    const struct jpeg_scan *scan = state->scan;
    unsigned k = scan->first;
    bool is_after_zeros = false;
    while (state->run == 0 && k <= scan->last && state->outcome == GOOD) {
        k = read_refinement(state, k, &is_after_zeros, mcu, block);
    }
    if (state->run > 0 && state->outcome == GOOD) {
        for (; k <= scan->last; k++) {
            refine(state, &block[jpeg_zigzag[k]]);
        }
        state->run -= state->outcome == GOOD;
    }
}

static void read_block(struct scan_state *state, unsigned part, uint64_t mcu, int16_t block[JPEG_BLOCK]) {
    const struct jpeg_scan *scan = state->scan;
    if (!scan->is_progressive) {
        read_dc(state, part, &block[0]);
        read_ac(state, part, 1, mcu, block);
    } else if (scan->first == 0) {
        if (scan->high == 0) {
            read_dc(state, part, &block[0]);
        } else if (read_bits(state, 1) != 0) {
            block[0] = checked(state, block[0] | 1 << scan->low);
        }
    } else if (scan->high > 0) {
        read_ac_refinement(state, mcu, block);
    } else if (state->run > 0) {
        state->run--;
    } else {
        read_ac(state, part, scan->first, mcu, block);
    }
}

/* Take back what was read of an MCU that is not complete. */
static void clear(const struct scan_state *state, int16_t block[JPEG_BLOCK]) {
    const struct jpeg_scan *scan = state->scan;
    for (unsigned k = scan->first; k <= scan->last; k++) {
        int16_t *at = &block[jpeg_zigzag[k]];
        if (scan->high == 0) {
            *at = 0;
        } else if (scan->first == 0) {
            *at = (int16_t)(*at & ~(1 << scan->low));
        } else {
            const int size = abs(*at) & ~(1 << scan->low);
            *at = (int16_t)(*at < 0 ? -size : size);
        }
    }
}

static unsigned find_blocks(const struct scan_state *state, uint64_t mcu, int16_t *block[JPEG_MCU_BLOCKS],
                            uint8_t part[JPEG_MCU_BLOCKS]) {
    return jpeg_mcu_blocks(&state->mcus, (uint32_t)(mcu % state->mcus.columns), (uint32_t)(mcu / state->mcus.columns),
                           block, part);
}

static enum outcome read_mcu(struct scan_state *state, uint64_t mcu) {
    int16_t *block[JPEG_MCU_BLOCKS];
    uint8_t part[JPEG_MCU_BLOCKS];
    int before[JPEG_MAX_COMPONENTS];
    const unsigned count = find_blocks(state, mcu, block, part);
    memcpy(before, state->before, sizeof before);
    state->outcome = GOOD;
    for (unsigned i = 0; i < count && state->outcome == GOOD; i++) {
        read_block(state, part[i], mcu, block[i]);
    }
    if (state->outcome != GOOD) {
        memcpy(state->before, before, sizeof before);
        for (unsigned i = 0; i < count; i++) {
            clear(state, block[i]);
        }
    }
    return state->outcome;
}

/* ---- gaps ---- */

static void restart(struct scan_state *state, unsigned next_restart) {
    memset(state->before, 0, sizeof state->before);
    state->to_restart = state->scan->restart_interval;
    state->next_restart = next_restart % 8;
}

/* The MCUs from `from` up to `to` are missing; then reading goes on at a position. */
static enum bswz_status add_gap(struct scan_state *state, uint64_t from, uint64_t to, enum jpeg_gap_kind kind,
                                size_t resume, struct bswz_error *error) {
    struct jpeg_gaps *gaps = &state->reader->gaps;
    const uint64_t at = state->reader->before + from;
    struct jpeg_gap *last = gaps->count > 0 ? &gaps->gap[gaps->count - 1] : NULL;
    if (last != NULL && last->kind == JPEG_GAP_GOES_ON && last->at + last->skip == at && last->resume >= state->start) {
        last->skip += (uint32_t)(to - from);
        last->kind = kind;
        last->resume = resume;
    } else {
        if (gaps->count == GAPS_MAX) {
            return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "JPEG: damaged in too many places");
        }
        if (gaps->count == gaps->capacity) {
            const size_t capacity = gaps->capacity == 0 ? 16 : 2 * gaps->capacity;
            struct jpeg_gap *grown = realloc(gaps->gap, capacity * sizeof *grown);
            if (grown == NULL) {
                return bswz_no_memory(error);
            }
            gaps->gap = grown;
            gaps->capacity = capacity;
        }
        gaps->gap[gaps->count++] = (struct jpeg_gap){at, (uint32_t)(to - from), kind, resume};
    }
    state->run = 0;
    go_to(state, resume);
    return BSWZ_OK;
}

/* The next restart marker, or the end; nothing is looked at twice. */
static size_t find_restart(struct scan_state *state) {
    size_t at = state->marker > state->at ? state->marker : state->at;
    while (at < state->end && !is_restart(state, at)) {
        const uint8_t *found = memchr(state->file + at + 1, 0xff, state->end - at - 1);
        at = found == NULL ? state->end : (size_t)(found - state->file);
    }
    state->marker = at;
    return at;
}

/* Are there fewer restart markers than the interval asks for? */
static bool lacks_markers(struct scan_state *state, uint64_t total) {
    uint64_t wanted = state->scan->restart_interval > 0 ? (total - 1) / state->scan->restart_interval : 0;
    while (wanted > 0 && find_restart(state) < state->end) {
        state->marker++;
        wanted--;
    }
    state->marker = 0;
    return wanted > 0;
}

static unsigned restart_number(const struct scan_state *state, size_t at) {
    return state->file[at + 1] & 7;
}

/* An interval is complete, or its rest is missing from `from` on: go on after the marker at that position. Its number
 * says how many more intervals are missing. */
static enum bswz_status resume_after(struct scan_state *state, uint64_t from, uint64_t *mcu, size_t marker,
                                     struct bswz_error *error) {
    const uint64_t total = (uint64_t)state->mcus.columns * state->mcus.rows;
    const unsigned number = restart_number(state, marker), ahead = (number - state->next_restart) & 7;
    const unsigned lost = state->lacks_markers && ahead <= LOST_MARKERS_MAX ? ahead : 0;
    *mcu += state->to_restart + (uint64_t)lost * state->scan->restart_interval;
    *mcu = *mcu < total ? *mcu : total;
    const enum bswz_status status = add_gap(state, from, *mcu, JPEG_GAP_MARKED, marker + 2, error);
    restart(state, number + 1);
    return status;
}

/* A restart marker should be next. */
static enum bswz_status pass_restart(struct scan_state *state, uint64_t *mcu, struct bswz_error *error) {
    const uint64_t from = state->run > 0 ? state->run_start : *mcu;
    const size_t at = position_of(state);
    const bool is_marked = at == state->at && is_restart(state, at);
    if (is_marked && from == *mcu && restart_number(state, at) == state->next_restart) {
        go_to(state, at + 2);
        restart(state, state->next_restart + 1);
        return BSWZ_OK;
    }
    const size_t marker = is_marked ? at : find_restart(state);
    if (is_marked || (marker < state->end && restart_number(state, marker) == state->next_restart)) {
        return resume_after(state, from, mcu, marker, error);
    }
    const enum bswz_status status = add_gap(state, from, *mcu, JPEG_GAP_RESTARTS, at, error);
    restart(state, state->next_restart + 1);
    return status;
}

/* An MCU cannot be read. */
static enum bswz_status pass_damage(struct scan_state *state, uint64_t *mcu, struct bswz_error *error) {
    const uint64_t from = state->run > 0 && state->run_start < *mcu ? state->run_start : *mcu;
    const uint64_t total = (uint64_t)state->mcus.columns * state->mcus.rows;
    const bool is_short = state->outcome == SHORT;
    if (is_short && state->at + 1 >= state->end) { /* what is left comes with the headers */
        *mcu = total;
        return add_gap(state, from, total, JPEG_GAP_GOES_ON, 0, error);
    }
    const size_t marker = is_short && is_restart(state, state->at) ? state->at
                          : state->scan->restart_interval > 0      ? find_restart(state)
                                                                   : state->end;
    if (marker < state->end) {
        return resume_after(state, from, mcu, marker, error);
    }
    const struct jpeg_gaps *gaps = &state->reader->gaps;
    const size_t last = gaps->count > 0 ? gaps->gap[gaps->count - 1].resume : 0;
    size_t resume = is_short ? state->at + 2 : position_of(state);
    resume = resume > last ? resume : last + 1;
    state->to_restart += (uint32_t)(*mcu - from);
    return add_gap(state, from, *mcu, JPEG_GAP_GOES_ON, resume < state->end ? resume : state->end, error);
}

/* From which MCU on the rows that are waited for are complete; UINT64_MAX: nobody waits. */
static uint64_t watched_mcus(const struct scan_state *state) {
    const struct jpeg_watch *watch = state->reader->watch;
    return watch == NULL ? UINT64_MAX : (uint64_t)watch->mcu_rows * state->mcus.columns;
}

static enum bswz_status read_huffman(struct scan_state *state, struct bswz_error *error) {
    const uint64_t total = (uint64_t)state->mcus.columns * state->mcus.rows;
    enum bswz_status status = BSWZ_OK;
    uint64_t mcu = 0, watched = watched_mcus(state);
    state->lacks_markers = lacks_markers(state, total);
    restart(state, 0);
    while (mcu < total && status == BSWZ_OK) {
        if (mcu >= watched) {
            watched = UINT64_MAX;
            state->reader->watch->complete(state->reader->watch->context);
        }
        if (state->scan->restart_interval > 0 && state->to_restart == 0) {
            status = pass_restart(state, &mcu, error);
        } else if (read_mcu(state, mcu) == GOOD) {
            mcu++;
            state->to_restart -= state->scan->restart_interval > 0;
        } else {
            status = pass_damage(state, &mcu, error);
        }
    }
    if (status == BSWZ_OK && state->run > 0) {
        status = add_gap(state, state->run_start, total, JPEG_GAP_GOES_ON, 0, error);
    }
    return status;
}

/* ---- scans ---- */

static enum bswz_status read_arithmetic(const struct scan_state *state, struct bswz_error *error) {
    const struct jpeg_scan *scan = state->scan;
    const uint64_t total = (uint64_t)state->mcus.columns * state->mcus.rows;
    struct jpeg_arithmetic coder = {.in = state->file, .in_size = state->end, .at = state->start};
    for (uint64_t mcu = 0; mcu < total && coder.status == BSWZ_OK; mcu++) {
        int16_t *block[JPEG_MCU_BLOCKS];
        uint8_t part[JPEG_MCU_BLOCKS];
        const unsigned count = find_blocks(state, mcu, block, part);
        if (mcu == 0 || (scan->restart_interval > 0 && mcu % scan->restart_interval == 0)) {
            if (mcu > 0) { /* to the next segment */
                coder.at = coder.in_size;
                coder.at += coder.at + 2 <= state->end ? 2 : 0;
            }
            coder.in_size = coder.at;
            while (coder.in_size < state->end && !is_restart(state, coder.in_size)) {
                coder.in_size++;
            }
            jpeg_arithmetic_begin(&coder);
        }
        for (unsigned i = 0; i < count; i++) {
            jpeg_arithmetic_block(&coder, scan, part[i], block[i]);
        }
    }
    return coder.status == BSWZ_OK ? BSWZ_OK
                                   : bswz_fail(error, BSWZ_ERROR_FORMAT, "JPEG: arithmetic coding with errors");
}

static bool make_tables(struct scan_state *state, const struct jpeg_markers *markers) {
    const struct jpeg_scan *scan = state->scan;
    bool known = true;
    for (unsigned i = 0; i < scan->count; i++) {
        if (scan->first == 0 && scan->high == 0) {
            known &= markers->table[DC][scan->part[i].dc].is_known;
            make_codes(&markers->table[DC][scan->part[i].dc], &state->codes[DC][scan->part[i].dc]);
        }
        if (scan->last > 0) {
            known &= markers->table[AC][scan->part[i].ac].is_known;
            make_codes(&markers->table[AC][scan->part[i].ac], &state->codes[AC][scan->part[i].ac]);
        }
    }
    return known;
}

enum bswz_status jpeg_scan_read(struct jpeg_scan_reader *reader, const struct jpeg_markers *markers,
                                const struct jpeg_scan *scan, const struct jpeg_planes *planes,
                                struct bswz_error *error) {
    struct scan_state *state = bswz_allocate_zero(1, sizeof *state);
    if (state == NULL) {
        return bswz_no_memory(error);
    }
    state->reader = reader;
    state->scan = scan;
    state->mcus = jpeg_mcus_of(planes, scan);
    state->file = markers->bytes;
    state->start = state->at = markers->at;
    state->end = jpeg_scan_end(markers);
    enum bswz_status status = BSWZ_OK;
    if (scan->is_arithmetic) {
        status = read_arithmetic(state, error);
    } else if (make_tables(state, markers)) {
        status = read_huffman(state, error);
    } else {
        status = bswz_fail(error, BSWZ_ERROR_FORMAT, "JPEG: a Huffman table is missing");
    }
    reader->before += (uint64_t)state->mcus.columns * state->mcus.rows;
    free(state);
    return status;
}
