/* SPDX-License-Identifier: MIT */
/*
 * Runs a command and appends its usage to a file: CPU seconds (user and system, including children), wall-clock
 * seconds, and the peak memory in KiB.
 *
 *     measure RESULTS COMMAND [ARGUMENT]... < input > output
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time) {
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: measure RESULTS COMMAND [ARGUMENT]...\n", stderr);
        return 2;
    }
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    const pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("measure");
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    FILE *results = fopen(argv[1], "a");
    if (results == NULL) {
        perror(argv[1]);
        return 2;
    }
    fprintf(results, "%.6f\t%.6f\t%ld\n", seconds(usage.ru_utime) + seconds(usage.ru_stime),
            (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec), usage.ru_maxrss);
    if (fclose(results) != 0) {
        perror(argv[1]);
        return 2;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
