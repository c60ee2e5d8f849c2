/* SPDX-License-Identifier: MIT */
/*
 * --output-dir: results in a directory of their own, under the names that their sources have.
 *
 *     photos/2024/a.png  ─►  DIR/photos/2024/a.png.bsw
 *
 * Since the whole name is kept, results of different sources never meet.
 */
#ifndef BSWZ_CLI_OUTPUT_DIR_H
#define BSWZ_CLI_OUTPUT_DIR_H

#include "cli/arguments.h"
#include "cli/outcome.h"

/* Create DIR, unless it exists. Prints why that failed. */
enum outcome output_dir_prepare(const struct options *options);

/* name is the result of source, next to it. Set *path to where it goes instead, to be freed, and create the
 * directories on the way; or print why not. */
enum outcome output_dir_place(const char *source, const char *name, const struct options *options, char **path);

#endif
