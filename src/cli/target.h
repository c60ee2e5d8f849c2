/* SPDX-License-Identifier: MIT */
/*
 * The output: standard output, a device or pipe, nowhere (-t), or a file of our own, which appears when it is
 * complete.
 */
#ifndef BSWZ_CLI_TARGET_H
#define BSWZ_CLI_TARGET_H

#include "cli/new_file.h"
#include "cli/outcome.h"
#include "cli/results.h"
#include "cli/source.h"

#define TARGET_BUFFER ((size_t)1 << 16)

struct target {
    const char *name;               /* for messages */
    bool is_file;                   /* a file of our own */
    struct new_file file;           /* if is_file */
    struct results *results;        /* of this run, none of which it replaces; NULL: there is no other */
    int descriptor;                 /* to write to; -1: nowhere */
    bool is_opened;                 /* opened by us, but not a file of our own */
    bool replaces;                  /* an existing file may be replaced */
    bool may_exist;                 /* --skip-existing: a result that another program has just made is as good */
    bool existed;                   /* there is one; ours is gone */
    bool is_durable;                /* must be on disk before the file that it replaces, or was made from, is removed */
    bool guard_terminal;            /* refuse to start with binary data */
    _Atomic uint64_t bytes_written; /* by the writing thread; other threads show progress */
    int failure;                    /* errno of a failed write, 0, or TARGET_REFUSED */
    uint8_t *waiting;               /* bytes not written yet */
    size_t waiting_size;
};

#define TARGET_REFUSED (-1) /* failure: it would have been binary data on a terminal */

void target_open_nowhere(struct target *target);

/* All of these refuse to write into the source, and print an error. */

/* Refuses a terminal unless the options force it. */
enum outcome target_open_stdout(struct target *target, const struct source *source, const struct options *options);

/* A file that will be at path, which is copied. An existing file is left alone, or, with -f (or if the user
 * confirms), replaced when everything has been written. */
enum outcome target_open_file(struct target *target, const char *path, const struct source *source,
                              const struct options *options);

/* What -o names: a file as above, or a device or similar, which is written into. path is copied. */
enum outcome target_open_named(struct target *target, const char *path, const struct source *source,
                               const struct options *options);

/* Is the result of this source there already, complete, and not older than the source? Then its name will not be
 * needed again. */
bool target_is_made(const char *path, const struct source *source, const struct options *options);

/* For struct bswz_output: context is the struct target. */
int target_write(void *context, const uint8_t *bytes, size_t size);

/* Write what is waiting; a file also gets the source's owner, mode and times, and its name. Prints what failed, and
 * then leaves no partial file. */
enum outcome target_finish(struct target *target, const struct source *source);

/* Give up. What is waiting for standard output is still written (it is correct as far as it goes); a file is
 * removed. */
void target_discard(struct target *target);

/* Print why writing failed. */
void target_explain(const struct target *target);

#endif
