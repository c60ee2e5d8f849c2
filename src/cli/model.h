/*
 * The model that --model=NAME or --model=FILE names.
 */
#ifndef BSWZ_CLI_MODEL_H
#define BSWZ_CLI_MODEL_H

#include "cli/outcome.h"

struct bswz_model;

/* The embedded model of that name, else the one in the file of that name, or say why
 * not. *loaded: NULL, or what bswz_model_free() must free in the end. */
enum outcome model_choose(const char *name, const struct bswz_model **model, struct bswz_model **loaded);

#endif
