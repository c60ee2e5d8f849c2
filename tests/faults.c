/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the tested program (faults.bats): makes system calls fail as broken disks and limited file
 * systems do, and logs what is done to files.
 *
 *     FAULT, space-separated words:
 *       read          reading a regular file fails after its first 64 KiB with EIO
 *       write         writing to a regular file fails at once
 *       full          writing to a regular file fails after its first 16 KiB with ENOSPC
 *       close         closing a regular file that was written fails with EIO
 *       fsync         syncing a regular file fails
 *       fsync-folder  syncing a directory fails
 *       pipe          one byte of what is written to a pipe is changed
 *       short         a read or write moves at most 1000 bytes, and every other one is interrupted
 *       stop          the program stops (SIGSTOP) after its first read of a regular file
 *       no-tmpfile    the file system does not support O_TMPFILE
 *       no-proc       there is no /proc/self/fd
 *       no-noreplace  no renameat2()
 *       no-link       no hard links
 *       read-only     the file system is read-only when files get their names
 *       kill-created  SIGTERM and SIGINT arrive while a file is created under a name
 *       kill-named    the same while a file gets its final name
 *       memory        there is no memory for text that is assembled there
 *       escape        when a regular file is read, try what a hijacked program would try, and
 *                     report it on standard error
 *     FAULT_AT=BYTES  another place than 64 KiB (read) or 16 KiB (full); stop: where the first read ends
 *     FAULT_LOG=FILE  a line for each file that is created (how, mode, name), linked, renamed,
 *                     unlinked (name) or synced
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

static int log_descriptor = -1;

__attribute__((constructor)) static void open_log(void) {
    const char *name = getenv("FAULT_LOG");
    int low = name != NULL ? REAL(open)(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (low >= 0) {
        log_descriptor = fcntl(low, F_DUPFD_CLOEXEC, 100); /* out of the way */
        REAL(close)(low);
    }
}

static void note(const char *what, const char *name) {
    if (log_descriptor >= 0) {
        dprintf(log_descriptor, "%s%s%s\n", what, *name != '\0' ? " " : "", name);
    }
}

static int is_set(const char *what) {
    const char *faults = getenv("FAULT");
    const size_t length = strlen(what);
    for (const char *at = faults; at != NULL && (at = strstr(at, what)) != NULL; at += length) {
        if ((at == faults || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return 1;
        }
    }
    return 0;
}

static int is_kind(int descriptor, mode_t kind) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && (status.st_mode & S_IFMT) == kind;
}

static int fails(const char *what, int descriptor, mode_t kind) {
    return is_set(what) && is_kind(descriptor, kind);
}

/* Where a fault happens, if not at the usual place. */
static off_t fault_at(off_t usual) {
    const char *at = getenv("FAULT_AT");
    return at != NULL ? (off_t)strtoll(at, NULL, 10) : usual;
}

static int fail_with(int failure) {
    errno = failure;
    return -1;
}

static void tell(const char *what, long result) {
    fprintf(stderr, "%s: %s\n", what, result >= 0 ? "done" : strerrorname_np(errno));
}

/* System calls made directly, as injected code would do. */
static void escape(void) {
    char *arguments[] = {(char *)"true", NULL};
    const long child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0) {
        _exit(0);
    }
    tell("fork", child);
    tell("exec", syscall(SYS_execve, "/bin/true", arguments, NULL));
    tell("socket", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
    tell("ptrace", syscall(SYS_ptrace, PTRACE_ATTACH, getppid(), NULL, NULL));
    tell("kill", syscall(SYS_kill, getppid(), 0));
    tell("type", syscall(SYS_ioctl, STDIN_FILENO, TIOCSTI, "x"));
    tell("namespace", syscall(SYS_unshare, 0x10000000));
    tell("write elsewhere", syscall(SYS_openat, AT_FDCWD, "../elsewhere", O_WRONLY | O_CREAT, 0600));
    tell("overwrite", syscall(SYS_openat, AT_FDCWD, "../victim", O_WRONLY | O_TRUNC));
    tell("unlink", syscall(SYS_unlinkat, AT_FDCWD, "../victim", 0));
    tell("write here", syscall(SYS_openat, AT_FDCWD, "injected", O_WRONLY | O_CREAT, 0600));
    tell("read", syscall(SYS_openat, AT_FDCWD, "../victim", O_RDONLY));
    tell("landlock", syscall(444 /* landlock_create_ruleset */, NULL, 0, 1));
}

static int is_interrupted(void) {
    static int calls;
    return is_set("short") && calls++ % 2 == 0;
}

ssize_t read(int descriptor, void *bytes, size_t size) {
    static int reads;
    const int is_file = is_kind(descriptor, S_IFREG);
    if (is_file && is_set("read")) {
        const off_t left = fault_at(65536) - lseek(descriptor, 0, SEEK_CUR);
        if (left <= 0) {
            return fail_with(EIO);
        }
        size = size > (size_t)left ? (size_t)left : size;
    }
    if (is_file && is_set("stop") && reads == 0) {
        const off_t most = fault_at((off_t)size);
        size = size > (size_t)most ? (size_t)most : size;
    }
    if (is_interrupted()) {
        return fail_with(EINTR);
    }
    if (is_file && is_set("escape") && reads++ == 0) {
        escape();
    }
    const ssize_t got = REAL(read)(descriptor, bytes, is_set("short") && size > 1000 ? 1000 : size);
    if (is_file && is_set("stop") && reads++ == 0) {
        raise(SIGSTOP);
    }
    return got;
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
    if (fails("write", descriptor, S_IFREG)) {
        return fail_with(EIO);
    }
    if (fails("full", descriptor, S_IFREG)) {
        const off_t left = fault_at(16384) - lseek(descriptor, 0, SEEK_CUR);
        if (left <= 0) {
            return fail_with(ENOSPC);
        }
        size = size > (size_t)left ? (size_t)left : size;
    }
    if (is_interrupted()) {
        return fail_with(EINTR);
    }
    if (is_set("short") && size > 1000) {
        size = 1000;
    }
    if (size > 40 && fails("pipe", descriptor, S_IFIFO)) {
        char changed[4096];
        size = size < sizeof changed ? size : sizeof changed;
        memcpy(changed, bytes, size);
        changed[size - 20] ^= 1;
        return REAL(write)(descriptor, changed, size);
    }
    return REAL(write)(descriptor, bytes, size);
}

int close(int descriptor) {
    const int flags = fcntl(descriptor, F_GETFL);
    const int failing = flags >= 0 && (flags & O_ACCMODE) == O_WRONLY && fails("close", descriptor, S_IFREG);
    const int result = REAL(close)(descriptor);
    return failing ? fail_with(EIO) : result;
}

int fsync(int descriptor) {
    const int is_folder = is_kind(descriptor, S_IFDIR);
    note(is_folder ? "fsync folder" : "fsync file", "");
    return is_set(is_folder ? "fsync-folder" : "fsync") ? fail_with(EIO) : REAL(fsync)(descriptor);
}

/* ---- names ---- */

static void killed_at(const char *fault) {
    if (is_set(fault)) {
        raise(SIGTERM);
        raise(SIGINT);
    }
}

int linkat(int from_folder, const char *from, int folder, const char *name, int flags) {
    note("link", name);
    if (is_set("no-link")) {
        return fail_with(EPERM);
    }
    const int result = is_set("read-only") ? fail_with(EROFS) : REAL(linkat)(from_folder, from, folder, name, flags);
    killed_at("kill-named");
    return result;
}

int renameat(int from_folder, const char *from, int folder, const char *name) {
    note("rename", name);
    const int result = is_set("read-only") ? fail_with(EROFS) : REAL(renameat)(from_folder, from, folder, name);
    killed_at("kill-named");
    return result;
}

int renameat2(int from_folder, const char *from, int folder, const char *name, unsigned flags) {
    if (is_set("no-noreplace")) {
        return fail_with(EINVAL);
    }
    note("rename", name);
    const int result = is_set("read-only") ? fail_with(EROFS) : REAL(renameat2)(from_folder, from, folder, name, flags);
    killed_at("kill-named");
    return result;
}

int unlink(const char *name) {
    note("unlink", name);
    return REAL(unlink)(name);
}

int unlinkat(int folder, const char *name, int flags) {
    note("unlink", name);
    return REAL(unlinkat)(folder, name, flags);
}

int access(const char *path, int mode) {
    return is_set("no-proc") && strncmp(path, "/proc/", 6) == 0 ? fail_with(ENOENT) : REAL(access)(path, mode);
}

/* ---- memory ---- */

int vasprintf(char **text, const char *format, va_list arguments) {
    return is_set("memory") ? -1 : REAL(vasprintf)(text, format, arguments);
}

int __vasprintf_chk(char **text, int flag, const char *format, va_list arguments) {
    (void)flag;
    return vasprintf(text, format, arguments);
}

FILE *open_memstream(char **text, size_t *size) {
    return is_set("memory") ? NULL : REAL(open_memstream)(text, size);
}

FILE *fmemopen(void *bytes, size_t size, const char *mode) {
    return is_set("memory") ? NULL : REAL(fmemopen)(bytes, size, mode);
}

/* ---- opening: the same function under all names that programs use ---- */

static int is_unnamed(int flags) {
    return (flags & O_TMPFILE) == O_TMPFILE;
}

#define TAKE_MODE(mode)                                                                                                \
    mode_t mode = 0;                                                                                                   \
    if ((flags & O_CREAT) || is_unnamed(flags)) {                                                                      \
        va_list arguments;                                                                                             \
        va_start(arguments, flags);                                                                                    \
        mode = va_arg(arguments, mode_t);                                                                              \
        va_end(arguments);                                                                                             \
    }

static void note_open(const char *path, int flags, mode_t mode) {
    char how[32];
    if (is_unnamed(flags) || (flags & O_CREAT)) {
        snprintf(how, sizeof how, "%s%s %03o",
                 is_unnamed(flags) ? "unnamed" : flags & O_EXCL ? "exclusive" : "", flags & O_TRUNC ? "truncating" : "",
                 (unsigned)mode);
        note(how, path);
    }
}

int open(const char *path, int flags, ...) {
    TAKE_MODE(mode)
    note_open(path, flags, mode);
    return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    TAKE_MODE(mode)
    note_open(path, flags, mode);
    return REAL(open64)(path, flags, mode);
}

static int create_at(int (*real)(int, const char *, int, ...), int folder, const char *path, int flags, mode_t mode) {
    if (is_unnamed(flags) && is_set("no-tmpfile")) {
        return fail_with(EOPNOTSUPP);
    }
    note_open(path, flags, mode);
    const int result = real(folder, path, flags, mode);
    if (result >= 0 && (flags & O_CREAT)) {
        killed_at("kill-created");
    }
    return result;
}

int openat(int folder, const char *path, int flags, ...) {
    TAKE_MODE(mode)
    return create_at(REAL(openat), folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    TAKE_MODE(mode)
    return create_at(REAL(openat64), folder, path, flags, mode);
}
