/* SPDX-License-Identifier: MIT */
/*
 * The models that are not chosen by level: the one that --model names, and those that streams name and that are found
 * through BSWZ_MODEL_PATH.
 */
#ifndef BSWZ_CLI_MODEL_H
#define BSWZ_CLI_MODEL_H

#include "cli/arguments.h"
#include "cli/outcome.h"

#include <pthread.h>

/* Its models exist until models_close. */
struct models {
    const struct bswz_model *chosen; /* of --model, or NULL */
    const char *path;                /* colon-separated directories, or NULL */
    pthread_mutex_t lock;            /* protects the rest: several threads may search at the same time */
    struct bswz_model **loaded;      /* from files */
    size_t count;
};

/* Get the model that the options name: the built-in one of that name, else the file, else a file NAME.bsm or NAME in
 * a directory of the path. Prints why it was not found. That is an error only when compressing: tar passes the
 * options for writing an archive to its reader as well. */
enum outcome models_open(struct models *models, const struct options *options);

/* For struct bswz_decompress_options: context is the struct models. */
const struct bswz_model *models_find(void *context, const char *name, uint64_t hash);

void models_close(struct models *models);

#endif
