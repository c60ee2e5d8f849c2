/* SPDX-License-Identifier: MIT */
/*
 * The headers of PNM (P4, P5, P6) and PAM (P7) files.
 */
#ifndef BSWZ_IMAGE_PNM_HEADER_H
#define BSWZ_IMAGE_PNM_HEADER_H

#include "image/picture.h"

/* Longer headers are refused: comments are meant for people. */
#define PNM_HEADER_MAX 4096

struct pnm_header {
    char kind; /* '4' ... '7', the digit of the magic number */
    uint32_t width, height;
    uint8_t channels;
    uint16_t maxval; /* 1 for P4 */
};

/* Read a header from source, byte by byte and not one more, and append its exact bytes to record. UNSUPPORTED:
 * plain (text) files, and PAM of more than 4 channels. */
enum bswz_status pnm_header_read(struct byte_source source, struct byte_buffer *record, struct pnm_header *header,
                                 struct bswz_error *error);

/* The same for a header in memory, which must end where bytes end. */
enum bswz_status pnm_header_parse(const struct byte_buffer *bytes, struct pnm_header *header, struct bswz_error *error);

/* Append the header that a picture gets if nothing else is known, as PAM or PNM. */
enum bswz_status pnm_implied_head(const struct picture_info *info, struct byte_buffer *head, struct bswz_error *error);

#endif
