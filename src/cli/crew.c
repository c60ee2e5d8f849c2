/* SPDX-License-Identifier: MIT */
/*
 * The crew: workers take the files in their order (crew.h).
 *
 * A small file takes one thread: starting more would take longer than they save. A large one takes all of them, and
 * then it is the only one in progress, so that the memory in use does not grow with the number of workers. Its
 * size decides, before anything is read; the results do not depend on it.
 *
 * Each worker narrows its sandbox with its last file. So that it knows which one that is, each of the last files goes
 * to a worker of its own.
 */
#include "cli/crew.h"

#include "cli/message.h"
#include "cli/thread.h"
#include "cli/work.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL ((off_t)1 << 20) /* bytes of a file */
#define WORKERS_MAX 64u

struct crew {
    const struct inputs *inputs;
    struct work_run run;
    unsigned workers;     /* constant once they work */
    pthread_mutex_t lock; /* protects the rest */
    pthread_cond_t changed;
    size_t next;          /* input */
    unsigned busy;        /* workers */
    bool is_exclusive;    /* a worker has, or waits for, a large file */
    enum outcome outcome; /* the worst so far */
    uint64_t done, existing, skipped, failed, in, out;
};

/* ---- threads ---- */

/* The cores that this process may use. */
static unsigned cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return (unsigned)CPU_COUNT(&set);
    }
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

/* What goes to standard output stays in order, and a limit of memory is for all that is in progress. */
static unsigned workers_wanted(const struct inputs *inputs, const struct options *options) {
    const bool is_separate = options->mode == MODE_TEST || (!options->to_stdout && options->output == NULL);
    if (!is_separate || options->memory_limit > 0) {
        return 1;
    }
    const unsigned threads = options->threads > 0 ? options->threads : cores();
    const size_t most = inputs->count < WORKERS_MAX ? inputs->count : WORKERS_MAX;
    return threads < most ? threads : (unsigned)most;
}

/* ---- files ---- */

/* What a worker has taken. */
struct turn {
    struct work_item item;
    bool is_exclusive; /* no other worker may be busy */
};

/* A file with other names may be among the inputs again. If sources are removed, such a name is then gone, or changed,
 * while the same file is being read under another one; so there must be no other file in progress. */
static bool has_other_names(const char *name, const struct stat *status) {
    struct stat link;
    return status->st_nlink > 1 || lstat(name, &link) != 0 || S_ISLNK(link.st_mode);
}

static bool is_small(const struct input *input, const struct options *options) {
    struct stat status;
    return !input->is_stdin && stat(input->name, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= SMALL &&
           !(options->remove_source && has_other_names(input->name, &status));
}

/* Take a file and wait until work on it may begin. False: there are no more. */
static bool take(struct crew *crew, struct turn *turn) {
    pthread_mutex_lock(&crew->lock);
    while (crew->is_exclusive) {
        pthread_cond_wait(&crew->changed, &crew->lock);
    }
    const bool taken = crew->next < crew->inputs->count;
    if (taken) {
        const struct input *input = &crew->inputs->all[crew->next++];
        turn->is_exclusive = crew->workers == 1 || !is_small(input, crew->run.options);
        turn->item = (struct work_item){.input = input,
                                        .number = crew->next,
                                        .threads = turn->is_exclusive ? crew->run.options->threads : 1,
                                        .is_last = crew->next + crew->workers > crew->inputs->count};
        crew->is_exclusive = turn->is_exclusive;
        while (turn->is_exclusive && crew->busy > 0) {
            pthread_cond_wait(&crew->changed, &crew->lock);
        }
        crew->busy++;
    }
    pthread_mutex_unlock(&crew->lock);
    return taken;
}

static void give_back(struct crew *crew, const struct turn *turn, const struct work_result *result) {
    pthread_mutex_lock(&crew->lock);
    crew->busy--;
    if (turn->is_exclusive) {
        crew->is_exclusive = false;
    }
    crew->outcome = outcome_worse(crew->outcome, result->outcome);
    crew->failed += result->outcome == OUTCOME_ERROR;
    crew->skipped += result->outcome == OUTCOME_SKIPPED;
    crew->existing += result->existed;
    if (result->outcome == OUTCOME_DONE && !result->existed) {
        crew->done++;
        crew->in += result->in;
        crew->out += result->out;
    }
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

static void *work(void *context) {
    struct crew *crew = context;
    struct turn turn = {.is_exclusive = false};
    while (!turn.item.is_last && take(crew, &turn)) {
        const struct work_result result = work_on(&crew->run, &turn.item);
        give_back(crew, &turn, &result);
    }
    return NULL;
}

/* Start up to count workers; returns how many there are. They wait for the lock, which is held. */
static unsigned start(struct crew *crew, pthread_t *threads, unsigned count) {
    unsigned started = 0;
    while (started < count && run_in_thread(&threads[started], work, crew)) {
        started++;
    }
    return started;
}

/* ---- the run ---- */

static void print_summary(const struct crew *crew) {
    const struct options *options = crew->run.options;
    char name[40];
    snprintf(name, sizeof name, "%zu files", crew->inputs->count);
    if (options->mode == MODE_TEST || options->mode == MODE_MAP) {
        message_notice(name, "%" PRIu64 " OK", crew->done);
    } else if (crew->done > 0 || crew->inputs->count == 0) {
        work_print_sizes(name, crew->in, crew->out, options);
    }
    if (crew->existing + crew->skipped + crew->failed > 0) {
        message_notice(name, "%" PRIu64 " done, %" PRIu64 " existed, %" PRIu64 " skipped, %" PRIu64 " failed",
                       crew->done, crew->existing, crew->skipped, crew->failed);
    }
}

enum outcome crew_work(const struct inputs *inputs, const struct options *options, struct models *models) {
    struct crew crew = {.inputs = inputs, .run = {.options = options, .models = models}};
    pthread_t threads[WORKERS_MAX];
    progress_open(&crew.run.board, inputs->count, options);
    results_open(&crew.run.results);
    pthread_mutex_init(&crew.lock, NULL);
    pthread_cond_init(&crew.changed, NULL);
    const unsigned wanted = workers_wanted(inputs, options);
    pthread_mutex_lock(&crew.lock);
    const unsigned started = wanted > 1 ? start(&crew, threads, wanted - 1) : 0;
    crew.workers = started + 1;
    pthread_mutex_unlock(&crew.lock);
    work(&crew); /* this thread is one of them */
    for (unsigned i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_mutex_destroy(&crew.lock);
    pthread_cond_destroy(&crew.changed);
    results_close(&crew.run.results);
    progress_close(&crew.run.board);
    if (inputs->count != 1) {
        print_summary(&crew);
    }
    return crew.outcome;
}
