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

/* Written under once, and constant afterwards. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct coefficient_model *embedded;
static struct bswz_error failure;

static void load(void) {
    struct byte_buffer unpacked = {0};
    if (packed_open(bswz_embedded_jpeg, bswz_embedded_jpeg_end, &unpacked, &failure) == BSWZ_OK) {
        coefficient_model_load(unpacked.data, unpacked.size, &embedded, &failure);
    }
    free(unpacked.data);
}

enum bswz_status coefficient_model_embedded(const struct coefficient_model **model, struct bswz_error *error) {
    pthread_once(&once, load);
    *model = embedded;
    return embedded != NULL ? BSWZ_OK : bswz_fail(error, failure.status, "%s", failure.message);
}

enum bswz_status coefficient_model_by_hash(uint32_t hash, const struct coefficient_model **model,
                                           struct bswz_error *error) {
    if (!check_agrees(hash, (uint32_t)packed_hash(bswz_embedded_jpeg))) {
        return bswz_fail(error, BSWZ_ERROR_MODEL, "this program does not have the model of the coefficients");
    }
    return coefficient_model_embedded(model, error);
}
