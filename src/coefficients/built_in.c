/* SPDX-License-Identifier: MIT */
/*
 * The built-in model of coefficients, loaded when it is first used.
 */
#include "base/fields.h"
#include "coefficients/coefficient_model.h"
#include "model/packed.h"

#include <pthread.h>
#include <stdlib.h>

extern const uint8_t bswz_embedded_jpeg[], bswz_embedded_jpeg_end[];

/* Each is written under once, and constant afterwards. [1]: with all views. */
static pthread_once_t once[2] = {PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT};
static struct coefficient_model *embedded[2];
static struct bswz_error failure[2];

static void load(bool has_views) {
    struct byte_buffer unpacked = {0};
    if (packed_open(bswz_embedded_jpeg, bswz_embedded_jpeg_end, &unpacked, &failure[has_views]) == BSWZ_OK) {
        coefficient_model_load(unpacked.data, unpacked.size, has_views, &embedded[has_views], &failure[has_views]);
    }
    free(unpacked.data);
}

static void load_one(void) {
    load(false);
}

static void load_all(void) {
    load(true);
}

enum bswz_status coefficient_model_embedded(bool has_views, const struct coefficient_model **model,
                                            struct bswz_error *error) {
    pthread_once(&once[has_views], has_views ? load_all : load_one);
    *model = embedded[has_views];
    return *model != NULL ? BSWZ_OK : bswz_fail(error, failure[has_views].status, "%s", failure[has_views].message);
}

enum bswz_status coefficient_model_by_hash(uint32_t hash, bool has_views, const struct coefficient_model **model,
                                           struct bswz_error *error) {
    if (!check_agrees(hash, (uint32_t)packed_hash(bswz_embedded_jpeg))) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "this program does not have the model of the coefficients");
    }
    return coefficient_model_embedded(has_views, model, error);
}
