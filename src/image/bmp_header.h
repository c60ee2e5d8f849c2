/* SPDX-License-Identifier: MIT */
/*
 * The headers of BMP files, as needed by recognition, the file's extent and the reader.
 */
#ifndef BSWZ_IMAGE_BMP_HEADER_H
#define BSWZ_IMAGE_BMP_HEADER_H

#include "image/picture.h"

/* The size of a header with the shortest supported info header, and with the usual one. */
#define BMP_HEADER_MIN 26
#define BMP_HEADER_USUAL 54

enum bmp_compression { BMP_PLAIN = 0, BMP_RLE8 = 1, BMP_RLE4 = 2, BMP_FIELDS = 3, BMP_ALPHA_FIELDS = 6 };

struct bmp_header {
    uint32_t file_size; /* as stored in the header; often 0 or wrong */
    uint32_t pixels_at; /* position in the file */
    uint32_t info_size; /* of the info header: 12, 40, 52, 56, 108 or 124 */
    uint32_t width, height;
    bool bottom_up;
    uint16_t bits;        /* per pixel: 1, 4, 8, 16, 24, 32 */
    uint32_t compression; /* enum bmp_compression, or something else */
    uint32_t colours;     /* in the palette; 0: the maximum for the number of bits */
};

/* Parse the header at the start of a file: false unless there is a plausible one of at most BMP_HEADER_USUAL bytes. */
bool bmp_header_take(const uint8_t *bytes, size_t size, struct bmp_header *header);

/* The bytes of a row, which is padded to a multiple of four. */
uint64_t bmp_stride(const struct bmp_header *header);

/* See picture_extent(). */
size_t bmp_extent(const uint8_t *bytes, size_t size, bool at_end);

#endif
