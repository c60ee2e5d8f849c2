/* SPDX-License-Identifier: MIT */
/*
 * Searching directories (tree.h). A directory is read completely and closed before those in it are searched, so one
 * descriptor is enough, and the order does not depend on the file system.
 */
#include "cli/tree.h"

#include "cli/message.h"
#include "cli/patterns.h"
#include "cli/suffix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct search {
    struct inputs *inputs;
    const struct options *options;
    size_t root_length;  /* of the name of the directory where the search began */
    bool has_results;    /* of --output-dir */
    struct stat results; /* which is not searched */
};

struct names {
    char **all;
    size_t count, capacity;
};

static enum outcome fail(const char *path, int failure) {
    message_error(path, "%s", strerror(failure));
    return OUTCOME_ERROR;
}

/* ---- the names in a directory ---- */

static bool add_name(struct names *names, const char *name) {
    if (names->count == names->capacity) {
        const size_t capacity = names->capacity > 0 ? 2 * names->capacity : 64;
        char **all = reallocarray(names->all, capacity, sizeof *all);
        if (all == NULL) {
            return false;
        }
        names->all = all;
        names->capacity = capacity;
    }
    names->all[names->count] = strdup(name);
    return names->all[names->count] != NULL && ++names->count > 0;
}

static void free_names(struct names *names) {
    for (size_t i = 0; i < names->count; i++) {
        free(names->all[i]);
    }
    free(names->all);
}

static int compare_names(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* 0, or errno. */
static int read_names(struct names *names, int descriptor) {
    DIR *folder = fdopendir(descriptor);
    if (folder == NULL) {
        const int failure = errno;
        close(descriptor);
        return failure;
    }
    int failure = 0;
    while (failure == 0) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            failure = errno;
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !add_name(names, entry->d_name)) {
            failure = ENOMEM;
        }
    }
    closedir(folder);
    if (names->count > 0) {
        qsort(names->all, names->count, sizeof names->all[0], compare_names);
    }
    return failure;
}

/* ---- files ---- */

/* What another run of this program is writing, or left on a file system without unnamed files: .bswz-PID-TIME
 * (new_file.c). */
static bool is_temporary(const char *name) {
    static const char start[] = ".bswz-";
    if (strncmp(name, start, sizeof start - 1) != 0) {
        return false;
    }
    const char *process = name + sizeof start - 1, *dash = process + strspn(process, "0123456789");
    return dash > process && dash[0] == '-' && dash[1] != '\0' &&
           dash[1 + strspn(dash + 1, "0123456789abcdef")] == '\0';
}

/* Does the mode make something of this name, and do the patterns allow it? */
static bool is_wanted(const struct search *search, const char *path) {
    const struct options *options = search->options;
    const char *slash = strrchr(path, '/'), *suffix = suffix_of(path, options);
    const bool wants_streams = options->mode != MODE_COMPRESS && options->mode != MODE_COMPARE;
    if (is_temporary(slash != NULL ? slash + 1 : path) || (suffix != NULL) != wants_streams) {
        return false;
    }
    const char *relative = path + search->root_length;
    relative += strspn(relative, "/");
    char *plain = strndup(relative, strlen(relative) - (suffix != NULL ? strlen(suffix) : 0));
    const bool wanted = plain != NULL && patterns_allow_file(&options->patterns, plain);
    free(plain);
    return wanted;
}

static enum outcome add_file(struct search *search, char *path) {
    if (!is_wanted(search, path)) {
        free(path);
        return OUTCOME_DONE;
    }
    const struct input input = {.name = path, .folder = search->root_length, .is_found = true, .is_owned = true};
    const enum outcome outcome = inputs_add(search->inputs, &input);
    if (outcome != OUTCOME_DONE) {
        free(path);
    }
    return outcome;
}

/* ---- directories ---- */

static enum outcome search_folder(struct search *search, const char *path);

static bool is_wanted_folder(const struct search *search, const char *path, const struct stat *status) {
    const char *relative = path + search->root_length;
    const bool holds_results =
        search->has_results && status->st_dev == search->results.st_dev && status->st_ino == search->results.st_ino;
    return !holds_results && patterns_allow_folder(&search->options->patterns, relative + strspn(relative, "/"));
}

/* path belongs to us. */
static enum outcome visit(struct search *search, char *path) {
    struct stat status;
    enum outcome outcome = OUTCOME_DONE;
    if (lstat(path, &status) != 0) {
        outcome = errno == ENOENT ? OUTCOME_DONE : fail(path, errno); /* it may have gone in the meantime */
    } else if (S_ISREG(status.st_mode)) {
        return add_file(search, path);
    } else if (S_ISDIR(status.st_mode) && is_wanted_folder(search, path, &status)) {
        outcome = search_folder(search, path);
    }
    free(path);
    return outcome;
}

static enum outcome search_folder(struct search *search, const char *path) {
    const size_t length = strlen(path);
    const bool is_root = length == search->root_length;
    const int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (is_root ? 0 : O_NOFOLLOW));
    struct names names = {0};
    if (descriptor < 0) {
        return fail(path, errno);
    }
    const int failure = read_names(&names, descriptor);
    enum outcome outcome = failure == 0 ? OUTCOME_DONE : fail(path, failure);
    for (size_t i = 0; i < names.count; i++) {
        char *inner;
        if (asprintf(&inner, "%s%s%s", path, path[length - 1] == '/' ? "" : "/", names.all[i]) < 0) {
            outcome = fail(path, ENOMEM);
            break;
        }
        outcome = outcome_worse(outcome, visit(search, inner));
    }
    free_names(&names);
    return outcome;
}

enum outcome tree_collect(struct inputs *inputs, const char *root, const struct options *options) {
    struct search search = {.inputs = inputs, .options = options, .root_length = strlen(root)};
    search.has_results = options->output_dir != NULL && stat(options->output_dir, &search.results) == 0;
    return search_folder(&search, root);
}
