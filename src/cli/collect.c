/* SPDX-License-Identifier: MIT */
/*
 * Collecting the inputs (collect.h): names from the command line and from lists. tree.c searches directories.
 */
#include "cli/collect.h"

#include "cli/message.h"
#include "cli/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum outcome out_of_memory(void) {
    message_error(NULL, "%s", strerror(ENOMEM));
    return OUTCOME_ERROR;
}

/* Unless compressing, FILE may stand for FILE.bsw. NULL: it does not. To be freed. */
static char *with_suffix(const char *name, const struct options *options) {
    struct stat status;
    char *longer = NULL;
    if (options->mode == MODE_COMPRESS || options->mode == MODE_COMPARE || lstat(name, &status) == 0 ||
        errno != ENOENT || asprintf(&longer, "%s%s", name, options->suffix) < 0) {
        return NULL;
    }
    if (stat(longer, &status) != 0) {
        free(longer);
        return NULL;
    }
    return longer;
}

/* A file, or a directory with -r. name is copied if it must outlive the call. */
static enum outcome add_named(struct inputs *inputs, const char *name, bool copy, const struct options *options) {
    struct stat status;
    if (options->recursive && stat(name, &status) == 0 && S_ISDIR(status.st_mode)) {
        return tree_collect(inputs, name, options);
    }
    char *own = with_suffix(name, options);
    if (own == NULL && copy && (own = strdup(name)) == NULL) {
        return out_of_memory();
    }
    struct input input = {.name = own != NULL ? own : name, .is_owned = own != NULL};
    const char *slash = strrchr(input.name, '/');
    input.folder = slash != NULL ? (size_t)(slash - input.name) + 1 : 0;
    const enum outcome outcome = inputs_add(inputs, &input);
    if (outcome != OUTCOME_DONE) {
        free(own);
    }
    return outcome;
}

/* ---- lists ---- */

/* What is wrong with a name from a list, or NULL. length includes the terminator, if there is one. */
static const char *fault_of(const char *name, size_t length, char end) {
    if (name[length - 1] != end) {
        return "the last name is not terminated: the list may be incomplete";
    }
    return memchr(name, '\0', length - 1) != NULL ? "contains a null character; use --files0 instead of --files" : NULL;
}

/* The names in an open list. */
static enum outcome read_names(struct inputs *inputs, FILE *list, const struct options *options) {
    enum outcome outcome = OUTCOME_DONE;
    const char *file = options->list != NULL ? options->list : "(stdin)";
    char *name = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getdelim(&name, &capacity, options->list_end, list)) > 0) {
        const char *fault = fault_of(name, (size_t)length, options->list_end);
        if (fault != NULL) {
            message_error(file, "%s", fault);
            outcome = OUTCOME_ERROR;
            break;
        }
        name[length - 1] = '\0';
        if (name[0] != '\0') {
            outcome = outcome_worse(outcome, add_named(inputs, name, true, options));
        }
    }
    if (ferror(list)) {
        message_error(file, "cannot read: %s", strerror(errno));
        outcome = OUTCOME_ERROR;
    }
    free(name);
    return outcome;
}

static enum outcome read_list(struct inputs *inputs, const struct options *options) {
    if (options->list == NULL) {
        return read_names(inputs, stdin, options);
    }
    FILE *list = fopen(options->list, "re");
    if (list == NULL) {
        message_error(options->list, "%s", strerror(errno));
        return OUTCOME_ERROR;
    }
    const enum outcome outcome = read_names(inputs, list, options);
    fclose(list);
    return outcome;
}

enum outcome collect_inputs(struct inputs *inputs, const struct options *options) {
    enum outcome outcome = OUTCOME_DONE;
    *inputs = (struct inputs){0};
    for (int i = 0; i < options->file_count; i++) {
        const char *name = options->files[i];
        if (strcmp(name, "-") == 0) {
            const struct input input = {.name = "(stdin)", .is_stdin = true};
            outcome = outcome_worse(outcome, inputs_add(inputs, &input));
        } else {
            outcome = outcome_worse(outcome, add_named(inputs, name, false, options));
        }
    }
    return options->has_list ? outcome_worse(outcome, read_list(inputs, options)) : outcome;
}
