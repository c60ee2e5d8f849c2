/* SPDX-License-Identifier: MIT */
/*
 * Temporary files (scratch.h): created with a name that is removed at once. A signal in between would leave the file,
 * so signals are held.
 */
#include "cli/scratch.h"

#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files are compared in pieces of this size. */
#define PIECE 32768

bool scratch_open(struct scratch *scratch) {
    const char *folder = getenv("TMPDIR");
    char *path;
    *scratch = (struct scratch){.descriptor = -1};
    if (asprintf(&path, "%s/bswz-XXXXXX", folder != NULL && folder[0] != '\0' ? folder : "/tmp") < 0) {
        errno = ENOMEM;
        return false;
    }
    signals_hold();
    scratch->descriptor = mkostemp(path, O_CLOEXEC);
    const int failure = errno;
    if (scratch->descriptor >= 0) {
        unlink(path);
    }
    signals_let_go();
    free(path);
    errno = failure;
    return scratch->descriptor >= 0;
}

void scratch_close(struct scratch *scratch) {
    if (scratch->descriptor >= 0) {
        close(scratch->descriptor);
    }
    scratch->descriptor = -1;
}

bool scratch_clear(struct scratch *scratch) {
    scratch->position = 0;
    return ftruncate(scratch->descriptor, 0) == 0;
}

uint64_t scratch_size(const struct scratch *scratch) {
    struct stat status;
    return fstat(scratch->descriptor, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* pread until size bytes have been read or the file ends; SIZE_MAX on failure. */
static size_t read_at(int descriptor, uint8_t *bytes, size_t size, uint64_t position) {
    size_t done = 0;
    while (done < size) {
        const ssize_t got = pread(descriptor, bytes + done, size - done, (off_t)(position + done));
        if (got == 0) {
            break;
        }
        if (got > 0) {
            done += (size_t)got;
        } else if (errno != EINTR) {
            return SIZE_MAX;
        }
    }
    return done;
}

static size_t read_next(void *context, uint8_t *bytes, size_t size) {
    struct scratch *scratch = context;
    const size_t got = read_at(scratch->descriptor, bytes, size, scratch->position);
    scratch->position += got == SIZE_MAX ? 0 : got;
    return got;
}

static int write_next(void *context, const uint8_t *bytes, size_t size) {
    struct scratch *scratch = context;
    while (size > 0) {
        const ssize_t written = pwrite(scratch->descriptor, bytes, size, (off_t)scratch->position);
        if (written >= 0) {
            bytes += written;
            size -= (size_t)written;
            scratch->position += (uint64_t)written;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

struct bswz_input scratch_input(struct scratch *scratch) {
    scratch->position = 0;
    return (struct bswz_input){read_next, scratch};
}

struct bswz_output scratch_output(struct scratch *scratch) {
    return (struct bswz_output){write_next, scratch};
}

bool scratch_equals(const struct scratch *one, const struct scratch *other) {
    uint8_t here[PIECE], there[PIECE];
    for (uint64_t position = 0;; position += sizeof here) {
        const size_t size = read_at(one->descriptor, here, sizeof here, position);
        if (size == SIZE_MAX || read_at(other->descriptor, there, sizeof there, position) != size ||
            memcmp(here, there, size) != 0) {
            return false;
        }
        if (size < sizeof here) {
            return true;
        }
    }
}
