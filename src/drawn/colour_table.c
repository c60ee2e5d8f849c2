/* SPDX-License-Identifier: MIT */
/*
 * Coding a table of colours, entry by entry (colour_table.h).
 */
#include "drawn/colour_table.h"

#include "drawn/drawn.h"

#include <string.h>

enum { LIMIT = 100 };

void table_coder_init(struct table_coder *coder) {
    memset(coder, 0, sizeof *coder);
    for (unsigned i = 0; i < TABLE_SOURCES * 64; i++) {
        coder->sources[i / 64][i % 64] = cell_of(32768, 0);
    }
    for (unsigned i = 0; i < 3 * 3 * 256; i++) {
        coder->samples[i / 768][i / 256 % 3][i % 256] = cell_of(32768, 0);
    }
}

static unsigned decide_cell(struct decisions *decisions, cell *c, unsigned bit) {
    bit = decide(decisions, bit, clamp_probability(cell_probability(*c)));
    cell_update(c, bit, LIMIT);
    return bit;
}

static uint32_t light_of(uint32_t colour) {
    return 2 * (colour & 255) + 5 * (colour >> 8 & 255) + (colour >> 16 & 255);
}

static uint32_t *followers_of(struct table_coder *coder, uint32_t colour) {
    return coder->followers[hash_2(colour, 17) >> 18];
}

/* An entry that no source gives: its samples minus those of the preceding entry, green first. */
static uint32_t code_samples(struct table_coder *coder, struct decisions *decisions, uint32_t value, uint32_t last) {
    static const unsigned order[3] = {1, 0, 2};
    uint32_t colour = 0, follows = 0;
    unsigned context = 0;
    for (unsigned k = 0; k < 3; k++) {
        const unsigned c = order[k];
        const uint32_t base = (last >> 8 * c) + follows;
        const uint32_t wanted = (value >> 8 * c) - base;
        unsigned node = 1;
        for (unsigned i = 8; i-- > 0;) {
            node = node << 1 | decide_cell(decisions, &coder->samples[k][context][node], wanted >> i & 1);
        }
        const uint32_t difference = node & 255;
        colour |= ((base + difference) & 255) << 8 * c;
        follows = k == 0 ? difference : follows;
        context = difference == 0 ? 1 : difference < 4 || difference > 252 ? 2 : 0;
    }
    return colour;
}

/* One entry, from one of its sources or by its samples. *at: position in the previous table; *history: the last
 * sources. */
static uint32_t code_entry(struct table_coder *coder, struct decisions *decisions, uint32_t value, uint32_t last,
                           unsigned *at, unsigned *history) {
    const uint32_t *followers = followers_of(coder, last);
    const bool has_next = *at < coder->last_count, has_second = *at + 1 < coder->last_count;
    /* each + 1; 0: this source gives nothing */
    const uint32_t sources[TABLE_SOURCES] = {last + 1, has_next ? coder->last[*at] + 1 : 0, followers[0], followers[1],
                                             has_second ? coder->last[*at + 1] + 1 : 0};
    unsigned agree = 0;
    for (unsigned i = 2; i < TABLE_SOURCES; i++) {
        agree |= (unsigned)(sources[i] != 0 && sources[i] == sources[1]) << (i - 2);
    }
    agree = agree > 3 ? 3 : agree;
    for (unsigned i = 0; i < TABLE_SOURCES; i++) {
        bool is_new = sources[i] != 0;
        for (unsigned j = 0; j < i; j++) {
            is_new &= sources[j] != sources[i];
        }
        if (is_new && decide_cell(decisions, &coder->sources[i][*history << 2 | agree], value + 1 == sources[i])) {
            *history = (*history << 2 | (i == 0 ? 1 : 2)) & 15;
            return sources[i] - 1;
        }
    }
    *history = *history << 2 & 15;
    return code_samples(coder, decisions, value, last);
}

/* Where the previous table continues after this entry. */
static unsigned next_place(const struct table_coder *coder, uint32_t colour, unsigned at) {
    for (unsigned i = at; i < coder->last_count && i < at + 2; i++) {
        if (coder->last[i] == colour) {
            return i + 1;
        }
    }
    while (at < coder->last_count && light_of(coder->last[at]) <= light_of(colour)) {
        at++;
    }
    return at;
}

static uint32_t load_entry(const uint8_t *entry) {
    return (uint32_t)entry[0] | (uint32_t)entry[1] << 8 | (uint32_t)entry[2] << 16;
}

static void store_entry(uint8_t *entry, uint32_t colour) {
    entry[0] = (uint8_t)colour;
    entry[1] = (uint8_t)(colour >> 8);
    entry[2] = (uint8_t)(colour >> 16);
}

static void note_follower(struct table_coder *coder, uint32_t last, uint32_t colour) {
    uint32_t *followers = followers_of(coder, last);
    if (colour != last && followers[0] != colour + 1) {
        followers[1] = followers[0];
        followers[0] = colour + 1;
    }
}

void table_know(struct table_coder *coder, const uint8_t *entries, unsigned count) {
    uint32_t last = 0;
    for (unsigned i = 0; i < count; i++) {
        coder->last[i] = load_entry(entries + 3 * i);
        note_follower(coder, last, coder->last[i]);
        last = coder->last[i];
    }
    coder->last_count = count;
}

void table_code(struct table_coder *coder, struct decisions *decisions, uint8_t *entries, unsigned count) {
    uint32_t table[TABLE_LARGEST], last = 0;
    unsigned at = 0, history = 0;
    decisions->part = DRAWN_HEADER;
    for (unsigned i = 0; i < count; i++) {
        const uint32_t value = decisions->is_decoding ? 0 : load_entry(entries + 3 * i);
        const uint32_t colour = table[i] = code_entry(coder, decisions, value, last, &at, &history);
        store_entry(entries + 3 * i, colour);
        note_follower(coder, last, colour);
        at = colour == last && at > 0 && (at == coder->last_count || coder->last[at] != colour)
                 ? at
                 : next_place(coder, colour, at);
        last = colour;
    }
    memcpy(coder->last, table, count * sizeof *table);
    coder->last_count = count;
}
