/* SPDX-License-Identifier: MIT */
/*
 * Passes one input through the library: compress, restore or test it.
 */
#ifndef BSWZ_CLI_WORK_H
#define BSWZ_CLI_WORK_H

#include "cli/arguments.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/source.h"

/* file is a name or "-". */
enum outcome work_on(const char *file, const struct options *options, struct models *models);

/* Print the library's error for this source. */
void work_explain(const struct source *source, enum bswz_status status, const struct bswz_error *error);

#endif
