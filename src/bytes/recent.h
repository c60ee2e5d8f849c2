/* SPDX-License-Identifier: MIT */
/*
 * What do bytes take after those that came before them?
 *
 * All of them go through one run of zstd with a window of 128 KiB and a small effort. What it makes of them is thrown
 * away, only the size counts. To prepare the window anew for each few kilobytes of an archive would take ten times as
 * long.
 */
#ifndef BSWZ_BYTES_RECENT_H
#define BSWZ_BYTES_RECENT_H

#include "base/error.h"

#include <stddef.h>

/* Initially {0}. */
struct recent {
    void *context; /* zstd's; NULL: nothing came before */
};

void recent_free(struct recent *recent);
/* *taken: what they take, in bytes. */
enum bswz_status recent_add(struct recent *recent, const uint8_t *bytes, size_t size, size_t *taken,
                            struct bswz_error *error);

#endif
