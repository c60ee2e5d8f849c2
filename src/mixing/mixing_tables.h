/* SPDX-License-Identifier: MIT */
/*
 * Constants of probabilities that adapt (probability.h), made by scripts/make-tables.
 */
#ifndef BSWZ_MIXING_TABLES_H
#define BSWZ_MIXING_TABLES_H

#include <stdint.h>

enum { STRETCH_LARGEST = 3071 };

/* Vectors look up 32 bits at a time, so padding follows some tables. */
extern const uint16_t mixing_reciprocal[1024 + 1]; /* 65536 / (n + 1.5) */
extern const int16_t mixing_stretch[4096 + 1];     /* for probabilities below 2048, then for those below one half in
                                                      steps of 16 */
extern const uint16_t mixing_squash[3072];         /* the probability for stretched -x */

#endif
