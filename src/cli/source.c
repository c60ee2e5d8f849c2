/* SPDX-License-Identifier: MIT */
/*
 * Opening, reading and removing sources.
 *
 * What may be read depends on what happens next. If the result goes to a file next to the source, only regular files
 * make sense. If the source is removed afterwards, it must be the file itself, not a link to it, unless the user
 * insists.
 */
#include "cli/source.h"

#include "cli/message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum outcome skip(const char *file, const char *reason) {
    message_warning(file, "%s, skipped", reason);
    return OUTCOME_SKIPPED;
}

/* Is there a result, and is it a file? */
static bool makes_file(const struct options *options) {
    return options->mode <= MODE_MAP && !options->to_stdout;
}

static bool may_be_removed(const struct options *options) {
    return makes_file(options) && options->remove_source;
}

/* A result that is named after its source cannot be that of a FIFO or a device; one that -o names can. */
static bool needs_file(const struct options *options) {
    return makes_file(options) && (options->output == NULL || options->remove_source);
}

/* The rules for a file named on the command line. */
static enum outcome check_status(const struct source *source, const struct options *options) {
    const struct stat *status = &source->status;
    if (S_ISDIR(status->st_mode)) {
        return skip(source->path, "is a directory (use -r)");
    }
    if (needs_file(options) && !S_ISREG(status->st_mode)) {
        return skip(source->path, "is not a regular file");
    }
    if (may_be_removed(options) && !options->force) {
        if (status->st_nlink > 1) {
            return skip(source->path, "has more than one hard link");
        }
        if (status->st_mode & (S_ISUID | S_ISGID | S_ISVTX)) {
            return skip(source->path, "has the setuid, setgid or sticky bit set");
        }
    }
    return OUTCOME_DONE;
}

static enum outcome open_file(struct source *source, bool is_found, const struct options *options) {
    int flags = O_RDONLY | O_NOCTTY | O_CLOEXEC;
    if (needs_file(options) || is_found) {
        flags |= O_NONBLOCK; /* a FIFO must be refused, not waited for */
    }
    if ((may_be_removed(options) && !options->force) || is_found) {
        flags |= O_NOFOLLOW;
    }
    source->descriptor = open(source->path, flags);
    if (source->descriptor < 0) {
        if (errno == ELOOP && (flags & O_NOFOLLOW)) {
            return skip(source->path, "is a symbolic link");
        }
        message_error(source->path, "%s", strerror(errno));
        return OUTCOME_ERROR;
    }
    if (fstat(source->descriptor, &source->status) != 0) {
        message_error(source->path, "%s", strerror(errno));
        return OUTCOME_ERROR;
    }
    return check_status(source, options);
}

enum outcome source_open(struct source *source, const struct input *input, const struct options *options) {
    *source = (struct source){.descriptor = STDIN_FILENO, .name = "(stdin)"};
    source->ahead = malloc(SOURCE_BUFFER);
    if (source->ahead == NULL) {
        message_error(input->name, "%s", strerror(ENOMEM));
        return OUTCOME_ERROR;
    }
    if (!input->is_stdin) {
        source->path = source->name = input->name;
        enum outcome outcome = open_file(source, input->is_found, options);
        if (outcome != OUTCOME_DONE) {
            source_close(source);
        }
        return outcome;
    }
    if (fstat(STDIN_FILENO, &source->status) != 0) {
        source->status = (struct stat){0};
    }
    if (options->mode != MODE_COMPRESS && options->mode != MODE_COMPARE && !options->force && isatty(STDIN_FILENO)) {
        message_error(NULL, "compressed data not read from a terminal (use -f to force)");
        message_try_help();
        source_close(source);
        return OUTCOME_ERROR;
    }
    return OUTCOME_DONE;
}

/* A single read that returns some bytes, 0 at the end, or SIZE_MAX. */
static size_t read_some(struct source *source, uint8_t *bytes, size_t size) {
    for (;;) {
        ssize_t got = read(source->descriptor, bytes, size);
        if (got >= 0) {
            source->bytes_read += (uint64_t)got;
            return (size_t)got;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) { /* another process made it non-blocking */
            struct pollfd wait = {.fd = source->descriptor, .events = POLLIN};
            poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            source->failure = errno;
            return SIZE_MAX;
        }
    }
}

size_t source_peek(struct source *source, const uint8_t **bytes, size_t size) {
    if (source->start > 0) {
        memmove(source->ahead, source->ahead + source->start, source->end - source->start);
        source->end -= source->start;
        source->start = 0;
    }
    while (source->end < size) {
        size_t got = read_some(source, source->ahead + source->end, SOURCE_BUFFER - source->end);
        if (got == 0 || got == SIZE_MAX) {
            break;
        }
        source->end += got;
    }
    *bytes = source->ahead;
    return source->end < size ? source->end : size;
}

size_t source_read(void *context, uint8_t *bytes, size_t size) {
    struct source *source = context;
    if (source->failure != 0) {
        errno = source->failure;
        return SIZE_MAX;
    }
    if (source->start == source->end) {
        if (size >= SOURCE_BUFFER) { /* no need to copy */
            return read_some(source, bytes, size);
        }
        size_t got = read_some(source, source->ahead, SOURCE_BUFFER);
        if (got == 0 || got == SIZE_MAX) {
            return got;
        }
        source->start = 0;
        source->end = got;
    }
    if (size > source->end - source->start) {
        size = source->end - source->start;
    }
    memcpy(bytes, source->ahead + source->start, size);
    source->start += size;
    return size;
}

void source_close(struct source *source) {
    if (source->path != NULL && source->descriptor >= 0) {
        close(source->descriptor);
    }
    source->descriptor = -1;
    free(source->ahead);
    source->ahead = NULL;
}

static bool is_same_time(struct timespec one, struct timespec other) {
    return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

enum outcome source_remove(const struct source *source) {
    const struct stat *then = &source->status;
    struct stat now;
    if (stat(source->path, &now) != 0 || now.st_dev != then->st_dev || now.st_ino != then->st_ino) {
        message_error(source->path, "was replaced by another file, not removed");
        return OUTCOME_ERROR;
    }
    if (now.st_size != then->st_size || !is_same_time(now.st_mtim, then->st_mtim) ||
        !is_same_time(now.st_ctim, then->st_ctim)) {
        message_error(source->path, "changed while it was being read, not removed");
        return OUTCOME_ERROR;
    }
    if (unlink(source->path) != 0) {
        message_error(source->path, "cannot remove: %s", strerror(errno));
        return OUTCOME_ERROR;
    }
    return OUTCOME_DONE;
}
