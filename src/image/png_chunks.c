/* SPDX-License-Identifier: MIT */
/*
 * The walk through a PNG file (png_chunks.h).
 *
 * A decoder parses the ancillary chunks that it knows, and cannot restore byte for byte what it has parsed: so
 * they go into the records verbatim here. Checksums are verified as well, so that damage shows when the file is
 * opened, while the caller can still store it as bytes.
 *
 * What cannot be restored is UNSUPPORTED: animations, and unknown chunks that are critical or say that they depend
 * on the coded pixels. Where every byte of the file is kept, only the critical ones are.
 */
#include "image/png_chunks.h"

#include "image/record.h"

#include <string.h>

/* No deflate stream expands further: 258 bytes for two bits. A file that claims more pixels is refused before they
 * cost memory. */
#define DEFLATE_MAX_RATIO 1040

static enum bswz_status broken(struct bswz_error *error, const char *what) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: %s", what);
}

static bool is_type(const uint8_t *type, const char *name) {
    return memcmp(type, name, 4) == 0;
}

enum png_chunk_fate png_chunk_fate(const uint8_t *type) {
    /* "unsafe to copy" by name, but about the picture and not its coding */
    static const char *const independent[] = {"bKGD", "cHRM", "cICP", "gAMA", "hIST", "iCCP", "mDCV", "mDCv", "cLLI",
                                              "cLLi", "pCAL", "sBIT", "sCAL", "sRGB", "sPLT", "sTER", "tIME", "tRNS"};
    static const char *const animated[] = {"acTL", "fcTL", "fdAT"};
    if (is_type(type, "iDOT")) {
        return PNG_CHUNK_DROP; /* offsets into the coded pixels: wrong once these are coded again, and not needed */
    }
    for (size_t i = 0; i < sizeof animated / sizeof *animated; i++) {
        if (is_type(type, animated[i])) {
            return PNG_CHUNK_REFUSE;
        }
    }
    for (size_t i = 0; i < sizeof independent / sizeof *independent; i++) {
        if (is_type(type, independent[i])) {
            return PNG_CHUNK_KEEP;
        }
    }
    const bool critical = (type[0] & 0x20) == 0, safe_to_copy = (type[3] & 0x20) != 0;
    return critical ? PNG_CHUNK_REFUSE : safe_to_copy ? PNG_CHUNK_KEEP : PNG_CHUNK_BOUND;
}

/* Parse IHDR to info; its combination of depth and colour must be one of the 15 valid ones. */
static enum bswz_status parse_header(struct picture_reader *reader, const uint8_t *header, struct png_layout *layout,
                                     struct bswz_error *error) {
    static const uint8_t channels[7] = {1, 0, 3, 1, 2, 0, 4};
    struct picture_info *info = &reader->info;
    const uint8_t depth = header[8], type = header[9];
    const bool small = depth == 1 || depth == 2 || depth == 4;
    if (type > 6 || channels[type] == 0 || !(small || depth == 8 || depth == 16) || (small && type != 0 && type != 3) ||
        (depth == 16 && type == 3) || header[10] != 0 || header[11] != 0 || header[12] > 1) {
        return broken(error, "the header is broken");
    }
    layout->bit_depth = depth;
    layout->colour_type = type;
    layout->interlaced = header[12] == 1;
    info->width = load_big_32(header);
    info->height = load_big_32(header + 4);
    info->channels = channels[type];
    info->depth = depth == 16 ? 16 : 8;
    info->maxval = (uint16_t)((1u << depth) - 1);
    info->indexed = type == 3;
    enum bswz_status status = picture_check_info(info, &reader->row_bytes, error);
    if (status == BSWZ_OK) {
        status = picture_record_begin(&reader->head, depth, type, layout->interlaced, error);
    }
    return status;
}

enum bswz_status png_walk_chunks(struct picture_reader *reader, const struct byte_buffer *file, bool exact,
                                 struct png_layout *layout, struct bswz_error *error) {
    const uint8_t *bytes = file->data;
    *layout = (struct png_layout){0};
    enum { BEFORE_DATA, IN_DATA, AFTER_DATA } place = BEFORE_DATA;
    bool palette_seen = false;
    for (size_t at = 8; at < file->size;) {
        const uint32_t length = load_big_32(bytes + at);
        const uint8_t *type = bytes + at + 4, *data = bytes + at + 8;
        const size_t start = at;
        enum bswz_status status = BSWZ_OK;
        if (picture_chunk_crc(type, (size_t)length + 4) != load_big_32(data + length)) {
            return bswz_fail(error, BSWZ_ERROR_FORMAT, "PNG: the checksum of the %.4s chunk is wrong",
                             (const char *)type);
        }
        at += (size_t)length + 12;
        if (is_type(type, "IDAT")) {
            if (place == AFTER_DATA) {
                return broken(error, "the pixels are not in one piece");
            }
            layout->data_start = place == BEFORE_DATA ? start : layout->data_start;
            place = IN_DATA;
            layout->data_bytes += length;
            continue;
        }
        place = place == IN_DATA ? AFTER_DATA : place;
        if (is_type(type, "IHDR")) { /* always the first chunk and no other: see picture_extent() */
            status = parse_header(reader, data, layout, error);
        } else if (is_type(type, "PLTE")) {
            const uint32_t limit = layout->colour_type == 3 ? 1u << layout->bit_depth : 256;
            if (palette_seen || place != BEFORE_DATA || (layout->colour_type & 2) == 0 || length == 0 ||
                length % 3 != 0 || length / 3 > limit) {
                return broken(error, "the palette is broken");
            }
            palette_seen = true;
            status = picture_record_add(&reader->head, "PLTE", data, length, error);
        } else if (!is_type(type, "IEND")) {
            const enum png_chunk_fate fate = png_chunk_fate(type);
            const bool critical = (type[0] & 0x20) == 0;
            if (exact ? critical : fate == PNG_CHUNK_REFUSE || fate == PNG_CHUNK_BOUND) {
                return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "PNG: the %.4s chunk is not supported",
                                 (const char *)type);
            }
            if (fate != PNG_CHUNK_DROP || exact) {
                status = picture_record_add(place == BEFORE_DATA ? &reader->head : &reader->tail, (const char *)type,
                                            data, length, error);
            }
        }
        if (status != BSWZ_OK) {
            return status;
        }
    }
    if (place == BEFORE_DATA) {
        return broken(error, "there are no pixels");
    }
    if (layout->colour_type == 3 && !palette_seen) {
        return broken(error, "the palette is missing");
    }
    const uint64_t row_bits = (uint64_t)reader->info.width * reader->info.channels * layout->bit_depth;
    if ((row_bits + 7) / 8 * reader->info.height / DEFLATE_MAX_RATIO > layout->data_bytes) {
        return broken(error, "fewer pixels than the header claims");
    }
    return BSWZ_OK;
}
