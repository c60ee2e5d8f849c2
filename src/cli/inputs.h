/* SPDX-License-Identifier: MIT */
/*
 * What a run works on.
 */
#ifndef BSWZ_CLI_INPUTS_H
#define BSWZ_CLI_INPUTS_H

#include "cli/outcome.h"

#include <stdbool.h>
#include <stddef.h>

struct input {
    const char *name; /* of the file; "(stdin)" if is_stdin */
    size_t folder;    /* the first bytes of name, as many as this: the directory that has the results; 0: "." */
    bool is_stdin;
    bool is_found; /* in a directory: links are not followed */
    bool is_owned; /* the name is to be freed */
};

struct inputs {
    struct input *all;
    size_t count, capacity;
};

/* Prints that memory ran out. */
enum outcome inputs_add(struct inputs *inputs, const struct input *input);

void inputs_free(struct inputs *inputs);

#endif
