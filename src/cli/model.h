/*
 * The models beside those that are looked up by level: the one that --model names, and
 * those that streams name and that BSWZ_MODEL_PATH leads to.
 */
#ifndef BSWZ_CLI_MODEL_H
#define BSWZ_CLI_MODEL_H

#include "cli/arguments.h"
#include "cli/outcome.h"

/* Belongs to the main thread; what it holds is there until models_close. */
struct models {
    const struct bswz_model *chosen; /* of --model, or NULL */
    const char *path;                /* folders with colons between them, or NULL */
    struct bswz_model **loaded;      /* from files */
    size_t count;
};

/* Get the model that the options name: the embedded one of that name, else the file, else a
 * file NAME.bsm or NAME in a folder of the path. Says why not, which is only an error when
 * compressing: tar gives an archive's reader the writer's options. */
enum outcome models_open(struct models *models, const struct options *options);

/* For struct bswz_decompress_options: context is the struct models. */
const struct bswz_model *models_find(void *context, const char *name, uint64_t hash);

void models_close(struct models *models);

#endif
