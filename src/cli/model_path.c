/* SPDX-License-Identifier: MIT */
/*
 * Models: a built-in one, or a file, which is read into memory for the library to check.
 *
 * A stream identifies its model by a name and a hash. The name is untrusted, so it can only select a file in one of
 * the directories, and never lead out of them. The hash decides whether it is the right model: several directories
 * may have models with the same name.
 */
#include "cli/model_path.h"

#include "cli/message.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODEL_FILE_MAX ((size_t)1 << 28) /* far larger than any model, far smaller than a disk */

/* Read all of stream into *bytes, to be freed; false with errno set. */
static bool read_all(FILE *stream, uint8_t **bytes, size_t *size) {
    size_t capacity = 0;
    *bytes = NULL;
    *size = 0;
    for (;;) {
        if (*size == capacity) {
            capacity = capacity > 0 ? 2 * capacity : (size_t)1 << 20;
            uint8_t *larger = capacity <= MODEL_FILE_MAX ? realloc(*bytes, capacity) : NULL;
            if (larger == NULL) {
                errno = capacity <= MODEL_FILE_MAX ? ENOMEM : EFBIG;
                return false;
            }
            *bytes = larger;
        }
        size_t got = fread(*bytes + *size, 1, capacity - *size, stream);
        if (got == 0) {
            return !ferror(stream);
        }
        *size += got;
    }
}

static bool keep(struct models *models, struct bswz_model *model) {
    struct bswz_model **loaded = reallocarray(models->loaded, models->count + 1, sizeof(*loaded));
    if (loaded == NULL) {
        return false;
    }
    models->loaded = loaded;
    loaded[models->count++] = model;
    return true;
}

typedef void complaint(const char *file, const char *text, ...);

/* The model in the file at path, kept in models; NULL after printing an error. */
static const struct bswz_model *load(struct models *models, const char *path, complaint *complain) {
    struct bswz_model *model = NULL;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct bswz_error error = {0};
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL && errno == ENOENT) {
        complain(path, "%s (the built-in models are fast, default and best)", strerror(errno));
    } else if (stream == NULL || !read_all(stream, &bytes, &size)) {
        complain(path, "%s", strerror(errno));
    } else if (bswz_model_load(bytes, size, &model, &error) != BSWZ_OK) {
        complain(path, "%s", error.message);
    }
    if (stream != NULL) {
        fclose(stream);
    }
    free(bytes);
    if (model != NULL && !keep(models, model)) {
        complain(path, "%s", strerror(ENOMEM));
        bswz_model_free(model);
        model = NULL;
    }
    return model;
}

/* The next existing file that may hold the model called name: FOLDER/NAME.bsm and FOLDER/NAME for each directory of
 * the path. *step counts from 0. To be freed; NULL: there are no more. */
static char *next_candidate(const struct models *models, const char *name, unsigned *step) {
    const char *start = models->path;
    if (start == NULL || strchr(name, '/') != NULL || name[0] == '.' || name[0] == '\0') {
        return NULL;
    }
    for (unsigned folder = 0;; folder++) {
        const size_t length = strcspn(start, ":");
        for (; *step < 2 * (folder + 1); (*step)++) {
            char *path;
            if (asprintf(&path, "%.*s/%s%s", (int)length, start, name, *step % 2 == 0 ? ".bsm" : "") < 0) {
                return NULL;
            }
            if (length > 0 && access(path, F_OK) == 0) {
                (*step)++;
                return path;
            }
            free(path);
        }
        if (start[length] == '\0') {
            return NULL;
        }
        start += length + 1;
    }
}

enum outcome models_open(struct models *models, const struct options *options) {
    struct bswz_error error = {0};
    *models = (struct models){.path = options->model_path};
    pthread_mutex_init(&models->lock, NULL);
    if (options->model == NULL) {
        return OUTCOME_DONE;
    }
    models->chosen = bswz_model_embedded(options->model, &error);
    if (models->chosen == NULL && error.status != BSWZ_OK) {
        message_error(options->model, "%s", error.message);
        return OUTCOME_ERROR;
    }
    if (models->chosen == NULL) {
        unsigned step = 0;
        char *found = access(options->model, F_OK) == 0 ? NULL : next_candidate(models, options->model, &step);
        models->chosen = load(models, found != NULL ? found : options->model,
                              options->mode == MODE_COMPRESS ? message_error : message_warning);
        free(found);
    }
    return models->chosen != NULL || options->mode != MODE_COMPRESS ? OUTCOME_DONE : OUTCOME_ERROR;
}

/* With the lock held. */
static const struct bswz_model *find(struct models *models, const char *name, uint64_t hash) {
    for (size_t i = 0; i < models->count; i++) {
        if (bswz_model_hash(models->loaded[i]) == hash) {
            return models->loaded[i];
        }
    }
    unsigned step = 0;
    for (char *path; (path = next_candidate(models, name, &step)) != NULL;) {
        const struct bswz_model *model = load(models, path, message_warning);
        free(path);
        if (model != NULL && bswz_model_hash(model) == hash) {
            return model;
        }
        if (model != NULL) { /* the one that load() has just added */
            bswz_model_free(models->loaded[--models->count]);
        }
    }
    return NULL;
}

const struct bswz_model *models_find(void *context, const char *name, uint64_t hash) {
    struct models *models = context;
    pthread_mutex_lock(&models->lock);
    const struct bswz_model *found = find(models, name, hash);
    pthread_mutex_unlock(&models->lock);
    return found;
}

void models_close(struct models *models) {
    pthread_mutex_destroy(&models->lock);
    for (size_t i = 0; i < models->count; i++) {
        bswz_model_free(models->loaded[i]);
    }
    free(models->loaded);
}
