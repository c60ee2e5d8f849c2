/* SPDX-License-Identifier: MIT */
/*
 * bswz: the program. It sets up the process, reads the command line, passes the files to crew.c or list.c, and turns
 * the outcomes into an exit status.
 *
 *     main.c ─► arguments.c (environment.c, numbers.c, spelling.c), help.c
 *          ├──► collect.c ─► tree.c (patterns.c), inputs.c
 *          ├──► model_path.c
 *          ├──► crew.c ─► work.c ─► source.c, suffix.c, output_dir.c, target.c (new_file.c, results.c, special.c,
 *          │                        signals.c), verify.c, progress.c, the library
 *          ├──► list.c ─► list_table.c, list_robot.c, list_json.c, model_path.c, source.c, the library
 *          └──► compare.c ─► compare_plot.c, compare_rows.c ─► source.c, scratch.c, tool.c, the library
 *
 * work.c and list.c also tell sandbox.c (sandbox_calls.c) when the last file has been opened. All messages go through
 * message.c. Every function returns an outcome; none of them exits.
 */
#include "cli/arguments.h"
#include "cli/collect.h"
#include "cli/compare.h"
#include "cli/crew.h"
#include "cli/heap.h"
#include "cli/help.h"
#include "cli/list.h"
#include "cli/message.h"
#include "cli/model_path.h"
#include "cli/output_dir.h"
#include "cli/progress.h"
#include "cli/sandbox.h"
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* If the shell has closed descriptor 0, 1 or 2, no file must be opened in its place. Occupy it with something that
 * fails when it is used. */
static int occupy_descriptors(void) {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 &&
            open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor) {
            return -1;
        }
    }
    return 0;
}

/* Errors may show up only now. */
static enum outcome close_stdout(void) {
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    int reason = errno;
    if (close(STDOUT_FILENO) != 0 && !failed) {
        failed = true;
        reason = errno;
    }
    if (!failed) {
        return OUTCOME_DONE;
    }
    if (reason == EPIPE) {
        signals_die_of_broken_pipe();
    }
    message_error("(stdout)", "cannot write: %s", strerror(reason));
    return OUTCOME_ERROR;
}

/* The inputs are known: from here on, outside data is looked at. */
static enum outcome work_on(const struct inputs *inputs, const struct options *options) {
    if (options->mode != MODE_COMPARE) {
        sandbox_begin(options, inputs);
    }
    if (options->mode == MODE_LIST) {
        return list_files(inputs, options);
    }
    if (progress_is_possible(options)) {
        message_set_over_progress();
        signals_clear_line();
    }
    struct models models;
    enum outcome outcome = models_open(&models, options);
    if (outcome == OUTCOME_DONE) {
        outcome = options->mode == MODE_COMPARE ? compare_files(inputs, options, models.chosen, options->robot)
                                                : crew_work(inputs, options, &models);
    }
    models_close(&models);
    return outcome;
}

static enum outcome run(const struct options *options) {
    struct inputs inputs;
    enum outcome outcome = output_dir_prepare(options);
    if (outcome != OUTCOME_DONE) {
        return outcome;
    }
    outcome = collect_inputs(&inputs, options);
    outcome = outcome_worse(outcome, work_on(&inputs, options));
    inputs_free(&inputs);
    return outcome;
}

int main(int argc, char **argv) {
    void *unused = heap_prepare();
    if (occupy_descriptors() != 0) {
        free(unused);
        return OUTCOME_ERROR;
    }
    setlocale(LC_CTYPE, ""); /* decides which characters are printable; nothing else depends on it */
    message_set_program(argv[0]);
    signals_setup();

    enum outcome outcome = OUTCOME_DONE;
    struct options options;
    switch (arguments_read(argc, argv, &options)) {
    case ARGUMENTS_RUN: outcome = run(&options); break;
    case ARGUMENTS_HELP: help_print(); break;
    case ARGUMENTS_VERSION: help_print_version(); break;
    case ARGUMENTS_LICENSE: help_print_license(); break;
    case ARGUMENTS_WRONG: outcome = OUTCOME_ERROR; break;
    }
    arguments_free(&options);
    free(unused);
    return (int)outcome_worse(outcome, close_stdout());
}
