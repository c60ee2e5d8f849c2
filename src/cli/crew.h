/* SPDX-License-Identifier: MIT */
/*
 * Works on all files of a run: on several small ones at the same time, and on a large one with all threads.
 */
#ifndef BSWZ_CLI_CREW_H
#define BSWZ_CLI_CREW_H

#include "cli/arguments.h"
#include "cli/inputs.h"
#include "cli/model_path.h"
#include "cli/outcome.h"

enum outcome crew_work(const struct inputs *inputs, const struct options *options, struct models *models);

#endif
