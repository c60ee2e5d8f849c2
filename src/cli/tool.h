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

enum { VERSION_SIZE = 24 };

/* The version that a program prints first when it is called with this option, such as "1.0.8"; "" if it prints none.
 * output: a file, which is overwritten. */
void tool_version(const char *program, const char *option, int output, char version[VERSION_SIZE]);

#endif
