/*
 * Giving up what the program does not need, before it looks into data from outside: the
 * decoders of picture formats are large, and a fault in one of them should not hand over
 * the user's files, network or other processes.
 *
 * Nothing here can fail: where the kernel does not offer a restriction, the program runs
 * without it.
 */
#ifndef BSWZ_CLI_SANDBOX_H
#define BSWZ_CLI_SANDBOX_H

#include "cli/arguments.h"

/* At the start of a run: no other programs, no network, no other processes; files are created, written
 * and removed only in the folders of the results, and of the sources that are to be removed. */
void sandbox_begin(const struct options *options);

/* file, one of options->files, is open, and so is where its result goes. If it is the last one of the run,
 * no more files are opened. */
void sandbox_narrow(const struct options *options, const char *file);

#endif
