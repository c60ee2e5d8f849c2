/* SPDX-License-Identifier: MIT */
/*
 * The input: standard input, or a file opened by the rules for sources.
 */
#ifndef BSWZ_CLI_SOURCE_H
#define BSWZ_CLI_SOURCE_H

#include "cli/arguments.h"
#include "cli/inputs.h"
#include "cli/outcome.h"

#include <stddef.h>
#include <sys/stat.h>

#define SOURCE_BUFFER ((size_t)1 << 16)

struct source {
    const char *path; /* NULL: standard input */
    const char *name; /* for messages */
    int descriptor;
    struct stat status;          /* of the open file; st_mode is 0 if not available */
    _Atomic uint64_t bytes_read; /* by the reading thread; other threads show progress */
    int failure;                 /* errno of a failed read, or 0 */
    uint8_t *ahead;              /* bytes read but not handed out yet: ahead[start ... end) */
    size_t start, end;
};

/* Open an input, or print why not. */
enum outcome source_open(struct source *source, const struct input *input, const struct options *options);

/* Look at the next size bytes without consuming them; fewer only at the end of the input or after a failure. size is
 * at most SOURCE_BUFFER. */
size_t source_peek(struct source *source, const uint8_t **bytes, size_t size);

/* For struct bswz_input: context is the struct source. */
size_t source_read(void *context, uint8_t *bytes, size_t size);

void source_close(struct source *source);

/* Remove the source file, unless it has changed since it was opened, or its name now refers to another file. */
enum outcome source_remove(const struct source *source);

#endif
