/* SPDX-License-Identifier: MIT */
/*
 * Extracting the recipe of a JPEG file, and writing the file from it (recipe.h). Both go from scan to scan: first
 * the headers up to it, then its entropy-coded segment.
 */
#include "jpeg/recipe.h"

#include "jpeg/optimal_huffman.h"

#include <stdlib.h>
#include <string.h>

/* The optimal tables of a scan. */
struct optimal {
    bool is_used[2][JPEG_TABLES];
    struct jpeg_codes codes[2][JPEG_TABLES];
};

static void find_optimal(const struct jpeg_coder *coder, struct optimal *optimal) {
    for (unsigned class = 0; class < 2; class ++) {
        for (unsigned number = 0; number < JPEG_TABLES; number++) {
            bool is_used = false;
            for (unsigned symbol = 0; symbol < JPEG_SYMBOLS; symbol++) {
                is_used |= coder->occurrences[class][number][symbol] > 0;
            }
            optimal->is_used[class][number] = is_used;
            if (is_used) {
                jpeg_codes_optimal(coder->occurrences[class][number], &optimal->codes[class][number]);
            }
        }
    }
}

static bool same_codes(const struct jpeg_codes *a, const struct jpeg_codes *b) {
    return memcmp(a->count, b->count, sizeof a->count) == 0 && memcmp(a->symbol, b->symbol, a->symbols) == 0;
}

/* ---- headers with and without optimal tables ---- */

/* Go through the tables in the body of a segment, and append the body with optimal tables emptied, or, with fill,
 * with empty tables filled. */
static enum bswz_status convert_tables(const uint8_t *body, size_t size, const struct optimal *optimal, bool fill,
                                       struct byte_buffer *out, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    while (size > 0 && status == BSWZ_OK) { /* the markers have been parsed before */
        const unsigned class = body[0] >> 4, number = body[0] & 15;
        struct jpeg_codes codes;
        const size_t used = 1 + jpeg_codes_take(body + 1, size - 1, &codes, NULL);
        const bool is_used = optimal->is_used[class][number];
        if (codes.symbols == 0 && !(fill && is_used)) {
            return bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "JPEG: empty Huffman table");
        }
        if (fill && codes.symbols == 0) {
            codes = optimal->codes[class][number];
        } else if (!fill && is_used && same_codes(&codes, &optimal->codes[class][number])) {
            codes = (struct jpeg_codes){.symbols = 0};
        }
        status = put_8(out, body[0], error);
        if (status == BSWZ_OK) {
            status = byte_buffer_append(out, codes.count, sizeof codes.count, error);
        }
        if (status == BSWZ_OK) {
            status = byte_buffer_append(out, codes.symbol, codes.symbols, error);
        }
        body += used;
        size -= used;
    }
    return status;
}

/* Append the headers from start up to the current position, converted like that. */
static enum bswz_status convert_headers(const struct jpeg_markers *markers, size_t start, const struct optimal *optimal,
                                        bool fill, struct byte_buffer *out, struct bswz_error *error) {
    enum bswz_status status = BSWZ_OK;
    for (unsigned i = 0; i < markers->huffman_count && status == BSWZ_OK; i++) {
        const size_t at = markers->huffman[i].at, size = markers->huffman[i].size;
        status = byte_buffer_append(out, markers->bytes + start, at - start, error);
        const size_t body = out->size;
        if (status == BSWZ_OK) {
            status = convert_tables(markers->bytes + at, size, optimal, fill, out, error);
        }
        if (status == BSWZ_OK) {
            const size_t length = out->size - body + 2;
            if (length > UINT16_MAX) {
                return bswz_fail(error, BSWZ_ERROR_FORMAT, "JPEG: invalid Huffman table");
            }
            out->data[body - 2] = (uint8_t)(length >> 8);
            out->data[body - 1] = (uint8_t)length;
        }
        start = at + size;
    }
    return status == BSWZ_OK ? byte_buffer_append(out, markers->bytes + start, markers->at - start, error) : status;
}

/* ---- finding a recipe ---- */

static enum bswz_status explain(enum bswz_status status, struct bswz_error *error) {
    return status == BSWZ_ERROR_MEMORY
               ? bswz_no_memory(error)
               : bswz_fail(error, BSWZ_ERROR_UNSUPPORTED, "JPEG: not coded as by an ordinary encoder");
}

/* Process the scan's entropy-coded segment, which begins at the current marker position, and the headers before
 * it, from start. */
static enum bswz_status follow_scan(struct jpeg_coder *coder, const struct jpeg_planes *planes,
                                    struct jpeg_markers *markers, const struct jpeg_scan *scan, size_t start,
                                    bool keep_tables, struct byte_buffer *headers, struct bswz_error *error) {
    struct optimal optimal = {.is_used = {{false}}};
    coder->at = markers->at;
    enum bswz_status status = jpeg_scan_code(coder, planes, scan, markers->table);
    if (status != BSWZ_OK) {
        return explain(status, error);
    }
    if (!keep_tables) {
        find_optimal(coder, &optimal);
    }
    status = convert_headers(markers, start, &optimal, false, headers, error);
    markers->at = coder->at;
    return status;
}

enum bswz_status jpeg_recipe_find(const struct jpeg_planes *planes, const struct jpeg_gaps *gaps, const uint8_t *file,
                                  size_t size, bool keep_tables, struct worker_pool *pool, struct jpeg_recipe *recipe,
                                  struct bswz_error *error) {
    struct jpeg_markers markers;
    struct jpeg_coder coder = {
        .pool = pool, .mode = JPEG_FOLLOW, .file = file, .found = gaps, .size = size, .choices = &recipe->choices};
    enum bswz_status status = BSWZ_OK;
    size_t start = 0;
    jpeg_markers_begin(&markers, file, size);
    while (status == BSWZ_OK) {
        struct jpeg_scan scan;
        status = jpeg_markers_next(&markers, &scan, error);
        if (status != BSWZ_OK || markers.is_over) {
            break;
        }
        status = follow_scan(&coder, planes, &markers, &scan, start, keep_tables, &recipe->headers, error);
        start = markers.at;
    }
    if (status == BSWZ_OK) {
        status = byte_buffer_append(&recipe->headers, file + start, size - start, error);
    }
    jpeg_choices_settle(&coder);
    free(coder.run_bits.data);
    return status;
}

/* ---- writing ---- */

/* Put optimal tables in place of empty ones. */
static void fill_tables(struct jpeg_markers *markers, const struct optimal *optimal) {
    for (unsigned class = 0; class < 2; class ++) {
        for (unsigned number = 0; number < JPEG_TABLES; number++) {
            if (!markers->table[class][number].is_known && optimal->is_used[class][number]) {
                uint8_t body[JPEG_LENGTHS + JPEG_SYMBOLS];
                struct jpeg_codes codes = optimal->codes[class][number];
                memcpy(body, codes.count, JPEG_LENGTHS);
                memcpy(body + JPEG_LENGTHS, codes.symbol, codes.symbols);
                jpeg_codes_take(body, JPEG_LENGTHS + codes.symbols, &codes, &markers->table[class][number]);
            }
        }
    }
}

static bool needs_tables(const struct jpeg_markers *markers, const struct jpeg_scan *scan) {
    bool needed = false;
    for (unsigned i = 0; i < scan->count && !scan->is_arithmetic; i++) {
        needed |= !markers->table[0][scan->part[i].dc].is_known || !markers->table[1][scan->part[i].ac].is_known;
    }
    return needed;
}

static enum bswz_status put_headers(struct jpeg_coder *coder, const uint8_t *bytes, size_t size) {
    if (size > coder->size - coder->at) {
        return BSWZ_ERROR_FORMAT;
    }
    memcpy(coder->out + coder->at, bytes, size);
    coder->at += size;
    return BSWZ_OK;
}

/* headers: a buffer for them. */
static enum bswz_status write_scan(struct jpeg_coder *coder, const struct jpeg_planes *planes,
                                   struct jpeg_markers *markers, const struct jpeg_scan *scan, size_t start,
                                   struct byte_buffer *headers) {
    struct optimal optimal = {.is_used = {{false}}};
    enum bswz_status status = BSWZ_OK;
    if (needs_tables(markers, scan)) {
        coder->mode = JPEG_COUNT;
        status = jpeg_scan_code(coder, planes, scan, markers->table);
        coder->mode = JPEG_WRITE;
        find_optimal(coder, &optimal);
        fill_tables(markers, &optimal);
    }
    headers->size = 0;
    if (status == BSWZ_OK) {
        status = convert_headers(markers, start, &optimal, true, headers, NULL);
    }
    if (status == BSWZ_OK) {
        status = put_headers(coder, headers->data, headers->size);
    }
    return status == BSWZ_OK ? jpeg_scan_code(coder, planes, scan, markers->table) : status;
}

/* Write as much of the file as fits in size bytes, or as can be written: *written bytes. FORMAT: not all of it. */
static enum bswz_status write_file(const struct jpeg_planes *planes, const struct jpeg_recipe *recipe,
                                   struct worker_pool *pool, uint8_t *file, size_t size, size_t *written) {
    struct jpeg_markers markers;
    struct jpeg_choices choices = recipe->choices; /* these are only read */
    struct jpeg_coder coder = {.pool = pool, .mode = JPEG_WRITE, .out = file, .size = size, .choices = &choices};
    struct byte_buffer headers = {0};
    enum bswz_status status = BSWZ_OK;
    size_t start = 0;
    jpeg_markers_begin(&markers, recipe->headers.data, recipe->headers.size);
    while (status == BSWZ_OK) {
        struct jpeg_scan scan;
        status = jpeg_markers_next(&markers, &scan, NULL);
        if (status != BSWZ_OK || markers.is_over) {
            break;
        }
        status = write_scan(&coder, planes, &markers, &scan, start, &headers);
        start = markers.at;
    }
    if (status == BSWZ_OK) {
        status = put_headers(&coder, recipe->headers.data + start, recipe->headers.size - start);
    }
    free(headers.data);
    free(coder.run_bits.data);
    *written = coder.at;
    return status;
}

enum bswz_status jpeg_write(const struct jpeg_planes *planes, const struct jpeg_recipe *recipe,
                            struct worker_pool *pool, uint8_t *file, size_t size, struct bswz_error *error) {
    size_t written;
    const enum bswz_status status = write_file(planes, recipe, pool, file, size, &written);
    if (status == BSWZ_ERROR_MEMORY) {
        return bswz_no_memory(error);
    }
    return status == BSWZ_OK && written == size
               ? BSWZ_OK
               : bswz_fail(error, BSWZ_ERROR_CORRUPT, "a JPEG file is damaged: it cannot be written");
}

enum bswz_status jpeg_write_damaged(const struct jpeg_planes *planes, const struct jpeg_recipe *recipe,
                                    struct worker_pool *pool, uint8_t *file, size_t size, struct bswz_error *error) {
    size_t written;
    memset(file, 0, size);
    return write_file(planes, recipe, pool, file, size, &written) == BSWZ_ERROR_MEMORY ? bswz_no_memory(error)
                                                                                       : BSWZ_OK;
}
