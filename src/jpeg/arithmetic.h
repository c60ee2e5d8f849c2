/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic coding of blocks, sequential and progressive, as in annexes D, F and G of the standard.
 *
 * Reading and writing go through the same decisions, so they are the same code: writing codes each decision, reading
 * finds it.
 */
#ifndef BSWZ_JPEG_ARITHMETIC_H
#define BSWZ_JPEG_ARITHMETIC_H

#include "base/buffer.h"
#include "jpeg/markers.h"

enum { JPEG_DC_BINS = 64, JPEG_AC_BINS = 256 };

/* Of one segment of a scan. Initially all zero, or with `in` to read. */
struct jpeg_arithmetic {
    const uint8_t *in; /* the segment's bytes; NULL: it is written */
    size_t in_size, at;
    size_t most;                          /* bytes that may be written */
    struct byte_buffer bytes;             /* the segment as far as it is written, without zeros after 0xff */
    enum bswz_status status;              /* FORMAT: what is read makes no sense */
    uint64_t code;                        /* the register C */
    uint32_t interval;                    /* and A */
    unsigned to_byte;                     /* shifts until the next byte */
    int before[JPEG_MAX_COMPONENTS];      /* DC of the previous block, by part */
    uint8_t context[JPEG_MAX_COMPONENTS]; /* what the last difference was like */
    uint8_t dc[JPEG_TABLES][JPEG_DC_BINS], ac[JPEG_TABLES][JPEG_AC_BINS], even; /* states of decisions */
};

/* At the start of a scan, and after each restart. */
void jpeg_arithmetic_begin(struct jpeg_arithmetic *coder);

/* Code or read what the scan says about a block. */
void jpeg_arithmetic_block(struct jpeg_arithmetic *coder, const struct jpeg_scan *scan, unsigned part,
                           int16_t block[JPEG_BLOCK]);

/* Complete the bytes of the segment. */
enum bswz_status jpeg_arithmetic_end(struct jpeg_arithmetic *coder);

void jpeg_arithmetic_free(struct jpeg_arithmetic *coder);

#endif
