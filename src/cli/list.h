/*
 * -l: a table of what streams hold, on standard output.
 */
#ifndef BSWZ_CLI_LIST_H
#define BSWZ_CLI_LIST_H

#include "cli/arguments.h"
#include "cli/outcome.h"

/* List all files of the options, a line each, or with -v a line for each part and an
 * account of the file's bits; a last line adds up when there is more than one. */
enum outcome list_files(const struct options *options);

#endif
