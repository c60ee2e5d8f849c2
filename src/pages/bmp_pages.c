/* SPDX-License-Identifier: MIT */
/*
 * BMP files that are run-length encoded (take_apart.h). Others are read row by row (image/bmp.c).
 */
#include "image/bmp_header.h"
#include "pages/take_apart.h"

enum bswz_status pages_of_bmp(const uint8_t *file, size_t size, struct pages_found *found, struct bswz_error *error) {
    struct bmp_header header;
    bool added;
    if (!bmp_header_take(file, size, &header) ||
        !((header.compression == BMP_RLE8 && header.bits == 8) ||
          (header.compression == BMP_RLE4 && header.bits == 4)) ||
        header.pixels_at >= size) {
        return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "BMP: it is not run-length encoded");
    }
    const struct page page = {.width = header.width,
                              .height = header.height,
                              .tile_width = header.width,
                              .tile_height = header.height,
                              .samples = 1,
                              .together = 1,
                              .bits = (uint8_t)header.bits,
                              .coding = PAGE_RLE,
                              .flags = header.bottom_up ? PAGE_BOTTOM_UP : 0};
    const enum bswz_status status = pages_add(found, &page, &added, error);
    return status == BSWZ_OK && added ? pages_add_piece(found, header.pixels_at, size - header.pixels_at, error)
                                      : status;
}
