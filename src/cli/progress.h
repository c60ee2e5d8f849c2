/* SPDX-License-Identifier: MIT */
/*
 * A line on the terminal that shows the progress of a long operation:
 *
 *     photo.png: [########            ]  42 %  1.2 MiB -> 0.4 MiB  3.1 MB/s  0:12 left
 *
 * It is shown on standard error, if that is a terminal. With several files it begins with "file 7 of 200: ".
 */
#ifndef BSWZ_CLI_PROGRESS_H
#define BSWZ_CLI_PROGRESS_H

#include "cli/arguments.h"
#include "cli/source.h"
#include "cli/target.h"

#include <pthread.h>
#include <time.h>

/* What the lines of all files share: the place where they are drawn. */
struct progress_board {
    size_t files; /* how many there are; constant, like the next two */
    struct timespec begin;
    double patience;      /* seconds before anything is shown */
    pthread_mutex_t lock; /* protects the rest */
    double last;          /* when something was last drawn, in seconds from the start; 0: never */
};

struct progress_line {
    bool shown_at_all; /* constant, like the next six */
    struct progress_board *board;
    const struct source *source;
    const struct target *target;
    bool compressing;
    uint64_t size; /* of the source, 0 if not known */
    size_t number; /* of the file, from 1 */
    struct timespec begin;
    pthread_mutex_t lock; /* protects the rest */
    double base;          /* the share that had been read when the current picture began, 0 ... 1 */
    double picture;       /* the share of the current picture that is done, 0 ... 1 */
};

/* Can a line be shown at all, and do the options allow it? */
bool progress_is_possible(const struct options *options);

/* At the start of a run over this many files. */
void progress_open(struct progress_board *board, size_t files, const struct options *options);

/* Begin, and decide whether to show progress for this target. number counts the files from 1. */
void progress_begin(struct progress_line *line, struct progress_board *board, size_t number,
                    const struct source *source, const struct target *target, const struct options *options);

/* From any thread, as often as needed: draws a few times per second. */
void progress_tick(struct progress_line *line);

/* For the library's options: context is the struct progress_line. */
void progress_picture(void *context, uint64_t done, uint64_t total);

/* This file is done. */
void progress_end(struct progress_line *line);

/* All files are: clears the line. */
void progress_close(struct progress_board *board);

#endif
