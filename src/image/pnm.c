/* SPDX-License-Identifier: MIT */
/*
 * PNM and PAM, reading and writing. Both directions hold at most one row, and consume or produce exactly the
 * picture's bytes, so pictures may follow each other.
 *
 * The samples of a bitmap (P4) are 0 and 1 with 1 for white, as in every other format, while in the file a bit of
 * 1 means black: packing and unpacking invert.
 */
#include "base/allocate.h"
#include "image/format.h"
#include "image/pnm_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The state between calls, for either direction. */
struct pnm_state {
    bool bitmap;      /* P4: packed bits in the file */
    uint8_t *scratch; /* a packed row, or a piece of swapped samples */
    size_t scratch_bytes;
};

/* Samples are swapped in pieces of this many bytes when writing. */
#define PIECE_BYTES ((size_t)65536)

static enum bswz_status make_state(size_t scratch_bytes, bool bitmap, void **state, struct bswz_error *error) {
    struct pnm_state *made = bswz_allocate_zero(1, sizeof *made);
    *state = made;
    if (made != NULL) {
        made->bitmap = bitmap;
        made->scratch_bytes = scratch_bytes;
        made->scratch = bswz_allocate(scratch_bytes, 1);
    }
    if (made == NULL || made->scratch == NULL) {
        return bswz_no_memory(error);
    }
    return BSWZ_OK;
}

static void free_state(struct pnm_state *state) {
    if (state != NULL) {
        free(state->scratch);
        free(state);
    }
}

/* ---- reading ---- */

static enum bswz_status open_reader(struct picture_reader *reader, const struct raw_geometry *raw,
                                    struct bswz_error *error) {
    (void)raw;
    struct pnm_header header;
    enum bswz_status status = pnm_header_read(reader->source, &reader->head, &header, error);
    if (status != BSWZ_OK) {
        return status;
    }
    if ((header.kind == '7') != (reader->info.format == PICTURE_PAM)) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "not the expected kind of PNM");
    }
    reader->info.width = header.width;
    reader->info.height = header.height;
    reader->info.channels = header.channels;
    reader->info.maxval = header.maxval;
    reader->info.depth = header.maxval > 255 ? 16 : 8;
    return make_state((header.width + 7u) / 8u, header.kind == '4', &reader->state, error);
}

/* One row of bits to bytes; false if the unused bits of the last byte are not zero. */
static bool unpack_bits(const uint8_t *bits, uint8_t *samples, uint32_t width) {
    const uint32_t whole = width / 8, rest = width % 8;
    for (uint32_t i = 0; i < whole; i++) {
        const unsigned byte = ~(unsigned)bits[i];
        for (unsigned k = 0; k < 8; k++) {
            samples[8 * (size_t)i + k] = (byte >> (7 - k)) & 1;
        }
    }
    for (unsigned k = 0; k < rest; k++) {
        samples[8 * (size_t)whole + k] = (~(unsigned)bits[whole] >> (7 - k)) & 1;
    }
    return rest == 0 || (bits[whole] & (0xffu >> rest)) == 0;
}

static bool exceeds_8(const uint8_t *samples, size_t count, unsigned maxval) {
    uint8_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = samples[i] > largest ? samples[i] : largest;
    }
    return largest > maxval;
}

/* The same for 16-bit little-endian samples. */
static bool exceeds_16(const uint8_t *samples, size_t count, unsigned maxval) {
    unsigned largest = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned sample = samples[2 * i] | (unsigned)samples[2 * i + 1] << 8;
        largest = sample > largest ? sample : largest;
    }
    return largest > maxval;
}

static enum bswz_status read_rows(struct picture_reader *reader, uint8_t *rows, uint32_t count,
                                  struct bswz_error *error) {
    struct pnm_state *state = reader->state;
    const struct picture_info *info = &reader->info;
    if (state->bitmap) {
        for (uint32_t i = 0; i < count; i++) {
            enum bswz_status status = picture_read_exactly(reader->source, state->scratch, state->scratch_bytes, error);
            if (status != BSWZ_OK) {
                return status;
            }
            if (!unpack_bits(state->scratch, rows + i * reader->row_bytes, info->width)) {
                return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "a bitmap has bits set beyond its right edge");
            }
        }
        return BSWZ_OK;
    }
    const size_t bytes = count * reader->row_bytes;
    enum bswz_status status = picture_read_exactly(reader->source, rows, bytes, error);
    if (status != BSWZ_OK) {
        return status;
    }
    bool exceeds;
    if (info->depth == 16) {
        picture_swap_samples(rows, rows, bytes / 2);
        exceeds = info->maxval != 65535 && exceeds_16(rows, bytes / 2, info->maxval);
    } else {
        exceeds = info->maxval != 255 && exceeds_8(rows, bytes, info->maxval);
    }
    if (exceeds) {
        return bswz_fail(error, BSWZ_ERROR_FORMAT, "a sample exceeds %u, the maximum in the PNM header", info->maxval);
    }
    return BSWZ_OK;
}

static void close_reader(struct picture_reader *reader) {
    free_state(reader->state);
}

const struct picture_reader_methods picture_pnm_reader = {open_reader, read_rows, NULL, close_reader};

/* ---- writing ---- */

/* Make a header for a picture that came from another format; returns its length. */
static size_t make_header(const struct picture_writer *writer, char *text, size_t size) {
    static const char *const tuples[5] = {"", "GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"};
    static const char *const bitmap_tuples[3] = {"", "BLACKANDWHITE", "BLACKANDWHITE_ALPHA"};
    const struct picture_info *info = &writer->info;
    int length;
    if (writer->target == PICTURE_PAM) {
        const bool bitmap = info->maxval == 1 && info->channels <= 2;
        length = snprintf(text, size, "P7\nWIDTH %u\nHEIGHT %u\nDEPTH %u\nMAXVAL %u\nTUPLTYPE %s\nENDHDR\n",
                          info->width, info->height, info->channels, info->maxval,
                          bitmap ? bitmap_tuples[info->channels] : tuples[info->channels]);
    } else {
        length = snprintf(text, size, "P%c\n%u %u\n%u\n", info->channels == 3 ? '6' : '5', info->width, info->height,
                          info->maxval);
    }
    return (size_t)length;
}

static enum bswz_status open_writer(struct picture_writer *writer, const struct byte_buffer *head,
                                    struct bswz_error *error) {
    const struct picture_info *info = &writer->info;
    bool bitmap = false;
    char text[160];
    const uint8_t *bytes;
    size_t size;
    if (writer->target == info->format) {
        struct pnm_header header;
        enum bswz_status status = pnm_header_parse(head, &header, error);
        if (status != BSWZ_OK) {
            return status;
        }
        if ((header.kind == '7') != (writer->target == PICTURE_PAM) || header.width != info->width ||
            header.height != info->height || header.channels != info->channels || header.maxval != info->maxval) {
            return bswz_fail(error, BSWZ_ERROR_FORMAT, "the PNM header does not match the picture");
        }
        bitmap = header.kind == '4';
        bytes = head->data;
        size = head->size;
    } else {
        size = make_header(writer, text, sizeof text);
        bytes = (const uint8_t *)text;
    }
    enum bswz_status status = make_state(bitmap ? (info->width + 7u) / 8u : PIECE_BYTES, bitmap, &writer->state, error);
    return status == BSWZ_OK ? writer->sink.write(writer->sink.context, bytes, size, error) : status;
}

static void pack_bits(const uint8_t *samples, uint8_t *bits, uint32_t width) {
    const uint32_t whole = width / 8, rest = width % 8;
    for (uint32_t i = 0; i < whole; i++) {
        unsigned byte = 0;
        for (unsigned k = 0; k < 8; k++) {
            byte = byte << 1 | (samples[8 * (size_t)i + k] & 1u);
        }
        bits[i] = (uint8_t)~byte;
    }
    if (rest != 0) {
        unsigned byte = 0;
        for (unsigned k = 0; k < rest; k++) {
            byte = byte << 1 | (~(unsigned)samples[8 * (size_t)whole + k] & 1u);
        }
        bits[whole] = (uint8_t)(byte << (8 - rest));
    }
}

static enum bswz_status write_rows(struct picture_writer *writer, const uint8_t *rows, uint32_t count,
                                   struct bswz_error *error) {
    struct pnm_state *state = writer->state;
    const struct byte_sink sink = writer->sink;
    size_t left = count * writer->row_bytes;
    enum bswz_status status = BSWZ_OK;
    if (state->bitmap) {
        for (uint32_t i = 0; i < count && status == BSWZ_OK; i++) {
            pack_bits(rows + i * writer->row_bytes, state->scratch, writer->info.width);
            status = sink.write(sink.context, state->scratch, state->scratch_bytes, error);
        }
    } else if (writer->info.depth == 16) {
        while (left > 0 && status == BSWZ_OK) {
            const size_t piece = left < state->scratch_bytes ? left : state->scratch_bytes;
            picture_swap_samples(state->scratch, rows, piece / 2);
            status = sink.write(sink.context, state->scratch, piece, error);
            rows += piece;
            left -= piece;
        }
    } else {
        status = sink.write(sink.context, rows, left, error);
    }
    return status;
}

static enum bswz_status finish_writer(struct picture_writer *writer, const struct byte_buffer *tail,
                                      struct bswz_error *error) {
    (void)writer;
    (void)tail;
    (void)error;
    return BSWZ_OK;
}

static void close_writer(struct picture_writer *writer) {
    free_state(writer->state);
}

const struct picture_writer_methods picture_pnm_writer = {open_writer, write_rows, finish_writer, close_writer};
