/* SPDX-License-Identifier: MIT */
/*
 * Will a stream be restored as a PNG file, although its name says otherwise?
 */
#ifndef BSWZ_CLI_BECOMES_PNG_H
#define BSWZ_CLI_BECOMES_PNG_H

#include "cli/arguments.h"
#include "cli/source.h"

/* The source has just been opened, and is then as it was. */
bool becomes_png(const struct source *source, const struct options *options);

#endif
