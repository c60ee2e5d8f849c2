/* SPDX-License-Identifier: MIT */
/*
 * -l: a table of the contents of streams, on standard output.
 */
#ifndef BSWZ_CLI_LIST_H
#define BSWZ_CLI_LIST_H

#include "cli/arguments.h"
#include "cli/inputs.h"
#include "cli/outcome.h"

/* List all inputs: one line each, or with -v a line for each part and an account of the file's bits. If
 * there is more than one file, a last line has the totals. */
enum outcome list_files(const struct inputs *inputs, const struct options *options);

#endif
