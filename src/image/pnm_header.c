/* SPDX-License-Identifier: MIT */
/*
 * The headers of PNM and PAM files.
 *
 * They are text of unknown length before binary data, in streams that may contain one picture after the other. So
 * the header is read byte by byte, never one too many, and every byte is kept: the record *is* the header, so
 * writing it back also restores comments and odd spacing.
 *
 * The grammar is that of netpbm's own library: a comment counts as the end of its line, wherever it starts, and
 * exactly one white space character separates the last number of a PNM header from the samples.
 */
#include "image/pnm_header.h"

#include "image/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct header_input {
    struct byte_source source;
    struct byte_buffer *record;
    size_t start; /* position of the header in record */
};

static enum bswz_status bad_header(struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "invalid PNM header");
}

/* Read the next byte of the header, and add it to the record. */
static enum bswz_status next_byte(struct header_input *input, char *byte, struct bswz_error *error) {
    uint8_t value = 0;
    if (input->record->size - input->start >= PNM_HEADER_MAX) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "the PNM header is longer than %d bytes", PNM_HEADER_MAX);
    }
    enum bswz_status status = picture_read_exactly(input->source, &value, 1, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(input->record, &value, 1, error);
    }
    *byte = (char)value;
    return status;
}

/* The same, with a comment read as the line end that ends it. */
static enum bswz_status next_character(struct header_input *input, char *byte, struct bswz_error *error) {
    enum bswz_status status = next_byte(input, byte, error);
    if (status == BSWZ_OK && *byte == '#') {
        do {
            status = next_byte(input, byte, error);
        } while (status == BSWZ_OK && *byte != '\n' && *byte != '\r');
    }
    return status;
}

static bool is_space(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* value * 10 + digit, unless that exceeds limit. */
static bool add_digit(uint32_t *value, char digit, uint32_t limit) {
    const uint64_t grown = (uint64_t)*value * 10 + (unsigned)(digit - '0');
    *value = (uint32_t)grown;
    return grown <= limit;
}

/* White space, a number from 1 to limit, and the one character after it. */
static enum bswz_status pnm_number(struct header_input *input, uint32_t limit, uint32_t *value,
                                   struct bswz_error *error) {
    char byte = 0;
    enum bswz_status status;
    do {
        status = next_character(input, &byte, error);
    } while (status == BSWZ_OK && is_space(byte));
    *value = 0;
    if (status == BSWZ_OK && !is_digit(byte)) {
        return bad_header(error);
    }
    while (status == BSWZ_OK && is_digit(byte)) {
        if (!add_digit(value, byte, limit)) {
            return bswz_fail(error, BSWZ_ERROR_LIMIT, "a number in the PNM header is too large");
        }
        status = next_character(input, &byte, error);
    }
    if (status == BSWZ_OK && (*value == 0 || !is_space(byte))) {
        return bad_header(error);
    }
    return status;
}

static enum bswz_status read_pnm(struct header_input *input, struct pnm_header *header, struct bswz_error *error) {
    uint32_t maxval = 1;
    char byte = 0;
    enum bswz_status status = next_character(input, &byte, error);
    if (status == BSWZ_OK && !is_space(byte)) {
        return bad_header(error);
    }
    if (status == BSWZ_OK) {
        status = pnm_number(input, PICTURE_MAX_SIDE, &header->width, error);
    }
    if (status == BSWZ_OK) {
        status = pnm_number(input, PICTURE_MAX_SIDE, &header->height, error);
    }
    if (status == BSWZ_OK && header->kind != '4') {
        status = pnm_number(input, 65535, &maxval, error);
    }
    header->channels = header->kind == '6' ? 3 : 1;
    header->maxval = (uint16_t)maxval;
    return status;
}

/* Read a line of a PAM header into line, with a zero in place of the line end. */
static enum bswz_status read_line(struct header_input *input, char line[PNM_HEADER_MAX], struct bswz_error *error) {
    size_t length = 0;
    for (;;) {
        char byte = 0;
        enum bswz_status status = next_byte(input, &byte, error);
        if (status != BSWZ_OK) {
            return status;
        }
        if (byte == '\n') {
            line[length] = 0;
            return BSWZ_OK;
        }
        if (byte == 0) {
            return bad_header(error);
        }
        line[length++] = byte; /* next_byte() fails before PNM_HEADER_MAX */
    }
}

/* The word at *text; skips it and the space around it. */
static size_t take_word(const char **text, const char **word) {
    while (is_space(**text)) {
        (*text)++;
    }
    *word = *text;
    while (**text != 0 && !is_space(**text)) {
        (*text)++;
    }
    const size_t length = (size_t)(*text - *word);
    while (is_space(**text)) {
        (*text)++;
    }
    return length;
}

static bool is_word(const char *word, size_t length, const char *expected) {
    return length == strlen(expected) && memcmp(word, expected, length) == 0;
}

static enum bswz_status read_pam(struct header_input *input, struct pnm_header *header, struct bswz_error *error) {
    static const char *const names[4] = {"WIDTH", "HEIGHT", "DEPTH", "MAXVAL"};
    static const uint32_t limits[4] = {PICTURE_MAX_SIDE, PICTURE_MAX_SIDE, 0xffffffu, 65535};
    uint32_t values[4] = {0, 0, 0, 0};
    char line[PNM_HEADER_MAX], byte = 0;
    enum bswz_status status = next_byte(input, &byte, error);
    if (status == BSWZ_OK && byte != '\n') {
        return bad_header(error);
    }
    for (;;) {
        if (status == BSWZ_OK) {
            status = read_line(input, line, error);
        }
        if (status != BSWZ_OK) {
            return status;
        }
        const char *text = line, *word;
        const size_t length = take_word(&text, &word);
        if (length == 0 || *word == '#') {
            continue;
        }
        if (is_word(word, length, "ENDHDR")) {
            break;
        }
        if (is_word(word, length, "TUPLTYPE")) {
            continue; /* any value is accepted: DEPTH says how many channels there are */
        }
        int which = 0;
        while (which < 4 && !is_word(word, length, names[which])) {
            which++;
        }
        if (which == 4 || values[which] != 0 || !is_digit(*text)) {
            return bad_header(error);
        }
        while (is_digit(*text)) {
            if (!add_digit(&values[which], *text++, limits[which])) {
                return bswz_fail(error, BSWZ_ERROR_LIMIT, "a number in the PAM header is too large");
            }
        }
        if (take_word(&text, &word) != 0) {
            return bad_header(error);
        }
    }
    if (values[0] == 0 || values[1] == 0 || values[2] == 0 || values[3] == 0) {
        return bad_header(error);
    }
    if (values[2] > 4) {
        return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "PAM pictures of %u channels are not supported", values[2]);
    }
    header->width = values[0];
    header->height = values[1];
    header->channels = (uint8_t)values[2];
    header->maxval = (uint16_t)values[3];
    return BSWZ_OK;
}

enum bswz_status pnm_header_read(struct byte_source source, struct byte_buffer *record, struct pnm_header *header,
                                 struct bswz_error *error) {
    struct header_input input = {source, record, record->size};
    char magic[2] = {0, 0};
    enum bswz_status status = next_byte(&input, &magic[0], error);
    if (status == BSWZ_OK) {
        status = next_byte(&input, &magic[1], error);
    }
    if (status != BSWZ_OK) {
        return status;
    }
    header->kind = magic[1];
    if (magic[0] != 'P' || magic[1] < '1' || magic[1] > '7') {
        return bad_header(error);
    }
    if (magic[1] < '4') { /* the spacing of the text could not be restored */
        return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "plain (text) PNM is not supported");
    }
    return magic[1] == '7' ? read_pam(&input, header, error) : read_pnm(&input, header, error);
}

enum bswz_status pnm_header_parse(const struct byte_buffer *bytes, struct pnm_header *header,
                                  struct bswz_error *error) {
    struct picture_memory memory = {bytes == NULL ? NULL : bytes->data, bytes == NULL ? 0 : bytes->size};
    struct byte_buffer copy = {0};
    enum bswz_status status = pnm_header_read(picture_memory_source(&memory), &copy, header, error);
    free(copy.data);
    if (status == BSWZ_OK && memory.left != 0) {
        return bad_header(error);
    }
    return status;
}

/* The text of a head record for PNM or PAM; its length. */
static int implied_text(const struct picture_info *info, char *text, size_t size) {
    static const char *const tuples[5] = {"", "GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"};
    if (info->format == PICTURE_PAM) {
        return snprintf(text, size, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH %u\nMAXVAL %u\nTUPLTYPE %s\nENDHDR\n", info->width,
                        info->height, info->channels, info->maxval, tuples[info->channels]);
    }
    if (info->maxval == 1 && info->channels == 1) {
        return snprintf(text, size, "P4\n%u %u\n", info->width, info->height);
    }
    return snprintf(text, size, "P%c\n%u %u\n%u\n", info->channels == 1 ? '5' : '6', info->width, info->height,
                    info->maxval);
}

enum bswz_status pnm_implied_head(const struct picture_info *info, struct byte_buffer *head, struct bswz_error *error) {
    char text[160];
    return byte_buffer_append(head, text, (size_t)implied_text(info, text, sizeof text), error);
}
