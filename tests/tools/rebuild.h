/* SPDX-License-Identifier: MIT */
/*
 * Shared by the programs that take files apart and rebuild them.
 */
#ifndef REBUILD_H
#define REBUILD_H

#include "load.h"

#include <string.h>
#include <time.h>

/* Processor time. */
static inline double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* [--seconds] FILE...: try each file; the exit status is 1 if one of them went wrong. */
static inline int try_files(int count, char **arguments, int (*try_file)(const char *path, int timed)) {
    const int timed = count > 1 && strcmp(arguments[1], "--seconds") == 0;
    int wrong = 0;
    for (int i = 1 + timed; i < count; i++) {
        wrong |= try_file(arguments[i], timed);
    }
    return wrong;
}

#endif
