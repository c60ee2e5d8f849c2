/*
 * A line on the terminal that tells how far a long piece of work is:
 *
 *     photo.png: [########            ]  42 %  1.2 MiB -> 0.4 MiB  3.1 MB/s  0:12 left
 *
 * On stderr, and only where that is a terminal.
 */
#ifndef BSWZ_CLI_PROGRESS_H
#define BSWZ_CLI_PROGRESS_H

#include "cli/arguments.h"
#include "cli/source.h"
#include "cli/target.h"

#include <pthread.h>
#include <time.h>

struct progress_line {
    bool shown_at_all; /* constant, as are the next six */
    const struct source *source;
    const struct target *target;
    bool compressing;
    uint64_t size; /* of the source, 0: not known */
    struct timespec begin;
    double patience; /* seconds before anything is shown */
    pthread_mutex_t lock; /* over all that follows */
    double last; /* when it was drawn, in seconds from the begin; 0: never */
    double base; /* how much had been read when the picture in work began, 0 ... 1 */
    double picture; /* how much of it is done, 0 ... 1 */
};

/* Can a line be shown at all, and does nothing forbid it? */
bool progress_is_possible(const struct options *options);

/* Shall there be lines of progress for this target? */
void progress_begin(struct progress_line *line, const struct source *source, const struct target *target,
                    const struct options *options);

/* From any thread, as often as one likes: draws a few times a second. */
void progress_tick(struct progress_line *line);

/* For the library's options: context is the struct progress_line. */
void progress_picture(void *context, uint64_t done, uint64_t total);

/* Takes the line away. */
void progress_end(struct progress_line *line);

#endif
