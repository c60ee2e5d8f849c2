/*
 * The marker segments of a JPEG file, as far as a writer of its scans must know them: sizes, sampling
 * factors, quantisation steps, Huffman tables, restart intervals, and what each scan holds.
 *
 * The bytes may be a whole file or one whose entropy-coded segments are cut out: what stands between a
 * scan's header and the next marker is stepped over.  They are untrusted; whatever they are, the walk
 * ends, and holds no more than this struct.
 */
#ifndef BSWZ_JPEG_MARKERS_H
#define BSWZ_JPEG_MARKERS_H

#include "jpeg/planes.h"

#include <stdbool.h>
#include <stddef.h>

enum { JPEG_HUFFMAN_MAX = 16, JPEG_TABLES = 4, JPEG_SYMBOLS = 256, JPEG_LENGTHS = 16 };

/* Quantisation and all else counts coefficients in zigzag order: where they are in a block. */
extern const uint8_t jpeg_zigzag[JPEG_BLOCK];

/* A Huffman table, by symbol; length 0: there is no code for it. */
struct jpeg_table {
    bool is_known;
    uint8_t length[JPEG_SYMBOLS]; /* 0 ... JPEG_LENGTHS */
    uint16_t code[JPEG_SYMBOLS];  /* of so many bits */
};

/* As a segment holds it: how many codes have each length, and the symbols in their order. */
struct jpeg_codes {
    uint8_t count[JPEG_LENGTHS];
    uint8_t symbol[JPEG_SYMBOLS];
    size_t symbols;
};

struct jpeg_scan {
    bool is_progressive;
    unsigned count; /* components */
    struct {
        unsigned component; /* of the file's */
        unsigned dc, ac;    /* numbers of tables */
    } part[JPEG_MAX_COMPONENTS];
    unsigned first, last; /* coefficients, in zigzag order */
    unsigned high, low;   /* successive approximation: bits that were cut off before, and are now. high 0: a first scan */
    uint32_t restart_interval; /* MCUs; 0: none */
};

struct jpeg_markers {
    const uint8_t *bytes;
    size_t size;
    size_t at; /* behind the scan's header that came last */
    bool has_frame, is_progressive, is_over;
    unsigned scans;
    uint32_t restart_interval;
    struct { /* the segments with Huffman tables since the last scan, but for those beyond so many: their bodies */
        size_t at, size;
    } huffman[JPEG_HUFFMAN_MAX];
    unsigned huffman_count;
    struct jpeg_table table[2][JPEG_TABLES]; /* DC, AC */
    struct {
        bool is_known;
        uint16_t step[JPEG_BLOCK]; /* in the order of a block */
    } quantisation[JPEG_TABLES];
    uint8_t id[JPEG_MAX_COMPONENTS], quantisation_of[JPEG_MAX_COMPONENTS];
    bool is_seen[JPEG_MAX_COMPONENTS]; /* in a scan: its steps are known */
    struct jpeg_planes planes;         /* complete but for the blocks, when is_over */
};

void jpeg_markers_begin(struct jpeg_markers *markers, const uint8_t *bytes, size_t size);

/* On to the next scan, or to the end (is_over). FORMAT: the segments make no sense, or the file has none of what
 * it needs; UNSUPPORTED: not a file whose scans can be written again; LIMIT: too large, or too many scans. */
enum bswz_status jpeg_markers_next(struct jpeg_markers *markers, struct jpeg_scan *scan, struct bswz_error *error);

/* All the way: the planes that the file has. */
enum bswz_status jpeg_markers_planes(const uint8_t *bytes, size_t size, struct jpeg_planes *planes,
                                     struct bswz_error *error);

/* The codes that stand at the front of size bytes, and their codes by symbol; returns how many bytes they take, 0: they
 * are none. table may be NULL. An empty table is one. */
size_t jpeg_codes_take(const uint8_t *bytes, size_t size, struct jpeg_codes *codes, struct jpeg_table *table);

/* Blocks of a component that a scan of it alone holds; one of several holds all of the plane's. */
uint32_t jpeg_columns_alone(const struct jpeg_planes *planes, unsigned component);
uint32_t jpeg_rows_alone(const struct jpeg_planes *planes, unsigned component);

/* MCUs of a scan of all components. */
uint32_t jpeg_mcu_columns(const struct jpeg_planes *planes);
uint32_t jpeg_mcu_rows(const struct jpeg_planes *planes);

#endif
