/* SPDX-License-Identifier: MIT */
/*
 * --compare: how small and how fast are other programs on the same files?
 */
#ifndef BSWZ_CLI_COMPARE_H
#define BSWZ_CLI_COMPARE_H

#include "cli/arguments.h"
#include "cli/inputs.h"
#include "cli/outcome.h"

/* Compare all files and print the tables. model may be NULL for the level's model; otherwise it is the only one that
 * is tried. robot: print tab-separated lines for scripts. */
enum outcome compare_files(const struct inputs *inputs, const struct options *options, const struct bswz_model *model,
                           bool robot);

#endif
