/* SPDX-License-Identifier: MIT */
/*
 * Headers of gzip members, ZIP's local files and zlib streams (wrapped.h).
 */
#include "stream/wrapped.h"

#include "stream/pdf_rows.h"

#include <string.h>

static bool is_gzip(const uint8_t *bytes) {
    return bytes[0] == 0x1f && bytes[1] == 0x8b && bytes[2] == 8 && bytes[3] < 32;
}

static bool is_zip(const uint8_t *bytes) {
    return memcmp(bytes, "PK\3\4", 4) == 0 && bytes[8] == 8 && bytes[9] == 0;
}

/* Any valid header of zlib without a dictionary. */
static bool is_zlib(const uint8_t *bytes) {
    return (bytes[0] & 15) == 8 && bytes[0] >> 4 <= 7 && (bytes[1] & 32) == 0 && (bytes[0] << 8 | bytes[1]) % 31 == 0;
}

/* Does the block have a valid type? */
static bool is_block(const uint8_t *bytes) {
    return (bytes[0] >> 1 & 3) != 3;
}

/* The usual headers of zlib, with the largest window, are accepted anywhere. */
static bool is_usual_zlib(const uint8_t *bytes) {
    return bytes[0] == 0x78 && is_zlib(bytes) && is_block(bytes + 2);
}

/* In a PDF document, a stream begins on the line after this word. Returns the size of the word and the line end. */
static size_t pdf_stream(const uint8_t *bytes) {
    const size_t at = pdf_stream_word(bytes);
    return at > 0 && is_zlib(bytes + at) && is_block(bytes + at + 2) ? at : 0;
}

static bool is_wrapper(const uint8_t *bytes) {
    switch (bytes[0]) {
    case 0x1f: return is_gzip(bytes);
    case 'P': return is_zip(bytes);
    case 0x78: return is_usual_zlib(bytes);
    case 's': return pdf_stream(bytes) > 0;
    default: return false;
    }
}

size_t wrapper_find(const uint8_t *bytes, size_t size, size_t at) {
    static const bool begins[256] = {[0x1f] = true, ['P'] = true, [0x78] = true, ['s'] = true};
    for (; size >= WRAPPER_LOOK && at <= size - WRAPPER_LOOK; at++) {
        if (begins[bytes[at]] && is_wrapper(bytes + at)) {
            return at;
        }
    }
    return size;
}

/* Step over a text that ends with a zero byte; size: it does not end. */
static size_t past_text(const uint8_t *bytes, size_t size, size_t at) {
    while (at < size && bytes[at] != 0) {
        at++;
    }
    return at < size ? at + 1 : size;
}

static size_t gzip_header(const uint8_t *bytes, size_t size) {
    enum { CHECK = 2, EXTRA = 4, NAME = 8, COMMENT = 16 };
    size_t at = 10;
    if ((bytes[3] & EXTRA) != 0) {
        at = size >= 12 ? 12 + ((size_t)bytes[10] | (size_t)bytes[11] << 8) : size;
    }
    at = (bytes[3] & NAME) != 0 ? past_text(bytes, size, at) : at;
    at = (bytes[3] & COMMENT) != 0 ? past_text(bytes, size, at) : at;
    return (bytes[3] & CHECK) != 0 ? at + 2 : at;
}

static size_t zip_header(const uint8_t *bytes, size_t size) {
    return size < 30 ? size
                     : 30 + ((size_t)bytes[26] | (size_t)bytes[27] << 8) + ((size_t)bytes[28] | (size_t)bytes[29] << 8);
}

enum wrapper wrapper_at(const uint8_t *bytes, size_t size, size_t *stream) {
    enum wrapper wrapper = WRAPPER_ZLIB;
    if (size < WRAPPER_LOOK || !is_wrapper(bytes)) {
        return WRAPPER_NONE;
    }
    if (bytes[0] == 0x1f) {
        wrapper = WRAPPER_GZIP;
        *stream = gzip_header(bytes, size);
    } else if (bytes[0] == 'P') {
        wrapper = WRAPPER_ZIP;
        *stream = zip_header(bytes, size);
    } else {
        *stream = bytes[0] == 's' ? pdf_stream(bytes) + 2 : 2;
    }
    return *stream < size ? wrapper : WRAPPER_NONE;
}

size_t wrapper_member(const uint8_t *bytes, size_t size, enum wrapper wrapper, const char **name) {
    const size_t length = wrapper == WRAPPER_ZIP && size >= 30 ? (size_t)bytes[26] | (size_t)bytes[27] << 8 : 0;
    *name = length > 0 ? (const char *)bytes + 30 : "";
    return length > 0 && length < size - 30 ? length : 0;
}

const char *wrapper_name(enum wrapper wrapper) {
    static const char *const names[] = {"", "gzip", "ZIP", "zlib"};
    return names[wrapper];
}
