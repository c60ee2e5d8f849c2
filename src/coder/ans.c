/* SPDX-License-Identifier: MIT */
/*
 * The ANS stack: its words, and its form in a stream (ans.h explains the rest).
 */
#include "coder/ans.h"

#include "base/allocate.h"
#include "base/fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64, upper half */
uint32_t ans_lent_word(uint64_t index) {
    uint64_t z = (index + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return (uint32_t)((z ^ z >> 31) >> 32);
}

void ans_init(struct ans *ans, unsigned lanes) {
    memset(ans, 0, sizeof *ans);
    ans->lanes = lanes;
    for (unsigned lane = 0; lane < lanes; lane++) {
        ans->state[lane] = ANS_LOWEST;
    }
}

void ans_free(struct ans *ans) {
    free(ans->words);
    ans->words = NULL;
    ans->size = ans->capacity = 0;
}

void ans_store_full(struct ans *ans, uint32_t word) {
    size_t capacity = ans->capacity ? 2 * ans->capacity : 1024;
    uint32_t *words = capacity <= SIZE_MAX / sizeof *words
                          ? bswz_grow(ans->words, ans->size * sizeof *words, capacity * sizeof *words)
                          : NULL;
    if (words == NULL) {
        ans->failed = true;
        return;
    }
    ans->words = words;
    ans->capacity = capacity;
    ans->words[ans->size++] = word;
}

uint32_t ans_fetch_empty(struct ans *ans) {
    if (ans->decoding) {
        ans->failed = true;
        return 0;
    }
    return ans_lent_word(ans->borrowed++);
}

double ans_bits(const struct ans *ans) {
    double bits = 32.0 * ((double)ans->size - (double)ans->borrowed);
    for (unsigned lane = 0; lane < ans->lanes; lane++) {
        bits += log2((double)ans->state[lane]) - 32.0;
    }
    return bits;
}

uint64_t ans_whole_bits(const struct ans *ans) {
    uint64_t bits = 32 * (uint64_t)ans->size;
    for (unsigned lane = 0; lane < ans->lanes; lane++) {
        bits += 63u - (unsigned)__builtin_clzll(ans->state[lane] | 1);
    }
    return bits;
}

void ans_note_lowest(struct ans *ans) {
    double bits = ans_bits(ans);
    ans->lowest = bits < ans->lowest ? bits : ans->lowest;
}

/* Words were borrowed from the start of the sequence, each below the previous ones, so at the end the decoder's
 * stack has word 0 on top. */
bool ans_is_initial(const struct ans *ans) {
    if (ans->failed || ans->size != ans->borrowed) {
        return false;
    }
    for (unsigned lane = 0; lane < ans->lanes; lane++) {
        if (ans->state[lane] != ANS_LOWEST) {
            return false;
        }
    }
    for (size_t i = 0; i < ans->size; i++) {
        if (ans->words[ans->size - 1 - i] != ans_lent_word(i)) {
            return false;
        }
    }
    return true;
}

/* lanes (1 byte), borrowed (4), states (8 each), words (4 each, top first) */
enum { WORD_SIZE = 4 };

enum bswz_status ans_write(const struct ans *ans, struct byte_buffer *out, struct bswz_error *error) {
    if (ans->failed || ans->borrowed > UINT32_MAX) {
        return bswz_no_memory(error);
    }
    enum bswz_status status = byte_buffer_reserve(out, 5 + 8 * (size_t)ans->lanes + WORD_SIZE * ans->size, error);
    if (status == BSWZ_OK) {
        status = put_8(out, ans->lanes, error);
    }
    if (status == BSWZ_OK) {
        status = put_32(out, (uint32_t)ans->borrowed, error);
    }
    for (unsigned lane = 0; lane < ans->lanes && status == BSWZ_OK; lane++) {
        status = put_64(out, ans->state[lane], error);
    }
    for (size_t i = ans->size; status == BSWZ_OK && i-- > 0;) {
        status = put_32(out, ans->words[i], error);
    }
    return status;
}

static enum bswz_status read_stack(struct ans *ans, const uint8_t *bytes, size_t size, bool whole,
                                   struct bswz_error *error) {
    struct cursor cursor = {.bytes = bytes, .size = size};
    uint8_t lanes;
    uint32_t borrowed;
    ans_init(ans, 1);
    if (!take_8(&cursor, &lanes) || lanes < 1 || lanes > ANS_MAX_LANES || (lanes & (lanes - 1)) != 0 ||
        !take_32(&cursor, &borrowed)) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data has a bad header");
    }
    ans_init(ans, lanes);
    ans->decoding = true;
    ans->borrowed = borrowed;
    for (unsigned lane = 0; lane < lanes; lane++) {
        if (!take_64(&cursor, &ans->state[lane]) || ans->state[lane] < ANS_LOWEST) {
            return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data has a bad state");
        }
    }
    size_t count = cursor_left(&cursor) / WORD_SIZE;
    if (whole && cursor_left(&cursor) % WORD_SIZE != 0) {
        return bswz_fail(error, BSWZ_ERROR_CORRUPT, "coded data ends within a word");
    }
    ans->capacity = count + 1024;
    ans->words = bswz_allocate(ans->capacity, sizeof *ans->words);
    if (ans->words == NULL) {
        return bswz_no_memory(error);
    }
    const uint8_t *word = bytes + cursor.at;
    for (size_t i = count; i-- > 0; word += WORD_SIZE) {
        ans->words[i] = word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16 | (uint32_t)word[3] << 24;
    }
    ans->size = count;
    return BSWZ_OK;
}

enum bswz_status ans_read(struct ans *ans, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    return read_stack(ans, bytes, size, true, error);
}

enum bswz_status ans_read_top(struct ans *ans, const uint8_t *bytes, size_t size, struct bswz_error *error) {
    return read_stack(ans, bytes, size, false, error);
}
