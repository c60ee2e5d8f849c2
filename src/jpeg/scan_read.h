/* SPDX-License-Identifier: MIT */
/*
 * The coefficients of a scan, read from its bytes.
 *
 * What cannot be read, or what the writer (scan.h) would write in another way, becomes a gap, and reading goes on after
 * it: at the next restart marker, or at the next byte where there is none, since Huffman codes soon fall into step
 * again. So no scan is ever refused, however damaged it is. The time is linear in its MCUs and bytes.
 */
#ifndef BSWZ_JPEG_SCAN_READ_H
#define BSWZ_JPEG_SCAN_READ_H

#include "jpeg/scan.h"

/* Called when the first rows of MCUs are complete. */
struct jpeg_watch {
    uint32_t mcu_rows;
    void (*complete)(void *context); /* called at most once, in the reading thread */
    void *context;
};

/* Between two scans; initially all zero. */
struct jpeg_scan_reader {
    const struct jpeg_watch *watch; /* NULL, or for a scan after which no other follows */
    struct jpeg_gaps gaps;          /* found so far; the caller frees them */
    uint64_t before;                /* MCUs of the scans so far */
};

/* Fill the blocks of planes from the scan whose header markers have just passed. FORMAT, UNSUPPORTED: there are no
 * tables, too many gaps, or gaps in arithmetic coding, which does not come back after one. */
enum bswz_status jpeg_scan_read(struct jpeg_scan_reader *reader, const struct jpeg_markers *markers,
                                const struct jpeg_scan *scan, const struct jpeg_planes *planes,
                                struct bswz_error *error);

#endif
