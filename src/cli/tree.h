/* SPDX-License-Identifier: MIT */
/*
 * -r: the files in a directory and all directories below it.
 */
#ifndef BSWZ_CLI_TREE_H
#define BSWZ_CLI_TREE_H

#include "cli/arguments.h"
#include "cli/inputs.h"
#include "cli/outcome.h"

/* Add what root contains, in the order of names: regular files that the mode and the patterns of the options allow.
 * Links and special files are left out. Prints errors and continues. */
enum outcome tree_collect(struct inputs *inputs, const char *root, const struct options *options);

#endif
