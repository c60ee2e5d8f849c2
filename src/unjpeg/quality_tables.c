/* SPDX-License-Identifier: MIT */
/*
 * libjpeg's quantisation tables (quality_tables.h): those of the standard's annex K, scaled.
 */
#include "unjpeg/quality_tables.h"

#include <string.h>

static const uint8_t standard[2][JPEG_BLOCK] = {
    {16, 11,  10,  16, 24, 40, 51, 61, 12,  12,  14,  19,  26, 58, 60, 55,  14,  13,  16,  24, 40, 57,
     69, 56,  14,  17, 22, 29, 51, 87, 80,  62,  18,  22,  37, 56, 68, 109, 103, 77,  24,  35, 55, 64,
     81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98,  112, 100, 103, 99},
    {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
     99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}};

void table_of_quality(unsigned quality, bool is_colour, uint16_t step[JPEG_BLOCK]) {
    const unsigned percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    for (unsigned i = 0; i < JPEG_BLOCK; i++) {
        const unsigned scaled = (standard[is_colour][i] * percent + 50) / 100;
        step[i] = (uint16_t)(scaled < 1 ? 1 : scaled > 255 ? 255 : scaled);
    }
}

unsigned table_quality(bool is_colour, const uint16_t step[JPEG_BLOCK]) {
    for (unsigned quality = TABLE_QUALITIES; quality > 0; quality--) {
        uint16_t candidate[JPEG_BLOCK];
        table_of_quality(quality, is_colour, candidate);
        if (memcmp(candidate, step, sizeof candidate) == 0) {
            return quality;
        }
    }
    return 0;
}
