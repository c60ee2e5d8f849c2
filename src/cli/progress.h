/* SPDX-License-Identifier: MIT */
/*
 * A line on the terminal that shows the progress of a long operation:
 *
 *     photo.png: [########            ]  42 %  1.2 MiB -> 0.4 MiB  3.1 MB/s  0:12 left
 *
 * It is shown on standard error, if that is a terminal.
 */
#ifndef BSWZ_CLI_PROGRESS_H
#define BSWZ_CLI_PROGRESS_H

#include "cli/arguments.h"
#include "cli/source.h"
#include "cli/target.h"

#include <pthread.h>
#include <time.h>

struct progress_line {
    bool shown_at_all; /* constant, like the next six */
    const struct source *source;
    const struct target *target;
    bool compressing;
    uint64_t size; /* of the source, 0 if not known */
    struct timespec begin;
    double patience;      /* seconds before anything is shown */
    pthread_mutex_t lock; /* protects everything below */
    double last;          /* when it was last drawn, in seconds from the start; 0: never */
    double base;          /* the share that had been read when the current picture began, 0 ... 1 */
    double picture;       /* the share of the current picture that is done, 0 ... 1 */
};

/* Can a line be shown at all, and do the options allow it? */
bool progress_is_possible(const struct options *options);

/* Begin, and decide whether to show progress for this target. */
void progress_begin(struct progress_line *line, const struct source *source, const struct target *target,
                    const struct options *options);

/* From any thread, as often as needed: draws a few times per second. */
void progress_tick(struct progress_line *line);

/* For the library's options: context is the struct progress_line. */
void progress_picture(void *context, uint64_t done, uint64_t total);

/* Clears the line. */
void progress_end(struct progress_line *line);

#endif
