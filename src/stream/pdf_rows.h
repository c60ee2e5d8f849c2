/* SPDX-License-Identifier: MIT */
/*
 * The pictures of PDF documents that are neither JPEG nor any other file: rows of samples, perhaps filtered as in PNG,
 * in a deflate stream. Only the dictionary before the stream says how long the rows are.
 */
#ifndef BSWZ_PDF_ROWS_H
#define BSWZ_PDF_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* At most this much of what is before a stream is looked at. */
#define PDF_DICTIONARY_MOST ((size_t)2048)

struct pdf_rows {
    uint32_t width, height; /* 0: the stream is not a picture */
    uint8_t bits;           /* of a sample */
    uint8_t samples;        /* of a pixel; 0: not known */
    uint8_t predictor;      /* 1 none, 2 differences, 10 and more: a filter before each row */
};

/* From the bytes before the word "stream". */
struct pdf_rows pdf_rows_find(const uint8_t *before, size_t size);

#endif
