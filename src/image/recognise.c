/* SPDX-License-Identifier: MIT */
/*
 * What is it, and how long is it? Both are answered from the bytes alone, without a decoder, so that a filter can
 * look at the start of any input, and a picture in an archive can be separated from what follows it.
 *
 * Recognition is stricter than a magic number if the magic number is short: many texts begin with "P5", so the
 * numbers after it must be there, too.
 */
#include "gif/blocks.h"
#include "image/bmp_header.h"
#include "image/format.h"
#include "image/tiff_directory.h"

#include <string.h>

static const uint8_t png_signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

static bool is_space(uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

/* Skip white space and comments from position at. */
static size_t skip_space(const uint8_t *bytes, size_t size, size_t at) {
    while (at < size && (is_space(bytes[at]) || bytes[at] == '#')) {
        if (bytes[at] == '#') {
            while (at < size && bytes[at] != '\n' && bytes[at] != '\r') {
                at++;
            }
        } else {
            at++;
        }
    }
    return at;
}

/* P1 ... P6 and as many numbers as the given bytes have room for. */
static bool is_any_pnm(const uint8_t *bytes, size_t size) {
    if (size < 3 || bytes[0] != 'P' || bytes[1] < '1' || bytes[1] > '6' || !(is_space(bytes[2]) || bytes[2] == '#')) {
        return false;
    }
    const int numbers = bytes[1] == '1' || bytes[1] == '4' ? 2 : 3; /* bitmaps have no maxval */
    size_t at = 2;
    for (int i = 0; i < numbers; i++) {
        const size_t start = skip_space(bytes, size, at);
        if (start == size) {
            return true;
        }
        at = start;
        while (at < size && is_digit(bytes[at])) {
            at++;
        }
        if (at == start) {
            return false;
        }
    }
    return at == size || is_space(bytes[at]) || bytes[at] == '#';
}

bool pnm_begins(const uint8_t *bytes, size_t size) {
    return is_any_pnm(bytes, size) && bytes[1] >= '4';
}

bool pnm_text_begins(const uint8_t *bytes, size_t size) {
    return is_any_pnm(bytes, size) && bytes[1] < '4';
}

bool pam_begins(const uint8_t *bytes, size_t size) {
    if (size < 3 || memcmp(bytes, "P7\n", 3) != 0) {
        return false;
    }
    const size_t at = skip_space(bytes, size, 3);
    return at == size || memchr("WHDMTE", bytes[at], 6) != NULL;
}

bool bmp_begins(const uint8_t *bytes, size_t size) {
    struct bmp_header header;
    return bmp_header_take(bytes, size, &header);
}

bool tiff_begins(const uint8_t *bytes, size_t size) {
    return tiff_is_file(bytes, size);
}

/* The first 128 bytes may be anything, but are usually zero. */
bool dicom_begins(const uint8_t *bytes, size_t size) {
    return size >= 136 && memcmp(bytes + 128, "DICM\2\0", 6) == 0;
}

bool fits_begins(const uint8_t *bytes, size_t size) {
    return size >= 30 && memcmp(bytes, "SIMPLE  =                    T", 30) == 0;
}

bool png_begins(const uint8_t *bytes, size_t size) {
    return size >= 8 && memcmp(bytes, png_signature, 8) == 0;
}

bool jpeg_begins(const uint8_t *bytes, size_t size) {
    return size >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff && (size == 3 || bytes[3] >= 0xc0);
}

bool webp_begins(const uint8_t *bytes, size_t size) {
    return size >= 15 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBPVP8", 7) == 0;
}

bool gif_begins(const uint8_t *bytes, size_t size) {
    return size >= GIF_SIGNATURE && gif_is_signature(bytes);
}

/* The walks below return the length of the file, 0 if more bytes are needed, and SIZE_MAX if the file is invalid. */

size_t png_extent(const uint8_t *bytes, size_t size, bool at_end) {
    (void)at_end;
    const size_t known = size < 8 ? size : 8;
    if (memcmp(bytes, png_signature, known) != 0) {
        return SIZE_MAX;
    }
    size_t at = 8;
    while (at <= size && size - at >= 8) {
        const uint32_t length = load_big_32(bytes + at);
        const uint8_t *type = bytes + at + 4;
        const bool first = at == 8, header = memcmp(type, "IHDR", 4) == 0, end = memcmp(type, "IEND", 4) == 0;
        if (length > 0x7fffffffu || first != header || (header && length != 13) || (end && length != 0)) {
            return SIZE_MAX;
        }
        for (int i = 0; i < 4; i++) {
            const uint8_t letter = type[i] & 0xdf;
            if (letter < 'A' || letter > 'Z') {
                return SIZE_MAX;
            }
        }
        if (size - at < (uint64_t)length + 12) {
            return 0;
        }
        at += (size_t)length + 12;
        if (end) {
            return at;
        }
    }
    return 0;
}

uint64_t png_claimed_bytes(const uint8_t *file, size_t size) {
    static const uint8_t channels[7] = {1, 1, 3, 1, 2, 1, 4};
    if (size < 26) {
        return 0;
    }
    const uint64_t pixels = (uint64_t)load_big_32(file + 16) * load_big_32(file + 20);
    const unsigned bits = channels[file[25] % 7] * (file[24] <= 16 ? file[24] : 16u);
    return (pixels < PICTURE_MAX_PIXELS ? pixels : PICTURE_MAX_PIXELS) * bits / 8;
}

size_t jpeg_extent(const uint8_t *bytes, size_t size, bool at_end) {
    (void)at_end;
    if ((size >= 1 && bytes[0] != 0xff) || (size >= 2 && bytes[1] != 0xd8)) {
        return SIZE_MAX;
    }
    size_t at = 2;
    bool in_scan = false, has_scan = false;
    while (at < size) {
        if (in_scan) { /* entropy-coded bytes: go to the next 0xff */
            const uint8_t *found = memchr(bytes + at, 0xff, size - at);
            if (found == NULL) {
                return 0;
            }
            at = (size_t)(found - bytes);
        } else if (bytes[at] != 0xff) {
            return SIZE_MAX;
        }
        while (at < size && bytes[at] == 0xff) { /* any number of fill bytes */
            at++;
        }
        if (at == size) {
            return 0;
        }
        const uint8_t marker = bytes[at++];
        if (in_scan && (marker == 0 || (marker >= 0xd0 && marker <= 0xd7))) {
            continue; /* a stuffed zero or a restart: the scan continues */
        }
        in_scan = false;
        if (marker == 0xd9) {
            return has_scan ? at : SIZE_MAX; /* tables alone, as in TIFF files, are not a picture */
        }
        if (marker == 1) {
            continue; /* TEM has no body */
        }
        if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8)) {
            return SIZE_MAX;
        }
        if (size - at < 2) {
            return 0;
        }
        const size_t length = (size_t)bytes[at] << 8 | bytes[at + 1];
        if (length < 2) {
            return SIZE_MAX;
        }
        if (size - at < length) {
            return 0;
        }
        at += length;
        in_scan = marker == 0xda;
        has_scan |= in_scan;
    }
    return 0;
}

/* Is it among the markers that may follow a scan? Damage makes others. */
static bool ends_jpeg_scan(uint8_t marker) {
    return marker == 0xc4 || marker == 0xcc || (marker >= 0xd8 && marker <= 0xdd) ||
           (marker >= 0xe0 && marker <= 0xef) || marker == 0xfe;
}

size_t jpeg_damaged_extent(const uint8_t *bytes, size_t size, bool at_end) {
    size_t at = 2;
    bool has_scan = false;
    while (at < size) {
        const uint8_t *found = memchr(bytes + at, 0xff, size - at);
        if (found == NULL) {
            break;
        }
        at = (size_t)(found - bytes);
        while (at < size && bytes[at] == 0xff) {
            at++;
        }
        if (at == size) {
            break;
        }
        const uint8_t marker = bytes[at++];
        if (has_scan ? !ends_jpeg_scan(marker) : marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd7)) {
            continue;
        }
        if (marker == 0xd8 || (marker == 0xd9 && !has_scan)) { /* the next file */
            return has_scan ? at - 2 : SIZE_MAX;
        }
        if (marker == 0xd9) {
            return at;
        }
        const size_t length = size - at < 2 ? 2 : (size_t)bytes[at] << 8 | bytes[at + 1];
        if (length < 2 && !has_scan) {
            return SIZE_MAX;
        }
        has_scan |= marker == 0xda;
        at = size - at < length ? size : at + length;
    }
    return !at_end ? 0 : has_scan ? size : SIZE_MAX;
}

size_t webp_extent(const uint8_t *bytes, size_t size, bool at_end) {
    (void)at_end;
    if (memcmp(bytes, "RIFF", size < 4 ? size : 4) != 0 ||
        (size > 8 && memcmp(bytes + 8, "WEBP", size < 12 ? size - 8 : 4) != 0)) {
        return SIZE_MAX;
    }
    if (size < 8) {
        return 0;
    }
    const uint64_t length = (uint64_t)load_little_32(bytes + 4) + 8;
    if (length < 20 || length > SIZE_MAX - 1) { /* "WEBP" and one chunk's header */
        return SIZE_MAX;
    }
    return size < length ? 0 : (size_t)length;
}

size_t gif_extent(const uint8_t *bytes, size_t size, bool at_end) {
    struct gif_walk walk;
    struct gif_image image;
    enum gif_step step = GIF_SHORT;
    bool has_image = false, has_data = true;
    if (size >= GIF_SIGNATURE && !gif_is_signature(bytes)) {
        return SIZE_MAX;
    }
    if (!gif_walk_begin(&walk, bytes, size)) {
        return 0;
    }
    while (has_data && (step = gif_walk_next(&walk, &image)) == GIF_IMAGE) {
        has_image = true;
        has_data = gif_walk_data(&walk);
    }
    if (has_data && step != GIF_SHORT) { /* what cannot be a block is not the file's */
        return has_image ? walk.at : SIZE_MAX;
    }
    return at_end && has_image ? size : 0;
}

/* Positions may point anywhere: the file is everything. */
size_t tiff_extent(const uint8_t *bytes, size_t size, bool at_end) {
    if (size >= TIFF_LEAST && !tiff_is_file(bytes, size)) {
        return SIZE_MAX;
    }
    return at_end && size >= TIFF_LEAST ? size : 0;
}

size_t whole_extent(const uint8_t *bytes, size_t size, bool at_end) {
    (void)bytes;
    return at_end ? size : 0;
}
