/* SPDX-License-Identifier: MIT */
/*
 * The built-in models, each loaded when it is first used: an unused model costs a process neither time nor memory.
 */
#include "model/model.h"
#include "model/packed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

extern const uint8_t bswz_embedded_fast[], bswz_embedded_fast_end[];
extern const uint8_t bswz_embedded_default[], bswz_embedded_default_end[];
extern const uint8_t bswz_embedded_best[], bswz_embedded_best_end[];

enum { FAST, DEFAULT, BEST, EMBEDDED_COUNT };

static const struct {
    const char *name;
    const uint8_t *bytes, *end;
} file[EMBEDDED_COUNT] = {
    [FAST] = {"fast", bswz_embedded_fast, bswz_embedded_fast_end},
    [DEFAULT] = {"default", bswz_embedded_default, bswz_embedded_default_end},
    [BEST] = {"best", bswz_embedded_best, bswz_embedded_best_end},
};

/* Each is written in its pthread_once, and constant afterwards. */
static struct {
    pthread_once_t once;
    struct bswz_model *model;
    struct bswz_error error;
} embedded[EMBEDDED_COUNT] = {
    [FAST] = {.once = PTHREAD_ONCE_INIT},
    [DEFAULT] = {.once = PTHREAD_ONCE_INIT},
    [BEST] = {.once = PTHREAD_ONCE_INIT},
};

static void load(int which) {
    struct byte_buffer unpacked = {0};
    if (packed_open(file[which].bytes, file[which].end, &unpacked, &embedded[which].error) == BSWZ_OK) {
        bswz_model_load(unpacked.data, unpacked.size, &embedded[which].model, &embedded[which].error);
    }
    free(unpacked.data);
}

static void load_fast(void) {
    load(FAST);
}

static void load_default(void) {
    load(DEFAULT);
}

static void load_best(void) {
    load(BEST);
}

static const struct bswz_model *embedded_model(int which, struct bswz_error *error) {
    static void (*const loader[EMBEDDED_COUNT])(void) = {load_fast, load_default, load_best};
    pthread_once(&embedded[which].once, loader[which]);
    if (embedded[which].model == NULL) {
        bswz_fail(error, embedded[which].error.status, "%s", embedded[which].error.message);
    }
    return embedded[which].model;
}

const struct bswz_model *model_for_level(int level, struct bswz_error *error) {
    return embedded_model(level <= 3 ? FAST : level <= 7 ? DEFAULT : BEST, error);
}

const struct bswz_model *bswz_model_embedded(const char *name, struct bswz_error *error) {
    bswz_forget(error);
    for (int which = 0; which < EMBEDDED_COUNT; which++) {
        if (strcmp(file[which].name, name) == 0) {
            return embedded_model(which, error);
        }
    }
    return NULL;
}

const struct bswz_model *model_by_hash(uint64_t hash, struct bswz_error *error) {
    for (int which = 0; which < EMBEDDED_COUNT; which++) {
        if (packed_hash(file[which].bytes) == hash) {
            return embedded_model(which, error);
        }
    }
    return NULL;
}
