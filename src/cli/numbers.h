/* SPDX-License-Identifier: MIT */
/*
 * Numbers from the command line and the environment, parsed strictly: only digits, with nothing before or after them
 * except the unit of a size.
 */
#ifndef BSWZ_CLI_NUMBERS_H
#define BSWZ_CLI_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* text must be a decimal number from lowest to highest. */
bool parse_number(const char *text, uint32_t lowest, uint32_t highest, uint32_t *number);

/* A number of bytes, which may be followed by K, M or G for KiB, MiB and GiB. The letter may be in lower case and may
 * be followed by iB, B or i, as for xz: all mean powers of 1024. */
bool parse_size(const char *text, uint64_t *size);

/* WIDTHxHEIGHTxCHANNELS, 1 to 4 channels, and perhaps :8, :12, :16le or :16be. *bits: that a sample takes, 8 or 16. */
bool parse_shape(const char *text, uint32_t *width, uint32_t *height, uint32_t *channels, unsigned *bits, int *is_big);

#endif
