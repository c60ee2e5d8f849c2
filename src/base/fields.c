/* SPDX-License-Identifier: MIT */
/*
 * Numbers (fields.h).
 */
#include "base/fields.h"

bool take_bytes(struct cursor *cursor, size_t count, const uint8_t **bytes) {
    if (cursor_left(cursor) < count) {
        cursor->is_short = true;
        return false;
    }
    *bytes = cursor->bytes + cursor->at;
    cursor->at += count;
    return true;
}

bool take_little(struct cursor *cursor, size_t count, uint64_t *value) {
    const uint8_t *bytes;
    *value = 0;
    if (!take_bytes(cursor, count, &bytes)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        *value |= (uint64_t)bytes[i] << (8 * i);
    }
    return true;
}

bool take_8(struct cursor *cursor, uint8_t *value) {
    uint64_t number = 0;
    const bool taken = take_little(cursor, 1, &number);
    *value = (uint8_t)number;
    return taken;
}

bool take_16(struct cursor *cursor, uint16_t *value) {
    uint64_t number = 0;
    const bool taken = take_little(cursor, 2, &number);
    *value = (uint16_t)number;
    return taken;
}

bool take_32(struct cursor *cursor, uint32_t *value) {
    uint64_t number = 0;
    const bool taken = take_little(cursor, 4, &number);
    *value = (uint32_t)number;
    return taken;
}

bool take_64(struct cursor *cursor, uint64_t *value) {
    *value = 0;
    return take_little(cursor, 8, value);
}

bool take_varint(struct cursor *cursor, uint64_t limit, uint64_t *value) {
    uint64_t result = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte;
        if (!take_8(cursor, &byte)) {
            return false;
        }
        const uint64_t part = byte & 127;
        if (part << shift >> shift != part) {
            return false; /* beyond 64 bits */
        }
        result |= part << shift;
        if (byte < 128) {
            *value = result;
            return result <= limit && (byte != 0 || shift == 0);
        }
    }
    return false;
}

bool take_varint_32(struct cursor *cursor, uint32_t limit, uint32_t *value) {
    uint64_t number = 0;
    const bool taken = take_varint(cursor, limit, &number);
    *value = (uint32_t)number;
    return taken;
}

static enum bswz_status put_number(struct byte_buffer *buffer, uint64_t value, size_t count, struct bswz_error *error) {
    uint8_t bytes[8];
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    return byte_buffer_append(buffer, bytes, count, error);
}

enum bswz_status put_8(struct byte_buffer *buffer, unsigned value, struct bswz_error *error) {
    return put_number(buffer, value, 1, error);
}

enum bswz_status put_16(struct byte_buffer *buffer, unsigned value, struct bswz_error *error) {
    return put_number(buffer, value, 2, error);
}

enum bswz_status put_32(struct byte_buffer *buffer, uint32_t value, struct bswz_error *error) {
    return put_number(buffer, value, 4, error);
}

enum bswz_status put_64(struct byte_buffer *buffer, uint64_t value, struct bswz_error *error) {
    return put_number(buffer, value, 8, error);
}

enum bswz_status put_varint(struct byte_buffer *buffer, uint64_t value, struct bswz_error *error) {
    uint8_t bytes[10];
    size_t size = 0;
    while (value >= 128) {
        bytes[size++] = (uint8_t)(value | 128);
        value >>= 7;
    }
    bytes[size++] = (uint8_t)value;
    return byte_buffer_append(buffer, bytes, size, error);
}

enum bswz_status put_sized(struct byte_buffer *buffer, const struct byte_buffer *bytes, struct bswz_error *error) {
    const enum bswz_status status = put_varint(buffer, bytes->size, error);
    return status == BSWZ_OK ? byte_buffer_append(buffer, bytes->data, bytes->size, error) : status;
}

size_t varint_size(uint64_t value) {
    size_t size = 1;
    for (; value >= 128; value >>= 7) {
        size++;
    }
    return size;
}

unsigned bit_width(uint32_t maximum) {
    unsigned bits = 0;
    for (; maximum > 0; maximum >>= 1) {
        bits++;
    }
    return bits;
}
