/* SPDX-License-Identifier: MIT */
/*
 * Opening, writing and finishing outputs.
 *
 * A file of our own appears only when it is complete (new_file.h), follows no symbolic link and overwrites nothing.
 * An old file that may be replaced remains until then: a damaged stream must not cost the user the picture that it
 * was made from.
 *
 * If losing the new file would lose data - because an old file is replaced, or the source is removed - the new file
 * and its name are synced first. Otherwise they are not: that can take longer than compressing a small picture, and
 * the source is still there.
 */
#include "cli/target.h"

#include "cli/message.h"
#include "cli/signals.h"
#include "cli/special.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- opening ---- */

static void forget(struct target *target) {
    if (target->is_file) {
        new_file_close(&target->file);
    } else if (target->is_opened) {
        close(target->descriptor);
    }
    free(target->waiting);
    target->waiting = NULL;
    target->is_file = target->is_opened = false;
    target->descriptor = -1;
}

static enum outcome fail_to_open(struct target *target, int failure) {
    message_error(target->name, "%s", strerror(failure));
    forget(target);
    return OUTCOME_ERROR;
}

void target_open_nowhere(struct target *target) {
    *target = (struct target){.name = "(nowhere)", .descriptor = -1};
}

/* Writing into a file while reading it would destroy it, or never end. */
static bool is_source(const struct stat *status, const struct source *source) {
    const bool is_lasting = S_ISREG(status->st_mode) || S_ISBLK(status->st_mode);
    const bool is_same = is_lasting && source->status.st_mode != 0 && status->st_dev == source->status.st_dev &&
                         status->st_ino == source->status.st_ino;
    if (is_same) {
        message_error(source->name, "input file is output file");
    }
    return is_same;
}

/* target->descriptor is open and belongs to others: a file, a pipe, a device. */
static enum outcome begin_shared(struct target *target, const struct source *source, const struct options *options) {
    struct stat status;
    if (fstat(target->descriptor, &status) == 0 && is_source(&status, source)) {
        forget(target);
        return OUTCOME_ERROR;
    }
    if (!options->force && isatty(target->descriptor)) {
        if (options->mode == MODE_COMPRESS) {
            message_error(NULL, "compressed data not written to a terminal (use -f to force)");
            message_try_help();
            forget(target);
            return OUTCOME_ERROR;
        }
        target->guard_terminal = true;
    }
    target->waiting = malloc(TARGET_BUFFER);
    return target->waiting != NULL ? OUTCOME_DONE : fail_to_open(target, ENOMEM);
}

enum outcome target_open_stdout(struct target *target, const struct source *source, const struct options *options) {
    *target = (struct target){.name = "(stdout)", .descriptor = STDOUT_FILENO};
    return begin_shared(target, source, options);
}

/* May the file at path be replaced? -f allows it, or the user when asked. */
static bool may_replace(const char *path, const struct stat *old, const struct source *source,
                        const struct options *options) {
    if (!S_ISREG(old->st_mode) && !S_ISLNK(old->st_mode)) {
        message_error(path, "already exists and is not a regular file");
        return false;
    }
    if (options->force) {
        return true;
    }
    if (source->path != NULL && isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) {
        return message_confirm(path, "already exists; replace it?");
    }
    message_error(path, "already exists%s (use -f to replace)",
                  options->skip_existing && S_ISREG(old->st_mode) ? ", and is older than its source or empty" : "");
    return false;
}

/* A file of ours is complete when it has its name, and has the time of its source. File systems keep times of different
 * precision, but at least to two seconds. */
bool target_is_made(const char *path, const struct source *source, const struct options *options) {
    struct stat old;
    if (lstat(path, &old) != 0 || !S_ISREG(old.st_mode) || is_source(&old, source)) {
        return false;
    }
    const bool is_complete = old.st_size > 0 || options->mode != MODE_COMPRESS;
    return is_complete && old.st_mtim.tv_sec >= source->status.st_mtim.tv_sec - 1;
}

enum outcome target_open_file(struct target *target, const char *path, const struct source *source,
                              const struct options *options) {
    struct stat old;
    *target = (struct target){.descriptor = -1,
                              .replaces = options->force,
                              .may_exist = options->skip_existing,
                              .is_durable = options->remove_source};
    if (stat(path, &old) == 0 && is_source(&old, source)) {
        return OUTCOME_ERROR;
    }
    if (lstat(path, &old) == 0) {
        if (!may_replace(path, &old, source, options)) {
            return OUTCOME_ERROR;
        }
        target->replaces = target->is_durable = true;
    }
    target->is_file = true;
    target->waiting = malloc(TARGET_BUFFER);
    if (!new_file_create(&target->file, path) || target->waiting == NULL) {
        const int failure = target->waiting == NULL ? ENOMEM : errno;
        target->name = path;
        return fail_to_open(target, failure);
    }
    target->name = target->file.path;
    target->descriptor = target->file.descriptor;
    return OUTCOME_DONE;
}

enum outcome target_open_named(struct target *target, const char *path, const struct source *source,
                               const struct options *options) {
    *target = (struct target){.name = path};
    if (!special_open(path, &target->descriptor)) {
        return target_open_file(target, path, source, options);
    }
    if (target->descriptor < 0) {
        return fail_to_open(target, errno);
    }
    target->is_opened = true;
    return begin_shared(target, source, options);
}

/* ---- writing ---- */

/* Would these bytes upset a terminal? Control characters that do not occur in text are a sign. */
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
        message_error(NULL, "binary data not written to a terminal (use -f to force)");
    } else if (target->failure != 0) {
        message_error(target->name, "cannot write: %s", strerror(target->failure));
    }
}

/* ---- finishing ---- */

/* Give a file the owner, mode and times of its source. A user who may not change the owner remains the owner, and
 * then grants others no more access than the source did. */
static void copy_attributes(int descriptor, const struct stat *status) {
    mode_t mode = status->st_mode & 0777;
    if (fchown(descriptor, status->st_uid, (gid_t)-1) != 0) {
        /* only root may do this: the file remains ours */
    }
    if (fchown(descriptor, (uid_t)-1, status->st_gid) != 0) {
        mode_t common = (mode >> 3) & mode & 07; /* what both group and others were allowed */
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

/* False after printing an error. */
static bool give_name(struct target *target, const struct source *source) {
    bool is_taken = false;
    if (target->results != NULL && target->replaces
            ? results_publish(target->results, &target->file, &source->status, &is_taken)
            : new_file_publish(&target->file, target->replaces)) {
        return true;
    }
    if (is_taken) {
        message_error(source->name, "%s is the result of another file, not replaced", target->name);
    } else if (errno == EEXIST && target->may_exist) {
        message_notice(source->name, "%s exists by now, skipped", target->name);
        target->existed = true;
        return true;
    } else if (errno == EEXIST) {
        message_error(target->name, "was created in the meantime");
    } else {
        message_error(target->name, "cannot create: %s", strerror(errno));
    }
    return false;
}

/* Sync the complete file and give it its name. */
static bool publish(struct target *target, const struct source *source) {
    if (target->failure == 0) {
        set_attributes(target->descriptor, source);
        if (!new_file_flush(&target->file, target->is_durable)) {
            target->failure = errno;
        }
    }
    if (target->failure != 0) {
        target_explain(target);
        return false;
    }
    if (!give_name(target, source)) {
        return false;
    }
    if (target->is_durable && !target->existed && !new_file_sync_name(&target->file)) {
        message_error(target->name, "may not survive a power failure: %s", strerror(errno));
        return false;
    }
    return true;
}

enum outcome target_finish(struct target *target, const struct source *source) {
    enum outcome outcome = OUTCOME_DONE;
    if (target->waiting != NULL) {
        write_waiting(target);
    }
    if (target->is_file) {
        outcome = publish(target, source) ? OUTCOME_DONE : OUTCOME_ERROR;
    } else {
        if (target->is_opened && close(target->descriptor) != 0 && target->failure == 0) {
            target->failure = errno;
        }
        target->is_opened = false;
        target_explain(target);
        outcome = target->failure == 0 ? OUTCOME_DONE : OUTCOME_ERROR;
    }
    forget(target);
    return outcome;
}

void target_discard(struct target *target) {
    if (!target->is_file && target->waiting != NULL) {
        write_waiting(target);
    }
    forget(target);
}
