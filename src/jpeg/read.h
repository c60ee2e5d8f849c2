/*
 * Reading the coefficients of a JPEG file.
 */
#ifndef BSWZ_JPEG_READ_H
#define BSWZ_JPEG_READ_H

#include "jpeg/planes.h"

#include <stddef.h>

/* What the blocks of such planes take. */
uint64_t jpeg_planes_bytes(const struct jpeg_planes *planes);

/* LIMIT where a file of that size cannot hold that many blocks, or has no use for that many scans of them; then
 * nobody needs to allocate them, or to go through these. */
enum bswz_status jpeg_planes_check(const struct jpeg_planes *planes, uint64_t file_size, struct bswz_error *error);

/* Fill the blocks, which are allocated, of the planes that jpeg_markers_planes has found in this file. FORMAT: libjpeg
 * fails, or warns; UNSUPPORTED: coefficients that are too large. libjpeg holds them a second time meanwhile. */
enum bswz_status jpeg_planes_read(const uint8_t *file, size_t size, struct jpeg_planes *planes,
                                  struct bswz_error *error);

#endif
