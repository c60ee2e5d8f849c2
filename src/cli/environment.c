/* SPDX-License-Identifier: MIT */
/*
 * The environment. A variable only provides a default, so it is not even read if the command line gives a value.
 */
#include "cli/environment.h"

#include "cli/message.h"
#include "cli/numbers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void read_level(struct options *options) {
    const char *text = getenv("BSWZ_LEVEL");
    uint32_t number;
    if (options->level != 0 || text == NULL) {
        return;
    }
    if (parse_number(text, 1, 9, &number)) {
        options->level = (int)number;
    } else {
        message_warning(NULL, "BSWZ_LEVEL=%s ignored: not a level (1 to 9)", text);
    }
}

static void read_threads(struct options *options) {
    const char *text = getenv("BSWZ_THREADS");
    uint32_t number;
    if (options->threads_given || text == NULL) {
        return;
    }
    if (parse_number(text, 0, BSWZ_THREADS_MAX, &number)) {
        options->threads = number;
    } else {
        message_warning(NULL, "BSWZ_THREADS=%s ignored: not a number of threads (0 to %u)", text, BSWZ_THREADS_MAX);
    }
}

static bool is_folder(const char *name) {
    struct stat status;
    return stat(name, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Colon-separated directories. If one does not exist, that is reported, and the others count. */
static void read_model_path(struct options *options) {
    const char *text = getenv("BSWZ_MODEL_PATH");
    if (text == NULL) {
        return;
    }
    options->model_path = text;
    for (const char *start = text;;) {
        const size_t length = strcspn(start, ":");
        char *folder = strndup(start, length);
        if (folder != NULL && !is_folder(folder)) {
            message_warning(NULL, "BSWZ_MODEL_PATH: '%s' ignored: not a directory", folder);
        }
        free(folder);
        if (start[length] == '\0') {
            return;
        }
        start += length + 1;
    }
}

void environment_read(struct options *options) {
    read_level(options);
    read_threads(options);
    read_model_path(options);
}
