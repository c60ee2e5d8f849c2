/*
 * Preloaded into the program that is tested (faults.bats): makes system calls fail as
 * broken disks do, and writes down how files are created.
 *
 *     FAULT=read   reading a regular file fails after its first 64 KiB with EIO
 *           write  writing to a regular file does
 *           close  closing a regular file that was written does
 *           pipe   what goes into a pipe gets one of its bytes changed
 *           memory  there is none for text that is put together in memory
 *     FAULT_LOG=FILE  a line for each file that is created: flags (octal), mode, name
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fails(const char *what, int descriptor, mode_t kind) {
    struct stat status;
    const char *fault = getenv("FAULT");
    return fault != NULL && strcmp(fault, what) == 0 && fstat(descriptor, &status) == 0 &&
           (status.st_mode & S_IFMT) == kind;
}

ssize_t read(int descriptor, void *bytes, size_t size) {
    ssize_t (*real)(int, void *, size_t) = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    if (fails("read", descriptor, S_IFREG) && lseek(descriptor, 0, SEEK_CUR) >= 65536) {
        errno = EIO;
        return -1;
    }
    return real(descriptor, bytes, size);
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
    ssize_t (*real)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (fails("write", descriptor, S_IFREG)) {
        errno = EIO;
        return -1;
    }
    if (size > 40 && fails("pipe", descriptor, S_IFIFO)) {
        char changed[4096];
        size = size < sizeof changed ? size : sizeof changed;
        memcpy(changed, bytes, size);
        changed[size - 20] ^= 1;
        return real(descriptor, changed, size);
    }
    return real(descriptor, bytes, size);
}

int close(int descriptor) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
    const int flags = fcntl(descriptor, F_GETFL);
    const int failing = flags >= 0 && (flags & O_ACCMODE) == O_WRONLY && fails("close", descriptor, S_IFREG);
    const int result = real(descriptor);
    if (failing) {
        errno = EIO;
        return -1;
    }
    return result;
}

static int has_memory(void) {
    const char *fault = getenv("FAULT");
    return fault == NULL || strcmp(fault, "memory") != 0;
}

int vasprintf(char **text, const char *format, va_list arguments) {
    int (*real)(char **, const char *, va_list) =
        (int (*)(char **, const char *, va_list))dlsym(RTLD_NEXT, "vasprintf");
    return has_memory() ? real(text, format, arguments) : -1;
}

int __vasprintf_chk(char **text, int flag, const char *format, va_list arguments) {
    (void)flag;
    return vasprintf(text, format, arguments);
}

FILE *open_memstream(char **text, size_t *size) {
    FILE *(*real)(char **, size_t *) = (FILE * (*)(char **, size_t *)) dlsym(RTLD_NEXT, "open_memstream");
    return has_memory() ? real(text, size) : NULL;
}

FILE *fmemopen(void *bytes, size_t size, const char *mode) {
    FILE *(*real)(void *, size_t, const char *) =
        (FILE * (*)(void *, size_t, const char *)) dlsym(RTLD_NEXT, "fmemopen");
    return has_memory() ? real(bytes, size, mode) : NULL;
}

static void note(const char *path, int flags, mode_t mode) {
    const char *log = getenv("FAULT_LOG");
    FILE *file = (flags & O_CREAT) && log != NULL ? fopen(log, "a") : NULL;
    if (file != NULL) {
        fprintf(file, "%s%s %03o %s\n", flags & O_EXCL ? "exclusive" : "", flags & O_TRUNC ? "truncating" : "",
                (unsigned)mode, path);
        fclose(file);
    }
}

/* The same function under the names that programs know it by. */
#define TAKE_MODE(mode)                                                                                                \
    mode_t mode = 0;                                                                                                   \
    if (flags & O_CREAT) {                                                                                             \
        va_list arguments;                                                                                             \
        va_start(arguments, flags);                                                                                    \
        mode = va_arg(arguments, mode_t);                                                                              \
        va_end(arguments);                                                                                             \
    }

int open(const char *path, int flags, ...) {
    TAKE_MODE(mode)
    note(path, flags, mode);
    return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open"))(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    TAKE_MODE(mode)
    note(path, flags, mode);
    return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64"))(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    TAKE_MODE(mode)
    note(path, flags, mode);
    return ((int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat"))(folder, path, flags, mode);
}
