/* SPDX-License-Identifier: MIT */
/*
 * The Huffman tables that libjpeg and its relatives make for a scan when asked to optimise: they need not be
 * stored.
 */
#ifndef BSWZ_JPEG_OPTIMAL_H
#define BSWZ_JPEG_OPTIMAL_H

#include "jpeg/markers.h"

/* Codes for symbols with these numbers of occurrences, as in annex K.2 of the standard; at least one symbol occurs. */
void jpeg_codes_optimal(const uint64_t occurrences[JPEG_SYMBOLS], struct jpeg_codes *codes);

#endif
