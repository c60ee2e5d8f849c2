/* SPDX-License-Identifier: MIT */
/*
 * Finding out what a run works on: the files of the command line, those of a list (--files), and those in directories
 * (-r).
 *
 * All of them are known before the first one is opened. So results that appear in a directory while it is worked on
 * are not found there, the sandbox knows where results will go, and progress knows how many files there are.
 */
#ifndef BSWZ_CLI_COLLECT_H
#define BSWZ_CLI_COLLECT_H

#include "cli/arguments.h"
#include "cli/inputs.h"
#include "cli/outcome.h"

/* Errors are printed; the inputs that could be found are there nevertheless. */
enum outcome collect_inputs(struct inputs *inputs, const struct options *options);

#endif
