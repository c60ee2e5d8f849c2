/* SPDX-License-Identifier: MIT */
/*
 * Small files with pages of each kind, and their plans.
 */
#include "corpus.h"

#include "check.h"
#include "pages/coding.h"
#include "pages_draw.h"

#include <stdlib.h>

static void add(const struct corpus *corpus, const char *target, const uint8_t *first, size_t size,
                const struct byte_buffer *rest) {
    struct byte_buffer input = {0};
    if (byte_buffer_append(&input, first, size, NULL) != BSWZ_OK ||
        byte_buffer_append(&input, rest->data, rest->size, NULL) != BSWZ_OK) {
        exit(1);
    }
    corpus->add(corpus->context, target, &input);
    free(input.data);
}

/* Rows with filters, after the description of their page. */
static void add_rows(const struct corpus *corpus) {
    static const struct page page = {.width = 4,
                                     .height = 3,
                                     .tile_width = 4,
                                     .tile_height = 3,
                                     .samples = 3,
                                     .together = 3,
                                     .bits = 8,
                                     .coding = PAGE_FILTERED};
    static const uint8_t choice = 6;
    static const char pixels[] = "\1abcdefghijkl\2abcdefghijkl\4abcdefghijkl";
    struct byte_buffer file = {0};
    if (plan_put_page(&page, &file, NULL) != BSWZ_OK) {
        exit(1);
    }
    draw_bytes(&file, pixels, sizeof pixels - 1);
    add(corpus, "pages", &choice, 1, &file);
    free(file.data);
}

/* A PDF document with a fax. */
static void add_fax(const struct corpus *corpus) {
    static const char before[] = "%PDF-1.5\n1 0 obj\n<< /Subtype /Image /Width 90 /Height 200 /BitsPerComponent 1 "
                                 "/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 90 >> >>\nstream\n";
    static const char after[] = "\nendstream\nendobj\n%%EOF\n";
    static const uint8_t flags = 0;
    static uint8_t rows[12 * 200];
    const struct piece_shape shape = {12, 200, 90, 1, 1};
    struct cursor notes = {.bytes = &flags, .size = 1};
    struct coding_state state = {0};
    struct byte_buffer file = {0};
    for (size_t i = 0; i < sizeof rows; i++) {
        rows[i] = (uint8_t)(i % 12 == 11 ? 0 : i * i >> 4);
    }
    draw_bytes(&file, before, sizeof before - 1);
    if (piece_encode(PAGE_FAX, &shape, rows, &notes, 1 << 16, &file, &state, NULL) != BSWZ_OK) {
        exit(1);
    }
    draw_bytes(&file, after, sizeof after - 1);
    corpus->add(corpus->context, "trip", &file);
    free(file.data);
}

void corpus_pages(const struct corpus *corpus) {
    add_rows(corpus);
    add_fax(corpus);
    for (unsigned kind = 0; kind < PAGES_KINDS; kind++) {
        const struct drawn_file drawn = draw_pages(kind);
        struct byte_buffer plain = {0};
        struct pages_summary summary;
        const uint8_t choice = drawn.format == PICTURE_TIFF    ? 0
                               : drawn.format == PICTURE_BMP   ? 1
                               : drawn.format == PICTURE_DICOM ? 2
                               : drawn.format == PICTURE_FITS  ? 3
                               : drawn.format == PICTURE_TEXT  ? 4
                                                               : 5;
        add(corpus, "pages", &choice, 1, &drawn.file);
        corpus->add(corpus->context, "trip", &drawn.file);
        if (pages_take_apart(drawn.format, NULL, drawn.file.data, drawn.file.size, &usual_limits, &plain, &summary,
                             NULL) != BSWZ_OK) {
            exit(1);
        }
        const uint8_t before[2] = {(uint8_t)(summary.pictures_size >> 8), (uint8_t)summary.pictures_size};
        add(corpus, "pages-plan", before, sizeof before, &plain);
        free(plain.data);
        free(drawn.file.data);
    }
}
