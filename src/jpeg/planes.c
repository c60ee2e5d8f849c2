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

void jpeg_planes_free(struct jpeg_planes *planes) {
    for (unsigned c = 0; c < planes->count; c++) {
        free(planes->component[c].block);
        planes->component[c].block = NULL;
    }
}
