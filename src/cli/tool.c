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

static _Noreturn void become(const char *const words[TOOL_WORDS], int input, int output, pid_t parent) {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not keep running if a signal ends us */
#endif
    const int nowhere = open("/dev/null", O_WRONLY);
    if (getppid() == parent && nowhere >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(nowhere, STDERR_FILENO) >= 0) {
        execvp(words[0], (char *const *)(uintptr_t)words);
    }
    _exit(127);
}

bool tool_run(const char *const words[TOOL_WORDS], int input, int output, double *seconds) {
    int status = 0;
    if (lseek(input, 0, SEEK_SET) != 0 || lseek(output, 0, SEEK_SET) != 0 || ftruncate(output, 0) != 0) {
        return false;
    }
    const double start = tool_clock();
    const pid_t parent = getpid(), child = fork();
    if (child == 0) {
        become(words, input, output, parent);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    *seconds = tool_clock() - start;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
