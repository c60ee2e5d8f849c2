/* SPDX-License-Identifier: MIT */
/*
 * The pictures of PDF documents that are neither JPEG nor any other file: rows of samples, perhaps filtered as in PNG,
 * in a deflate stream; and faxes, such as scanned pages. Only the dictionary before the stream says how long the rows
 * are.
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

struct pdf_fax {
    size_t word, data; /* where the word "stream" is, and where the line after it begins */
    uint32_t width, height;
};

/* The first fax whose dictionary and "stream" are within the bytes; word is size if there is none. */
struct pdf_fax pdf_fax_find(const uint8_t *bytes, size_t size);

/* The size of a stream, up to the word "endstream"; size: it is not there. */
size_t pdf_stream_size(const uint8_t *bytes, size_t size);

/* The size of "stream" and a line end; 0: they are not here. The caller has PDF_STREAM_MOST bytes. */
#define PDF_STREAM_MOST 8
size_t pdf_stream_word(const uint8_t *bytes);

#endif
