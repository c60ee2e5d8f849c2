/* SPDX-License-Identifier: MIT */
/*
 * Opening outputs that are not files (special.h). They are written into as `cat > PATH` would do it: never created,
 * removed or replaced.
 *
 * /dev/stdout and similar names are symbolic links to what the shell has opened, which may be a file. Replacing such
 * a link, as -f does with links, would remove it for everyone, and opening its target would start at the beginning of
 * the file. So these names are recognised, and the descriptor that they refer to is duplicated, which also works for
 * sockets.
 */
#include "cli/special.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The descriptor that path refers to, or -1. */
static int descriptor_called(const char *path) {
    static const char *const standard[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(path, standard[i]) == 0) {
            return i;
        }
    }
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(folders[i]);
        const char *number = path + length;
        if (strncmp(path, folders[i], length) == 0 && number[0] != '\0' && strlen(number) < 8 &&
            number[strspn(number, "0123456789")] == '\0') {
            return atoi(number);
        }
    }
    return -1;
}

static int descriptor_at(const char *path) {
    char linked[64]; /* anything longer is not one of these names */
    const int descriptor = descriptor_called(path);
    const ssize_t length = descriptor < 0 ? readlink(path, linked, sizeof linked - 1) : -1;
    if (length < 0) {
        return descriptor;
    }
    linked[length] = '\0';
    return descriptor_called(linked);
}

bool special_open(const char *path, int *descriptor) {
    struct stat status;
    const int shared = descriptor_at(path);
    if (shared >= 0) {
        *descriptor = fcntl(shared, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        return true;
    }
    if (stat(path, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
        return false;
    }
    *descriptor = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (*descriptor >= 0 && (fstat(*descriptor, &status) != 0 || S_ISREG(status.st_mode))) { /* it may have changed
                                                                                              * since */
        close(*descriptor);
        *descriptor = -1;
        errno = EEXIST;
    }
    return true;
}
