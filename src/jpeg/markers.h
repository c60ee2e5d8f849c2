/* SPDX-License-Identifier: MIT */
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

/* With which arithmetic coding tells small differences from large ones, by table. */
struct jpeg_conditioning {
    uint8_t dc_lower[JPEG_TABLES], dc_upper[JPEG_TABLES]; /* 0 ... 15 */
    uint8_t ac_kink[JPEG_TABLES];                         /* 1 ... 63 */
};

struct jpeg_scan {
    bool is_progressive, is_arithmetic;
    unsigned count; /* components */
    struct {
        unsigned component; /* number of the component in the file */
        unsigned dc, ac;    /* numbers of tables */
    } part[JPEG_MAX_COMPONENTS];
    unsigned first, last;      /* coefficients, in zigzag order */
    unsigned high, low;        /* successive approximation: the bits cut off before, and now. high 0: a first scan */
    uint32_t restart_interval; /* MCUs; 0: none */
    struct jpeg_conditioning conditioning;
};

struct jpeg_markers {
    const uint8_t *bytes;
    size_t size;
    size_t at; /* after the header of the most recent scan */
    bool has_frame, is_progressive, is_arithmetic, is_over;
    bool has_jfif, has_adobe; /* segments that tell the colours */
    unsigned adobe_transform;
    unsigned scans;
    uint32_t restart_interval;
    struct { /* the segments with Huffman tables since the last scan (their bodies), up to a maximum number */
        size_t at, size;
    } huffman[JPEG_HUFFMAN_MAX];
    unsigned huffman_count;
    struct jpeg_table table[2][JPEG_TABLES]; /* DC, AC */
    struct jpeg_conditioning conditioning;
    struct {
        bool is_known;
        uint16_t step[JPEG_BLOCK]; /* in the order of a block */
    } quantisation[JPEG_TABLES];
    uint8_t id[JPEG_MAX_COMPONENTS], quantisation_of[JPEG_MAX_COMPONENTS];
    bool is_seen[JPEG_MAX_COMPONENTS]; /* in a scan, so that its steps are known */
    struct jpeg_planes planes;         /* complete except for the blocks when is_over */
};

void jpeg_markers_begin(struct jpeg_markers *markers, const uint8_t *bytes, size_t size);

/* Move to the next scan, or to the end (is_over). What makes no sense after the first scan ends a file: then the rest
 * of it may be anything. FORMAT: the segments before it make no sense, or something required is missing; UNSUPPORTED:
 * not a file whose scans can be written again; LIMIT: too large, or too many scans. */
enum bswz_status jpeg_markers_next(struct jpeg_markers *markers, struct jpeg_scan *scan, struct bswz_error *error);

/* After jpeg_markers_next: where the bytes of the scan end, at the first marker after them that is not a restart. */
size_t jpeg_scan_end(const struct jpeg_markers *markers);

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

/* The MCUs of a scan: of a single component, they are the blocks that contain pixels. */
struct jpeg_mcus {
    const struct jpeg_planes *planes;
    const struct jpeg_scan *scan;
    uint32_t columns, rows;
};

struct jpeg_mcus jpeg_mcus_of(const struct jpeg_planes *planes, const struct jpeg_scan *scan);

enum { JPEG_MCU_BLOCKS = JPEG_MAX_COMPONENTS * JPEG_MAX_SAMPLING * JPEG_MAX_SAMPLING };

/* The blocks of an MCU, in the order of the file, and of which part of the scan each is; returns how many. */
static inline unsigned jpeg_mcu_blocks(const struct jpeg_mcus *mcus, uint32_t x, uint32_t y,
                                       int16_t *block[JPEG_MCU_BLOCKS], uint8_t part[JPEG_MCU_BLOCKS]) {
    const struct jpeg_scan *scan = mcus->scan;
    unsigned count = 0;
    if (scan->count == 1) {
        const struct jpeg_component *component = &mcus->planes->component[scan->part[0].component];
        part[0] = 0;
        block[0] = component->block[(size_t)y * component->columns + x];
        return 1;
    }
    for (unsigned p = 0; p < scan->count; p++) {
        const struct jpeg_component *component = &mcus->planes->component[scan->part[p].component];
        for (unsigned v = 0; v < component->vertical; v++) {
            const size_t row = ((size_t)y * component->vertical + v) * component->columns;
            for (unsigned h = 0; h < component->horizontal; h++) {
                part[count] = (uint8_t)p;
                block[count++] = component->block[row + (size_t)x * component->horizontal + h];
            }
        }
    }
    return count;
}

#endif
