/* SPDX-License-Identifier: MIT */
/*
 * Memory for planes of coefficients (planes.h).
 */
#include "jpeg/planes.h"

#include "base/allocate.h"

#include <stdlib.h>

enum bswz_status jpeg_planes_allocate(struct jpeg_planes *planes, struct bswz_error *error) {
    for (unsigned c = 0; c < planes->count; c++) {
        planes->component[c].block = NULL;
        planes->component[c].spent = NULL;
    }
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        size_t blocks;
        if (component->columns == 0 || component->rows == 0 ||
            __builtin_mul_overflow((size_t)component->columns, (size_t)component->rows, &blocks)) {
            jpeg_planes_free(planes);
            return bswz_fail(error, BSWZ_ERROR_LIMIT, "JPEG: invalid dimensions of components");
        }
        component->block = bswz_allocate_zero(blocks, sizeof *component->block);
        if (component->block == NULL) {
            jpeg_planes_free(planes);
            return bswz_no_memory(error);
        }
    }
    return BSWZ_OK;
}

enum bswz_status jpeg_planes_count_bits(struct jpeg_planes *planes, struct bswz_error *error) {
    for (unsigned c = 0; c < planes->count; c++) {
        struct jpeg_component *component = &planes->component[c];
        component->spent = bswz_allocate_zero((size_t)component->rows * component->columns, sizeof *component->spent);
        if (component->spent == NULL) {
            return bswz_no_memory(error); /* jpeg_planes_free frees what there is */
        }
    }
    return BSWZ_OK;
}

void jpeg_planes_free(struct jpeg_planes *planes) {
    for (unsigned c = 0; c < planes->count; c++) {
        free(planes->component[c].block);
        free(planes->component[c].spent);
        planes->component[c].block = NULL;
        planes->component[c].spent = NULL;
    }
}
