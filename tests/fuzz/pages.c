/* SPDX-License-Identifier: MIT */
/*
 * Files with pages that nobody has made, and plans.
 */
#include "fuzz.h"

#include "pages/pages.h"
#include "pages/plan.h"

#define PLAIN_MOST ((size_t)1 << 20)

/* The first byte chooses the format, or rows; the rest is a file. What is taken apart comes back. */
void fuzz_pages(const uint8_t *data, size_t size) {
    static const enum picture_format formats[] = {PICTURE_TIFF, PICTURE_BMP,  PICTURE_DICOM,
                                                  PICTURE_FITS, PICTURE_TEXT, PICTURE_PNG};
    enum { FORMATS = sizeof formats / sizeof *formats };
    const unsigned choice = fuzz_choice(&data, &size) % (FORMATS + 1);
    const enum picture_format format = choice < FORMATS ? formats[choice] : PICTURE_NONE;
    struct page page = {.width = 1};
    if (choice == FORMATS) { /* rows: their description comes first */
        struct cursor cursor = {.bytes = data, .size = size};
        if (!plan_take_page(&cursor, &page)) {
            return;
        }
        data += cursor.at;
        size -= cursor.at;
    }
    const struct page *rows = choice == FORMATS ? &page : NULL;
    struct byte_buffer plain = {0}, file = {0};
    struct pages_summary summary;
    struct bswz_error error = {.status = BSWZ_OK};
    const struct pages_limits limits = {.plain = PLAIN_MOST, .work = UINT64_MAX};
    enum bswz_status status = pages_take_apart(format, rows, data, size, &limits, &plain, &summary, &error);
    fuzz_demand_words(status, &error);
    FUZZ_DEMAND(plain.size <= PLAIN_MOST && (status == BSWZ_OK || plain.size == 0), "%zu bytes", plain.size);
    if (status == BSWZ_OK) {
        status = pages_put_together(plain.data, plain.size, summary.pictures_size, size, &file, &error);
        FUZZ_DEMAND(status == BSWZ_OK, "%s", error.message);
        FUZZ_DEMAND(file.size == size && memcmp(file.data, data, size) == 0, "%zu bytes of %zu", file.size, size);
    }
    free(plain.data);
    free(file.data);
}

/* The first two bytes: how many bytes come before the plan. */
void fuzz_pages_plan(const uint8_t *data, size_t size) {
    const size_t high = fuzz_choice(&data, &size), pictures = high << 8 | fuzz_choice(&data, &size), most = 1 << 16;
    struct byte_buffer file = {0};
    struct bswz_error error = {.status = BSWZ_OK};
    const enum bswz_status status = pages_put_together(data, size, pictures, most, &file, &error);
    fuzz_demand_words(status, &error);
    FUZZ_DEMAND(status != BSWZ_OK || file.size <= most, "%zu bytes", file.size);
    free(file.data);
}
