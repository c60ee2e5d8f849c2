/* SPDX-License-Identifier: MIT */
/*
 * What a mistyped option was probably meant to be.
 */
#ifndef BSWZ_CLI_SPELLING_H
#define BSWZ_CLI_SPELLING_H

#include <getopt.h>

/* The name that is most like word, which begins with two dashes; NULL: none is. The table ends with a NULL name. */
const char *spelling_nearest(const char *word, const struct option *names);

#endif
