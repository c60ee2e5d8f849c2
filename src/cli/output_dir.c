/* SPDX-License-Identifier: MIT */
/*
 * Directories of results (output_dir.h). A new directory has the permissions of the one that it stands for, so that a
 * private directory does not become a public one.
 *
 * With --rm the way to a result must survive a power failure, as the result itself does. So every directory on it is
 * synced, even one that exists: another thread, or a run that was killed, may have just made it.
 */
#include "cli/output_dir.h"

#include "cli/message.h"
#include "cli/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum outcome fail(const char *path, const char *what) {
    message_error(path, "%s: %s", what, strerror(errno));
    return OUTCOME_ERROR;
}

/* Everything on the file system of a directory. */
static bool sync_all(const char *path) {
    const int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && syncfs(descriptor) == 0;
    if (descriptor >= 0) {
        close(descriptor);
    }
    return synced;
}

/* Unless it exists. */
static enum outcome make_folder(const char *path, mode_t mode) {
    struct stat status;
    if (mkdir(path, mode) == 0) {
        return OUTCOME_DONE;
    }
    if (errno == EEXIST && stat(path, &status) == 0 && !S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
    }
    return errno == EEXIST ? OUTCOME_DONE : fail(path, "cannot create the directory");
}

enum outcome output_dir_prepare(const struct options *options) {
    if (options->output_dir == NULL || options->mode > MODE_MAP) {
        return OUTCOME_DONE;
    }
    struct stat status;
    const bool is_new = stat(options->output_dir, &status) != 0;
    char *path = strdup(options->output_dir);
    enum outcome outcome = path != NULL && path[0] != '\0' ? OUTCOME_DONE : OUTCOME_ERROR;
    if (outcome != OUTCOME_DONE) {
        message_error("--output-dir", "%s", strerror(path == NULL ? ENOMEM : ENOENT));
    }
    for (char *slash = path; outcome == OUTCOME_DONE && slash != NULL;) {
        slash = strchr(slash + 1, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        outcome = make_folder(path, 0777);
        if (slash != NULL) {
            *slash = '/';
        }
    }
    if (outcome == OUTCOME_DONE && is_new && options->remove_source && !sync_all(path)) {
        outcome = fail(path, "cannot sync");
    }
    free(path);
    return outcome;
}

/* Append a component to path, which has room for it. */
static size_t append(char *path, size_t length, const char *component, size_t size) {
    path[length++] = '/';
    memcpy(path + length, component, size);
    path[length + size] = '\0';
    return length + size;
}

/* The permissions of the directory that is named by length bytes of source. */
static mode_t mode_of(const char *source, size_t length) {
    struct stat status;
    char *folder = strndup(source, length);
    const mode_t mode = folder != NULL && stat(folder, &status) == 0 ? (status.st_mode & 0777) | S_IRWXU : 0777;
    free(folder);
    return mode;
}

/* Extend path, of length bytes, by the directories of source. */
static enum outcome make_folders(const char *source, char *path, size_t *length, const struct options *options) {
    for (const char *start = source, *slash; (slash = strchr(start, '/')) != NULL; start = slash + 1) {
        const size_t size = (size_t)(slash - start);
        if (size == 0 || (size == 1 && start[0] == '.')) {
            continue;
        }
        if (size == 2 && start[0] == '.' && start[1] == '.') {
            message_error(source, "a name with '..' has no place in %s", options->output_dir);
            return OUTCOME_ERROR;
        }
        const size_t end = append(path, *length, start, size);
        if (make_folder(path, mode_of(source, (size_t)(slash - source))) != OUTCOME_DONE) {
            return OUTCOME_ERROR;
        }
        path[*length] = '\0';
        if (options->remove_source && !new_file_sync_folder(path)) {
            return fail(path, "cannot sync");
        }
        path[*length] = '/';
        *length = end;
    }
    return OUTCOME_DONE;
}

enum outcome output_dir_place(const char *source, const char *name, const struct options *options, char **path) {
    const char *slash = strrchr(name, '/'), *last = slash != NULL ? slash + 1 : name;
    size_t length = strlen(options->output_dir);
    *path = malloc(length + strlen(source) + strlen(last) + 3);
    if (*path == NULL) {
        message_error(source, "%s", strerror(ENOMEM));
        return OUTCOME_ERROR;
    }
    memcpy(*path, options->output_dir, length + 1);
    const enum outcome outcome = make_folders(source, *path, &length, options);
    if (outcome == OUTCOME_DONE) {
        append(*path, length, last, strlen(last));
    }
    return outcome;
}
