/*
 * The output: standard output, nowhere (-t), or a file of our own that becomes
 * visible to others only as far as it must and disappears if anything fails.
 */
#ifndef BSWZ_CLI_TARGET_H
#define BSWZ_CLI_TARGET_H

#include "cli/outcome.h"
#include "cli/source.h"

#define TARGET_BUFFER ((size_t)1 << 16)

struct target {
    const char *name; /* for messages */
    char *path;       /* the file that will be there in the end; NULL: standard output or nowhere */
    char *work_path;  /* the file that is written; path itself unless an old file is to be replaced */
    int descriptor;   /* -1: nowhere */
    bool guard_terminal; /* refuse to begin with binary data */
    _Atomic uint64_t bytes_written; /* of whoever writes; progress is told from other threads */
    int failure; /* errno of a failed write, 0, or TARGET_REFUSED */
    uint8_t *waiting; /* bytes not yet written */
    size_t waiting_size;
};

#define TARGET_REFUSED (-1) /* failure: it would have been binary data on a terminal */

void target_open_nowhere(struct target *target);

/* Refuses a terminal where the options do not force it. */
enum outcome target_open_stdout(struct target *target, const struct options *options);

/* Create path, a copy of which is kept. An existing file is left alone, or with
 * -f (or the user's yes) replaced when everything has been written. */
enum outcome target_open_file(struct target *target, const char *path, const struct source *source,
                              const struct options *options);

/* For struct bswz_output: context is the struct target. */
int target_write(void *context, const uint8_t *bytes, size_t size);

/* Write what is waiting; a file also gets the source's owner, mode and times and
 * its name. Says what failed, and then no partial file is left. */
enum outcome target_finish(struct target *target, const struct source *source);

/* Give up: what is waiting for standard output is still written (it is correct
 * as far as it goes), a file is removed. */
void target_discard(struct target *target);

/* Say why writing failed. */
void target_explain(const struct target *target);

#endif
