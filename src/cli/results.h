/* SPDX-License-Identifier: MIT */
/*
 * The results of a run. Different sources can have results of the same name: a.bsw and a.BSW are both restored to a.
 * With -f, the second result would replace the first one, and with --rm that would lose a source.
 */
#ifndef BSWZ_CLI_RESULTS_H
#define BSWZ_CLI_RESULTS_H

#include "cli/new_file.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

struct results {
    pthread_mutex_t lock;
    void *tree;
};

void results_open(struct results *results);
void results_close(struct results *results);

/* As new_file_publish() with replace, except that the result of another source is not replaced: then *is_taken is
 * set. */
bool results_publish(struct results *results, struct new_file *file, const struct stat *source, bool *is_taken);

#endif
