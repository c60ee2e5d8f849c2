/* SPDX-License-Identifier: MIT */
/*
 * What a JPEG file says about its picture before anything is decoded: the quantised DCT coefficients of its
 * components, and their quantisation steps.
 *
 * There are two ways to such planes, and both end in the same coder (coefficients/coefficients.h): those of a
 * file, read from its scans, and those that a picture was decoded from, found from its pixels.
 */
#ifndef BSWZ_JPEG_PLANES_H
#define BSWZ_JPEG_PLANES_H

#include "base/error.h"
#include "threads/pool.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    JPEG_MAX_COMPONENTS = 4,
    JPEG_MAX_SAMPLING = 4,
    JPEG_BLOCK = 64,    /* coefficients in a block */
    JPEG_LARGEST = 2047 /* largest magnitude of a coefficient */
};

/* The work of going through a block in a scan, in coefficients; each coefficient of the scan after the first adds
 * one. */
enum { JPEG_BLOCK_WORK = 8 };

/* The most scans of a file. No encoder comes close; a hostile file with many more would take too long to decode. */
#define JPEG_SCANS_MAX 500

/* No encoder makes scans that take more work than this for a file of that size. A hostile file has one scan after
 * the other that says in a few bytes that there is nothing in any block. */
static inline uint64_t jpeg_most_work(uint64_t file_size) {
    return ((uint64_t)1 << 24) + file_size * 1024;
}

struct jpeg_component {
    unsigned horizontal, vertical; /* sampling factors, 1 ... JPEG_MAX_SAMPLING: blocks of an MCU */
    uint32_t columns, rows;        /* blocks that are stored: whole MCUs, unless there is only one component */
    uint16_t step[JPEG_BLOCK];     /* quantisation steps, 1 ... 65535, at 8 * vertical + horizontal frequency */
    int16_t (*block)[JPEG_BLOCK];  /* [rows * columns]: quantised coefficients, ordered like step; at most
                                    * JPEG_LARGEST */
};

/* One component is grey, three are Y, Cb, Cr, unless they are separate; a fourth is black, and two have nothing to do
 * with each other. */
struct jpeg_planes {
    unsigned count;         /* components, 1 ... JPEG_MAX_COMPONENTS */
    bool is_separate;       /* three or four components are colours of the same kind: RGB, CMYK */
    uint64_t scan_work;     /* of the file's scans: their coefficients, plus a number for each block */
    uint32_t width, height; /* in pixels; no block is completely outside except those that complete an MCU */
    struct jpeg_component component[JPEG_MAX_COMPONENTS];
};

/* Allocate the blocks, all zero, according to the other fields; LIMIT if those contradict each other. */
enum bswz_status jpeg_planes_allocate(struct jpeg_planes *planes, struct bswz_error *error);
/* The same, with several threads. pool: NULL, or shares the work. */
enum bswz_status jpeg_planes_allocate_shared(struct jpeg_planes *planes, struct worker_pool *pool,
                                             struct bswz_error *error);
void jpeg_planes_free(struct jpeg_planes *planes);

#endif
