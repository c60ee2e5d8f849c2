/*
 * The entropy-coded segment of a scan, written from the coefficients with the file's own Huffman
 * tables.
 *
 * Nearly everything in it follows from the coefficients.  What an encoder is free to choose is kept
 * apart (struct jpeg_choices): the bits that fill a segment's last byte, and where a progressive scan
 * ends a run of blocks that end early.
 *
 * The same code goes through a scan in three ways, so that what is found is what will be written:
 *
 *     JPEG_FOLLOW  compare with the file, and find the choices: they are looked up where they matter
 *     JPEG_COUNT   count symbols, from which optimal tables are made (optimal.h)
 *     JPEG_WRITE   write
 */
#ifndef BSWZ_JPEG_SCAN_H
#define BSWZ_JPEG_SCAN_H

#include "buffer.h"
#include "jpeg/markers.h"

enum jpeg_padding { JPEG_PADDING_ONES = 0, JPEG_PADDING_ZEROS = 1, JPEG_PADDING_LISTED = 2 };

struct jpeg_choices {
    enum jpeg_padding padding;
    struct byte_buffer pads;  /* LISTED: the bits of each, a byte each, where there are any */
    /* Blocks of progressive AC scans that end early are counted through all of the file. Here are those after which a run
     * ends although it need not, or goes on where an encoder would end it: varints, blocks stepped over since the last. */
    struct byte_buffer turns;
};

enum jpeg_mode { JPEG_FOLLOW, JPEG_COUNT, JPEG_WRITE };

/* All zero but for the mode, file, out, size and choices to begin with; then it goes from scan to scan. */
struct jpeg_coder {
    enum jpeg_mode mode;
    const uint8_t *file;          /* FOLLOW */
    uint8_t *out;                 /* WRITE */
    size_t size, at;              /* of either */
    struct jpeg_choices *choices; /* FOLLOW: filled; otherwise read */
    enum bswz_status status;      /* FORMAT: not what an encoder makes of these coefficients; or MEMORY */
    uint64_t occurrences[2][JPEG_TABLES][JPEG_SYMBOLS]; /* of this scan's symbols */
    /* bits that fill no byte yet: the lowest bit_count, 0 ... 7 between two calls */
    uint64_t bits;
    unsigned bit_count;
    size_t pads_read;
    struct jpeg_turns {
        uint64_t ends;   /* blocks that ended early so far */
        uint64_t next;   /* FOLLOW: the block after the last turn; otherwise the next turn, UINT64_MAX: none */
        size_t read;
        bool is_begun;
    } turns;
    uint32_t run;                /* blocks that ended early and are not told yet */
    uint32_t run_end;            /* FOLLOW: how many the file's run has */
    struct byte_buffer run_bits; /* what follows the run: corrections, a byte each */
};

/* Go through a scan of planes, with the tables given. COUNT changes nothing but occurrences and, on failure, the status. */
enum bswz_status jpeg_scan_code(struct jpeg_coder *coder, const struct jpeg_planes *planes,
                                const struct jpeg_scan *scan, struct jpeg_table table[2][JPEG_TABLES]);

/* What FOLLOW found is complete: choose the shortest way to say it. */
void jpeg_choices_settle(struct jpeg_coder *coder);

void jpeg_choices_free(struct jpeg_choices *choices);

#endif
