/* SPDX-License-Identifier: MIT */
/*
 * Another program as a filter from one file to another.
 */
#ifndef BSWZ_CLI_TOOL_H
#define BSWZ_CLI_TOOL_H

#include <stdbool.h>

#define TOOL_WORDS 12

/* Seconds of a monotonic clock. */
double tool_clock(void);

/* Run the program words[0], found in PATH, with these arguments (up to a NULL) and with the files input and output,
 * from their start, as standard input and output. What it prints on standard error is discarded. *seconds: from its
 * start to its end. False if it cannot be run, or fails. It does not outlive this process. */
bool tool_run(const char *const words[TOOL_WORDS], int input, int output, double *seconds);

#endif
