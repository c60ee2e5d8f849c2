/* SPDX-License-Identifier: MIT */
/*
 * What the environment asks for: only BSWZ_LEVEL, BSWZ_THREADS and BSWZ_MODEL_PATH are used.
 */
#ifndef BSWZ_CLI_ENVIRONMENT_H
#define BSWZ_CLI_ENVIRONMENT_H

#include "cli/arguments.h"

/* Fill in what the command line left open: level 0, threads 0. An invalid value gives a warning and counts as not
 * set. */
void environment_read(struct options *options);

#endif
