/* SPDX-License-Identifier: MIT */
/*
 * --include and --exclude: which files of a directory to take.
 */
#ifndef BSWZ_CLI_PATTERNS_H
#define BSWZ_CLI_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

/* text is a kind, such as "png" or "pictures", or a pattern as for the shell. */
struct pattern {
    const char *text;
    bool excludes;
};

struct patterns {
    struct pattern *all;
    size_t count;
};

/* Does name have a suffix of this kind? */
bool patterns_is_kind(const char *kind, const char *name);

/* text is not copied. False: out of memory. */
bool patterns_add(struct patterns *patterns, const char *text, bool excludes);

/* Is the file wanted? path is relative to the directory that was named, and without the suffix of a stream. */
bool patterns_allow_file(const struct patterns *patterns, const char *path);

/* Is it worth looking into this directory? */
bool patterns_allow_folder(const struct patterns *patterns, const char *path);

void patterns_free(struct patterns *patterns);

#endif
