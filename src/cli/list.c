/* SPDX-License-Identifier: MIT */
/*
 * Listing. The library walks the headers of a stream and reports each part; here the parts become lines, or one line
 * per file. The numbers of a file are printed only if its whole stream could be walked: a table must not look
 * complete when it is not. With -v the library also decodes everything and reports what the bits are spent on.
 */
#include "cli/list.h"

#include "cli/list_print.h"
#include "cli/message.h"
#include "cli/model_path.h"
#include "cli/sandbox.h"
#include "cli/suffix.h"
#include "cli/work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct parts {
    struct bswz_entry *entries;
    size_t count, capacity;
    bool out_of_memory;
};

static void collect(void *context, const struct bswz_entry *entry) {
    struct parts *parts = context;
    if (parts->count == parts->capacity) {
        size_t capacity = parts->capacity > 0 ? 2 * parts->capacity : 16;
        struct bswz_entry *entries = reallocarray(parts->entries, capacity, sizeof *entries);
        if (entries == NULL) {
            parts->out_of_memory = true;
            return;
        }
        parts->entries = entries;
        parts->capacity = capacity;
    }
    parts->entries[parts->count++] = *entry;
}

/* The file from which a stream was made, if it is still next to it. */
static void find_source(const struct source *source, const struct options *options, struct list_sums *sums) {
    char *name = source->path != NULL ? suffix_remove(source->path, options) : NULL;
    struct stat status;
    if (name != NULL && stat(name, &status) == 0 && S_ISREG(status.st_mode)) {
        sums->source = (uint64_t)status.st_size;
        sums->sourced = 1;
    }
    free(name);
}

static void add_sums(struct list_sums *total, const struct list_sums *sums) {
    total->compressed += sums->compressed;
    total->restored += sums->restored;
    total->parts += sums->parts;
    total->files += sums->files;
    total->source += sums->source;
    total->sourced += sums->sourced;
}

/* account is NULL unless there is one. */
static void print_file(const struct source *source, const struct parts *parts, const struct bswz_account *account,
                       const struct options *options, struct list_sums *total) {
    /* a stream has a few bytes that belong to no part */
    struct list_sums sums = {.compressed = source->bytes_read, .parts = parts->count, .files = 1};
    for (size_t i = 0; i < parts->count; i++) {
        sums.restored += parts->entries[i].restored_size;
    }
    find_source(source, options, &sums);
    if (options->json) {
        list_json_file(source->name, parts->entries, &sums, account, total->files == 0);
    } else if (options->robot) {
        list_robot_file(source->name, parts->entries, &sums);
    } else {
        if (total->files == 0) {
            list_table_heading(options->verbosity >= VERBOSITY_NOTICES);
        }
        list_table_file(source->name, parts->entries, &sums, options->verbosity >= VERBOSITY_NOTICES);
    }
    if (account != NULL && !options->json) {
        (options->robot ? list_robot_account : list_table_account)(account);
    }
    add_sums(total, &sums);
}

/* Some frames could not be decoded: the list is complete without them, but damage is an error. */
static enum outcome explain_undecoded(const struct source *source, const struct bswz_error *failure) {
    if (failure->status == BSWZ_ERROR_MODEL || failure->status == BSWZ_ERROR_LIMIT) {
        message_warning(source->name, "%s", failure->message);
        return OUTCOME_DONE;
    }
    work_explain(source, failure->status, failure);
    return OUTCOME_ERROR;
}

static enum bswz_status walk_file(struct source *source, const struct options *options, struct models *models,
                                  struct parts *parts, struct bswz_account *account, struct bswz_error *error) {
    const struct bswz_input input = {source_read, source};
    if (models == NULL) {
        return bswz_list(input, collect, parts, error);
    }
    const struct bswz_decompress_options wanted = {.size = sizeof wanted,
                                                   .threads = options->threads,
                                                   .model = models->chosen,
                                                   .memory_limit = options->memory_limit,
                                                   .find_model = models_find,
                                                   .find_model_context = models};
    return bswz_count(input, &wanted, collect, parts, account, error);
}

/* models is NULL unless an account is wanted. */
static enum outcome list_file(const struct input *input, bool is_last, const struct options *options,
                              struct models *models, struct list_sums *total) {
    struct source source;
    enum outcome outcome = source_open(&source, input, options);
    if (outcome != OUTCOME_DONE) {
        return outcome;
    }
    if (is_last) {
        sandbox_narrow(options);
    }
    struct parts parts = {0};
    struct bswz_account account;
    struct bswz_error error = {0};
    enum bswz_status status = walk_file(&source, options, models, &parts, &account, &error);
    if (status != BSWZ_OK) {
        work_explain(&source, status, &error);
        outcome = OUTCOME_ERROR;
    } else if (parts.out_of_memory) {
        message_error(source.name, "%s", strerror(ENOMEM));
        outcome = OUTCOME_ERROR;
    } else {
        print_file(&source, &parts, models != NULL ? &account : NULL, options, total);
        if (models != NULL && account.failure.status != BSWZ_OK) {
            outcome = explain_undecoded(&source, &account.failure);
        }
    }
    free(parts.entries);
    source_close(&source);
    return outcome;
}

static enum outcome list_all(const struct inputs *inputs, const struct options *options, struct models *models,
                             struct list_sums *total) {
    enum outcome outcome = OUTCOME_DONE;
    for (size_t i = 0; i < inputs->count; i++) {
        outcome = outcome_worse(outcome, list_file(&inputs->all[i], i + 1 == inputs->count, options, models, total));
    }
    return outcome;
}

enum outcome list_files(const struct inputs *inputs, const struct options *options) {
    const bool verbose = options->verbosity >= VERBOSITY_NOTICES;
    struct models models;
    struct list_sums total = {0};
    enum outcome outcome = OUTCOME_DONE;
    if (options->json) {
        list_json_begin();
    }
    if (verbose) {
        models_open(&models, options); /* a missing model is an error only if it is needed */
        outcome = list_all(inputs, options, &models, &total);
        models_close(&models);
    } else {
        outcome = list_all(inputs, options, NULL, &total);
    }
    if (options->json) {
        list_json_end(&total);
    } else if (options->robot) {
        list_robot_total(&total);
    } else if (inputs->count > 1 && total.files > 0) {
        list_table_total(&total, verbose);
    }
    return outcome;
}
