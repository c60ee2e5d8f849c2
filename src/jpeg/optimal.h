/*
 * The Huffman tables that libjpeg and its kin make for a scan when asked to optimise: a file
 * that has them need not store them.
 */
#ifndef BSWZ_JPEG_OPTIMAL_H
#define BSWZ_JPEG_OPTIMAL_H

#include "jpeg/markers.h"

/* Codes for symbols that occur so often, as in annex K.2 of the standard; at least one does. */
void jpeg_codes_optimal(const uint64_t occurrences[JPEG_SYMBOLS], struct jpeg_codes *codes);

#endif
