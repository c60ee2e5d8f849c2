/* SPDX-License-Identifier: MIT */
/*
 * A file that appears under its name only when it is complete.
 *
 *     new_file_create() ─► write to its descriptor ─► new_file_publish() ─► new_file_close()
 *
 * If it is closed without having been published, or a signal arrives, the file is gone.
 */
#ifndef BSWZ_CLI_NEW_FILE_H
#define BSWZ_CLI_NEW_FILE_H

#include "cli/signals.h"

#include <stdbool.h>

struct new_file {
    char *path;
    const char *name;         /* the last component of the path */
    int directory;            /* the rest of the path, open */
    int descriptor;           /* for writing; -1: not open */
    struct signals_file work; /* name is NULL while it has no name */
    char work_name[48];
};

/* Create a file, accessible only to its owner, that will be at path. Whatever is there now does not matter. path is
 * copied. False with errno set: nothing is left. */
bool new_file_create(struct new_file *file, const char *path);

/* Report write errors that the system has held back. With durable, return when the content is on disk. False with
 * errno set. */
bool new_file_flush(struct new_file *file, bool durable);

/* Give the file its name. A regular file or a symbolic link of that name is replaced if replace says so; anything
 * else stays, and errno is EEXIST. False with errno set. */
bool new_file_publish(struct new_file *file, bool replace);

/* Return when the name is on disk, too. False with errno set. */
bool new_file_sync_name(const struct new_file *file);

/* Return when the names in the directory at path are on disk. False with errno set. */
bool new_file_sync_folder(const char *path);

/* In any state, even after new_file_create() failed. */
void new_file_close(struct new_file *file);

#endif
