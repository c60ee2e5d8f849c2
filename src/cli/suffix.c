/* SPDX-License-Identifier: MIT */
/*
 * Names of results: FILE becomes FILE.bsw, and FILE.bsw becomes FILE, or FILE.ppm with --to=ppm unless FILE already
 * ends like that; its map is FILE.map.png.
 */
#include "cli/suffix.h"

#include "cli/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool suffix_at_end(const char *file, const char *suffix) {
    size_t length = strlen(file), end = strlen(suffix);
    return length > end && file[length - end - 1] != '/' && strcasecmp(file + length - end, suffix) == 0;
}

static enum outcome join(const char *file, size_t length, const char *suffix, char **target) {
    if (asprintf(target, "%.*s%s", (int)length, file, suffix) < 0) {
        *target = NULL;
        message_error(file, "%s", strerror(ENOMEM));
        return OUTCOME_ERROR;
    }
    return OUTCOME_DONE;
}

const char *suffix_of(const char *file, const struct options *options) {
    if (suffix_at_end(file, options->suffix)) {
        return options->suffix;
    }
    return suffix_at_end(file, DEFAULT_SUFFIX) ? DEFAULT_SUFFIX : NULL;
}

char *suffix_remove(const char *file, const struct options *options) {
    const char *suffix = suffix_of(file, options);
    return suffix != NULL ? strndup(file, strlen(file) - strlen(suffix)) : NULL;
}

/* Whatever is in it, it is another file than the one that would be restored. */
static enum outcome name_map(const char *file, size_t length, const struct options *options, char **target) {
    char *suffix = NULL;
    if (asprintf(&suffix, ".map%s",
                 options->robot                   ? ".tsv"
                 : options->target_suffix != NULL ? options->target_suffix
                                                  : ".png") < 0) {
        message_error(file, "%s", strerror(ENOMEM));
        return OUTCOME_ERROR;
    }
    const enum outcome outcome = join(file, length, suffix, target);
    free(suffix);
    return outcome;
}

enum outcome suffix_target_name(const char *file, const struct options *options, char **target) {
    *target = NULL;
    const char *suffix = suffix_of(file, options);
    if (options->mode == MODE_COMPRESS) {
        if (suffix != NULL) {
            message_warning(file, "already has the suffix %s, skipped", suffix);
            return OUTCOME_SKIPPED;
        }
        return join(file, strlen(file), options->suffix, target);
    }
    if (options->mode == MODE_MAP) {
        return name_map(file, strlen(file) - (suffix != NULL ? strlen(suffix) : 0), options, target);
    }
    if (suffix == NULL) {
        message_warning(file, "has no suffix %s, skipped", options->suffix);
        return OUTCOME_SKIPPED;
    }
    size_t length = strlen(file) - strlen(suffix);
    char *name;
    enum outcome outcome = join(file, length, "", &name);
    if (outcome != OUTCOME_DONE || options->target_suffix == NULL || suffix_at_end(name, options->target_suffix)) {
        *target = name;
        return outcome;
    }
    outcome = join(name, length, options->target_suffix, target);
    free(name);
    return outcome;
}
