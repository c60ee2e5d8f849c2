/* SPDX-License-Identifier: MIT */
/*
 * Constants of the model of deep pictures, made by scripts/make-tables.
 */
#ifndef BSWZ_DEEP_TABLES_H
#define BSWZ_DEEP_TABLES_H

#include <stdint.h>

enum { TAIL_LARGEST = 1024 };

extern const uint32_t deep_tail[TAIL_LARGEST + 2]; /* 2^30 / (1 + exp(i / 64)) */

#endif
