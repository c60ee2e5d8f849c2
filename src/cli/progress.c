/* SPDX-License-Identifier: MIT */
/*
 * The line of progress.
 *
 * How much is done? For bytes, it is how much of the source has been read. A picture is read much faster than it is
 * coded, sometimes all at once, and the library reports how much of its pixels is coded. So both are counted, and the
 * smaller share is shown. If the library tries something in two ways, the line waits until the second attempt has
 * caught up.
 *
 * Only the thread that draws waits for the terminal. There is no thread just for drawing: work in progress calls this
 * often enough.
 */
#include "cli/progress.h"

#include "cli/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECONDS_BEFORE 1.0
#define SECONDS_BETWEEN 0.1
#define BAR 20

static double seconds_since(const struct timespec *begin) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) + 1e-9 * (double)(now.tv_nsec - begin->tv_nsec);
}

bool progress_is_possible(const struct options *options) {
    const char *terminal = getenv("TERM");
    return options->progress != PROGRESS_NEVER && isatty(STDERR_FILENO) &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static bool is_wanted(const struct source *source, const struct target *target, const struct options *options) {
    if (!progress_is_possible(options)) {
        return false;
    }
    if (target->descriptor >= 0 && isatty(target->descriptor)) { /* the data itself goes there */
        return false;
    }
    if (options->progress == PROGRESS_ALWAYS || options->verbosity >= VERBOSITY_NOTICES) {
        return true;
    }
    const bool is_filter = !target->is_file && target->descriptor >= 0;
    return options->verbosity >= VERBOSITY_NORMAL && !is_filter && source->path != NULL;
}

void progress_open(struct progress_board *board, size_t files, const struct options *options) {
    *board =
        (struct progress_board){.files = files, .patience = options->progress == PROGRESS_ALWAYS ? 0 : SECONDS_BEFORE};
    clock_gettime(CLOCK_MONOTONIC, &board->begin);
    pthread_mutex_init(&board->lock, NULL);
}

void progress_begin(struct progress_line *line, struct progress_board *board, size_t number,
                    const struct source *source, const struct target *target, const struct options *options) {
    *line = (struct progress_line){.shown_at_all = is_wanted(source, target, options),
                                   .board = board,
                                   .source = source,
                                   .target = target,
                                   .compressing = options->mode == MODE_COMPRESS,
                                   .size = S_ISREG(source->status.st_mode) ? (uint64_t)source->status.st_size : 0,
                                   .number = number,
                                   .picture = 1};
    clock_gettime(CLOCK_MONOTONIC, &line->begin);
    pthread_mutex_init(&line->lock, NULL);
}

/* The share of the source that has been read, 0 ... 1. */
static double share_read(const struct progress_line *line) {
    const double read = line->size > 0 ? (double)line->source->bytes_read / (double)line->size : 0;
    return read < 1 ? read : 1;
}

/* The share that is done, 0 ... 1; negative: not known. Called with the lock held. */
static double share_done(const struct progress_line *line) {
    const double read = share_read(line), coded = line->base + (1 - line->base) * line->picture;
    return line->size == 0 ? -1 : read < coded ? read : coded;
}

static void put_size(FILE *stream, uint64_t bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double number = (double)bytes;
    size_t unit = 0;
    for (; number >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++) {
        number /= 1024;
    }
    fprintf(stream, unit == 0 ? "%.0f %s" : "%.1f %s", number, units[unit]);
}

static void put_bar(FILE *stream, double done) {
    const int full = (int)(done * BAR);
    fputc('[', stream);
    for (int i = 0; i < BAR; i++) {
        fputc(i < full ? '#' : ' ', stream);
    }
    fprintf(stream, "] %3d %%  ", (int)(done * 100));
}

static void put_time_left(FILE *stream, double seconds) {
    const long left = seconds < 359999 ? (long)seconds : 359999;
    if (left >= 3600) {
        fprintf(stream, "  %ld:%02ld:%02ld left", left / 3600, left / 60 % 60, left % 60);
    } else {
        fprintf(stream, "  %ld:%02ld left", left / 60, left % 60);
    }
}

/* The text after the name, and how wide it is. */
static char *describe(const struct progress_line *line, double elapsed, size_t *width) {
    char *text = NULL;
    FILE *stream = open_memstream(&text, width);
    if (stream == NULL) {
        return NULL;
    }
    const uint64_t in = line->source->bytes_read, out = line->target->bytes_written;
    const double done = share_done(line);
    /* uncompressed bytes: those of the source, or of the result */
    double bytes = (double)out;
    if (line->compressing) {
        bytes = done >= 0 ? done * (double)line->size : (double)in;
    }
    if (done >= 0) {
        put_bar(stream, done);
    }
    put_size(stream, in);
    fputs(" -> ", stream);
    put_size(stream, out);
    if (elapsed > 0 && bytes > 0) {
        fprintf(stream, "  %.1f MB/s", bytes / elapsed / 1e6);
    }
    if (done > 0.001) {
        put_time_left(stream, elapsed / done * (1 - done) + 0.5);
    }
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static size_t terminal_width(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* "file 7 of 200: ", or nothing. */
static void describe_place(const struct progress_line *line, char text[64]) {
    text[0] = '\0';
    if (line->board->files > 1) {
        snprintf(text, 64, "file %zu of %zu: ", line->number, line->board->files);
    }
}

/* A line wider than the terminal could not be cleared, so the name is dropped first, and then the number of the
 * file. */
static void draw(struct progress_line *line, double elapsed) {
    char place[64];
    describe_place(line, place);
    size_t width = 0;
    char *text = describe(line, elapsed, &width), *whole = NULL;
    size_t size = 0;
    FILE *stream = text != NULL ? open_memstream(&whole, &size) : NULL;
    if (stream != NULL) {
        const size_t room = terminal_width() - 1;
        fputs(MESSAGE_CLEAR_LINE, stream);
        if (strlen(place) + width <= room) {
            fputs(place, stream);
            width += strlen(place);
        }
        if (strlen(line->source->name) + 2 + width <= room) {
            message_put_masked(stream, line->source->name);
            fputs(": ", stream);
        }
        fprintf(stream, "%.*s", (int)room, text);
        if (fclose(stream) == 0) {
            fwrite(whole, 1, size, stderr); /* in one go, since others write here, too */
        }
    }
    free(whole);
    free(text);
}

void progress_tick(struct progress_line *line) {
    struct progress_board *board = line->board;
    if (!line->shown_at_all || pthread_mutex_trylock(&board->lock) != 0) {
        return;
    }
    const double elapsed = seconds_since(&board->begin);
    if (elapsed >= board->patience && (board->last <= 0 || elapsed - board->last >= SECONDS_BETWEEN) &&
        pthread_mutex_trylock(&line->lock) == 0) {
        draw(line, seconds_since(&line->begin));
        board->last = elapsed;
        pthread_mutex_unlock(&line->lock);
    }
    pthread_mutex_unlock(&board->lock);
}

void progress_picture(void *context, uint64_t done, uint64_t total) {
    struct progress_line *line = context;
    if (!line->shown_at_all) {
        return;
    }
    pthread_mutex_lock(&line->lock);
    const double share = total > 0 ? (double)done / (double)total : 1;
    if (done == 0 || share > line->picture) {
        line->picture = share;
    }
    if (done >= total && share_read(line) < 1) { /* another picture may follow */
        line->base = share_read(line);
    }
    pthread_mutex_unlock(&line->lock);
    progress_tick(line);
}

void progress_end(struct progress_line *line) {
    pthread_mutex_destroy(&line->lock);
}

void progress_close(struct progress_board *board) {
    if (board->last > 0) {
        fputs(MESSAGE_CLEAR_LINE, stderr);
    }
    pthread_mutex_destroy(&board->lock);
}
