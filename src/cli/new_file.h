/*
 * A file that appears under its name when it is complete, and not before.
 *
 * new_file_create() ─► write to its descriptor ─► new_file_publish() ─► new_file_close()
 *
 * Closed without having been published it is gone, and so it is after a signal.
 */
#ifndef BSWZ_CLI_NEW_FILE_H
#define BSWZ_CLI_NEW_FILE_H

#include "cli/signals.h"

#include <stdbool.h>

struct new_file {
    char *path;
    const char *name; /* its last part */
    int directory;    /* the rest, open */
    int descriptor;   /* for writing; -1: not open */
    struct signals_file work; /* name NULL: it has no name yet */
    char work_name[48];
};

/* Create a file for the owner alone that is to be at path. What is there is not looked at.
 * Path is copied. False with errno set: nothing is left. */
bool new_file_create(struct new_file *file, const char *path);

/* Report errors of writing that the system has kept back. With durable, come back when the
 * content is on the disk. False with errno set. */
bool new_file_flush(struct new_file *file, bool durable);

/* Give the file its name. A regular file or a symbolic link there is replaced if replace says
 * so; what is there otherwise stays, and errno is EEXIST. False with errno set. */
bool new_file_publish(struct new_file *file, bool replace);

/* Come back when the name is on the disk, too. False with errno set. */
bool new_file_sync_name(const struct new_file *file);

/* In any state, also after new_file_create() failed. */
void new_file_close(struct new_file *file);

#endif
