/* SPDX-License-Identifier: MIT */
/*
 * The dictionaries of pictures in PDF documents (pdf_rows.h).
 *
 * Every search is linear: a dictionary is short, and each word "stream" is looked at once.
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

/* ---- faxes ---- */

/* The width of a fax whose dictionary does not give it. */
#define FAX_COLUMNS 1728

/* The first place of a text from `at` on; size: nowhere. */
static size_t find_text(const uint8_t *bytes, size_t size, size_t at, const char *text) {
    const uint8_t *found = at < size ? memmem(bytes + at, size - at, text, strlen(text)) : NULL;
    return found != NULL ? (size_t)(found - bytes) : size;
}

size_t pdf_stream_word(const uint8_t *bytes) {
    if (memcmp(bytes, "stream", 6) != 0) {
        return 0;
    }
    return bytes[6] == '\n' ? 7 : bytes[6] == '\r' && bytes[7] == '\n' ? 8 : 0;
}

size_t pdf_stream_size(const uint8_t *bytes, size_t size) {
    return find_text(bytes, size, 0, "endstream");
}

/* The dictionary before the word. */
static void find_sides(const uint8_t *bytes, struct pdf_fax *fax) {
    const size_t most = fax->word < PDF_DICTIONARY_MOST ? fax->word : PDF_DICTIONARY_MOST;
    const uint8_t *from = bytes + fax->word - most;
    const size_t object = find_word(from, most, "obj"), start = object < most ? object : 0;
    fax->width = number_after(from + start, most - start, "/Columns");
    fax->width = fax->width == 0 ? FAX_COLUMNS : fax->width;
    fax->height = number_after(from + start, most - start, "/Height");
}

struct pdf_fax pdf_fax_find(const uint8_t *bytes, size_t size) {
    size_t at = 0;
    while ((at = find_text(bytes, size, at, "CCITTFaxDecode")) < size) {
        const size_t end = size - at < PDF_DICTIONARY_MOST ? size : at + PDF_DICTIONARY_MOST;
        struct pdf_fax fax = {.word = find_text(bytes, end, at, "stream")};
        if (fax.word < end && size - fax.word >= PDF_STREAM_MOST) {
            fax.data = fax.word + pdf_stream_word(bytes + fax.word);
            find_sides(bytes, &fax);
            if (fax.data > fax.word && fax.height > 0) {
                return fax;
            }
        }
        at = fax.word < end ? fax.word : end;
    }
    return (struct pdf_fax){.word = size};
}
