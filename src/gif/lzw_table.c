/* SPDX-License-Identifier: MIT */
/*
 * Strings of LZW by their contents (lzw_table.h): an open hash table. Only used slots are cleared, so that the time for
 * a file with many clear codes is also proportional to its codes.
 */
#include "gif/lzw_table.h"

static unsigned slot_of(const struct lzw_strings *strings, uint32_t key) {
    uint32_t slot = key * 0x9e3779b1u >> 18;
    while (strings->keys[slot] != 0 && strings->keys[slot] != key) {
        slot = (slot + 1) & (LZW_SLOTS - 1);
    }
    return slot;
}

static uint32_t key_of(unsigned code, unsigned index) {
    return (code << 8 | index) + 1;
}

void lzw_strings_clear(struct lzw_strings *strings) {
    while (strings->count > 0) {
        strings->keys[strings->taken[--strings->count]] = 0;
    }
}

void lzw_strings_add(struct lzw_strings *strings, unsigned code, unsigned index, unsigned number) {
    const uint32_t key = key_of(code, index);
    const unsigned slot = slot_of(strings, key);
    if (strings->keys[slot] == 0) {
        strings->keys[slot] = key;
        strings->codes[slot] = (uint16_t)number;
        strings->taken[strings->count++] = (uint16_t)slot;
    }
}

unsigned lzw_strings_find(const struct lzw_strings *strings, unsigned code, unsigned index) {
    const unsigned slot = slot_of(strings, key_of(code, index));
    return strings->keys[slot] != 0 ? strings->codes[slot] : LZW_CODES;
}
