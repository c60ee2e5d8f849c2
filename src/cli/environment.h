/*
 * What the environment asks for: BSWZ_LEVEL, BSWZ_THREADS and BSWZ_MODEL_PATH, and
 * nothing else.
 */
#ifndef BSWZ_CLI_ENVIRONMENT_H
#define BSWZ_CLI_ENVIRONMENT_H

#include "cli/arguments.h"

/* Fill in what the command line has left open: level 0, threads 0. A value that makes no sense is
 * a warning and counts as not set. */
void environment_read(struct options *options);

#endif
