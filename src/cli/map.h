/* SPDX-License-Identifier: MIT */
/*
 * What --map says about a picture in addition to drawing it: with --robot a table of its tiles, with -v what the colours mean.
 */
#ifndef BSWZ_CLI_MAP_H
#define BSWZ_CLI_MAP_H

#include "bswz.h"
#include "cli/arguments.h"

struct map_table {
    const char *name; /* of the source */
    const struct options *options;
    struct bswz_output output; /* for --robot */
    bool failed;               /* to be written */
};

/* For bswz_map; context is the struct map_table. */
void map_print(void *context, const struct bswz_picture_map *map);

#endif
