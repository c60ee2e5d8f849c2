/* SPDX-License-Identifier: MIT */
/*
 * From the scans of a file to planes of coefficients (read.h).
 */
#include "jpeg/read.h"

/* Each takes at least one bit, for its DC. */
#define BLOCKS_PER_BYTE_MAX 8

uint64_t jpeg_planes_bytes(const struct jpeg_planes *planes) {
    uint64_t blocks = 0;
    for (unsigned c = 0; c < planes->count; c++) { /* each is below 2^16, and they are at most 2^13 + 3 wide */
        blocks += (uint64_t)planes->component[c].columns * planes->component[c].rows;
    }
    return blocks * sizeof *planes->component[0].block;
}

enum bswz_status jpeg_planes_check(const struct jpeg_planes *planes, uint64_t file_size, struct bswz_error *error) {
    if (jpeg_planes_bytes(planes) / sizeof *planes->component[0].block > file_size * BLOCKS_PER_BYTE_MAX) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "JPEG: fewer coefficients than the header says");
    }
    if (planes->scan_work > jpeg_most_work(file_size)) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "JPEG: too many scans for its size");
    }
    return BSWZ_OK;
}

/* Does this first scan fill all blocks, with none after it? Every scan takes some work. */
static bool is_only_scan(const struct jpeg_markers *markers, const struct jpeg_scan *scan,
                         const struct jpeg_planes *planes) {
    return markers->planes.scan_work == planes->scan_work && scan->count == planes->count && !scan->is_progressive &&
           jpeg_mcus_of(planes, scan).rows == jpeg_mcu_rows(planes);
}

enum bswz_status jpeg_planes_read(const uint8_t *file, size_t size, const struct jpeg_planes *planes,
                                  const struct jpeg_watch *watch, struct jpeg_gaps *gaps, struct bswz_error *error) {
    struct jpeg_scan_reader reader = {.gaps = *gaps};
    struct jpeg_markers markers;
    struct jpeg_scan scan;
    jpeg_markers_begin(&markers, file, size);
    enum bswz_status status = jpeg_markers_next(&markers, &scan, error);
    while (status == BSWZ_OK && !markers.is_over) {
        reader.watch = is_only_scan(&markers, &scan, planes) ? watch : NULL;
        status = jpeg_scan_read(&reader, &markers, &scan, planes, error);
        if (status == BSWZ_OK) {
            status = jpeg_markers_next(&markers, &scan, error);
        }
    }
    *gaps = reader.gaps;
    return status;
}
