/* SPDX-License-Identifier: MIT */
/*
 * Colour profiles, EXIF and XMP: how PNG wraps what JPEG and WebP store bare.
 */
#include "image/format.h"
#include "image/record.h"

#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

/* No honest profile or packet comes close; this limits the cost of a decompression bomb. */
#define CONTENT_MAX ((size_t)64 << 20)

uint32_t picture_chunk_crc(const uint8_t *type_and_data, size_t size) {
    return (uint32_t)crc32_z(0, type_and_data, size);
}

enum bswz_status picture_record_add_xmp(struct byte_buffer *buffer, const uint8_t *packet, size_t size,
                                        struct bswz_error *error) {
    /* keyword, uncompressed, no method, no language, no translated keyword */
    static const uint8_t prefix[] = PICTURE_XMP_KEYWORD "\0\0\0\0";
    while (size > 0 && packet[size - 1] == 0) {
        size--;
    }
    if (size == 0 || size > CONTENT_MAX || memchr(packet, 0, size) != NULL) {
        return BSWZ_OK;
    }
    struct byte_buffer body = {0};
    enum bswz_status status = byte_buffer_append(&body, prefix, sizeof prefix, error);
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&body, packet, size, error);
    }
    if (status == BSWZ_OK) {
        status = picture_record_add(buffer, "iTXt", body.data, body.size, error);
    }
    free(body.data);
    return status;
}

enum bswz_status picture_record_add_exif(struct byte_buffer *buffer, const uint8_t *block, size_t size,
                                         struct bswz_error *error) {
    if (size >= 6 && memcmp(block, "Exif\0", 5) == 0) {
        block += 6;
        size -= 6;
    }
    if (size < 4 || (memcmp(block, "II", 2) != 0 && memcmp(block, "MM", 2) != 0)) {
        return BSWZ_OK; /* no TIFF header, which PNG requires */
    }
    return picture_record_add(buffer, "eXIf", block, size, error);
}

/* Inflate a zlib stream to the end of content; *sound says whether it was valid. */
static enum bswz_status inflate_all(const uint8_t *bytes, uint32_t size, struct byte_buffer *content, bool *sound,
                                    struct bswz_error *error) {
    z_stream stream = {0};
    *sound = false;
    if (inflateInit(&stream) != Z_OK) {
        return bswz_no_memory(error);
    }
    stream.next_in = bytes;
    stream.avail_in = size;
    const size_t before = content->size;
    enum bswz_status status = BSWZ_OK;
    int result = Z_OK;
    while (status == BSWZ_OK && result == Z_OK && content->size - before <= CONTENT_MAX) {
        const uInt piece = 65536;
        status = byte_buffer_reserve(content, piece, error);
        if (status == BSWZ_OK) {
            stream.next_out = content->data + content->size;
            stream.avail_out = piece;
            result = inflate(&stream, Z_NO_FLUSH);
            content->size += piece - stream.avail_out;
        }
    }
    inflateEnd(&stream);
    *sound = status == BSWZ_OK && result == Z_STREAM_END && content->size - before <= CONTENT_MAX;
    if (!*sound) {
        content->size = before;
    }
    return status;
}

enum bswz_status picture_chunk_profile(const struct picture_chunk *chunk, struct byte_buffer *content,
                                       struct bswz_error *error) {
    if (memcmp(chunk->type, "ICCP", 4) == 0) {
        return byte_buffer_append(content, chunk->data, chunk->length, error);
    }
    if (memcmp(chunk->type, "iCCP", 4) != 0) {
        return BSWZ_OK;
    }
    /* a name, its zero, the method (0), a zlib stream */
    const uint8_t *name_end = chunk->length ? memchr(chunk->data, 0, chunk->length) : NULL;
    if (name_end == NULL) {
        return BSWZ_OK;
    }
    const uint32_t start = (uint32_t)(name_end - chunk->data) + 2;
    bool sound;
    if (start > chunk->length || name_end[1] != 0) {
        return BSWZ_OK;
    }
    return inflate_all(chunk->data + start, chunk->length - start, content, &sound, error);
}

enum bswz_status picture_chunk_xmp(const struct picture_chunk *chunk, struct byte_buffer *content,
                                   struct bswz_error *error) {
    const size_t keyword = sizeof PICTURE_XMP_KEYWORD; /* with its zero */
    if (memcmp(chunk->type, "iTXt", 4) != 0 || chunk->length < keyword + 4 ||
        memcmp(chunk->data, PICTURE_XMP_KEYWORD, keyword) != 0) {
        return BSWZ_OK;
    }
    const uint8_t compressed = chunk->data[keyword], method = chunk->data[keyword + 1];
    const uint8_t *text = chunk->data + keyword + 2, *end = chunk->data + chunk->length;
    for (int i = 0; i < 2; i++) { /* language, translated keyword */
        const uint8_t *zero = text < end ? memchr(text, 0, (size_t)(end - text)) : NULL;
        if (zero == NULL) {
            return BSWZ_OK;
        }
        text = zero + 1;
    }
    bool sound;
    if (compressed == 1 && method == 0) {
        return inflate_all(text, (uint32_t)(end - text), content, &sound, error);
    }
    return compressed == 0 ? byte_buffer_append(content, text, (size_t)(end - text), error) : BSWZ_OK;
}

enum bswz_status picture_profile_deflate(const uint8_t *profile, size_t size, struct byte_buffer *body,
                                         struct bswz_error *error) {
    static const uint8_t prefix[] = "ICC profile\0"; /* the name, its zero, the method (0) */
    enum bswz_status status = byte_buffer_append(body, prefix, sizeof prefix, error);
    uLongf length = compressBound(size);
    if (status == BSWZ_OK) {
        status = byte_buffer_reserve(body, length, error);
    }
    if (status == BSWZ_OK) {
        if (compress2(body->data + body->size, &length, profile, size, 9) != Z_OK) {
            return bswz_no_memory(error);
        }
        body->size += length;
    }
    return status;
}
