/*
 * Numbers from the command line and the environment, taken strictly: digits
 * only, nothing before or behind them.
 */
#ifndef BSWZ_CLI_NUMBERS_H
#define BSWZ_CLI_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* text must be a decimal number from lowest to highest. */
bool parse_number(const char *text, uint32_t lowest, uint32_t highest, uint32_t *number);

/* WIDTHxHEIGHTxCHANNELS, 1 to 4 channels. */
bool parse_shape(const char *text, uint32_t *width, uint32_t *height, uint32_t *channels);

#endif
