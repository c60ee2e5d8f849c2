/* SPDX-License-Identifier: MIT */
/*
 * A restored JPEG file as a picture, for writing its pixels in another format or at a smaller scale.
 */
#ifndef BSWZ_JPEG_PICTURE_H
#define BSWZ_JPEG_PICTURE_H

#include "image/picture.h"
#include "stream/restore.h"

struct jpeg_picture {
    struct picture_info info; /* of the picture that is written, */
    struct byte_buffer head;  /* with this head record */
    struct picture_reader *reader;
    struct picture_memory file;
    unsigned scale;
};

/* With every 2^scale-th row and column. On BSWZ_OK the caller closes it. is_lenient: damaged files are decoded, too.
 * Errors: as for picture_reader_open. */
enum bswz_status jpeg_picture_open(struct jpeg_picture *picture, const uint8_t *file, size_t size, unsigned scale,
                                   bool is_lenient, struct bswz_error *error);

/* Pass all of it to the restorer. */
enum bswz_status jpeg_picture_give(struct jpeg_picture *picture, struct restorer *restorer, struct bswz_error *error);

void jpeg_picture_close(struct jpeg_picture *picture);

#endif
