/* SPDX-License-Identifier: MIT */
/*
 * The origin of a part of a picture: the blocks that are not known in another way (image/known.h). A photograph in a
 * screenshot was a JPEG, and the rest was not.
 *
 * Known pixels stand in the planes all the same, as near as the conversion comes to them: what is coded sees them.
 */
#include "base/allocate.h"
#include "origin/colour_conversion.h"
#include "origin/origin.h"

#include <stdlib.h>
#include <string.h>

enum bswz_status origin_weigh(const uint8_t *rgb, uint32_t width, uint32_t height, struct origin_evidence *blocks,
                              struct bswz_error *error) {
    const size_t columns = known_blocks_across(width);
    struct conversion *conversion = bswz_allocate(1, sizeof *conversion);
    if (conversion == NULL) {
        return bswz_no_memory(error);
    }
    conversion_prepare(conversion, ORIGIN_JFIF);
    memset(blocks, 0, columns * known_blocks_across(height) * sizeof *blocks);
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *pixel = rgb + (size_t)y * width * 3;
        struct origin_evidence *block = blocks + (y >> KNOWN_SHIFT) * columns;
        bool is_exact = false, is_telling = false;
        for (uint32_t x = 0; x < width; x++, pixel += 3) {
            const bool is_new = x == 0 || memcmp(pixel, pixel - 3, 3) != 0;
            if (is_new) {
                uint8_t planes[3];
                is_exact = conversion_exact(conversion, pixel, planes);
                is_telling = !conversion_clipped(pixel) && (pixel[0] != pixel[1] || pixel[0] != pixel[2]);
            }
            struct origin_evidence *at = block + (x >> KNOWN_SHIFT);
            at->telling += is_new && is_telling;
            at->exact += is_new && is_telling && is_exact;
            at->wrong += is_telling && !is_exact;
        }
    }
    free(conversion);
    return BSWZ_OK;
}

/* Of known pixels planes that come near to them, or, with back, the pixels that these planes give. */
static enum bswz_status each_known(const struct known_blocks *known, uint32_t width, uint32_t height,
                                   const uint8_t *rgb, uint8_t *const planes[3], uint8_t *back,
                                   struct bswz_error *error) {
    struct conversion *conversion = bswz_allocate(1, sizeof *conversion);
    if (conversion == NULL) {
        return bswz_no_memory(error);
    }
    conversion_prepare(conversion, ORIGIN_JFIF);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            const size_t i = (size_t)y * width + x;
            uint8_t near[3];
            if (!known_at(known, 0, y, x)) {
                continue;
            }
            conversion_exact(conversion, rgb + 3 * i, near);
            for (unsigned c = 0; c < 3 && planes != NULL; c++) {
                planes[c][i] = near[c];
            }
            if (back != NULL) {
                conversion_forward(conversion, near, near + 1, near + 2, back + 3 * i, 1);
            }
        }
    }
    free(conversion);
    return BSWZ_OK;
}

enum bswz_status origin_approach(const struct known_blocks *known, uint32_t width, uint32_t height, const uint8_t *rgb,
                                 uint8_t *const planes[3], struct bswz_error *error) {
    return each_known(known, width, height, rgb, planes, NULL, error);
}

enum bswz_status origin_find_part(const struct known_blocks *known, uint32_t width, uint32_t height, const uint8_t *rgb,
                                  struct worker_pool *pool, struct origin_planes *planes, bool *found,
                                  struct bswz_error *error) {
    uint8_t *copy = bswz_allocate((size_t)width * height, 3);
    *found = false;
    *planes = (struct origin_planes){.kind = ORIGIN_RGB};
    if (copy == NULL) {
        return bswz_no_memory(error);
    }
    memcpy(copy, rgb, (size_t)width * height * 3);
    enum bswz_status status = each_known(known, width, height, rgb, NULL, copy, error);
    if (status == BSWZ_OK) {
        status = origin_find(copy, width, height, true, pool, planes, error);
    }
    free(copy);
    if (status == BSWZ_OK && planes->kind == ORIGIN_JFIF) {
        *found = true;
        status = origin_approach(known, width, height, rgb, planes->plane, error);
    }
    if (!*found || status != BSWZ_OK) {
        origin_planes_free(planes);
    }
    return status;
}
