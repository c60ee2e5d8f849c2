/* SPDX-License-Identifier: MIT */
/*
 * Giving up what the program does not need before it looks at outside data: the decoders of picture formats are
 * large, and a bug in one of them should not expose the user's files, network or other processes.
 *
 * Nothing here can fail: if the kernel does not support a restriction, the program runs without it.
 */
#ifndef BSWZ_CLI_SANDBOX_H
#define BSWZ_CLI_SANDBOX_H

#include "cli/arguments.h"
#include "cli/inputs.h"

/* At the start of a run: no other programs, no network, no other processes. Files can be created, written and removed
 * only in the directories of the results, and of the sources that are to be removed. */
void sandbox_begin(const struct options *options, const struct inputs *inputs);

/* The last file that this thread works on, and its target, have been opened: no further files can be opened by it, or
 * by threads that it starts. */
void sandbox_narrow(const struct options *options);

#endif
