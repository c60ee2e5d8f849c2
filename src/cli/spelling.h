/* SPDX-License-Identifier: MIT */
/*
 * What a mistyped option was probably meant to be.
 */
#ifndef BSWZ_CLI_SPELLING_H
#define BSWZ_CLI_SPELLING_H

#include <getopt.h>
#include <stdbool.h>

/* The name that is most like word, which begins with two dashes; NULL: none is. The table ends with a NULL name. */
const char *spelling_nearest(const char *word, const struct option *names);

/* The first two names that begin with word, for one that is too short; false: there are not as many. */
bool spelling_begins(const char *word, const struct option *names, const char *found[2]);

#endif
