/* SPDX-License-Identifier: MIT */
/*
 * Marker segments (markers.h).
 */
#include "jpeg/markers.h"

#include "jpeg/standard.h"

#include <string.h>

enum marker {
    MARKER_SOF0 = 0xc0, /* baseline, extended, progressive */
    MARKER_SOF2 = 0xc2,
    MARKER_DHT = 0xc4,
    MARKER_SOF9 = 0xc9, /* with arithmetic coding: extended, progressive */
    MARKER_SOF10 = 0xca,
    MARKER_DAC = 0xcc,
    MARKER_SOF15 = 0xcf,
    MARKER_RST0 = 0xd0,
    MARKER_RST7 = 0xd7,
    MARKER_SOI = 0xd8,
    MARKER_EOI = 0xd9,
    MARKER_SOS = 0xda,
    MARKER_DQT = 0xdb,
    MARKER_DNL = 0xdc,
    MARKER_DRI = 0xdd,
    MARKER_DHP = 0xde,
    MARKER_APP0 = 0xe0,
    MARKER_APP14 = 0xee,
    MARKER_APP15 = 0xef,
    MARKER_COM = 0xfe
};

const uint8_t jpeg_zigzag[JPEG_BLOCK] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                         12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                         35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                         58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

/* The body of a segment; consumed from the front. */
struct body {
    const uint8_t *bytes;
    size_t left;
};

static unsigned take(struct body *body) {
    body->left--;
    return *body->bytes++;
}

static unsigned take_big_16(struct body *body) {
    const unsigned high = take(body);
    return high << 8 | take(body);
}

static enum bswz_status broken(const char *what, struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_FORMAT, "JPEG: %s is invalid", what);
}

static enum bswz_status unsupported(const char *what, struct bswz_error *error) {
    return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "JPEG: %s", what);
}

/* ---- tables ---- */

size_t jpeg_codes_take(const uint8_t *bytes, size_t size, struct jpeg_codes *codes, struct jpeg_table *table) {
    *codes = (struct jpeg_codes){.symbols = 0};
    if (size < JPEG_LENGTHS) {
        return 0;
    }
    memcpy(codes->count, bytes, JPEG_LENGTHS);
    for (unsigned i = 0; i < JPEG_LENGTHS; i++) {
        codes->symbols += codes->count[i];
    }
    if (codes->symbols > JPEG_SYMBOLS || codes->symbols > size - JPEG_LENGTHS) {
        return 0;
    }
    memcpy(codes->symbol, bytes + JPEG_LENGTHS, codes->symbols);
    struct jpeg_table made = {.is_known = codes->symbols > 0};
    uint32_t code = 0;
    size_t next = 0;
    for (unsigned i = 0; i < JPEG_LENGTHS; i++) {
        for (unsigned n = codes->count[i]; n > 0; n--, code++, next++) {
            const uint8_t symbol = codes->symbol[next];
            if (made.length[symbol] == 0) { /* a second code for the same symbol is not used */
                made.length[symbol] = (uint8_t)(i + 1);
                made.code[symbol] = (uint16_t)code;
            }
        }
        if (code > (uint32_t)2 << i) {
            return 0;
        }
        code <<= 1;
    }
    if (table != NULL) {
        *table = made;
    }
    return JPEG_LENGTHS + codes->symbols;
}

static enum bswz_status take_huffman(struct jpeg_markers *markers, struct body body, struct bswz_error *error) {
    while (body.left > 0) {
        const unsigned which = take(&body);
        struct jpeg_codes codes;
        if ((which & 15) >= JPEG_TABLES || which >> 4 > 1) {
            return broken("a Huffman table", error);
        }
        const size_t used = jpeg_codes_take(body.bytes, body.left, &codes, &markers->table[which >> 4][which & 15]);
        if (used == 0) {
            return broken("a Huffman table", error);
        }
        body.bytes += used;
        body.left -= used;
    }
    return BSWZ_OK;
}

static enum bswz_status take_quantisation(struct jpeg_markers *markers, struct body body, struct bswz_error *error) {
    while (body.left > 0) {
        const unsigned which = take(&body), is_wide = which >> 4;
        if ((which & 15) >= JPEG_TABLES || is_wide > 1 || body.left < JPEG_BLOCK * (is_wide + 1)) {
            return broken("a quantisation table", error);
        }
        for (unsigned i = 0; i < JPEG_BLOCK; i++) {
            const unsigned step = is_wide ? take_big_16(&body) : take(&body);
            if (step == 0) {
                return unsupported("a quantisation step is zero", error);
            }
            markers->quantisation[which & 15].step[jpeg_zigzag[i]] = (uint16_t)step;
        }
        markers->quantisation[which & 15].is_known = true;
    }
    return BSWZ_OK;
}

static enum bswz_status take_conditioning(struct jpeg_markers *markers, struct body body, struct bswz_error *error) {
    while (body.left > 0) {
        const unsigned which = take(&body), number = which & 15;
        if (which >> 4 > 1 || body.left == 0) {
            return broken("a table of arithmetic coding", error);
        }
        const unsigned value = take(&body);
        const bool is_possible = which >> 4 == 0 ? (value & 15) <= value >> 4 : value - 1 < JPEG_BLOCK - 1;
        if (number >= JPEG_TABLES || !is_possible) {
            return broken("a table of arithmetic coding", error);
        }
        if (which >> 4 == 0) {
            markers->conditioning.dc_lower[number] = value & 15;
            markers->conditioning.dc_upper[number] = (uint8_t)(value >> 4);
        } else {
            markers->conditioning.ac_kink[number] = (uint8_t)value;
        }
    }
    return BSWZ_OK;
}

/* ---- the frame ---- */

static uint32_t divide_up(uint64_t value, uint32_t by) {
    return (uint32_t)((value + by - 1) / by);
}

/* Largest sampling factors. */
static void find_largest(const struct jpeg_planes *planes, unsigned *horizontal, unsigned *vertical) {
    *horizontal = *vertical = 1;
    for (unsigned c = 0; c < planes->count; c++) {
        const struct jpeg_component *component = &planes->component[c];
        *horizontal = component->horizontal > *horizontal ? component->horizontal : *horizontal;
        *vertical = component->vertical > *vertical ? component->vertical : *vertical;
    }
}

uint32_t jpeg_mcu_columns(const struct jpeg_planes *planes) {
    return planes->component[0].columns / planes->component[0].horizontal;
}

uint32_t jpeg_mcu_rows(const struct jpeg_planes *planes) {
    return planes->component[0].rows / planes->component[0].vertical;
}

uint32_t jpeg_columns_alone(const struct jpeg_planes *planes, unsigned component) {
    unsigned horizontal, vertical;
    find_largest(planes, &horizontal, &vertical);
    return divide_up((uint64_t)planes->width * planes->component[component].horizontal, 8 * horizontal);
}

uint32_t jpeg_rows_alone(const struct jpeg_planes *planes, unsigned component) {
    unsigned horizontal, vertical;
    find_largest(planes, &horizontal, &vertical);
    return divide_up((uint64_t)planes->height * planes->component[component].vertical, 8 * vertical);
}

struct jpeg_mcus jpeg_mcus_of(const struct jpeg_planes *planes, const struct jpeg_scan *scan) {
    const unsigned c = scan->part[0].component;
    const bool is_alone = scan->count == 1;
    return (struct jpeg_mcus){.planes = planes,
                              .scan = scan,
                              .columns = is_alone ? jpeg_columns_alone(planes, c) : jpeg_mcu_columns(planes),
                              .rows = is_alone ? jpeg_rows_alone(planes, c) : jpeg_mcu_rows(planes)};
}

/* The blocks that are stored. */
static void shape(struct jpeg_planes *planes) {
    unsigned horizontal, vertical;
    find_largest(planes, &horizontal, &vertical);
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        component->columns = divide_up(planes->width, 8 * horizontal) * component->horizontal;
        component->rows = divide_up(planes->height, 8 * vertical) * component->vertical;
    }
}

static enum bswz_status take_frame(struct jpeg_markers *markers, struct body body, struct bswz_error *error) {
    struct jpeg_planes *planes = &markers->planes;
    if (markers->has_frame) {
        return unsupported("a second frame", error);
    }
    if (body.left < 6) {
        return broken("the frame's header", error);
    }
    const unsigned precision = take(&body);
    planes->height = take_big_16(&body);
    planes->width = take_big_16(&body);
    planes->count = take(&body);
    if (precision != 8) {
        return unsupported("samples that are not of 8 bits", error);
    }
    if (planes->count > JPEG_MAX_COMPONENTS) {
        return unsupported("more than four components", error);
    }
    if (planes->width == 0 || planes->count == 0 || body.left != 3 * planes->count) {
        return broken("the frame's header", error);
    }
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        markers->id[c] = (uint8_t)take(&body);
        const unsigned sampling = take(&body), table = take(&body);
        component->horizontal = sampling >> 4;
        component->vertical = sampling & 15;
        if (component->horizontal - 1 >= JPEG_MAX_SAMPLING || component->vertical - 1 >= JPEG_MAX_SAMPLING ||
            table >= JPEG_TABLES || (c > 0 && memchr(markers->id, markers->id[c], c) != NULL)) {
            return broken("the frame's header", error);
        }
        markers->quantisation_of[c] = (uint8_t)table;
    }
    if (planes->count == 1) { /* nothing is interleaved with it, so an MCU is a block */
        planes->component[0].horizontal = planes->component[0].vertical = 1;
    }
    shape(planes);
    markers->has_frame = true;
    return BSWZ_OK;
}

/* ---- scans ---- */

/* The coefficients and bits of a progressive scan; any other scan has all of them. */
static enum bswz_status take_progression(struct jpeg_scan *scan, struct body *body, struct bswz_error *error) {
    scan->first = take(body);
    scan->last = take(body);
    const unsigned bits = take(body);
    scan->high = bits >> 4;
    scan->low = bits & 15;
    if (!scan->is_progressive) {
        scan->first = scan->high = scan->low = 0;
        scan->last = JPEG_BLOCK - 1;
        return BSWZ_OK;
    }
    const bool is_dc = scan->first == 0;
    if (scan->last >= JPEG_BLOCK || scan->first > scan->last || (is_dc && scan->last > 0) ||
        (!is_dc && scan->count > 1) || scan->low > 13 || (scan->high > 0 && scan->high != scan->low + 1)) {
        return broken("a scan's header", error);
    }
    return BSWZ_OK;
}

/* The work of going through the scan. */
static uint64_t work_of(const struct jpeg_planes *planes, const struct jpeg_scan *scan) {
    uint64_t blocks = 0;
    for (unsigned i = 0; i < scan->count; i++) {
        const unsigned c = scan->part[i].component;
        const struct jpeg_component *component = &planes->component[c];
        blocks += scan->count == 1 ? (uint64_t)jpeg_columns_alone(planes, c) * jpeg_rows_alone(planes, c)
                                   : (uint64_t)component->columns * component->rows;
    }
    return blocks * (JPEG_BLOCK_WORK + scan->last - scan->first);
}

static enum bswz_status take_scan(struct jpeg_markers *markers, struct body body, struct jpeg_scan *scan,
                                  struct bswz_error *error) {
    struct jpeg_planes *planes = &markers->planes;
    *scan = (struct jpeg_scan){.is_progressive = markers->is_progressive,
                               .is_arithmetic = markers->is_arithmetic,
                               .restart_interval = markers->restart_interval,
                               .conditioning = markers->conditioning};
    if (!markers->has_frame || body.left < 1) {
        return broken("a scan's header", error);
    }
    if (++markers->scans > JPEG_SCANS_MAX) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "JPEG: more than %d scans", JPEG_SCANS_MAX);
    }
    scan->count = take(&body);
    if (scan->count - 1 >= planes->count || body.left != 2 * scan->count + 3) {
        return broken("a scan's header", error);
    }
    for (unsigned i = 0; i < scan->count; i++) {
        const unsigned id = take(&body), tables = take(&body);
        const uint8_t *found = memchr(markers->id, (int)id, planes->count);
        if (found == NULL || tables >> 4 >= JPEG_TABLES || (tables & 15) >= JPEG_TABLES) {
            return broken("a scan's header", error);
        }
        const unsigned c = (unsigned)(found - markers->id);
        for (unsigned before = 0; before < i; before++) {
            if (scan->part[before].component == c) {
                return broken("a scan's header", error);
            }
        }
        scan->part[i].component = c;
        scan->part[i].dc = tables >> 4;
        scan->part[i].ac = tables & 15;
        if (!markers->is_seen[c]) { /* later tables do not apply to it */
            const unsigned table = markers->quantisation_of[c];
            if (!markers->quantisation[table].is_known) {
                return broken("a quantisation table", error);
            }
            memcpy(planes->component[c].step, markers->quantisation[table].step, sizeof planes->component[c].step);
            markers->is_seen[c] = true;
        }
    }
    const enum bswz_status status = take_progression(scan, &body, error);
    planes->scan_work += status == BSWZ_OK ? work_of(planes, scan) : 0; /* of at most 500 scans: far below 2^64 */
    return status;
}

/* ---- the walk ---- */

void jpeg_markers_begin(struct jpeg_markers *markers, const uint8_t *bytes, size_t size) {
    memset(markers, 0, sizeof *markers);
    markers->bytes = bytes;
    markers->size = size;
    memset(markers->conditioning.dc_upper, 1, JPEG_TABLES);
    memset(markers->conditioning.ac_kink, 5, JPEG_TABLES);
    /* a file may omit these */
    take_huffman(markers, (struct body){jpeg_standard_tables + 4, jpeg_standard_tables_size - 4}, NULL);
}

/* What the components are, as libjpeg decides it. */
static bool find_separate(const struct jpeg_markers *markers) {
    if (markers->planes.count == 4) {
        return !markers->has_adobe || markers->adobe_transform != 2;
    }
    return markers->planes.count == 3 && !markers->has_jfif &&
           (markers->has_adobe ? markers->adobe_transform == 0 : memcmp(markers->id, "RGB", 3) == 0);
}

static enum bswz_status end_walk(struct jpeg_markers *markers, struct bswz_error *error) {
    if (markers->scans == 0) {
        return broken("a file without scans", error);
    }
    for (unsigned c = 0; c < markers->planes.count; c++) {
        if (!markers->is_seen[c]) { /* the file is cut off: there are no coefficients, so any steps will do */
            const unsigned table = markers->quantisation_of[c];
            for (unsigned i = 0; i < JPEG_BLOCK; i++) {
                markers->planes.component[c].step[i] =
                    markers->quantisation[table].is_known ? markers->quantisation[table].step[i] : 1;
            }
        }
    }
    markers->planes.is_separate = find_separate(markers);
    markers->is_over = true;
    return BSWZ_OK;
}

/* Does a marker end a scan? Damage makes others, too; those that cannot follow a scan are a part of it. */
static bool ends_scan(unsigned marker) {
    return marker == MARKER_DHT || marker == MARKER_DAC || (marker >= MARKER_SOI && marker <= MARKER_DRI) ||
           (marker >= MARKER_APP0 && marker <= MARKER_APP15) || marker == MARKER_COM;
}

/* Move past the next marker; false if there is none. Those that the standard reserves are bytes that have gone astray:
 * they end nothing. */
static bool next_marker(struct jpeg_markers *markers, bool in_scan, unsigned *marker) {
    while (markers->at < markers->size) {
        const uint8_t *found = memchr(markers->bytes + markers->at, 0xff, markers->size - markers->at);
        if (found == NULL) {
            break;
        }
        markers->at = (size_t)(found - markers->bytes) + 1;
        while (markers->at < markers->size && markers->bytes[markers->at] == 0xff) {
            markers->at++;
        }
        if (markers->at < markers->size) {
            *marker = markers->bytes[markers->at++];
            if (in_scan ? ends_scan(*marker)
                        : *marker >= MARKER_SOF0 && (*marker < MARKER_RST0 || *marker > MARKER_RST7)) {
                return true;
            }
        }
    }
    markers->at = markers->size;
    return false;
}

static void take_application(struct jpeg_markers *markers, unsigned marker, struct body body) {
    if (marker == MARKER_APP0 && body.left >= 14 && memcmp(body.bytes, "JFIF", 5) == 0) {
        markers->has_jfif = true;
    } else if (marker == MARKER_APP14 && body.left >= 12 && memcmp(body.bytes, "Adobe", 5) == 0) {
        markers->has_adobe = true;
        markers->adobe_transform = body.bytes[11];
    }
}

/* Parse a segment that is not a scan. */
static enum bswz_status take_segment(struct jpeg_markers *markers, unsigned marker, struct body body,
                                     struct bswz_error *error) {
    if ((marker >= MARKER_SOF0 && marker <= MARKER_SOF2) || marker == MARKER_SOF9 || marker == MARKER_SOF10) {
        const enum bswz_status status = take_frame(markers, body, error);
        markers->is_progressive = marker == MARKER_SOF2 || marker == MARKER_SOF10;
        markers->is_arithmetic = marker >= MARKER_SOF9;
        return status;
    }
    if (marker == MARKER_DAC) {
        return take_conditioning(markers, body, error);
    }
    if (marker == MARKER_DHT) {
        if (markers->huffman_count < JPEG_HUFFMAN_MAX) {
            markers->huffman[markers->huffman_count].at = (size_t)(body.bytes - markers->bytes);
            markers->huffman[markers->huffman_count++].size = body.left;
        }
        return take_huffman(markers, body, error);
    }
    if (marker == MARKER_DQT) {
        return take_quantisation(markers, body, error);
    }
    if (marker == MARKER_DRI && body.left == 2) {
        markers->restart_interval = take_big_16(&body);
        return BSWZ_OK;
    }
    if (marker == MARKER_DRI) {
        return broken("a restart interval", error);
    }
    if ((marker > MARKER_SOF2 && marker <= MARKER_SOF15) || marker == MARKER_DHP) {
        return unsupported("lossless or hierarchical coding", error);
    }
    take_application(markers, marker, body);
    return BSWZ_OK;
}

/* Move past the next segment; FORMAT: there is none. */
static enum bswz_status next_body(struct jpeg_markers *markers, unsigned marker, struct body *body,
                                  struct bswz_error *error) {
    if (marker == MARKER_SOI || markers->size - markers->at < 2) {
        return broken("a segment", error);
    }
    const uint8_t *start = markers->bytes + markers->at;
    const size_t length = (size_t)start[0] << 8 | start[1];
    if (length < 2 || length > markers->size - markers->at) {
        return broken("a segment", error);
    }
    *body = (struct body){start + 2, length - 2};
    markers->at += length;
    return BSWZ_OK;
}

/* A frame of no lines has their number in a segment after its first scan, whose header has just been read. */
static enum bswz_status find_lines(struct jpeg_markers *markers, struct bswz_error *error) {
    const size_t at = markers->at;
    unsigned marker;
    struct body body;
    if (!next_marker(markers, true, &marker) || marker != MARKER_DNL ||
        next_body(markers, marker, &body, NULL) != BSWZ_OK || body.left != 2) {
        return broken("the height", error);
    }
    markers->planes.height = take_big_16(&body);
    markers->at = at;
    shape(&markers->planes);
    return markers->planes.height > 0 ? BSWZ_OK : broken("the height", error);
}

size_t jpeg_scan_end(const struct jpeg_markers *markers) {
    struct jpeg_markers ahead = {.bytes = markers->bytes, .size = markers->size, .at = markers->at};
    unsigned marker;
    if (!next_marker(&ahead, true, &marker)) {
        return markers->size;
    }
    size_t end = ahead.at - 1; /* of the marker's name, after one 0xff or more */
    while (end > markers->at && markers->bytes[end - 1] == 0xff) {
        end--;
    }
    return end;
}

/* The next segment; *is_scan: it is a scan's header. */
static enum bswz_status next_segment(struct jpeg_markers *markers, unsigned marker, struct jpeg_scan *scan,
                                     bool *is_scan, struct bswz_error *error) {
    struct body body;
    enum bswz_status status = next_body(markers, marker, &body, error);
    *is_scan = marker == MARKER_SOS;
    if (status != BSWZ_OK || !*is_scan) {
        return status == BSWZ_OK ? take_segment(markers, marker, body, error) : status;
    }
    if (markers->has_frame && markers->planes.height == 0) {
        status = find_lines(markers, error);
    }
    return status == BSWZ_OK ? take_scan(markers, body, scan, error) : status;
}

enum bswz_status jpeg_markers_next(struct jpeg_markers *markers, struct jpeg_scan *scan, struct bswz_error *error) {
    if (markers->at == 0) {
        if (markers->size < 2 || markers->bytes[0] != 0xff || markers->bytes[1] != MARKER_SOI) {
            return broken("the start", error);
        }
        markers->at = 2;
    }
    unsigned marker;
    bool is_scan = false;
    const unsigned before = markers->scans;
    markers->huffman_count = 0;
    while (!is_scan && next_marker(markers, before > 0, &marker) && marker != MARKER_EOI) {
        struct bswz_error failure = {.status = BSWZ_OK};
        const enum bswz_status status = next_segment(markers, marker, scan, &is_scan, &failure);
        if (status == BSWZ_ERROR_LIMIT || (status != BSWZ_OK && before == 0)) {
            return bswz_fail(error, status, "%s", failure.message);
        }
        if (status != BSWZ_OK) { /* the good part ends here */
            markers->scans = before;
            is_scan = false;
            break;
        }
    }
    return is_scan ? BSWZ_OK : end_walk(markers, error);
}

enum bswz_status jpeg_markers_planes(const uint8_t *bytes, size_t size, struct jpeg_planes *planes,
                                     struct bswz_error *error) {
    struct jpeg_markers markers;
    struct jpeg_scan scan;
    enum bswz_status status = BSWZ_OK;
    jpeg_markers_begin(&markers, bytes, size);
    while (status == BSWZ_OK && !markers.is_over) {
        status = jpeg_markers_next(&markers, &scan, error);
    }
    *planes = markers.planes;
    return status;
}
