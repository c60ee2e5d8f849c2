/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * Marker segments (markers.h).
 */
#include "jpeg/markers.h"

#include "jpeg/guard.h"
#include "jpeg/standard.h"

#include <string.h>

enum marker {
    MARKER_TEM = 0x01,
    MARKER_SOF0 = 0xc0, /* baseline, extended, progressive */
    MARKER_SOF2 = 0xc2,
    MARKER_DHT = 0xc4,
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
    MARKER_DHP = 0xde
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
        const size_t used =
            jpeg_codes_take(body.bytes, body.left, &codes, &markers->table[which >> 4][which & 15]);
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

static enum bswz_status take_frame(struct jpeg_markers *markers, struct body body, bool is_progressive,
                                   struct bswz_error *error) {
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
    if (planes->count != 1 && planes->count != JPEG_MAX_COMPONENTS) {
        return unsupported("neither grey nor three colours", error);
    }
    if (planes->width == 0 || planes->height == 0 || body.left != 3 * planes->count) {
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
    unsigned horizontal, vertical;
    find_largest(planes, &horizontal, &vertical);
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        component->columns = divide_up(planes->width, 8 * horizontal) * component->horizontal;
        component->rows = divide_up(planes->height, 8 * vertical) * component->vertical;
    }
    markers->is_progressive = is_progressive;
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
                               .restart_interval = markers->restart_interval};
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
    /* a file may omit these */
    take_huffman(markers, (struct body){jpeg_standard_tables + 4, jpeg_standard_tables_size - 4}, NULL);
}

static enum bswz_status end_walk(struct jpeg_markers *markers, struct bswz_error *error) {
    for (unsigned c = 0; c < JPEG_MAX_COMPONENTS; c++) {
        if (!markers->has_frame || (c < markers->planes.count && !markers->is_seen[c])) {
            return broken("a component without a scan: the file", error);
        }
    }
    markers->is_over = true;
    return BSWZ_OK;
}

/* Move past the next marker; false if there is none. */
static bool find_marker(struct jpeg_markers *markers, unsigned *marker) {
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
            if (*marker != 0 && *marker != MARKER_TEM && (*marker < MARKER_RST0 || *marker > MARKER_RST7)) {
                return true;
            }
        }
    }
    markers->at = markers->size;
    return false;
}

/* Parse a segment that is not a scan. */
static enum bswz_status take_segment(struct jpeg_markers *markers, unsigned marker, struct body body,
                                     struct bswz_error *error) {
    if (marker >= MARKER_SOF0 && marker <= MARKER_SOF2) {
        return take_frame(markers, body, marker == MARKER_SOF2, error);
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
    if ((marker > MARKER_SOF2 && marker <= MARKER_SOF15) || marker == MARKER_DNL || marker == MARKER_DHP) {
        return unsupported("arithmetic, lossless or hierarchical coding", error);
    }
    return BSWZ_OK; /* not needed here */
}

enum bswz_status jpeg_markers_next(struct jpeg_markers *markers, struct jpeg_scan *scan, struct bswz_error *error) {
    if (markers->at == 0) {
        if (markers->size < 2 || markers->bytes[0] != 0xff || markers->bytes[1] != MARKER_SOI) {
            return broken("the start", error);
        }
        markers->at = 2;
    }
    unsigned marker;
    markers->huffman_count = 0;
    while (find_marker(markers, &marker)) {
        if (marker == MARKER_EOI) {
            break;
        }
        if (marker < MARKER_SOF0 || marker == MARKER_SOI || markers->size - markers->at < 2) {
            return broken("a segment", error);
        }
        const uint8_t *start = markers->bytes + markers->at;
        const size_t length = (size_t)start[0] << 8 | start[1];
        if (length < 2 || length > markers->size - markers->at) {
            return broken("a segment", error);
        }
        const struct body body = {start + 2, length - 2};
        markers->at += length;
        if (marker == MARKER_SOS) {
            return take_scan(markers, body, scan, error);
        }
        const enum bswz_status status = take_segment(markers, marker, body, error);
        if (status != BSWZ_OK) {
            return status;
        }
    }
    return end_walk(markers, error);
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
