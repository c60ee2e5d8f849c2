/* SPDX-License-Identifier: LicenseRef-bswz */
/*
 * From the scans of a file to planes of coefficients, with libjpeg (read.h).
 */
#include "jpeg/read.h"

#include "base/allocate.h"
#include "jpeg/guard.h"

#include <stdlib.h>
#include <string.h>

/* Each takes at least one bit, for its DC. */
#define BLOCKS_PER_BYTE_MAX 8

uint64_t jpeg_planes_bytes(const struct jpeg_planes *planes) {
    uint64_t blocks = 0;
    for (unsigned c = 0; c < planes->count; c++) { /* each is below 2^16, and they are at most 2^13 + 3 wide */
        blocks += (uint64_t)planes->component[c].columns * planes->component[c].rows;
    }
    return blocks * sizeof *planes->component[0].block;
}

enum bswz_status jpeg_planes_check(const struct jpeg_planes *planes, uint64_t file_size, struct bswz_error *error) {
    if (jpeg_planes_bytes(planes) / sizeof *planes->component[0].block > file_size * BLOCKS_PER_BYTE_MAX) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "JPEG: fewer coefficients than the header says");
    }
    if (planes->scan_work > jpeg_most_work(file_size)) {
        return bswz_fail(error, BSWZ_ERROR_LIMIT, "JPEG: too many scans for its size");
    }
    return BSWZ_OK;
}

static bool copy_row(JBLOCKROW row, int16_t (*blocks)[JPEG_BLOCK], size_t count) {
    unsigned too_large = 0;
    for (size_t b = 0; b < count; b++) {
        for (unsigned i = 0; i < JPEG_BLOCK; i++) {
            too_large |= row[b][i] > JPEG_LARGEST || row[b][i] < -JPEG_LARGEST;
            blocks[b][i] = row[b][i];
        }
    }
    return too_large == 0;
}

/* Does libjpeg see the same picture? It should. */
static bool agrees(const struct jpeg_decompress_struct *decoder, const struct jpeg_planes *planes) {
    bool same = decoder->num_components == (int)planes->count && decoder->image_width == planes->width &&
                decoder->image_height == planes->height;
    for (unsigned c = 0; c < planes->count && same; c++) {
        same = decoder->comp_info[c].width_in_blocks <= planes->component[c].columns &&
               decoder->comp_info[c].height_in_blocks <= planes->component[c].rows &&
               (planes->count == 1 || (decoder->comp_info[c].h_samp_factor == (int)planes->component[c].horizontal &&
                                       decoder->comp_info[c].v_samp_factor == (int)planes->component[c].vertical));
    }
    return same;
}

static enum bswz_status read_planes(struct jpeg_guard *guard, const uint8_t *file, size_t size,
                                    const struct jpeg_planes *planes) {
    struct jpeg_decompress_struct *decoder = &guard->decoder;
    if (setjmp(guard->jump) != 0) {
        return guard->status;
    }
    jpeg_guard_create(guard, file, size);
    jpeg_read_header(decoder, TRUE);
    if (decoder->arith_code || !agrees(decoder, planes)) {
        return bswz_fail(guard->error, BSWZ_ERROR_UNSUPPORTED, "JPEG: unsupported kind of file");
    }
    jvirt_barray_ptr *arrays = jpeg_read_coefficients(decoder);
    if (arrays == NULL) {
        return bswz_fail(guard->error, BSWZ_ERROR_FORMAT, "JPEG: scans are missing");
    }
    for (unsigned c = 0; c < planes->count; c++) {
        const struct jpeg_component *component = &planes->component[c];
        for (uint32_t y = 0; y < component->rows; y++) {
            JBLOCKARRAY rows = decoder->mem->access_virt_barray((j_common_ptr)decoder, arrays[c], y, 1, FALSE);
            if (!copy_row(rows[0], component->block + (size_t)y * component->columns, component->columns)) {
                return bswz_fail(guard->error, BSWZ_ERROR_UNSUPPORTED, "JPEG: a coefficient is too large");
            }
        }
    }
    jpeg_finish_decompress(decoder);
    return jpeg_guard_check(guard);
}

enum bswz_status jpeg_planes_read(const uint8_t *file, size_t size, struct jpeg_planes *planes,
                                  struct bswz_error *error) {
    struct jpeg_guard *guard = bswz_allocate_zero(1, sizeof *guard); /* not a local variable, which a jump could
                                                                      * spoil */
    struct bswz_error own = {.status = BSWZ_OK};
    if (guard == NULL) {
        return bswz_fail(error, BSWZ_ERROR_MEMORY, "out of memory");
    }
    jpeg_guard_begin(guard, error != NULL ? error : &own);
    const enum bswz_status status = read_planes(guard, file, size, planes);
    jpeg_guard_end(guard);
    free(guard);
    return status;
}
