/* SPDX-License-Identifier: MIT */
/*
 * Reading the coefficients of a JPEG file.
 */
#ifndef BSWZ_JPEG_READ_H
#define BSWZ_JPEG_READ_H

#include "jpeg/scan.h"
#include "jpeg/scan_read.h"

/* The memory that the blocks of such planes need. */
uint64_t jpeg_planes_bytes(const struct jpeg_planes *planes);

/* LIMIT if a file of that size cannot contain that many blocks, or has no reason to go through them in that many
 * scans; then there is no need to allocate or decode them. */
enum bswz_status jpeg_planes_check(const struct jpeg_planes *planes, uint64_t file_size, struct bswz_error *error);

/* Fill the blocks, which are allocated, of the planes that jpeg_markers_planes found in this file, and append the gaps
 * where it is damaged; the caller frees gaps->gap. watch: NULL, or told of rows that do not change any more, unless the
 * file has several scans. FORMAT, UNSUPPORTED: there is no telling what is in it. */
enum bswz_status jpeg_planes_read(const uint8_t *file, size_t size, const struct jpeg_planes *planes,
                                  const struct jpeg_watch *watch, struct jpeg_gaps *gaps, struct bswz_error *error);

#endif
