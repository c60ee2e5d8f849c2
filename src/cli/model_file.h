/*
 * The model that --model=FILE names.
 */
#ifndef BSWZ_CLI_MODEL_FILE_H
#define BSWZ_CLI_MODEL_FILE_H

#include "cli/outcome.h"

struct bswz_model;

/* Load path, to be freed with bswz_model_free(), or say why not. */
enum outcome model_file_load(const char *path, struct bswz_model **model);

#endif
