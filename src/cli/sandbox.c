/* SPDX-License-Identifier: MIT */
/*
 * The sandbox (sandbox.h): "no new privileges", denied system calls (sandbox_calls.c), and restrictions on files
 * (Landlock) in two layers.
 *
 * The first layer restricts writing from the start of a run. It works on directories, since these are known in
 * advance: the result gets a temporary name in the directory of its source, or of -o, or in the tree of --output-dir, and
 * is renamed there. With -r it is the whole tree. As a filter, and with -t and -l, there are none, and no file can be
 * written.
 *
 * The second layer has to wait until the last of the files has been opened: from then on no file can be opened. If
 * several threads work on files, each has a last file of its own.
 * Reading remains possible only where the C library and OpenBLAS, which is loaded late (kernel/blas.c), need it; in
 * the directories, it remains possible to name a file and to remove one. If BSWZ_MODEL_PATH is set, a stream may name
 * a model at any time, and models may be links to anywhere, so there is no second layer when restoring.
 *
 * --compare runs other programs and has no sandbox. A sanitizer runs programs, too.
 */
#include "cli/sandbox.h"

#include "cli/sandbox_calls.h"

#include <string.h>

#if defined(BSWZ_NO_SANDBOX) /* valgrind does not know these calls, and complains */
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BSWZ_NO_SANDBOX
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define BSWZ_NO_SANDBOX
#endif
#endif

#if defined(__linux__) && !defined(BSWZ_NO_SANDBOX)

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h may be older than the kernel, or missing; the numbers are the same on every machine */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { RULE_PATH_BENEATH = 1, CREATE_RULESET_VERSION = 1 };
enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REMOVE_DIR = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_CHAR = 1 << 6,
    MAKE_DIR = 1 << 7,
    MAKE_REG = 1 << 8,
    MAKE_SOCK = 1 << 9,
    MAKE_FIFO = 1 << 10,
    MAKE_BLOCK = 1 << 11,
    MAKE_SYM = 1 << 12,
    REFER = 1 << 13,   /* since version 2 */
    TRUNCATE = 1 << 14 /* since version 3 */
};

struct ruleset {
    uint64_t handled;
};

struct path_beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* A ruleset, or -1 if the kernel has no Landlock. */
static int open_ruleset(uint64_t handled) {
    const long version = syscall(CREATE_RULESET, NULL, (size_t)0, CREATE_RULESET_VERSION);
    if (version < 3) {
        handled &= ~(uint64_t)TRUNCATE;
    }
    if (version < 2) {
        handled &= ~(uint64_t)REFER;
    }
    const struct ruleset ruleset = {.handled = handled};
    return version < 1 ? -1 : (int)syscall(CREATE_RULESET, &ruleset, sizeof ruleset, 0);
}

/* What does not exist now cannot be opened later either. */
static void allow(int ruleset, const char *path, uint64_t allowed) {
    const struct path_beneath rule = {.allowed = allowed, .parent = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent >= 0) {
        syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0);
        close(rule.parent);
    }
}

static void enforce(int ruleset) {
    syscall(RESTRICT_SELF, ruleset, 0);
    close(ruleset);
}

/* Allow creating and removing files in a directory and below, and directories if results need them. */
static void allow_folder(int ruleset, const char *path, size_t length, bool with_folders) {
    char *folder = length > 0 ? strndup(path, length) : strdup(".");
    if (folder != NULL) {
        allow(ruleset, folder, WRITE_FILE | REMOVE_FILE | MAKE_REG | (with_folders ? MAKE_DIR : 0));
    }
    free(folder);
}

/* -o may name a device, or a link to one. */
static void allow_output(int ruleset, const char *path) {
    struct stat status;
    const char *slash = strrchr(path, '/');
    allow_folder(ruleset, path, slash != NULL ? (size_t)(slash - path) + 1 : 0, false);
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
        allow(ruleset, path, WRITE_FILE);
    }
}

/* The directories of the inputs. Neighbours are often in the same one. */
static void allow_inputs(int ruleset, const struct inputs *inputs) {
    const struct input *last = NULL;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct input *input = &inputs->all[i];
        if (!input->is_stdin &&
            (last == NULL || last->folder != input->folder || strncmp(last->name, input->name, input->folder) != 0)) {
            allow_folder(ruleset, input->name, input->folder, false);
            last = input;
        }
    }
}

static void limit_writing(const struct options *options, const struct inputs *inputs) {
    const bool makes_files = options->mode <= MODE_MAP && !options->to_stdout;
    const int ruleset = open_ruleset(EXECUTE | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_CHAR | MAKE_DIR | MAKE_REG |
                                     MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM | REFER | TRUNCATE);
    if (ruleset < 0) {
        return;
    }
    if (makes_files && options->output != NULL) {
        allow_output(ruleset, options->output);
    }
    if (makes_files && options->output_dir != NULL) {
        allow_folder(ruleset, options->output_dir, strlen(options->output_dir), true);
    }
    if (makes_files && ((options->output == NULL && options->output_dir == NULL) || options->remove_source)) {
        allow_inputs(ruleset, inputs);
    }
    enforce(ruleset);
}

void sandbox_begin(const struct options *options, const struct inputs *inputs) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
        limit_writing(options, inputs);
        sandbox_refuse_calls();
    }
}

void sandbox_narrow(const struct options *options) {
    static const char *const needed[] = {"/lib",          "/lib64",         "/usr/lib",
                                         "/usr/lib64",    "/usr/local/lib", "/etc/ld.so.cache",
                                         "/proc/cpuinfo", "/proc/meminfo",  "/sys/devices/system/cpu"};
    const bool may_need_models = options->model_path != NULL && options->mode != MODE_COMPRESS;
    const int ruleset = !may_need_models ? open_ruleset(READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE) : -1;
    if (ruleset < 0) {
        return;
    }
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        allow(ruleset, needed[i], READ_FILE);
    }
    enforce(ruleset);
}

#else

void sandbox_begin(const struct options *options, const struct inputs *inputs) {
    (void)options;
    (void)inputs;
}

void sandbox_narrow(const struct options *options) {
    (void)options;
}

#endif
