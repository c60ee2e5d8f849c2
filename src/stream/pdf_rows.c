/* SPDX-License-Identifier: MIT */
/*
 * The dictionaries of pictures in PDF documents (pdf_rows.h).
 */
#include "stream/pdf_rows.h"

#include <string.h>

/* Larger pictures are not looked for. */
#define SIDE_MOST 65535

/* After the last occurrence of a word that no letter or digit follows; size: there is none. */
static size_t find_word(const uint8_t *bytes, size_t size, const char *word) {
    const size_t length = strlen(word);
    for (size_t at = size; at-- > length;) { /* a word at the very end is of no use */
        const uint8_t next = bytes[at];
        const bool is_longer =
            (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || (next >= '0' && next <= '9');
        if (!is_longer && memcmp(bytes + at - length, word, length) == 0) {
            return at;
        }
    }
    return size;
}

/* The number after a word; 0: there is none, or it is too large. */
static uint32_t number_after(const uint8_t *bytes, size_t size, const char *word) {
    size_t at = find_word(bytes, size, word);
    uint32_t number = 0;
    while (at < size && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r')) {
        at++;
    }
    for (; at < size && bytes[at] >= '0' && bytes[at] <= '9' && number <= SIDE_MOST; at++) {
        number = 10 * number + bytes[at] - '0';
    }
    return number <= SIDE_MOST ? number : 0;
}

static uint8_t small_number(const uint8_t *bytes, size_t size, const char *word, uint32_t most) {
    const uint32_t number = number_after(bytes, size, word);
    return number <= most ? (uint8_t)number : 0;
}

struct pdf_rows pdf_rows_find(const uint8_t *before, size_t size) {
    const size_t left_out = size > PDF_DICTIONARY_MOST ? size - PDF_DICTIONARY_MOST : 0;
    const uint8_t *bytes = before + left_out;
    size -= left_out;
    const size_t object = find_word(bytes, size, "obj");
    if (object == size) {
        return (struct pdf_rows){.width = 0};
    }
    bytes += object;
    size -= object;
    struct pdf_rows rows = {.width = number_after(bytes, size, "/Width"),
                            .height = number_after(bytes, size, "/Height"),
                            .bits = small_number(bytes, size, "/BitsPerComponent", 16),
                            .samples = small_number(bytes, size, "/Colors", 4),
                            .predictor = small_number(bytes, size, "/Predictor", 15)};
    rows.predictor = rows.predictor == 0 ? 1 : rows.predictor;
    rows.bits = find_word(bytes, size, "/ImageMask") < size ? 1 : rows.bits;
    rows.samples = rows.samples == 0 && rows.predictor > 1 ? 1 : rows.samples;
    if (rows.width == 0 || rows.height == 0 || rows.bits == 0) {
        return (struct pdf_rows){.width = 0};
    }
    return rows;
}
