/* SPDX-License-Identifier: MIT */
/*
 * Running other programs (tool.h).
 *
 * Between fork and exec, only what POSIX allows is done; no thread of ours is running then anyway.
 */
#include "cli/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

double tool_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* input or errors negative: nothing, nowhere. */
static _Noreturn void become(const char *const words[TOOL_WORDS], int input, int output, int errors, pid_t parent) {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not keep running if a signal ends us */
#endif
    input = input >= 0 ? input : open("/dev/null", O_RDONLY);
    errors = errors >= 0 ? errors : open("/dev/null", O_WRONLY);
    if (getppid() == parent && input >= 0 && errors >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
        dup2(output, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0) {
        execvp(words[0], (char *const *)(uintptr_t)words);
    }
    _exit(127);
}

static bool run(const char *const words[TOOL_WORDS], int input, int output, int errors) {
    int status = 0;
    const pid_t parent = getpid(), child = fork();
    if (child == 0) {
        become(words, input, output, errors, parent);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool empty(int output) {
    return lseek(output, 0, SEEK_SET) == 0 && ftruncate(output, 0) == 0;
}

bool tool_run(const char *const words[TOOL_WORDS], int input, int output, double *seconds) {
    if (lseek(input, 0, SEEK_SET) != 0 || !empty(output)) {
        return false;
    }
    const double start = tool_clock();
    const bool is_done = run(words, input, output, -1);
    *seconds = tool_clock() - start;
    return is_done;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The first word of digits and dots with at least one dot inside. */
static void find_version(const char *text, char version[VERSION_SIZE]) {
    for (; *text != '\0'; text++) {
        size_t size = 0, dots = 0;
        while (is_digit(text[size]) || (text[size] == '.' && size > 0 && is_digit(text[size + 1]))) {
            dots += text[size++] == '.';
        }
        if (dots > 0 && size < VERSION_SIZE) {
            memcpy(version, text, size);
            version[size] = '\0';
            return;
        }
        text += size > 0 ? size - 1 : 0;
    }
}

void tool_version(const char *program, const char *option, int output, char version[VERSION_SIZE]) {
    const char *const words[TOOL_WORDS] = {program, option};
    char text[400];
    version[0] = '\0';
    if (empty(output) && run(words, -1, output, output)) {
        const ssize_t size = pread(output, text, sizeof text - 1, 0);
        text[size > 0 ? size : 0] = '\0';
        find_version(text, version);
    }
}
