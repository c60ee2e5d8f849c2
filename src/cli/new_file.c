/* SPDX-License-Identifier: MIT */
/*
 * Files that appear only when they are complete (new_file.h).
 *
 * If the file system supports it, the file has no name at all while it is written (O_TMPFILE): then nothing, not even
 * SIGKILL, can leave a part of it. Elsewhere (NFS, FAT, or without /proc, through which such a file gets its name) it
 * is called .bswz-PID-TIME in the directory where it will be. SIGKILL leaves such a file; it does no harm, since the
 * next run chooses another name.
 *
 * The final name is given in one step that overwrites nothing: with linkat(), or with a renameat2() that refuses to
 * replace. If the file system supports neither, an empty file is created first, which only we can have made, and is
 * then replaced. To replace an old file, the new one gets a temporary name and is renamed over it: one of the two
 * exists at any moment.
 *
 * All names are looked up in the directory as it was opened, so that moving the directory, or a link on the way to
 * it, cannot redirect the result.
 */
#include "cli/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ATTEMPTS 100 /* for finding a temporary name; the time differs in each attempt */

/* ---- creating ---- */

static bool open_directory(struct new_file *file) {
    const size_t length = (size_t)(file->name - file->path);
    char *directory = length > 0 ? strndup(file->path, length) : strdup(".");
    if (directory == NULL) {
        return false;
    }
    file->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file->directory < 0 && errno == EACCES) { /* creating files in it may still be allowed */
        file->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    const int failure = errno;
    free(directory);
    errno = failure;
    return file->directory >= 0;
}

static void proc_path(const struct new_file *file, char path[32]) {
    snprintf(path, 32, "/proc/self/fd/%d", file->descriptor);
}

static bool create_unnamed(struct new_file *file) {
    char path[32];
    file->descriptor = openat(file->directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (file->descriptor < 0) {
        return false;
    }
    proc_path(file, path);
    if (access(path, F_OK) != 0) {
        close(file->descriptor);
        file->descriptor = -1;
    }
    return file->descriptor >= 0;
}

static bool create_at_work_name(struct new_file *file) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC;
    file->descriptor = openat(file->directory, file->work_name, flags, 0600);
    return file->descriptor >= 0;
}

static bool link_to(struct new_file *file, const char *name) {
    char path[32];
    proc_path(file, path);
    return linkat(AT_FDCWD, path, file->directory, name, AT_SYMLINK_FOLLOW) == 0;
}

static bool link_to_work_name(struct new_file *file) {
    return link_to(file, file->work_name);
}

/* With signals held: call make with a temporary name until one is not taken. */
static bool find_work_name(struct new_file *file, bool (*make)(struct new_file *)) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(file->work_name, sizeof file->work_name, ".bswz-%ld-%llx%08lx", (long)getpid(),
                 (unsigned long long)now.tv_sec, (unsigned long)now.tv_nsec);
        if (make(file)) {
            file->work = (struct signals_file){.directory = file->directory, .name = file->work_name};
            signals_watch(&file->work);
            return true;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return false;
}

/* Signals may come again; errno stays. */
static void let_go(void) {
    const int failure = errno;
    signals_let_go();
    errno = failure;
}

/* With signals held: the file no longer has its temporary name. */
static void forget_work_name(struct new_file *file) {
    signals_forget(&file->work);
    file->work.name = NULL;
}

bool new_file_create(struct new_file *file, const char *path) {
    *file = (struct new_file){.path = strdup(path), .directory = -1, .descriptor = -1};
    if (file->path == NULL) {
        return false;
    }
    const char *slash = strrchr(file->path, '/');
    file->name = slash != NULL ? slash + 1 : file->path;
    if (file->name[0] == '\0') {
        errno = slash != NULL ? EISDIR : ENOENT;
        return false;
    }
    if (!open_directory(file)) {
        return false;
    }
    if (create_unnamed(file)) {
        return true;
    }
    signals_hold();
    const bool created = find_work_name(file, create_at_work_name);
    let_go();
    return created;
}

/* ---- syncing ---- */

/* Some file systems cannot sync a single file, only everything. */
static bool sync_descriptor(int descriptor, int of_the_file_system) {
    return fsync(descriptor) == 0 || ((errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EBADF) &&
                                      syncfs(of_the_file_system) == 0);
}

bool new_file_flush(struct new_file *file, bool durable) {
    if (durable && !sync_descriptor(file->descriptor, file->descriptor)) {
        return false;
    }
    /* NFS writes on every close, and only then reports errors; the descriptor itself is still needed */
    const int twin = fcntl(file->descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return twin >= 0 && close(twin) == 0;
}

bool new_file_sync_name(const struct new_file *file) {
    return sync_descriptor(file->directory, file->descriptor);
}

bool new_file_sync_folder(const char *path) {
    const int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && sync_descriptor(descriptor, descriptor);
    const int failure = errno;
    if (descriptor >= 0) {
        close(descriptor);
    }
    errno = failure;
    return synced;
}

/* ---- naming ---- */

/* Did a call fail because the file system does not support it? */
static bool is_unknown(int failure) {
    return failure == EINVAL || failure == ENOSYS || failure == EOPNOTSUPP || failure == EPERM || failure == EMLINK;
}

/* For a file with a temporary name. */
static bool rename_to(struct new_file *file) {
    if (renameat(file->directory, file->work_name, file->directory, file->name) != 0) {
        return false;
    }
    forget_work_name(file);
    return true;
}

static bool rename_to_reserved(struct new_file *file) {
    if (mknodat(file->directory, file->name, S_IFREG | 0600, 0) != 0) { /* the sandbox no longer allows opening files */
        return false;
    }
    if (rename_to(file)) {
        return true;
    }
    const int failure = errno;
    unlinkat(file->directory, file->name, 0);
    errno = failure;
    return false;
}

static bool rename_to_new(struct new_file *file) {
    if (renameat2(file->directory, file->work_name, file->directory, file->name, RENAME_NOREPLACE) == 0) {
        forget_work_name(file);
        return true;
    }
    if (!is_unknown(errno)) {
        return false;
    }
    if (linkat(file->directory, file->work_name, file->directory, file->name, 0) == 0) {
        unlinkat(file->directory, file->work_name, 0);
        forget_work_name(file);
        return true;
    }
    return is_unknown(errno) && rename_to_reserved(file);
}

static bool rename_over(struct new_file *file) {
    struct stat old;
    if (fstatat(file->directory, file->name, &old, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(old.st_mode) &&
        !S_ISLNK(old.st_mode)) {
        errno = EEXIST;
        return false;
    }
    return (file->work.name != NULL || find_work_name(file, link_to_work_name)) && rename_to(file);
}

bool new_file_publish(struct new_file *file, bool replace) {
    signals_hold();
    bool published = file->work.name != NULL ? rename_to_new(file) : link_to(file, file->name);
    if (!published && errno == EEXIST && replace) {
        published = rename_over(file);
    }
    let_go();
    return published;
}

void new_file_close(struct new_file *file) {
    if (file->work.name != NULL) {
        signals_hold();
        unlinkat(file->directory, file->work_name, 0);
        forget_work_name(file);
        signals_let_go();
    }
    if (file->descriptor >= 0) {
        close(file->descriptor);
    }
    if (file->directory >= 0) {
        close(file->directory);
    }
    free(file->path);
    *file = (struct new_file){.directory = -1, .descriptor = -1};
}
