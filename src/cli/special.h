/* SPDX-License-Identifier: MIT */
/*
 * An output that is not a file: a device, a FIFO, or a descriptor that the program was started with, such as
 * /dev/stdout.
 */
#ifndef BSWZ_CLI_SPECIAL_H
#define BSWZ_CLI_SPECIAL_H

#include <stdbool.h>

/* False: the name is free, or is that of a file or directory. Otherwise *descriptor is open for writing, and may
 * share its flags with others; or it is -1 with errno set. */
bool special_open(const char *path, int *descriptor);

#endif
