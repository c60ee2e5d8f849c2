/*
 * Creating, writing and finishing outputs.
 *
 * A new file is created under its own name with O_EXCL, which follows no
 * symbolic link and overwrites nothing.  An old file that may be replaced stays
 * until the new one, written beside it, is complete: a damaged stream must not
 * cost the user the picture that it was made from.
 */
#include "cli/target.h"

#include "cli/message.h"
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- opening ---- */

static enum outcome no_memory(const char *name) {
    message_error(name, "%s", strerror(ENOMEM));
    return OUTCOME_ERROR;
}

void target_open_nowhere(struct target *target) {
    *target = (struct target){.name = "(nowhere)", .descriptor = -1};
}

enum outcome target_open_stdout(struct target *target, const struct options *options) {
    *target = (struct target){.name = "(stdout)", .descriptor = STDOUT_FILENO};
    if (!options->force && isatty(STDOUT_FILENO)) {
        if (options->mode == MODE_COMPRESS) {
            message_error(NULL, "compressed data is not written to a terminal (-f to force it)");
            message_try_help();
            return OUTCOME_ERROR;
        }
        target->guard_terminal = true;
    }
    target->waiting = malloc(TARGET_BUFFER);
    return target->waiting != NULL ? OUTCOME_DONE : no_memory(target->name);
}

/* May the file at path be replaced? -f says so, or the user when asked. */
static bool may_replace(const char *path, const struct source *source, const struct options *options) {
    struct stat status;
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
        message_error(path, "already exists and is not a regular file");
        return false;
    }
    if (options->force) {
        return true;
    }
    if (source->path != NULL && isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) {
        return message_confirm(path, "already exists; replace it?");
    }
    message_error(path, "already exists (-f to replace it)");
    return false;
}

static int create(const char *path) {
    signals_creating();
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC, 0600);
    int failure = errno;
    signals_created(descriptor >= 0 ? path : NULL);
    errno = failure;
    return descriptor;
}

/* Create a file with a name of our own in the directory of target->path. */
static int create_beside(struct target *target) {
    const char *slash = strrchr(target->path, '/');
    int directory = slash != NULL ? (int)(slash - target->path) + 1 : 0;
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        if (asprintf(&target->work_path, "%.*s.bswz-%ld-%u", directory, target->path, (long)getpid(), attempt) < 0) {
            target->work_path = NULL;
            errno = ENOMEM;
            return -1;
        }
        int descriptor = create(target->work_path);
        if (descriptor >= 0) {
            return descriptor;
        }
        free(target->work_path);
        target->work_path = NULL;
        if (errno != EEXIST) {
            break;
        }
    }
    return -1;
}

static void forget(struct target *target) {
    if (target->work_path != target->path) {
        free(target->work_path);
    }
    free(target->path);
    free(target->waiting);
    target->path = target->work_path = NULL;
    target->waiting = NULL;
    target->descriptor = -1;
}

enum outcome target_open_file(struct target *target, const char *path, const struct source *source,
                              const struct options *options) {
    *target = (struct target){.descriptor = -1};
    target->path = strdup(path);
    target->waiting = malloc(TARGET_BUFFER);
    if (target->path == NULL || target->waiting == NULL) {
        forget(target);
        return no_memory(path);
    }
    target->name = target->work_path = target->path;
    target->descriptor = create(target->path);
    if (target->descriptor < 0 && errno == EEXIST) {
        if (!may_replace(path, source, options)) {
            forget(target);
            return OUTCOME_ERROR;
        }
        target->descriptor = create_beside(target);
    }
    if (target->descriptor < 0) {
        message_error(path, "%s", strerror(errno));
        forget(target);
        return OUTCOME_ERROR;
    }
    return OUTCOME_DONE;
}

/* ---- writing ---- */

/* Would these bytes upset a terminal? Control characters that text has no use for say so. */
static bool is_binary(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if ((bytes[i] < 0x20 && (bytes[i] < '\b' || bytes[i] > '\r')) || bytes[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static int write_through(struct target *target, const uint8_t *bytes, size_t size) {
    if (target->failure == 0 && target->guard_terminal && is_binary(bytes, size)) {
        target->failure = TARGET_REFUSED;
    }
    while (target->failure == 0 && size > 0) {
        ssize_t written = write(target->descriptor, bytes, size);
        if (written >= 0) {
            bytes += written;
            size -= (size_t)written;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd wait = {.fd = target->descriptor, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (errno == EPIPE) {
            signals_die_of_broken_pipe();
        } else if (errno != EINTR) {
            target->failure = errno;
        }
    }
    if (target->failure != 0) {
        errno = target->failure > 0 ? target->failure : EPERM;
        return -1;
    }
    return 0;
}

static int write_waiting(struct target *target) {
    size_t size = target->waiting_size;
    target->waiting_size = 0;
    return write_through(target, target->waiting, size);
}

int target_write(void *context, const uint8_t *bytes, size_t size) {
    struct target *target = context;
    target->bytes_written += size;
    if (target->descriptor < 0) {
        return 0;
    }
    if (size > TARGET_BUFFER - target->waiting_size && write_waiting(target) != 0) {
        return -1;
    }
    if (size >= TARGET_BUFFER) { /* no need to copy */
        return write_through(target, bytes, size);
    }
    memcpy(target->waiting + target->waiting_size, bytes, size);
    target->waiting_size += size;
    return 0;
}

void target_explain(const struct target *target) {
    if (target->failure == TARGET_REFUSED) {
        message_error(NULL, "binary data is not written to a terminal (-f to force it)");
    } else if (target->failure != 0) {
        message_error(target->name, "cannot write: %s", strerror(target->failure));
    }
}

/* ---- finishing ---- */

/* Give a file the owner, mode and times of its source. Who may not give files
 * away keeps them, and then grants nobody more than the source did. */
static void copy_attributes(int descriptor, const struct stat *status) {
    mode_t mode = status->st_mode & 0777;
    if (fchown(descriptor, status->st_uid, (gid_t)-1) != 0) {
        /* only root may: the file stays ours */
    }
    if (fchown(descriptor, (uid_t)-1, status->st_gid) != 0) {
        mode_t common = (mode >> 3) & mode & 07; /* what both group and others had */
        mode = (mode & 0700) | common << 3 | common;
    }
    (void)fchmod(descriptor, mode);
    const struct timespec times[2] = {status->st_atim, status->st_mtim};
    (void)futimens(descriptor, times);
}

static void set_attributes(int descriptor, const struct source *source) {
    if (source->path != NULL && S_ISREG(source->status.st_mode)) {
        copy_attributes(descriptor, &source->status);
    } else {
        mode_t mask = umask(0);
        umask(mask);
        (void)fchmod(descriptor, 0666 & ~mask);
    }
}

enum outcome target_finish(struct target *target, const struct source *source) {
    if (target->waiting != NULL) {
        write_waiting(target);
    }
    if (target->path == NULL) {
        target_explain(target);
        enum outcome outcome = target->failure == 0 ? OUTCOME_DONE : OUTCOME_ERROR;
        forget(target);
        return outcome;
    }
    set_attributes(target->descriptor, source);
    if (close(target->descriptor) != 0 && target->failure == 0) {
        target->failure = errno;
    }
    target->descriptor = -1;
    if (target->failure == 0 && target->work_path != target->path &&
        rename(target->work_path, target->path) != 0) {
        target->failure = errno;
    }
    if (target->failure != 0) {
        target_explain(target);
        target_discard(target);
        return OUTCOME_ERROR;
    }
    signals_release();
    forget(target);
    return OUTCOME_DONE;
}

void target_discard(struct target *target) {
    if (target->path != NULL) {
        unlink(target->work_path);
        signals_release();
        if (target->descriptor >= 0) {
            close(target->descriptor);
        }
    } else if (target->waiting != NULL) {
        write_waiting(target);
    }
    forget(target);
}
