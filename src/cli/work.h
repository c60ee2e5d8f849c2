/* SPDX-License-Identifier: MIT */
/*
 * Passes one input through the library: compress, restore or test it.
 */
#ifndef BSWZ_CLI_WORK_H
#define BSWZ_CLI_WORK_H

#include "cli/arguments.h"
#include "cli/inputs.h"
#include "cli/model_path.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/results.h"
#include "cli/source.h"

/* What a whole run shares. */
struct work_run {
    const struct options *options;
    struct models *models;
    struct progress_board board;
    struct results results;
};

/* One of its files. */
struct work_item {
    const struct input *input;
    size_t number;    /* from 1 */
    unsigned threads; /* for this file, as in the options */
    bool is_last;     /* for this thread: the sandbox may be narrowed */
};

/* What became of it. */
struct work_result {
    enum outcome outcome;
    bool existed; /* nothing was done: the result was there (--skip-existing) */
    uint64_t in, out;
};

struct work_result work_on(struct work_run *run, const struct work_item *item);

/* Print sizes in bytes and their ratio as a notice. */
void work_print_sizes(const char *name, uint64_t in, uint64_t out, const struct options *options);

/* Print the library's error for this source. */
void work_explain(const struct source *source, enum bswz_status status, const struct bswz_error *error);

#endif
