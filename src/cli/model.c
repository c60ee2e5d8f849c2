/*
 * The model that --model names: one that the library carries, or a file, which is
 * read into memory for the library to check.
 */
#include "cli/model.h"

#include "bswz.h"
#include "cli/message.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_FILE_MAX ((size_t)1 << 28) /* far above any model, far below a disk */

/* All of stream in *bytes, to be freed, or false with errno set. */
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

static enum outcome load(const char *path, struct bswz_model **model) {
    enum outcome outcome = OUTCOME_ERROR;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct bswz_error error = {0};
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL || !read_all(stream, &bytes, &size)) {
        message_error(path, "%s", strerror(errno));
    } else if (bswz_model_load(bytes, size, model, &error) != BSWZ_OK) {
        message_error(path, "%s", error.message);
    } else {
        outcome = OUTCOME_DONE;
    }
    if (stream != NULL) {
        fclose(stream);
    }
    free(bytes);
    return outcome;
}

enum outcome model_choose(const char *name, const struct bswz_model **model, struct bswz_model **loaded) {
    struct bswz_error error = {0};
    *loaded = NULL;
    *model = bswz_model_embedded(name, &error);
    if (*model == NULL && error.status != BSWZ_OK) {
        message_error(name, "%s", error.message);
        return OUTCOME_ERROR;
    }
    if (*model == NULL) {
        enum outcome outcome = load(name, loaded);
        *model = *loaded;
        return outcome;
    }
    return OUTCOME_DONE;
}
