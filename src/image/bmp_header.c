/* SPDX-License-Identifier: MIT */
/*
 * The headers of BMP files (bmp_header.h).
 *
 * Many texts begin with "BM", so all numbers of a header must make sense.
 */
#include "image/bmp_header.h"

#include "image/format.h"

/* What may follow the pixels and still belong to the file (a colour profile, say). A header that claims more has
 * the wrong file size. */
#define TRAILING_MAX ((uint64_t)64 << 20)

static bool is_known(uint32_t info_size) {
    return info_size == 12 || info_size == 40 || info_size == 52 || info_size == 56 || info_size == 108 ||
           info_size == 124;
}

bool bmp_header_take(const uint8_t *bytes, size_t size, struct bmp_header *header) {
    if (size < BMP_HEADER_MIN || bytes[0] != 'B' || bytes[1] != 'M') {
        return false;
    }
    *header = (struct bmp_header){.file_size = load_little_32(bytes + 2),
                                  .pixels_at = load_little_32(bytes + 10),
                                  .info_size = load_little_32(bytes + 14)};
    uint16_t planes;
    if (header->info_size == 12) {
        header->width = load_little_16(bytes + 18);
        header->height = load_little_16(bytes + 20);
        header->bottom_up = true;
        planes = load_little_16(bytes + 22);
        header->bits = load_little_16(bytes + 24);
    } else if (is_known(header->info_size) && size >= BMP_HEADER_USUAL) {
        const uint32_t height = load_little_32(bytes + 22);
        header->width = load_little_32(bytes + 18);
        header->bottom_up = height < 0x80000000u;
        header->height = header->bottom_up ? height : 0u - height;
        planes = load_little_16(bytes + 26);
        header->bits = load_little_16(bytes + 28);
        header->compression = load_little_32(bytes + 30);
        header->colours = load_little_32(bytes + 46);
    } else {
        return false;
    }
    const uint16_t bits = header->bits;
    return planes == 1 && header->width > 0 && header->width <= PICTURE_MAX_SIDE && header->height > 0 &&
           header->height <= PICTURE_MAX_SIDE && header->pixels_at >= 14 + header->info_size &&
           (bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32);
}

uint64_t bmp_stride(const struct bmp_header *header) {
    return ((uint64_t)header->width * header->bits + 31) / 32 * 4;
}

size_t bmp_extent(const uint8_t *bytes, size_t size, bool at_end) {
    struct bmp_header header;
    if (!bmp_header_take(bytes, size, &header)) {
        return size < BMP_HEADER_USUAL && !at_end ? 0 : SIZE_MAX;
    }
    const bool is_plain = header.compression != BMP_RLE8 && header.compression != BMP_RLE4;
    /* at most 2^32 + 2^62: both sides are below 2^30, a row below 2^32 bytes */
    const uint64_t end = header.pixels_at + (is_plain ? bmp_stride(&header) * header.height : 0);
    uint64_t extent = end;
    if (header.file_size > end && header.file_size - end <= TRAILING_MAX) {
        extent = header.file_size;
    }
    if (extent > size && end <= size && at_end) {
        extent = end; /* the pixels are there: the header is wrong */
    }
    if (extent > SIZE_MAX - 1) {
        return SIZE_MAX;
    }
    return extent <= size ? (size_t)extent : 0;
}
