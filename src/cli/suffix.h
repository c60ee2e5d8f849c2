/* SPDX-License-Identifier: MIT */
/*
 * From the name of a source to the name of its result.
 */
#ifndef BSWZ_CLI_SUFFIX_H
#define BSWZ_CLI_SUFFIX_H

#include "cli/arguments.h"
#include "cli/outcome.h"

/* Set *target to a new string, to be freed, or print why file is skipped. */
enum outcome suffix_target_name(const char *file, const struct options *options, char **target);

/* Does the last component of file end in suffix, in upper or lower case, with something before it? */
bool suffix_at_end(const char *file, const char *suffix);

/* The suffix of a stream at the end of file, or NULL. */
const char *suffix_of(const char *file, const struct options *options);

/* The name without that suffix, to be freed. NULL: there is none, or no memory. */
char *suffix_remove(const char *file, const struct options *options);

#endif
