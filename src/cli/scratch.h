/* SPDX-License-Identifier: MIT */
/*
 * A temporary file without a name: it is gone when it is closed, or when the program ends in any way.
 */
#ifndef BSWZ_CLI_SCRATCH_H
#define BSWZ_CLI_SCRATCH_H

#include "bswz.h"

#include <stdbool.h>

struct scratch {
    int descriptor;    /* -1: not open */
    uint64_t position; /* for reading and writing by the library */
};

/* In $TMPDIR, or /tmp. False with errno set. */
bool scratch_open(struct scratch *scratch);
void scratch_close(struct scratch *scratch);

/* Make it empty; false with errno set. */
bool scratch_clear(struct scratch *scratch);

uint64_t scratch_size(const struct scratch *scratch);

/* For the library: read from the start to the end; write after what has been written since scratch_clear. */
struct bswz_input scratch_input(struct scratch *scratch);
struct bswz_output scratch_output(struct scratch *scratch);

/* Do both hold the same bytes? */
bool scratch_equals(const struct scratch *one, const struct scratch *other);

#endif
