/* SPDX-License-Identifier: MIT */
/*
 * Constants of the model of drawn pictures, made by scripts/make-tables.
 */
#ifndef BSWZ_DRAWN_TABLES_H
#define BSWZ_DRAWN_TABLES_H

#include <stdint.h>

extern const uint8_t drawn_offset_class[257 + 3]; /* vectors look up 32 bits at a time */
extern const uint8_t drawn_distance_class[256];

#endif
