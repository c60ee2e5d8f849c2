/* SPDX-License-Identifier: MIT */
/*
 * The results of a run (results.h), known by device and inode: names may lead to the same file in several ways.
 */
#include "cli/results.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>

struct identity {
    dev_t device;
    ino_t inode;
};

struct result {
    struct identity file, source; /* file comes first: it is the key */
};

static struct identity identity_of(const struct stat *status) {
    return (struct identity){status->st_dev, status->st_ino};
}

static int compare(const void *one, const void *other) {
    const struct identity *first = one, *second = other;
    if (first->device != second->device) {
        return first->device < second->device ? -1 : 1;
    }
    return first->inode == second->inode ? 0 : first->inode < second->inode ? -1 : 1;
}

void results_open(struct results *results) {
    results->tree = NULL;
    pthread_mutex_init(&results->lock, NULL);
}

void results_close(struct results *results) {
    while (results->tree != NULL) {
        struct result *result = *(struct result **)results->tree;
        tdelete(result, &results->tree, compare);
        free(result);
    }
    pthread_mutex_destroy(&results->lock);
}

/* Has another source a result under the name of file? */
static bool is_result(const struct results *results, const struct new_file *file, struct identity source) {
    struct stat status;
    if (fstatat(file->directory, file->name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    const struct identity old = identity_of(&status);
    struct result *const *found = tfind(&old, &results->tree, compare);
    return found != NULL && compare(&(*found)->source, &source) != 0;
}

/* The system may have given the number of a file that is gone to this one. */
static bool add(struct results *results, const struct new_file *file, struct identity source) {
    struct stat status;
    struct result *result = fstat(file->descriptor, &status) == 0 ? malloc(sizeof *result) : NULL;
    if (result == NULL) {
        return false;
    }
    *result = (struct result){.file = identity_of(&status), .source = source};
    struct result **found = tsearch(result, &results->tree, compare);
    if (found == NULL || *found != result) {
        free(result);
    }
    if (found == NULL) {
        errno = ENOMEM;
        return false;
    }
    (*found)->source = source;
    return true;
}

bool results_publish(struct results *results, struct new_file *file, const struct stat *source, bool *is_taken) {
    const struct identity from = identity_of(source);
    pthread_mutex_lock(&results->lock);
    *is_taken = is_result(results, file, from);
    const bool published = !*is_taken && add(results, file, from) && new_file_publish(file, true);
    const int failure = errno;
    pthread_mutex_unlock(&results->lock);
    errno = failure;
    return published;
}
