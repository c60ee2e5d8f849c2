/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * The marker segments of a JPEG file, as far as a writer of its scans needs them: dimensions, sampling factors,
 * quantisation steps, Huffman tables, restart intervals, and what each scan contains.
 *
 * The bytes may be a whole file, or one whose entropy-coded segments were removed: everything between a scan's
 * header and the next marker is skipped. They are untrusted. Whatever they are, the walk ends, and uses no more
 * memory than this struct.
 */
#ifndef BSWZ_JPEG_MARKERS_H
#define BSWZ_JPEG_MARKERS_H

#include "jpeg/planes.h"

#include <stdbool.h>
#include <stddef.h>

enum { JPEG_HUFFMAN_MAX = 16, JPEG_TABLES = 4, JPEG_SYMBOLS = 256, JPEG_LENGTHS = 16 };

/* Quantisation tables and everything else number coefficients in zigzag order: this gives their position in a block. */
extern const uint8_t jpeg_zigzag[JPEG_BLOCK];

/* A Huffman table, by symbol; length 0: the symbol has no code. */
struct jpeg_table {
    bool is_known;
    uint8_t length[JPEG_SYMBOLS]; /* 0 ... JPEG_LENGTHS */
    uint16_t code[JPEG_SYMBOLS];  /* of that many bits */
};

/* A table as stored in a segment: how many codes have each length, and the symbols in order. */
struct jpeg_codes {
    uint8_t count[JPEG_LENGTHS];
    uint8_t symbol[JPEG_SYMBOLS];
    size_t symbols;
};

struct jpeg_scan {
    bool is_progressive;
    unsigned count; /* components */
    struct {
        unsigned component; /* number of the component in the file */
        unsigned dc, ac;    /* numbers of tables */
    } part[JPEG_MAX_COMPONENTS];
    unsigned first, last; /* coefficients, in zigzag order */
    unsigned high, low;   /* successive approximation: the bits cut off before, and now. high 0: a first scan */
    uint32_t restart_interval; /* MCUs; 0: none */
};

struct jpeg_markers {
    const uint8_t *bytes;
    size_t size;
    size_t at; /* after the header of the most recent scan */
    bool has_frame, is_progressive, is_over;
    unsigned scans;
    uint32_t restart_interval;
    struct { /* the segments with Huffman tables since the last scan (their bodies), up to a maximum number */
        size_t at, size;
    } huffman[JPEG_HUFFMAN_MAX];
    unsigned huffman_count;
    struct jpeg_table table[2][JPEG_TABLES]; /* DC, AC */
    struct {
        bool is_known;
        uint16_t step[JPEG_BLOCK]; /* in the order of a block */
    } quantisation[JPEG_TABLES];
    uint8_t id[JPEG_MAX_COMPONENTS], quantisation_of[JPEG_MAX_COMPONENTS];
    bool is_seen[JPEG_MAX_COMPONENTS]; /* in a scan, so that its steps are known */
    struct jpeg_planes planes;         /* complete except for the blocks when is_over */
};

void jpeg_markers_begin(struct jpeg_markers *markers, const uint8_t *bytes, size_t size);

/* Move to the next scan, or to the end (is_over). FORMAT: the segments make no sense, or something required is
 * missing; UNSUPPORTED: not a file whose scans can be written again; LIMIT: too large, or too many scans. */
enum bswz_status jpeg_markers_next(struct jpeg_markers *markers, struct jpeg_scan *scan, struct bswz_error *error);

/* Go through the whole file: the planes that it has. */
enum bswz_status jpeg_markers_planes(const uint8_t *bytes, size_t size, struct jpeg_planes *planes,
                                     struct bswz_error *error);

/* Parse the codes at the start of size bytes, and derive the codes by symbol; returns how many bytes they take, 0
 * if they are invalid. table may be NULL. An empty table is valid. */
size_t jpeg_codes_take(const uint8_t *bytes, size_t size, struct jpeg_codes *codes, struct jpeg_table *table);

/* Columns of blocks of a component in a scan of that component alone; a scan of several components has all those
 * of the plane. */
uint32_t jpeg_columns_alone(const struct jpeg_planes *planes, unsigned component);
uint32_t jpeg_rows_alone(const struct jpeg_planes *planes, unsigned component);

/* Columns of MCUs in a scan of all components. */
uint32_t jpeg_mcu_columns(const struct jpeg_planes *planes);
uint32_t jpeg_mcu_rows(const struct jpeg_planes *planes);

#endif
