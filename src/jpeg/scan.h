/* SPDX-License-Identifier: MIT */
/*
 * The entropy-coded segment of a scan, written from the coefficients with the file's own Huffman tables.
 *
 * Almost everything in it follows from the coefficients. What an encoder is free to choose is kept separately
 * (struct jpeg_choices): the bits that pad the last byte of a segment, and where a progressive scan ends a run of
 * blocks that end early. So is what no encoder writes, in gaps: bytes that are damaged, restart markers that are missing
 * or have the wrong number, and MCUs that are missing.
 *
 * The same code goes through a scan in all modes, so that what is found is what will be written:
 *
 *     JPEG_FOLLOW  compare with the file, and find the choices: they are looked up where they matter
 *     JPEG_COUNT   count symbols, from which optimal tables are made (optimal_huffman.h)
 *     JPEG_WRITE   write
 *     JPEG_COLLECT a part of a scan, without the zeros that follow ff (scan_pieces.c)
 */
#ifndef BSWZ_JPEG_SCAN_H
#define BSWZ_JPEG_SCAN_H

#include "base/buffer.h"
#include "jpeg/markers.h"
#include "threads/pool.h"

enum jpeg_padding { JPEG_PADDING_ONES = 0, JPEG_PADDING_ZEROS = 1, JPEG_PADDING_LISTED = 2 };

/* Where a scan goes on after a gap. */
enum jpeg_gap_kind {
    JPEG_GAP_GOES_ON,  /* as if there had been none */
    JPEG_GAP_RESTARTS, /* as after a restart marker, but there is none */
    JPEG_GAP_MARKED,   /* the gap's bytes end with a restart marker */
    JPEG_GAP_KINDS
};

/* As the reader finds them (read.h). */
struct jpeg_gap {
    uint64_t at;   /* the MCU, of all scans up to here, before which it is */
    uint32_t skip; /* MCUs that are missing */
    enum jpeg_gap_kind kind;
    size_t resume; /* the position in the file after it; 0: there are no bytes in it */
};

/* Initially zero. */
struct jpeg_gaps {
    struct jpeg_gap *gap;
    size_t count, capacity;
};

struct jpeg_choices {
    enum jpeg_padding padding;
    struct byte_buffer pads; /* LISTED: the padding bits, one byte for each place that has any */
    /* Blocks of progressive AC scans that end early are counted throughout the file. These are the ones after
     * which a run ends although it need not, or continues although an encoder would end it: varints, each the
     * number of blocks since the last. */
    struct byte_buffer turns;
    /* Varints: MCUs since the end of the last gap; 4 * skip + kind; the number of bytes. Then the bytes, which begin
     * with that which is incomplete. */
    struct byte_buffer gaps;
};

enum jpeg_mode { JPEG_FOLLOW, JPEG_COUNT, JPEG_WRITE, JPEG_COLLECT };

/* Initially all zero except for pool, mode, file, found, out, size and choices; then used for one scan after the other. */
struct jpeg_coder {
    struct worker_pool *pool; /* NULL, or shares the work on large scans */
    enum jpeg_mode mode;
    const uint8_t *file;           /* FOLLOW */
    const struct jpeg_gaps *found; /* FOLLOW: those in the file */
    uint8_t *out;                  /* WRITE, COLLECT */
    size_t size, at;               /* of file or out */
    struct jpeg_choices *choices;  /* FOLLOW: filled; otherwise read */
    enum bswz_status status;       /* FORMAT: not what an encoder makes of these coefficients; or MEMORY */
    uint64_t occurrences[2][JPEG_TABLES][JPEG_SYMBOLS]; /* of this scan's symbols */
    /* bits that do not fill a byte yet: the lowest bit_count, 0 ... 7 between two calls */
    uint64_t bits;
    unsigned bit_count;
    size_t pads_read;
    struct jpeg_turns {
        uint64_t ends; /* number of blocks that ended early so far */
        uint64_t next; /* FOLLOW: the block after the last turn; otherwise the next turn, UINT64_MAX: none */
        size_t read;
        bool is_begun;
    } turns;
    struct jpeg_gap_state {
        uint64_t before;      /* MCUs of the scans before this one */
        uint64_t end;         /* where the last gap ended */
        struct jpeg_gap next; /* at UINT64_MAX: none */
        const uint8_t *bytes; /* of the next, unless FOLLOW */
        size_t size, read;    /* FOLLOW: read is the number in found */
        bool is_begun;
    } gaps;
    uint32_t run;                /* blocks that ended early and are not coded yet */
    uint32_t run_end;            /* FOLLOW: how many the run in the file has */
    struct byte_buffer run_bits; /* what follows the run: corrections, one per byte */
};

/* Go through a scan of planes, with the tables given. COUNT changes only occurrences and, on failure, the status. */
enum bswz_status jpeg_scan_code(struct jpeg_coder *coder, const struct jpeg_planes *planes,
                                const struct jpeg_scan *scan, struct jpeg_table table[2][JPEG_TABLES]);

/* FOLLOW is complete: choose the shortest way to store what it found. */
void jpeg_choices_settle(struct jpeg_coder *coder);

void jpeg_choices_free(struct jpeg_choices *choices);

#endif
