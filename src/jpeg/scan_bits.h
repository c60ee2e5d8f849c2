/* SPDX-License-Identifier: MIT */
/*
 * Bits of an entropy-coded segment, in the modes of scan.h.
 */
#ifndef BSWZ_JPEG_SCAN_BITS_H
#define BSWZ_JPEG_SCAN_BITS_H

#include "jpeg/scan.h"

enum { DC, AC };

#define ZEROS_16 0xf0 /* the symbol for sixteen zeros */

static inline void fail(struct jpeg_coder *coder, enum bswz_status status) {
    if (coder->status == BSWZ_OK) {
        coder->status = status;
    }
}

static inline void put_byte(struct jpeg_coder *coder, uint8_t byte) {
    if (coder->at == coder->size || (coder->mode == JPEG_FOLLOW && coder->file[coder->at] != byte)) {
        fail(coder, BSWZ_ERROR_FORMAT);
        return;
    }
    if (coder->mode >= JPEG_WRITE) {
        coder->out[coder->at] = byte;
    }
    coder->at++;
}

/* With the zero that follows ff, unless it is collected. */
static inline void put_stuffed(struct jpeg_coder *coder, uint8_t byte) {
    put_byte(coder, byte);
    if (byte == 0xff && coder->mode != JPEG_COLLECT) {
        put_byte(coder, 0);
    }
}

/* The low count bits of value, whose other bits are zero; count is at most 32. */
static inline void put_bits(struct jpeg_coder *coder, uint32_t value, unsigned count) {
    if (coder->mode == JPEG_COUNT) {
        return;
    }
    coder->bits = coder->bits << count | value;
    coder->bit_count += count;
    while (coder->bit_count >= 8) {
        coder->bit_count -= 8;
        put_stuffed(coder, (uint8_t)(coder->bits >> coder->bit_count));
    }
}

/* The number of bits of a magnitude. */
static inline unsigned width_of(unsigned magnitude) {
    return magnitude == 0 ? 0 : 32 - (unsigned)__builtin_clz(magnitude);
}

/* The value in `width` bits; one is subtracted from negative values. */
static inline uint32_t bits_of(int value, unsigned width) {
    return (uint32_t)(value < 0 ? value - 1 : value) & (((uint32_t)1 << width) - 1);
}

/* Pad the last byte. */
void put_padding(struct jpeg_coder *coder);

/* Bytes from COLLECT, with the zeros. */
void put_collected(struct jpeg_coder *coder, const uint8_t *bytes, size_t count);

/* Go through all MCUs of a scan with several threads, but do not end it. false: it is not a scan for that. */
bool jpeg_scan_pieces(struct jpeg_coder *coder, const struct jpeg_mcus *mcus,
                      const struct jpeg_table (*table)[JPEG_TABLES]);

/* A block of a sequential scan, with the tables numbered so. before: DC of the previous one. */
void jpeg_sequential_block(struct jpeg_coder *coder, const struct jpeg_table (*table)[JPEG_TABLES], unsigned dc,
                           unsigned ac, int *before, const int16_t block[JPEG_BLOCK]);

#endif
